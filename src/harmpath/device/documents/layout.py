"""Where things stand in a flat text: sentences, table cells, and which column speaks of which device."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from harmpath.device.documents.flatten import CELL, END, HARD, ROW, TABLE, Flat
from harmpath.device.documents.model import Role

Column = Literal["label", "subject", "predicate", "unknown"]

_BOUNDARY = re.compile(
    rf"[{TABLE}{ROW}{CELL}{END}]|(?<=[.!?;])\s+(?=[A-Z•\-(\"'])|\n\s*\n|\n(?=\s*(?:[#•*o\-·●−□]|\d+[.)]) )|[•●□]"
)
_MAX_CELLS = 20_000
_MAX_REACH = 450
"""Characters on either side of a mention read as its sentence: work stays linear in a text without stops."""


@dataclass(slots=True)
class Cell:
    """One cell of a table: its flat range and its place."""

    start: int
    end: int
    row: int
    column: int
    table: int
    text: str = ""
    header: bool = False


@dataclass(slots=True)
class Layout:
    """The sentences and cells of one flat text."""

    text: str
    sentence_starts: list[int] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    rows: dict[tuple[int, int], list[Cell]] = field(default_factory=dict)
    _cell_starts: list[int] = field(default_factory=list)

    def sentence(self, offset: int) -> tuple[int, int]:
        """The flat range of the sentence (or cell part) that holds ``offset``."""
        index = bisect_right(self.sentence_starts, offset) - 1
        start = self.sentence_starts[index] if index >= 0 else 0
        end = self.sentence_starts[index + 1] if index + 1 < len(self.sentence_starts) else len(self.text)
        return max(start, offset - _MAX_REACH), min(end, offset + _MAX_REACH)

    def cell(self, offset: int) -> Cell | None:
        """The table cell that holds ``offset``."""
        index = bisect_right(self._cell_starts, offset) - 1
        if index < 0 or self.cells[index].end <= offset:
            return None
        return self.cells[index]


def _grid(flat: Flat, layout: Layout) -> None:
    text = flat.text
    table = row = -1
    taken: dict[tuple[int, int], bool] = {}
    column = 0
    marks = list(re.finditer(f"[{TABLE}{ROW}{CELL}{END}]", text))
    for index, mark in enumerate(marks):
        kind = mark[0]
        if kind == TABLE:
            table, row, column, taken = table + 1, -1, 0, {}
        elif kind == ROW:
            row, column = row + 1, 0
        elif kind == CELL and table >= 0 and len(layout.cells) < _MAX_CELLS:
            while taken.get((row, column)):
                column += 1
            columns, rows = flat.spans.get(mark.start(), (1, 1))
            end = marks[index + 1].start() if index + 1 < len(marks) else len(text)
            cell = Cell(mark.end(), end, row, column, table, text[mark.end() : end].strip())
            layout.cells.append(cell)
            layout.rows.setdefault((table, row), []).append(cell)
            for down in range(1, rows):
                for right in range(columns):
                    taken[row + down, column + right] = True
            column += columns
    layout._cell_starts = [cell.start for cell in layout.cells]


def lay_out(flat: Flat) -> Layout:
    """Sentences and cells of ``flat``; linear in its length."""
    layout = Layout(flat.text)
    starts = {0}
    for match in _BOUNDARY.finditer(flat.text):
        starts.add(match.end())
    layout.sentence_starts = sorted(starts)
    _grid(flat, layout)
    return layout


_PREDICATE = re.compile(
    r"predicate|comparator|reference device|legally marketed|previously cleared|currently cleared"
    r"|current(?:ly)? marketed"
    r"|marketed device|cleared device|unmodified|existing device|original device|competit",
    re.I,
)
_SUBJECT = re.compile(
    r"\bsubject\b|proposed|candidate|\bnew\b|modified|submission|applicant|this 510|investigational|submitted"
    r"|current application|updated"
    r"|^\s*(?:the )?devices?\s*$|our device",
    re.I,
)
_AS_PREDICATE = re.compile(
    r"^\W*(?:same|similar|identical|equivalent|no )|\b(?:as|to|from|than) (?:the |its |that of the )?predicate"
    r"|predicate (?:has|uses|is|does|was|and)\b",
    re.I,
)
_KNUMBER = re.compile(r"\b(?:K|DEN|P)\s?(\d{6})\b", re.I)


@dataclass(frozen=True, slots=True)
class DeviceNames:
    """How the document calls the device it is about and the devices it is compared with."""

    subject: tuple[str, ...]
    """Squashed (see ``matcher.squash``) core names."""
    predicates: tuple[str, ...]
    numbers: frozenset[str]
    """The submission's own number, six digits."""


def _classify(text: str, names: DeviceNames, squashed: str, *, worded: bool) -> Column:
    if _AS_PREDICATE.search(text):
        return "unknown"
    if _PREDICATE.search(text):
        return "predicate"
    if worded:
        return "subject" if _SUBJECT.search(text) else "unknown"
    numbers = set(_KNUMBER.findall(text))
    if numbers:
        return "subject" if numbers & names.numbers else "predicate"
    if _SUBJECT.search(text):
        return "subject"
    own = any(name in squashed for name in names.subject)
    other = any(name in squashed for name in names.predicates)
    if own != other:
        return "subject" if own else "predicate"
    return "unknown"


def column_roles(layout: Layout, names: DeviceNames) -> dict[tuple[int, int, int], Column]:
    """What each (table, row, column) speaks of, from the nearest header row above it.

    A table that goes on after a page break without a header inherits the columns of the table before it.
    """
    roles: dict[tuple[int, int, int], Column] = {}
    current: dict[int, Column] = {}
    previous_table = -1
    widths: dict[int, int] = {}
    for (table, _row), row in layout.rows.items():
        widths[table] = max(widths.get(table, 0), row[-1].column + 1)
    for (table, row_number), row in layout.rows.items():
        if table != previous_table:
            if widths.get(previous_table) != widths[table]:
                current = {}
            previous_table = table
        found = _header(row, names, widths[table])
        if found:
            current = found
            for cell in row:
                cell.header = True
        for cell in row:
            role = current.get(cell.column, "unknown")
            roles[table, row_number, cell.column] = role if current else "unknown"
    return roles


def _header(row: list[Cell], names: DeviceNames, width: int) -> dict[int, Column]:
    if len(row) < 2 or any(len(cell.text) > 160 for cell in row):
        return {}
    labelled = width > 2 or row[0].text.strip().lower() in (
        "",
        "item",
        "feature",
        "items",
        "characteristic",
        "parameter",
    )
    kinds: dict[int, Column] = {}
    for index, cell in enumerate(row):
        squashed = re.sub(r"[^a-z0-9+#]", "", cell.text.lower())
        # below the head of a table only a row that says "predicate" is a new header; a K-number there is a value
        worded = cell.row > 2
        kinds[cell.column] = (
            "label" if index == 0 and labelled else _classify(cell.text, names, squashed, worded=worded)
        )
    values = [kind for kind in kinds.values() if kind != "label"]
    if "predicate" not in values:
        return {}
    if "subject" not in values:
        if "unknown" not in values:
            return kinds
        # the column that is not the predicate's is the subject's
        return {column: ("subject" if kind == "unknown" else kind) for column, kind in kinds.items()}
    return kinds


def hard_stop(character: str) -> bool:
    """Whether matching must not cross this character."""
    return character in HARD


__all__ = ["Cell", "Column", "DeviceNames", "Layout", "Role", "column_roles", "hard_stop", "lay_out"]
