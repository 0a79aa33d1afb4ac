"""Decide whether one NVD match criterion covers a product, and say why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from harmpath.records.index import IndexedCriterion
from harmpath.vulnerabilities.cpe import ANY, NA, Cpe, attribute_relation, split_attributes, unescape
from harmpath.vulnerabilities.versions import Interval, literal_key, version_key

__all__ = ["Query", "Verdict", "decide", "span_of"]

_OTHERS = ("update", "edition", "language", "sw_edition", "target_sw", "target_hw", "other")


_SOFTWARE = {"a", "o"}
"""NVD files the same product now as an application, now as an operating system (amazon:freertos, linux:linux_kernel);
hardware it keeps apart from software."""
_PARTS = {"a": "an application", "o": "an operating system"}


@dataclass(frozen=True, slots=True)
class Query:
    """A product as it is compared with criteria: vendor and product are already equal."""

    cpe: Cpe
    """What the product states beyond vendor and product; ANY where it states nothing."""
    version: str
    """As stated, unescaped; empty when unknown."""
    versions: Interval | None
    """What the stated version means; None when unknown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a criterion covers the product: yes, no, or only under a condition."""

    holds: bool | None
    because: str = ""
    condition: str = ""
    exact: bool = False
    """Whether the criterion names exactly this version."""
    alias: bool = False
    """Whether the criterion names the product under another part."""


NO = Verdict(False)


def decide(criterion: IndexedCriterion, query: Query) -> Verdict:
    """Whether ``criterion`` covers the product: True, False, or None under the condition that the verdict names."""
    verdict = _version(criterion, query)
    if verdict.holds is False:
        return verdict
    parts = {criterion.part, query.cpe.part}
    if len(parts) == 2 and ANY not in parts:
        if parts != _SOFTWARE:
            return NO
        because = f"{verdict.because}; NVD files it as {_PARTS[criterion.part]}, stated is {_PARTS[query.cpe.part]}"
        verdict = replace(verdict, because=because, alias=True)
    return _others(criterion, query, verdict) if criterion.rest != "*:*:*:*:*:*:*" else verdict


def _version(criterion: IndexedCriterion, query: Query) -> Verdict:
    c = criterion
    if c.start_including or c.start_excluding or c.end_including or c.end_excluding:
        return _range(c, query)
    if c.version == ANY:
        return Verdict(True, "every version is affected")
    if c.version == NA:
        if query.versions is None:
            return Verdict(True, "the record names the product without a version", exact=query.version == NA)
        return NO
    if query.versions is None:
        return Verdict(None, f"affected version {unescape(c.version)}", f"its version is {unescape(c.version)}")
    return _literal(c.version, query)


def _literal(version: str, query: Query) -> Verdict:
    plain = unescape(version)
    if plain == query.version:
        return Verdict(True, f"version {plain} is named", exact=True)
    if ("*" in version or "?" in version) and attribute_relation(version, query.version) == "superset":
        return Verdict(True, f"version {query.version} fits the pattern {version}")
    assert query.versions is not None
    if query.versions.is_point:
        if literal_key(plain) != literal_key(query.version):
            return NO
        return Verdict(True, f"version {plain} is named, which {query.version} is written otherwise", exact=True)
    key = version_key(plain)
    if query.versions.against(Interval(key, key)) is False:
        return NO
    return Verdict(None, f"version {plain} is named; stated is {query.version}", f"the version in use is {plain}")


def _range(c: IndexedCriterion, query: Query) -> Verdict:
    bounds = _bounds(c)
    if query.versions is None:
        return Verdict(None, f"affected: {bounds}", f"its version is {bounds}")
    inside = query.versions.against(span_of(c.start_including, c.start_excluding, c.end_including, c.end_excluding))
    if inside is False:
        return NO
    if inside:
        return Verdict(True, f"version {query.version} lies within {bounds}")
    return Verdict(None, f"stated {query.version}; affected: {bounds}", f"the version in use is {bounds}")


@lru_cache(maxsize=65536)
def span_of(start_including: str, start_excluding: str, end_including: str, end_excluding: str) -> Interval:
    """The versions between the bounds of a criterion."""
    low = start_including or start_excluding
    high = end_including or end_excluding
    return Interval(
        version_key(unescape(low)) if low else None,
        version_key(unescape(high)) if high else None,
        bool(start_excluding and not start_including),
        bool(end_excluding and not end_including),
    )


def _bounds(c: IndexedCriterion) -> str:
    parts = (
        (">=", c.start_including),
        (">", c.start_excluding),
        ("<=", c.end_including),
        ("<", c.end_excluding),
    )
    return ", ".join(f"{sign} {bound}" for sign, bound in parts if bound)


def _others(criterion: IndexedCriterion, query: Query, verdict: Verdict) -> Verdict:
    """Compare update, edition and the rest: a value that the product leaves open becomes a condition."""
    open_values = []
    for name, wanted in zip(_OTHERS, _split_rest(criterion.rest), strict=True):
        if wanted == ANY:
            continue
        stated = getattr(query.cpe, name)
        relation = attribute_relation(wanted, stated)
        if relation == "disjoint":
            # NVD writes "no edition" also for records that hold for every edition (nodejs:node.js), so it is open.
            if wanted == NA and name != "update":
                open_values.append(f"NVD's record without {name} holds for {unescape(stated)}")
                continue
            return NO
        # "-" says that the attribute does not apply: a product that states no update is the release itself.
        if relation in ("subset", "undefined") and wanted != NA:
            open_values.append(f"{name} is {unescape(wanted)}")
    if not open_values:
        return verdict
    condition = " and ".join(filter(None, (verdict.condition, *open_values)))
    return Verdict(None, verdict.because, condition, verdict.exact, verdict.alias)


_split_rest = lru_cache(maxsize=16384)(split_attributes)
