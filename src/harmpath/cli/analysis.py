"""assess, and its readings one at a time: paths, stpa, vulnerabilities, risks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmpath.cli.show import json_out, note, table

if TYPE_CHECKING:
    from harmpath.assessment.model import Assessment

__all__ = ["add_to"]

ProjectArgument = Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
]
ExitCodeOption = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when something is found.")]
MostOption = Annotated[int, typer.Option("--paths", min=1, max=100, help="Attack paths to list for each goal.")]


def _run(project: Path, store: Path | None, most: int = 5) -> Assessment:
    from harmpath.assessment.pipeline import assess as run
    from harmpath.device.project import open_project

    return run(open_project(project), store=store, paths_per_goal=most)


def _footer(a: Assessment) -> None:
    """What the answer rests on and what it leaves out, after every table."""
    note(a.coverage.statement)
    if a.not_assessed:
        note(f"{len(a.not_assessed)} things were not assessed; 'harmpath assess' lists them.")


def assess(
    project: ProjectArgument,
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("out"),
    store: StoreOption = None,
    most: MostOption = 5,
    exit_code: ExitCodeOption = False,
) -> None:
    """Run the whole analysis and write the report, assessment.json, CSV tables and run.json.

    Example: harmpath assess my-device -o out/
    """
    from harmpath.assessment.pipeline import assess as run
    from harmpath.deliverables.run_json import RunInfo
    from harmpath.deliverables.write import write_all
    from harmpath.device.project import open_project

    opened = open_project(project)
    a = run(opened, store=store, paths_per_goal=most)
    written = write_all(a, RunInfo(opened.input_hashes(), 0, {"paths_per_goal": most}), out)
    print(a.summary.headline)
    if a.summary.protect_first:
        print("Protect first:")
        for number, reason in enumerate(a.summary.protect_because, 1):
            print(f"  {number}. {reason}")
    print(a.coverage.statement)
    print(f"Not assessed: {len(a.not_assessed)} (listed in the report).")
    report = next((p for p in written if p.name == "report.html"), out)
    print(f"Report: {report}")
    if exit_code and a.summary.counts["risks not acceptable"]:
        raise typer.Exit(1)


def paths(
    project: ProjectArgument,
    json: JsonOption = False,
    store: StoreOption = None,
    most: MostOption = 5,
    exit_code: ExitCodeOption = False,
) -> None:
    """How an attacker could reach each goal: cheapest paths first, and the reach into each ML input.

    Example: harmpath paths my-device --json
    """
    a = _run(project, store, most)
    if json:
        json_out(_part(a, "paths", "attack_paths", "reach"))
    else:
        rows = [
            (p.id, p.exploitability, p.position, " > ".join(p.elements), "open" if p.open else "cut")
            for p in a.attack_paths
        ]
        table("Attack paths", ("id", "exploitability", "from", "through", "state"), rows, empty="No path was found.")
        reach = [(r.feature, ", ".join(r.operations), r.bounds, r.max_rate, len(r.attack_paths)) for r in a.reach]
        table("Reach into ML inputs", ("input", "operations", "bounds", "rate", "paths"), reach)
        _footer(a)
    if exit_code and any(p.open for p in a.attack_paths):
        raise typer.Exit(1)


def stpa(
    project: ProjectArgument, json: JsonOption = False, store: StoreOption = None, exit_code: ExitCodeOption = False
) -> None:
    """Unsafe control actions, the constraints that invert them, and loss scenarios.

    Example: harmpath stpa my-device
    """
    a = _run(project, store)
    if json:
        json_out(_part(a, "stpa", "unsafe_control_actions", "constraints", "loss_scenarios"))
    else:
        rows = [(u.id, u.type or u.group, u.status, ", ".join(u.hazards), u.sentence) for u in a.unsafe_control_actions]
        table("Unsafe control actions", ("id", "type", "status", "hazards", "sentence"), rows)
        table("Constraints", ("id", "inverts", "sentence"), [(c.id, c.inverts, c.sentence) for c in a.constraints])
        support = {s.support for s in a.loss_scenarios}
        tally = [(kind, sum(s.support == kind for s in a.loss_scenarios)) for kind in sorted(support)]
        table("Loss scenarios", ("support by attack paths", "scenarios"), tally)
        _footer(a)
    if exit_code and any(u.status == "hazardous" for u in a.unsafe_control_actions):
        raise typer.Exit(1)


def risks(
    project: ProjectArgument, json: JsonOption = False, store: StoreOption = None, exit_code: ExitCodeOption = False
) -> None:
    """Risks before and after controls, and the smallest sets of controls that cut them.

    Example: harmpath risks my-device --exit-code
    """
    a = _run(project, store)
    if json:
        json_out(_part(a, "risks", "risks", "risk_matrix", "controls", "cut_sets"))
    else:
        rows = [
            (r.id, r.severity, r.risk_before, r.risk_after, r.risk_planned, ", ".join(r.hazards), r.acceptability)
            for r in a.risks
        ]
        columns = ("id", "severity", "before", "after", "planned", "hazards", "acceptability")
        table("Risks", columns, rows, empty="No attack path leads to a hazard.")
        cuts = [(c.hazard, c.objective, ", ".join(c.controls), ", ".join(c.uncuttable)) for c in a.cut_sets]
        table("Sets of controls that cut every path", ("hazard", "objective", "controls", "cannot be cut"), cuts)
        _footer(a)
    if exit_code and a.summary.counts["risks not acceptable"]:
        raise typer.Exit(1)


def _part(a: Assessment, name: str, *keys: str) -> dict[str, object]:
    """Some keys of the assessment, always with coverage and what was not assessed."""
    shown = {"schema": f"harmpath-{name}-1", "coverage": a.coverage, "not_assessed": a.not_assessed}
    return {**shown, **{key: getattr(a, key) for key in keys}}


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (assess, paths, stpa, risks):
        app.command()(command)
