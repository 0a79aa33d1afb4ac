"""The cut sets: the first of each hazard in full, of its alternatives only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harmpath.assessment.model import CutSetRow
from harmpath.deliverables.tables.table import Column, Table, table
from harmpath.deliverables.view import View, words

__all__ = ["cut_sets"]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A cut set and the first one for the same hazard; the same row for the first itself."""

    row: CutSetRow
    first: CutSetRow

    @property
    def is_first(self) -> bool:
        return self.row is self.first

    @property
    def adds(self) -> tuple[str, ...]:
        return tuple(c for c in self.row.controls if c not in self.first.controls)

    @property
    def instead_of(self) -> tuple[str, ...]:
        return tuple(c for c in self.first.controls if c not in self.row.controls)


def cut_sets(view: View) -> Table:
    """Smallest sets of controls that cut every path to a hazard."""
    return table(
        "cut_sets",
        "Cut sets: the smallest sets of controls that stop every path to a hazard",
        "Solved exactly. Of an alternative to the first set of a hazard only what differs is named. What no control "
        "in the catalogue can cut is named with the first, and remains as residual risk.",
        _listed(view.assessment.cut_sets),
        {
            Column("id", "Cut set", "id"): lambda r: r.row.id,
            Column("hazard", "Hazard", "ref"): lambda r: r.row.hazard,
            Column("objective", "Objective"): lambda r: words(r.row.objective),
            Column("cost", "Cost", "number"): lambda r: r.row.cost,
            Column("number", "Controls in all", "number"): lambda r: len(r.row.controls),
            Column("controls", "Controls", "ref", csv_only=True): lambda r: r.row.controls,
            Column("shown", "Controls; in an alternative those it adds", "ref", whole=True, page_only=True): lambda r: (
                r.row.controls if r.is_first else r.adds
            ),
            Column("instead_of", "In place of", "ref", whole=True): lambda r: r.instead_of,
            Column("goals", "Goals cut", "ref", csv_only=True): lambda r: r.row.goals,
            Column("uncuttable", "Cannot be cut", "ref", csv_only=True): lambda r: r.row.uncuttable,
            Column("uncut", "Cannot be cut", "ref", whole=True, page_only=True): lambda r: (
                r.row.uncuttable if r.is_first else ()
            ),
            Column("reason", "Why", csv_only=True): lambda r: r.row.reason,
            Column("why", "Why", page_only=True): lambda r: r.row.reason if r.is_first else "",
        },
    )


def _listed(rows: tuple[CutSetRow, ...]) -> Iterator[_Listed]:
    firsts: dict[tuple[str, str], CutSetRow] = {}
    for row in rows:
        yield _Listed(row, firsts.setdefault((row.hazard, row.objective), row))
