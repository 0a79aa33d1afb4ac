"""landscape: the public record of recalls and adverse events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmpath.cli.show import json_out, note, table
from harmpath.errors import UsageError

__all__ = ["add_to"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
]

landscape = typer.Typer(help="What has gone wrong with devices: report, precedents, classification, studies.")


def _folder(store: Path | None) -> Path:
    from harmpath.assessment.precedents import data_folder

    return data_folder(store)


@landscape.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    product_code: Annotated[str | None, typer.Option("--product-code", help="FDA product code, e.g. NBW.")] = None,
    since: Annotated[int | None, typer.Option("--since", help="First year to look at.")] = None,
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("landscape"),
    store: StoreOption = None,
) -> None:
    """Write the report on one product code, or on all AI-enabled devices.

    Example: harmpath landscape --product-code NBW -o out/
    """
    if context.invoked_subcommand:
        return
    from harmpath.landscape.report import landscape_report

    written = landscape_report(_folder(store), product_code, since, out)
    for sentence in written.sentences:
        print(sentence)
    print(written.coverage.statement())
    print(f"Report: {out / 'report.html'}")


@landscape.command("precedents")
def precedents(
    project: Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")],
    json: JsonOption = False,
    store: StoreOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many to show.")] = 40,
) -> None:
    """What happened to devices like this one, best match first, with why each counts.

    Example: harmpath landscape precedents my-device
    """
    from harmpath.assessment.precedents import device_query
    from harmpath.assessment.technologies import collect
    from harmpath.device.project import open_project
    from harmpath.landscape.precedents import precedents as search
    from harmpath.records import default_store_path, open_store

    opened = open_project(project)
    path = store or default_store_path()
    advisories = open_store(path) if path.exists() else None
    found = search(device_query(opened.device, collect(opened).rows), _folder(store), limit, advisories)
    if json:
        json_out({"schema": "harmpath-precedents-1", "precedents": found})
        return
    rows = [(p.id, p.date, p.title, "; ".join(f"{link.rule}: {link.because}" for link in p.links)) for p in found.items]
    table(f"Precedents ({found.found:,} found)", ("record", "date", "device", "because"), rows)
    for gap in found.not_assessed:
        note(f"Not assessed: {gap.subject}: {gap.reason} {gap.remedy}".strip())
    note(found.coverage.statement())


@landscape.command("classify")
def classify(
    source: Annotated[Path, typer.Option("--input", help="CSV file with a column of texts.")],
    text: Annotated[str, typer.Option("--text", help="The column that holds the text.")],
    target: Annotated[Path, typer.Option("--output", help="CSV file to write, with the answers added.")],
) -> None:
    """Classify recall reasons or event narratives, with the phrases that decided.

    Example: harmpath landscape classify --input recalls.csv --text reason --output classified.csv
    """
    from harmpath.landscape.classify import classify_csv

    note(f"{classify_csv(source, text, target):,} texts classified into {target}.")


@landscape.command("reproduce")
def reproduce(
    study: Annotated[str | None, typer.Argument(help="The study; leave it out to list them.")] = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Put a published table beside ours, cell by cell.

    Example: harmpath landscape reproduce
    """
    from harmpath.landscape.reproduce import reproduce as run
    from harmpath.landscape.reproduce import studies

    if study is None:
        table("Studies", ("id", "title"), sorted(studies().items()))
        return
    if study not in studies():
        raise UsageError(f"There is no study '{study}'.", remedy=f"Studies: {', '.join(sorted(studies()))}.")
    found = run(study, _folder(store))
    if json:
        json_out({"schema": "harmpath-reproduction-1", "study": found})
        return
    rows = [(c.row, c.column, c.published, c.ours, c.difference) for c in found.cells]
    table(f"{found.title} ({found.source})", ("row", "column", "published", "ours", "difference"), rows)
    published = sum(c.published is not None for c in found.cells)
    note(f"{found.exact} of {published} published cells are the same. {found.explanation}".strip())
    note(found.coverage.statement())


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.add_typer(landscape, name="landscape")
