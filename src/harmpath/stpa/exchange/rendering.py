"""Tables as CSV, JSON, Markdown, XLSX and DOCX: escaped, and safe to open."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable
from typing import Any

from harmpath.errors import MissingExtraError
from harmpath.stpa.exchange.tables import Table

__all__ = ["safe_cell", "to_csv", "to_docx", "to_json", "to_markdown", "to_xlsx"]

MAX_CELL = 32_000
"""A spreadsheet cell holds 32,767 characters."""

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def safe_cell(text: str) -> str:
    """The text as a spreadsheet may show it: never a formula, without control characters, not too long."""
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    shown = f"'{clean}" if clean.lstrip()[:1] in ("=", "+", "-", "@", "|", "%") else clean
    return shown if len(shown) <= MAX_CELL else shown[: MAX_CELL - 1] + "…"


def to_csv(table: Table) -> str:
    """Comma-separated values (RFC 4180) that a spreadsheet opens without running anything."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([safe_cell(c) for c in row] for row in table.rows)
    return out.getvalue()


def to_json(tables: Iterable[Table]) -> str:
    """One object by table name, each a list of rows by column."""
    content = {t.name: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for t in tables}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def to_markdown(table: Table) -> str:
    """A Markdown section with a pipe table; what could be markup is escaped."""
    lines = [f"## {_plain(table.title)}", "", _line(table.columns), _line("---" for _ in table.columns)]
    return "\n".join([*lines, *(_line(map(_plain, row)) for row in table.rows)]) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    flat = " ".join(safe_cell(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in flat)


def to_xlsx(tables: Iterable[Table]) -> bytes:
    """A workbook with a sheet for each table; every cell is text.

    Raises:
        MissingExtraError: openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingExtraError("Writing XLSX", "landscape") from error
    book: Any = Workbook(write_only=True)
    used: set[str] = set()
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.name, used))
        for row in (table.columns, *table.rows):
            sheet.append([safe_cell(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue())


def _sheet_name(name: str, used: set[str]) -> str:
    """At most 31 characters, unique whatever the case."""
    base = "".join("-" if c in "[]:*?/\\" else c for c in name)[:31]
    chosen, number = base, 2
    while chosen.lower() in used:
        chosen = f"{base[: 30 - len(str(number))]}~{number}"
        number += 1
    used.add(chosen.lower())
    return chosen


def to_docx(tables: Iterable[Table]) -> bytes:
    """A Word document with a heading and a grid for each table.

    Raises:
        MissingExtraError: python-docx is not installed.
    """
    try:
        from docx import Document
    except ImportError as error:
        raise MissingExtraError("Writing DOCX", "documents") from error
    document: Any = Document()
    for table in tables:
        document.add_heading(_printable(table.title), level=2)
        grid = document.add_table(rows=0, cols=len(table.columns), style="Table Grid")
        for row in (table.columns, *table.rows):
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = _printable(text)
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def _settled(package: bytes) -> bytes:
    """The same office package without the time it was written: the same tables give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _TIME.sub(b"2000-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _printable(text: str) -> str:
    """XML takes no control characters."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
