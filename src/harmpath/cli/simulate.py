"""simulate: patients in the loop, with and without what the attack paths allow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmpath.cli.show import json_out, note, progress, table

__all__ = ["add_to"]


def simulate(
    project: Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("simulation"),
    seed: Annotated[int | None, typer.Option(help="Instead of the seed in simulation.yaml.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the harm in the project, for 'assess'.")] = False,
    pictures: Annotated[bool, typer.Option("--pictures/--no-pictures", help="Draw the pictures.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    store: Annotated[
        Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
    ] = None,
) -> None:
    """Run the closed loop with and without each attack that the open paths allow, and report what patients suffer.

    May be interrupted and run again: finished parts are kept.
    Example: harmpath simulate my-device -o out/simulation --record
    """
    from harmpath.assessment.pipeline import assess
    from harmpath.assessment.simulating import harm_of, simulation_spec, write_measured
    from harmpath.device.project import open_project
    from harmpath.patients import draw_campaign, run_campaign

    opened = open_project(project)
    a = assess(opened, store=store)
    spec, left_out = simulation_spec(opened, a)
    shown = progress("Simulating")
    report = (lambda done, total, what: shown(what, done, total)) if shown else None
    campaign = run_campaign(spec, out, seed, report, root=opened.folder)
    harm = harm_of(opened, a, campaign)
    if pictures:
        draw_campaign(campaign)
    if record:
        note(f"Kept in {write_measured(opened, harm)}.")
    if json:
        json_out(harm)
    else:
        rows = [
            (s.scenario.name, s.severity or "none", "; ".join(_figure(e) for e in s.evidence[:3]))
            for s in campaign.harm.scenarios
        ]
        table(f"Harm (seed {campaign.seed})", ("scenario", "severity", "measured"), rows)
        for item in left_out:
            note(f"Not simulated: {item.subject}: {item.reason} {item.remedy}")
        note(f"Results: {campaign.rows}")


def _figure(e: object) -> str:
    from harmpath.evidence import MeasurementEvidence

    if not isinstance(e, MeasurementEvidence):
        return ""
    interval = f" [{e.low:.2g}, {e.high:.2g}]" if e.low is not None and e.high is not None else ""
    return f"{e.what}: {e.value:.3g}{interval} {e.unit}".strip()


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(simulate)
