"""What a table is: columns with a kind, rows with plain values. HTML and CSV are made from the same value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from harmpath.assessment.model import EvidenceRow

__all__ = ["Column", "Kind", "Table", "Value", "evidence_texts", "pairs", "table"]

Kind: TypeAlias = Literal["id", "ref", "text", "code", "level", "number", "share", "flag", "evidence"]
"""``id`` names the row and is its anchor; ``ref`` holds ids of other rows; ``level`` is a word that gets a coloured,
labelled chip; ``share`` is a count and its whole, as ``5 of 54``; ``code`` is set in a fixed-width face; ``evidence``
folds away."""

Value: TypeAlias = str | float | int | bool | tuple[str, ...] | None
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    key: str
    """Name of the column in CSV."""
    label: str
    kind: Kind = "text"
    hint: str = ""
    """What the column means, for who has never seen it."""
    csv_only: bool = False
    """Not on the page: said there in another way, or too wide for it."""
    page_only: bool = False
    """Not in CSV: a shorter way to say on the page what a column of CSV has in full."""
    whole: bool = False
    """A long list of ids is folded on the page, not cut."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    id: str
    """Name of the CSV file and, after an underscore, the anchor of the table."""
    title: str
    about: str
    """One or two sentences for the reader."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    empty: str = "None."
    """What is said in place of an empty table."""
    most: int = 300
    """How many rows the page shows; CSV has all. Rows come in the order in which they matter."""
    folded: bool = False
    """The page shows the rows only to who opens them."""

    @property
    def page_rows(self) -> tuple[tuple[Value, ...], ...]:
        """The rows that the page shows."""
        return self.rows[: self.most]

    @property
    def shown(self) -> tuple[int, ...]:
        """Positions of the columns that the page has."""
        return tuple(n for n, column in enumerate(self.columns) if not column.csv_only)

    @property
    def prose(self) -> frozenset[int]:
        """Positions of text columns that need room: some cell of theirs is longer than a few words."""
        texts = [n for n, column in enumerate(self.columns) if column.kind == "text"]
        return frozenset(n for n in texts if any(_length(row[n]) > _PROSE for row in self.page_rows))

    @property
    def id_column(self) -> int | None:
        """Position of the column that names the row."""
        return next((n for n, column in enumerate(self.columns) if column.kind == "id"), None)


_PROSE: Final = 90


def _length(value: Value) -> int:
    return max(map(len, value), default=0) if isinstance(value, tuple) else len(str(value))


def table(
    id_: str,
    title: str,
    about: str,
    rows: Iterable[_Row],
    columns: Mapping[Column, Callable[[_Row], Value]],
    empty: str = "None.",
    most: int = 300,
    *,
    folded: bool = False,
) -> Table:
    """Build a table from rows and, for each column, what to take from a row."""
    filled = tuple(tuple(take(row) for take in columns.values()) for row in rows)
    return Table(id_, title, about, tuple(columns), filled, empty, most, folded)


def pairs(values: Mapping[str, object]) -> tuple[str, ...]:
    """A mapping as ``key: value`` texts, keys sorted; empty values left out."""
    shown = ((key, ", ".join(v) if isinstance(v, (list, tuple)) else str(v)) for key, v in sorted(values.items()))
    return tuple(f"{key}: {value}" for key, value in shown if value)


def evidence_texts(rows: Iterable[EvidenceRow]) -> tuple[str, ...]:
    """Each piece of evidence as one line."""
    return tuple(_evidence(row) for row in rows)


def _evidence(row: EvidenceRow) -> str:
    if row.kind == "measurement":
        unit = f" {row.unit}" if row.unit else ""
        span = f" [{row.low:g}, {row.high:g}]" if row.low is not None and row.high is not None else ""
        count = f", n = {row.n}" if row.n is not None else ""
        seed = f", seed {row.seed}" if row.seed is not None else ""
        figure = f"{row.value:g}{unit}" if row.value is not None else ""
        return f"measured: {row.id} {figure}{span}{count}{seed}"
    if row.kind == "document-span":
        page = f", page {row.page}" if row.page is not None else ""
        return f"{row.id or row.source}{page}: “{row.text}”"
    named = f"{row.source} {row.id}".strip() if row.source else row.id
    as_of = f" (as of {row.as_of})" if row.as_of else ""
    note = f": {row.note}" if row.note else ""
    return f"{named}{as_of}{note}"
