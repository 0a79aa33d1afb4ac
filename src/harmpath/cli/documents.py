"""technologies: what a device's documents say it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from harmpath.cli.show import json_out, note, table

__all__ = ["add_to"]


def technologies(
    files: Annotated[list[Path], typer.Argument(help="Documents: Markdown, text, HTML, PDF, DOCX.", metavar="FILE...")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Find the technologies that documents name, with versions, whose they are, and the words quoted.

    Example: harmpath technologies manual.pdf summary.md --json
    """
    from harmpath.device.documents import extract, read_document

    found = []
    for path in files:
        document = read_document(path)
        found.append((path, document, extract(document)))
    if json:
        items = [
            {**t.to_json(), **({"document": str(path)} if len(files) > 1 else {})}
            for path, _, extraction in found
            for t in extraction.technologies
        ]
        left = [n for _, document, e in found for n in (*document.not_assessed, *e.not_assessed)]
        json_out({"schema": "harmpath-technologies-1", "technologies": items, "not_assessed": left})
        return
    for path, document, extraction in found:
        rows = [_row(t) for t in extraction.technologies]
        columns = ("name", "version", "category", "role", "component", "mentions", "first words")
        table(str(path), columns, rows, empty="No technology was found in the text.")
        for left_out in (*document.not_assessed, *extraction.not_assessed):
            note(f"Not assessed: {left_out.subject}: {left_out.reason} {left_out.remedy}".strip())


def _row(t: Any) -> tuple[object, ...]:
    first = t.mentions[0]
    words = f"{first.text!r} at {first.start}" + (f", page {first.page}" if first.page else "")
    role = f"{t.role}, denied" if t.negated else t.role
    return t.name, t.version, t.category, role, t.component, len(t.mentions), words


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(technologies)
