"""vulnerabilities: known vulnerabilities of a project or of one SBOM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmpath.cli.show import json_out, note, table

if TYPE_CHECKING:
    from harmpath.assessment.lookup import Lookup

__all__ = ["add_to"]


def vulnerabilities(
    path: Annotated[Path, typer.Argument(help="Project folder, or an SBOM (CycloneDX, SPDX).", metavar="PROJECT|FILE")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    store: Annotated[
        Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when something is found.")] = False,
) -> None:
    """Known vulnerabilities of a project or of one SBOM, each with the reason, and what could not be matched.

    Example: harmpath vulnerabilities sbom.cdx.json --json
    """
    from harmpath.assessment.lookup import lookup

    found = lookup(path, store)
    if json:
        json_out(found)
    else:
        _show(found)
    if exit_code and found.matches:
        raise typer.Exit(1)


def _show(found: Lookup) -> None:
    rows = [
        (
            m.cve,
            f"{m.component.name} {m.component.version}".strip(),
            m.confidence,
            "" if m.scores.cvss is None else f"{m.scores.cvss:.1f} {m.scores.severity}",
            "exploited" if m.scores.known_exploited else "",
            "" if m.scores.epss is None else f"{m.scores.epss:.1%}",
            "; ".join(m.because) + (f"; if {m.condition}" if m.condition else ""),
        )
        for m in found.matches
    ]
    columns = ("id", "component", "confidence", "CVSS", "KEV", "EPSS", "because")
    table("Known vulnerabilities", columns, rows, empty="No record matches, within what the data covers (see below).")
    unmatched = [
        (f"{u.component.name} {u.component.version}".strip(), u.reason, ", ".join(u.nearest)) for u in found.unmatched
    ]
    if unmatched:
        table("Not matched", ("component", "reason", "nearest in the records"), unmatched)
    note(found.coverage.statement)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(vulnerabilities)
