"""Anchors: where each id is shown on the page, and from where it is referred to."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Final

from harmpath.deliverables.goals import shown_paths
from harmpath.deliverables.tables import Table
from harmpath.deliverables.view import View

__all__ = ["Links", "slug"]

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:\-]{0,199}")
_MOST_BACK: Final = 12


def slug(id_: str) -> str:
    """An id as a fragment name: itself when it is plain, else hexadecimal (a hash when long).

    Sections of the page start with ``_``, which no id does.
    """
    if _PLAIN.fullmatch(id_):
        return id_
    raw = id_.encode("utf-8", "surrogatepass")
    return "_x" + (raw.hex() if len(raw) <= 100 else hashlib.sha256(raw).hexdigest())


class Links:
    """Who owns the anchor of each id, and which rows refer to it."""

    def __init__(self, view: View, shown: Iterable[Table]) -> None:
        self._owner: dict[str, str] = {}
        self._alias: dict[str, str] = {}
        self._back: dict[str, dict[str, None]] = {}
        shown = tuple(shown)
        self._claim_paths(view)
        for one in shown:
            self._claim_rows(one)
        for match in view.assessment.matches:
            if match.id in self._owner:
                self._alias.setdefault(match.cve, match.id)
        for one in shown:
            self._note_references(one)

    def _claim_paths(self, view: View) -> None:
        """Goals, paths and scenarios are shown in sections, not in a table of their own."""
        told = {path.id for path in shown_paths(view)}
        for path in view.assessment.attack_paths:
            self._owner.setdefault(path.goal, "goal")
            if path.id in told:
                self._owner.setdefault(path.id, "path")
        for scenario in view.assessment.attack_scenarios:
            if scenario.attack_path in told:
                self._owner.setdefault(scenario.id, "scenario")

    def _claim_rows(self, one: Table) -> None:
        column = one.id_column
        if column is not None:
            for row in one.page_rows:
                self._owner.setdefault(str(row[column]), one.id)

    def _note_references(self, one: Table) -> None:
        column = one.id_column
        if column is None:
            return
        refs = [n for n, c in enumerate(one.columns) if c.kind == "ref"]
        for row in one.rows:
            source = str(row[column])
            for n in refs:
                value = row[n]
                for target in value if isinstance(value, tuple) else (value,):
                    if isinstance(target, str) and target and target != source:
                        self._back.setdefault(self._alias.get(target, target), {})[source] = None

    def owns(self, id_: str, where: str) -> bool:
        """True when the anchor of this id is at this place; each id has one anchor only."""
        return self._owner.get(id_) == where

    def claim(self, id_: str, where: str) -> str:
        """The anchor's name to write at this place, once; empty when it is written elsewhere or already was."""
        if not self.owns(id_, where):
            return ""
        self._owner[id_] = f"{where} (written)"
        return slug(id_)

    def href(self, id_: str) -> str:
        """``#...`` for an id that is shown on the page, else empty."""
        id_ = self._alias.get(id_, id_)
        return f"#{slug(id_)}" if id_ in self._owner else ""

    def back(self, id_: str) -> tuple[tuple[str, ...], int]:
        """Ids of at most 12 rows on the page that refer to this one, and how many there are in all."""
        found = self._back.get(id_, {})
        return tuple(itertools.islice((f for f in found if f in self._owner), _MOST_BACK)), len(found)

    def as_mapping(self) -> Mapping[str, str]:
        """Every id on the page and its ``#...``; for pictures."""
        return {id_: f"#{slug(id_)}" for id_ in self._owner} | {a: f"#{slug(b)}" for a, b in self._alias.items()}
