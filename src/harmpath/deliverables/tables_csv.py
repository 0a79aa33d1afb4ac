"""CSV of each table: RFC 4180, UTF-8, safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection); numbers stay
numbers.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from harmpath.assessment.model import Assessment
from harmpath.deliverables.tables import Table, all_tables
from harmpath.deliverables.tables.table import Value
from harmpath.deliverables.view import View

__all__ = ["table_csv", "tables_csv"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def tables_csv(assessment: Assessment) -> dict[str, bytes]:
    """File name to bytes, for every table."""
    return {f"{id_}.csv": table_csv(one) for id_, one in all_tables(View(assessment)).items()}


def table_csv(one: Table) -> bytes:
    """One table: a header line, then one line per row; several values in a cell are parted by ``; ``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    kept = [n for n, column in enumerate(one.columns) if not column.page_only]
    writer.writerow([one.columns[n].key for n in kept])
    writer.writerows([_cell(row[n]) for n in kept] for row in one.rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Value) -> str | int | float:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = "; ".join(value) if isinstance(value, tuple) else value
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
