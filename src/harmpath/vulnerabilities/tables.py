"""The criteria of one product, arranged so that those a version fulfils are found without trying each.

A product such as a kernel has tens of thousands of criteria. Literal versions are looked up in a dictionary and bounds
compared as keys; only what remains is decided, explained and returned.
"""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakKeyDictionary

from harmpath.records.index import Candidate, IndexedCriterion
from harmpath.records.store import VulnerabilitySource
from harmpath.vulnerabilities.cpe import ANY, NA, unescape
from harmpath.vulnerabilities.criteria import Query, span_of
from harmpath.vulnerabilities.versions import VersionKey, literal_key

__all__ = ["ProductTable", "table_of"]

_KEPT = 1024
"""Products whose tables are kept per source."""
_tables: WeakKeyDictionary[VulnerabilitySource, OrderedDict[tuple[str, str], ProductTable]] = WeakKeyDictionary()

Relevant = list[tuple[str, Candidate, tuple[IndexedCriterion, ...]]]
_Bounds = tuple[VersionKey | None, VersionKey | None, bool, bool, int, IndexedCriterion]


def table_of(source: VulnerabilitySource, vendor: str, product: str) -> ProductTable:
    """The table of one CPE product; sources do not change while they are open, so it is built once."""
    kept = _tables.setdefault(source, OrderedDict())
    name = (vendor, product)
    table = kept.get(name)
    if table is None:
        table = kept[name] = ProductTable(source.candidates(vendor, product))
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    return table


class ProductTable:
    """Vulnerability id -> candidate, with the criteria indexed by version."""

    def __init__(self, candidates: dict[str, Candidate]) -> None:
        self.candidates = candidates
        self._rows = list(candidates.items())
        self._literal: dict[tuple[str, ...], list[tuple[int, IndexedCriterion]]] = {}
        self._bounded: list[_Bounds] = []
        self._always: list[tuple[int, IndexedCriterion]] = []
        for place, (_, candidate) in enumerate(self._rows):
            for criterion in candidate.criteria:
                self._add(place, criterion)

    def _add(self, place: int, criterion: IndexedCriterion) -> None:
        c = criterion
        if c.start_including or c.start_excluding or c.end_including or c.end_excluding:
            span = span_of(c.start_including, c.start_excluding, c.end_including, c.end_excluding)
            self._bounded.append((span.low, span.high, span.low_open, span.high_open, place, criterion))
        elif c.version in (ANY, NA) or "*" in c.version or "?" in c.version:
            self._always.append((place, criterion))
        else:
            self._literal.setdefault(literal_key(unescape(c.version)), []).append((place, criterion))

    def relevant(self, query: Query) -> Relevant:
        """(id, candidate, the criteria whose version may cover the query), in id order."""
        versions = query.versions
        if versions is None or not versions.is_point or versions.low is None:
            return [(name, candidate, candidate.criteria) for name, candidate in self._rows]
        key = versions.low
        found: dict[int, list[IndexedCriterion]] = {}
        for place, criterion in self._literal.get(literal_key(query.version), ()):
            found.setdefault(place, []).append(criterion)
        for low, high, low_open, high_open, place, criterion in self._bounded:
            if low is not None and (key < low or (low_open and key == low)):
                continue
            if high is not None and (key > high or (high_open and key == high)):
                continue
            found.setdefault(place, []).append(criterion)
        for place, criterion in self._always:
            found.setdefault(place, []).append(criterion)
        return [(*self._rows[place], tuple(found[place])) for place in sorted(found)]
