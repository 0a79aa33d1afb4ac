"""Showing results: tables for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harmpath.errors import Problem

__all__ = ["counted", "json_out", "note", "progress", "table"]


def json_out(value: Any) -> None:
    """Print a value as JSON: UTF-8, two spaces, stable order, one trailing newline."""
    import msgspec

    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(encoded.decode("utf-8") + "\n")


def counted(problems: Iterable[Problem]) -> str:
    """How many problems of each severity, in words."""
    severities = [p.severity for p in problems]
    counts = {word: severities.count(word) for word in ("error", "warning", "info")}
    said = ", ".join(f"{n} {word}{'s' if n != 1 and word != 'info' else ''}" for word, n in counts.items() if n)
    return said or "Nothing to report"


def note(text: str) -> None:
    """Something for the person at the terminal, kept out of the data on stdout."""
    print(text, file=sys.stderr)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "Nothing.") -> None:
    """Print a table; on a pipe it is plain and as wide as it needs to be."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    listed = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    width = None if sys.stdout.isatty() else 200
    console = Console(width=width, highlight=False)
    if not listed:
        console.print(f"[bold]{escape(title)}[/bold]\n{escape(empty)}")
        return
    shown = Table(
        title=escape(title), title_justify="left", title_style="bold", box=None, pad_edge=False, show_edge=False
    )
    for column in columns:
        shown.add_column(escape(column), header_style="bold", overflow="fold", vertical="top")
    for row in listed:
        shown.add_row(*(escape(_printable(cell)) for cell in row))
    console.print(shown)


def _printable(text: str) -> str:
    """Control characters made visible, so that input cannot drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def progress(what: str) -> Callable[[str, int, int], None] | None:
    """A callback ``(item, done, total)`` that draws one changing line on a terminal; None when there is none."""
    if not sys.stderr.isatty():
        return None

    def show(item: str, done: int, total: int) -> None:
        share = f"{100 * done // total:3d} %" if total else f"{done:,}"
        sys.stderr.write(f"\r\x1b[2K{what}: {share} {_printable(item)[:60]}")
        sys.stderr.write("\n" if total and done >= total else "")
        sys.stderr.flush()

    return show
