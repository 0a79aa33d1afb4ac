"""evade: attacks on the device's own model, as far as the open attack paths reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmpath.cli.show import json_out, note, progress, table

if TYPE_CHECKING:
    from harmpath.evasion import EvasionResult
    from harmpath.evasion.outcome import Share

__all__ = ["add_to"]


def evade(
    project: Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")],
    seed: Annotated[int | None, typer.Option(help="Instead of the seed in evasion.yaml.")] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Folder for finished attacks, so that an interrupted run goes on.")
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the figures in the project, for 'assess'.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    store: Annotated[
        Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
    ] = None,
) -> None:
    """Measure what false data does to the device's model, limited to the reach of the open attack paths.

    Needs evasion.yaml in the project: the model's inputs, traces, and what the attacker wants.
    Example: harmpath evade my-device --record
    """
    from harmpath.assessment.decisions import read_decisions, verdicts
    from harmpath.assessment.evading import reach_of_project, record_of, write
    from harmpath.device.project import open_project
    from harmpath.evasion import run

    opened = open_project(project)
    reach = reach_of_project(opened, store, verdicts(read_decisions(opened.decisions_file)))
    shown = progress("Attacking")
    report = (lambda done, total, what: shown(what, done, total)) if shown else None
    result = run(opened.folder, opened.device, reach, seed=seed, progress=report, keep=keep)
    if record:
        note(f"Kept in {write(opened, record_of(result))}.")
    if json:
        json_out({**_plain(result), "schema": "harmpath-evade-1"})
        return
    _show(result)


def _plain(result: EvasionResult) -> dict[str, object]:
    from dataclasses import fields

    return {f.name: getattr(result, f.name) for f in fields(result)}


def _show(result: EvasionResult) -> None:
    print(result.reason)
    if result.accuracy:
        a = result.accuracy
        print(
            f"Without any attack: RMSE {a.rmse:.1f} at {a.minutes:g} min (no change assumed: {a.unchanged_rmse:.1f}), "
            f"{a.n:,} windows of {result.patients} patients."
        )
    rows = [(g.name, _share(g.share), f"{g.edits:g}", g.search, f"{g.queries:,}") for g in result.goals]
    table(f"Goals (seed {result.seed})", ("goal", "windows", "values changed", "search", "queries"), rows)
    for goal in result.goals:
        table(goal.name, ("signal alone", "windows"), [(s.name, _share(s.share)) for s in goal.by_signal])
    for gap in result.not_assessed:
        note(f"Not assessed: {gap.subject}: {gap.reason} {gap.remedy}".strip())


def _share(share: Share) -> str:
    if not share.n:
        return "no eligible window"
    return f"{share.hits} of {share.n} = {share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(evade)
