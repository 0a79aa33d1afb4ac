"""The labelled recalls as training and report material: who is positive, who may be presumed negative, and why not.

The labelled list keeps one recall number per event and only computer-related ones. A recall outside it is *presumed*
negative only when all of this holds: it is one of the study's years and numbers; every number of its event belongs to
the half of the list that is here; no number of its event is on the list; its text is neither equal nor nearly equal to
a positive one. What reading then corrected stands in catalogue/landscape/adjudication.tsv.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from harmpath.landscape.split import Part, label_is_known, part_of
from harmpath.records.fda_tables import table_path

__all__ = ["Example", "LabelledRecalls", "adjudications", "labelled_recalls"]

STUDY_YEARS = (2006, 2011)
LAST_STUDIED = (2012, 363)
"""Highest (fiscal year, serial) on the labelled list; FDA's fiscal year 2012 begins in October 2011."""
_NUMBER = re.compile(r"Z-(\d+)-(\d+)$")


@dataclass(frozen=True, slots=True)
class Example:
    """One recall with its labels."""

    recall_number: str
    text: str
    part: Part
    presumed: bool
    """Computer-related by the published list."""
    adjudicated: bool
    """The same after reading; equal to ``presumed`` where nobody read."""
    fault_class: str
    failure_mode: str
    read_fault: str
    """Fault class given while reading a recall that the list lacks; empty otherwise."""


@dataclass(frozen=True, slots=True)
class LabelledRecalls:
    """Everything the classifier is fitted and judged on."""

    examples: tuple[Example, ...]
    background: tuple[tuple[str, bool], ...]
    """Distinct recall texts outside the study's years, with whether FDA's determined cause names software."""
    left_out: Mapping[str, int]
    """Presumed negatives not used, by reason."""


def adjudications() -> dict[str, tuple[bool, str, str]]:
    """Recall number -> (computer-related, fault class or empty, reason), as recorded by reading."""
    path = resources.files("harmpath.catalogue") / "landscape" / "adjudication.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("Z-")]
    return {number: (label == "1", fault, reason) for number, label, fault, reason in rows}


def labelled_recalls(data_dir: Path) -> LabelledRecalls:
    """Build the material from an import that holds both recall tables and the labelled list."""
    import pyarrow.parquet as pq

    columns = ["recall_number", "event_id", "year", "reason", "cause"]
    recalls: dict[str, dict[str, object]] = {}
    for row in pq.read_table(table_path(data_dir, "recalls"), columns=columns).to_pylist():
        recalls.setdefault(str(row["recall_number"]), row)
    labels = pq.read_table(table_path(data_dir, "recall_labels")).to_pylist()
    read = adjudications()
    positives = [_positive(row, recalls, read) for row in labels]
    negatives, left_out = _negatives(recalls, labels, {_key(e.text) for e in positives}, read)
    used = {_key(e.text) for e in positives} | {_key(e.text) for e in negatives}
    return LabelledRecalls((*positives, *negatives), _background(recalls, used), dict(sorted(left_out.items())))


def _positive(
    row: Mapping[str, object],
    recalls: Mapping[str, Mapping[str, object]],
    read: Mapping[str, tuple[bool, str, str]],
) -> Example:
    number = str(row["recall_number"])
    known = recalls.get(number, {})
    text = str(known.get("reason") or row["reason"])
    corrected = read.get(number)
    label = corrected[0] if corrected else True
    part = part_of(str(known.get("event_id", "")), number)
    return Example(number, text, part, True, label, str(row["fault_class"]), str(row["failure_mode"]), "")


def _negatives(
    recalls: Mapping[str, Mapping[str, object]],
    labels: list[dict[str, object]],
    positive_keys: set[str],
    read: Mapping[str, tuple[bool, str, str]],
) -> tuple[list[Example], Counter[str]]:
    listed = {str(r["recall_number"]) for r in labels}
    listed_events = {str(recalls[n]["event_id"]) for n in listed if n in recalls}
    numbers_of: dict[str, list[str]] = defaultdict(list)
    for number, row in recalls.items():
        numbers_of[str(row["event_id"])].append(number)
    near = _Near(positive_keys)
    left_out: Counter[str] = Counter()
    seen_events: set[str] = set()
    seen_texts: set[str] = set()
    chosen: list[Example] = []
    for number in sorted(recalls):
        row = recalls[number]
        year, event, text = row["year"], str(row["event_id"]), str(row["reason"])
        if not isinstance(year, int) or not STUDY_YEARS[0] <= year <= STUDY_YEARS[1] or not label_is_known(number):
            continue
        key = _key(text)
        reason = (
            "on the list"
            if number in listed
            else "sibling of a listed recall"
            if event in listed_events
            else "another number of the event or the same text is used"
            if event in seen_events or key in seen_texts or not key
            else "classified after the study"
            if not _studied(number)
            else "event has numbers in the other half of the list"
            if not all(label_is_known(n) for n in numbers_of[event])
            else "same or nearly the same text as a listed recall"
            if near.to_any(key)
            else ""
        )
        if reason:
            left_out[reason] += 1
            continue
        seen_events.add(event)
        seen_texts.add(key)
        corrected = read.get(number)
        label, fault = (corrected[0], corrected[1]) if corrected else (False, "")
        chosen.append(Example(number, text, part_of(event, number), False, label, "", "", fault))
    return chosen, left_out


def _background(recalls: Mapping[str, Mapping[str, object]], used: set[str]) -> tuple[tuple[str, bool], ...]:
    texts: dict[str, tuple[str, bool]] = {}
    for number in sorted(recalls):
        row = recalls[number]
        year, text = row["year"], str(row["reason"])
        key = _key(text)
        if isinstance(year, int) and not STUDY_YEARS[0] <= year <= STUDY_YEARS[1] and key and key not in used:
            texts.setdefault(key, (text, "software" in str(row["cause"]).lower()))
    return tuple(texts.values())


def _studied(number: str) -> bool:
    found = _NUMBER.match(number)
    if not found:
        return False
    year = int(found[2]) if len(found[2]) == 4 else 2000 + int(found[2])
    return (year, int(found[1])) <= LAST_STUDIED


def _key(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _shingles(key: str) -> set[str]:
    words = key.split()
    return {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}


class _Near:
    """Near-copies by word triples: Jaccard >= 0.4, or 70 % of the shorter text (of at least 6 triples) contained."""

    def __init__(self, keys: set[str]) -> None:
        self._texts = [_shingles(k) for k in sorted(keys)]
        self._keys = keys
        self._index: dict[str, list[int]] = defaultdict(list)
        for i, triples in enumerate(self._texts):
            for triple in triples:
                self._index[triple].append(i)

    def to_any(self, key: str) -> bool:
        if key in self._keys:
            return True
        mine = _shingles(key)
        shared = Counter(i for triple in mine for i in self._index.get(triple, ()))
        return any(_close(count, len(mine), len(self._texts[i])) for i, count in shared.most_common(5))


def _close(shared: int, one: int, other: int) -> bool:
    shorter = min(one, other)
    return shared / (one + other - shared) >= 0.4 or (shorter >= 6 and shared / shorter >= 0.7)
