"""watch: what is new about known vulnerabilities since the last look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmpath.cli.show import json_out, note, table

__all__ = ["add_to"]


def watch(
    path: Annotated[Path, typer.Argument(help="Project folder, or an SBOM (CycloneDX, SPDX).", metavar="PROJECT|FILE")],
    state: Annotated[
        Path | None, typer.Option("--state", help="What was known last time; beside the project or file by default.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Do not remember this look; compare with the same again.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    store: Annotated[
        Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
    ] = None,
) -> None:
    """Compare known vulnerabilities with the last look: new, newly exploited, changed, gone.

    Exit code 1 when something is new, newly exploited or changed; the first look only remembers.
    Example: harmpath watch my-device
    """
    from harmpath.assessment.lookup import lookup
    from harmpath.assessment.watching import changes, read_state, state_of, write_state

    kept = state or (path / "watch.json" if path.is_dir() else path.with_name(path.name + ".watch.json"))
    before = read_state(kept)
    found = lookup(path, store)
    now = state_of(found)
    different = changes(before, now) if before is not None else ()
    if not keep:
        write_state(kept, now)
    if json:
        json_out(
            {
                "schema": "harmpath-watch-changes-1",
                "first": before is None,
                "changes": different,
                "coverage": found.coverage,
            }
        )
    else:
        rows = [(c.kind, c.vulnerability, c.component, c.what) for c in different]
        empty = "This was the first look." if before is None else "Nothing is different."
        table("Since the last look", ("kind", "vulnerability", "component", "what"), rows, empty=empty)
        note(found.coverage.statement)
    if any(c.kind != "gone" for c in different):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(watch)
