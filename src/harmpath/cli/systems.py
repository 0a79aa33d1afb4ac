"""STPA in depth: context tables, monitor rules, traces, tables, and exchange with other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harmpath.cli.show import json_out, note, table
from harmpath.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from harmpath.device.model import Device
    from harmpath.stpa import StpaAnalysis
    from harmpath.stpa.monitors import MonitorRule
    from harmpath.stpa.traceability import TraceGraph

__all__ = ["add_to"]

ProjectArgument = Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
MAX_BYTES = 10_000_000


def _analysed(project: Path) -> tuple[Device, StpaAnalysis]:
    from harmpath.device.check import check, is_usable
    from harmpath.device.project import open_project
    from harmpath.stpa import analyse

    opened = open_project(project)
    problems = check(opened)
    if not is_usable(problems):
        raise InputError(p for p in problems if p.severity == "error")
    return opened.device, analyse(opened.device)


def context(
    project: ProjectArgument,
    action: Annotated[str | None, typer.Argument(help="Control action; all of them when left out.")] = None,
    json: JsonOption = False,
) -> None:
    """Context tables: every combination of process-model states, judged for all seven aspects; coverage and clashes.

    Example: harmpath context my-device CA-bolus
    """
    from harmpath.device.reading import near_miss
    from harmpath.stpa.contexts import context_tables

    device, analysis = _analysed(project)
    tables = context_tables(device, analysis)
    known = [t.control_action for t in tables]
    if action is not None and action not in known:
        raise UsageError(f"There is no control action '{action}'.", remedy=near_miss(action, known))
    chosen = [t for t in tables if action in (None, t.control_action)]
    if json:
        json_out({"schema": "harmpath-context-1", "context_tables": chosen})
        return
    for found in chosen:
        about = f"{found.control_action}: {len(found.rows):,} of {found.possible:,} rows ({found.combinations})"
        rows = [(*r.states, *(v.decision for v in r.verdicts)) for r in found.rows] if action else []
        aspects = [c.aspect for c in found.coverage]
        if action:
            table(about, (*found.variables, *aspects), rows, empty=found.reason)
        judged = [
            (c.aspect, "not counted" if c.judged is None else c.judged, c.conditional or 0, c.total, _gap(c.gaps))
            for c in found.coverage
        ]
        columns = ("aspect", "judged", "under a condition", "of", "first gap")
        table(f"Coverage of {found.control_action}", columns, judged)
        for clash in found.clashes:
            print(f"{clash.kind}: {clash.rules[0]} and {clash.rules[1]} where {_gap([dict(clash.example)])}")


def _gap(gaps: object) -> str:
    found = list(gaps) if isinstance(gaps, (list, tuple)) else []
    if not found:
        return "none"
    return ", ".join(f"{v}={s}" for v, s in found[0].items()) or "everything"


def monitors(
    project: ProjectArgument,
    on: Annotated[Path | None, typer.Option("--trace", help="A CSV trace to try the rules on (see below).")] = None,
    json: JsonOption = False,
) -> None:
    """Runtime monitor rules in signal temporal logic, from unsafe control actions with a context.

    A trace has a column time_s, one for each process-model variable and one for each control action (above 0: given).

    Example: harmpath monitors my-device --trace night.csv
    """
    from harmpath.stpa.monitors import monitor_rules

    device, analysis = _analysed(project)
    rules = monitor_rules(device, analysis)
    if on is not None:
        _tried(device, rules.rules, on, json)
    elif json:
        json_out({"schema": "harmpath-monitors-1", "rules": rules.rules, "not_generated": rules.not_generated})
    else:
        shown = [
            (r.id, r.formula, ", ".join(f"{p.name}={p.default:g} {p.unit}".strip() for p in r.parameters))
            for r in rules.rules
        ]
        table("Monitor rules", ("id", "formula", "set per patient"), shown)
        missing = [(n.subject, n.reason, n.remedy) for n in rules.not_generated]
        table("No rule for", ("unsafe control action", "because", "remedy"), missing)


def _tried(device: Device, rules: tuple[MonitorRule, ...], file: Path, json: bool) -> None:
    """The rules that the trace has the columns for, tried on it; the others are named."""
    from math import isfinite

    from harmpath.stpa.trace_csv import trace_from_csv
    from harmpath.stpa.traces import evaluate

    recorded = trace_from_csv(_text(file), str(file)).with_derivatives(device)
    fitting = [r for r in rules if {r.control_action, *(c.variable for c in r.context)} <= set(recorded.columns)]
    found = evaluate(fitting, recorded)
    rows = [
        {
            "rule": v.rule,
            "broken": len(v.violations),
            "first_s": recorded.time_s[v.violations[0]] if v.violations else None,
            "undecided": len(v.undecided),
            "robustness": v.least if isfinite(v.least) else None,
        }
        for v in found
    ]
    without = [r.id for r in rules if r not in fitting]
    if json:
        json_out({"schema": "harmpath-monitors-1", "samples": len(recorded.time_s), "verdicts": rows,
                  "without_columns": without})  # fmt: skip
    else:
        table(f"Rules on {len(recorded.time_s):,} samples", ("rule", "broken", "first at s", "undecided", "robustness"),
              [tuple(r.values()) for r in rows])  # fmt: skip
        if without:
            note(f"{len(without)} rules were not tried: the trace has no columns for them.")


def trace(
    project: ProjectArgument,
    rows: Annotated[str | None, typer.Argument(help="A kind, e.g. channel; left out: the summary.")] = None,
    columns: Annotated[str | None, typer.Argument(help="Another kind, e.g. loss.")] = None,
    json: JsonOption = False,
) -> None:
    """Traceability between two kinds, in both directions; without kinds, how much of each traces to each other.

    Example: harmpath trace my-device channel hazard
    """
    graph = _graph(project)
    if rows is None or columns is None:
        summary = graph.summary()
        if json:
            json_out({"schema": "harmpath-trace-1", "summary": summary})
        else:
            shown = [(a, b, n, of) for a, b, n, of in summary if n]
            table("Traced", ("kind", "traces to", "that many", "of"), shown)
        return
    for kind in (rows, columns):
        if kind not in graph.members:
            raise UsageError(f"There is no '{kind}' here.", remedy=f"Kinds: {', '.join(graph.members)}.")
    matrix = graph.matrix(rows, columns)
    if json:
        bare = {"bare_rows": matrix.bare_rows, "bare_columns": matrix.bare_columns}
        json_out({"schema": "harmpath-trace-1", "matrix": matrix, **bare})
        return
    by_row: dict[str, list[str]] = {row: [] for row in matrix.rows}
    for row, column in matrix.marks:
        by_row[row].append(column)
    table(f"{rows} to {columns}", (rows, columns), [(r, ", ".join(c) or "-") for r, c in by_row.items()])
    if matrix.bare_columns:
        note(f"Nothing of kind {rows} traces to: {', '.join(matrix.bare_columns)}.")


def breaks(
    project: ProjectArgument,
    id_: Annotated[str, typer.Argument(help="Id of an element or result.", metavar="ID")],
    json: JsonOption = False,
) -> None:
    """What breaks if something is removed: what is lost with it, and what stays but says less.

    Example: harmpath breaks my-device H-1
    """
    from harmpath.device.reading import near_miss

    graph = _graph(project)
    if id_ not in graph.kinds:
        raise UsageError(f"There is no '{id_}'.", remedy=near_miss(id_, list(graph.kinds)))
    found = graph.what_breaks(id_)
    if json:
        json_out({"schema": "harmpath-breaks-1", "removed": id_, "breaks": found})
    else:
        shown = [(b.outcome, b.kind, b.id, b.because) for b in found]
        table(f"Without {id_}", ("", "kind", "id", "because of"), shown, empty="Nothing rests on it.")


def _graph(project: Path) -> TraceGraph:
    from harmpath.stpa.traceability import trace_graph

    return trace_graph(*_analysed(project))


def stpa_tables(
    project: ProjectArgument,
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for the tables.")] = Path("out"),
    form: Annotated[
        Literal["csv", "json", "markdown", "xlsx", "docx"], typer.Option("--format", help="Form of the tables.")
    ] = "markdown",
) -> None:
    """Write every table of the STPA: context tables, scenarios, monitor rules, lifecycle loops, AI threats ...

    Example: harmpath stpa-tables my-device --format docx -o out/
    """
    from harmpath.deliverables.write import write_files
    from harmpath.stpa.exchange import rendering
    from harmpath.stpa.exchange.tables import stpa_tables as all_tables

    tables = all_tables(*_analysed(project))
    if form == "csv":
        files = {f"stpa/{t.name}.csv": rendering.to_csv(t).encode() for t in tables}
    elif form == "json":
        files = {"stpa.json": rendering.to_json(tables).encode()}
    elif form == "markdown":
        files = {"stpa.md": "\n".join(map(rendering.to_markdown, tables)).encode()}
    elif form == "xlsx":
        files = {"stpa.xlsx": rendering.to_xlsx(tables)}
    else:
        files = {"stpa.docx": rendering.to_docx(tables)}
    written = write_files(files, out)
    print(f"{len(tables)} tables in {written[0] if len(written) == 1 else written[0].parent}")


def export_model(
    project: ProjectArgument,
    form: Annotated[Literal["pasta", "otm"], typer.Argument(help="PASTA's .stpa text, or Open Threat Model JSON.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
) -> None:
    """Write the device for another tool: PASTA's .stpa text or Open Threat Model.

    Example: harmpath export-model my-device pasta -o my-device.stpa
    """
    from harmpath.deliverables.write import write_files
    from harmpath.stpa.exchange.otm_export import export_otm
    from harmpath.stpa.exchange.pasta_export import export_pasta

    device, analysis = _analysed(project)
    text = export_pasta(device, analysis) if form == "pasta" else export_otm(device, analysis)
    (written,) = write_files({out.name: text.encode()}, out.parent)
    print(f"Wrote {written}")


def import_model(
    file: Annotated[Path, typer.Argument(help="A .stpa file of PASTA, or an Open Threat Model JSON file.")],
    folder: Annotated[Path, typer.Argument(help="The project folder to make.")],
) -> None:
    """Make a project folder from another tool's file; what could not be carried over is listed.

    Example: harmpath import-model analysis.stpa my-device
    """
    from harmpath.deliverables.write import write_files
    from harmpath.stpa.exchange.otm_import import import_otm
    from harmpath.stpa.exchange.pasta_import import import_pasta

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty.", remedy="Name a folder that does not exist yet.")
    text = _text(file)
    imported = import_pasta(text, file.name) if file.suffix == ".stpa" else import_otm(text, file.name)
    imported.device(str(folder / "device.yaml"))
    write_files({"device.yaml": imported.text().encode()}, folder)
    table("Left out or assumed", ("what", "because", "remedy"),
          [(n.subject, n.reason, n.remedy) for n in imported.left_out])  # fmt: skip
    note(f"Made {folder}/device.yaml. Next: harmpath check {folder}")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError([Problem("too-large", f"At most {MAX_BYTES:,} bytes are read.", str(file))])
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError([Problem("unreadable", f"Cannot be read: {error.strerror}.", str(file))]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem("encoding", f"Not UTF-8 text (byte {error.start}).", str(file))]) from error


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (context, monitors, trace, breaks, stpa_tables, export_model, import_model):
        app.command()(command)
