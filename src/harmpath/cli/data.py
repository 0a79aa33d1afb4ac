"""data: the local store of public records: import a folder, pull from the services, show what is held."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harmpath.cli.show import json_out, note, progress, table
from harmpath.errors import UsageError

if TYPE_CHECKING:
    from harmpath.records import ImportReport
    from harmpath.records.fda_import import FdaImport
    from harmpath.records.pulling import Endpoints

__all__ = ["add_to"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
]

data = typer.Typer(
    help="Public records in the local store: import a folder, pull from the services, show what is held.",
    no_args_is_help=True,
)


@data.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder (or one file) of records as their sources publish them.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Import public records: NVD, CVE 5, KEV, EPSS, CISA CSAF, OSV; and FDA's where the extra landscape is installed.

    May be interrupted and run again: what was imported stays, nothing is imported twice.
    Example: harmpath data import ../shared/data
    """
    from harmpath.records import import_folder

    report = import_folder(folder, store, progress("Importing"))
    fda = _import_fda(folder, store)
    _show_import(report, fda, json)


@data.command("pull")
def pull(
    sources: Annotated[
        list[str] | None, typer.Argument(help="nvd, cisa-kev, epss, osv; all of them by default.")
    ] = None,
    store: StoreOption = None,
    mirror: Annotated[
        list[str] | None, typer.Option("--mirror", help="NAME=URL: fetch nvd, kev, epss or osv from there instead.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Bring the store up to date from the official services; only what is new is fetched.

    Polite to the services' limits; an API key for NVD in the environment variable NVD_API_KEY raises them. May be
    interrupted and run again. A proxy is taken from the usual environment variables.
    Example: harmpath data pull cisa-kev epss
    """
    import os

    from harmpath.records.pulling import SOURCES
    from harmpath.records.pulling import pull as fetch

    report = fetch(
        store,
        sources=tuple(sources or SOURCES),
        endpoints=_endpoints(mirror or []),
        api_key=os.environ.get("NVD_API_KEY", ""),
        progress=progress("Fetching"),
    )
    _show_import(report, None, json)


def _endpoints(mirrors: list[str]) -> Endpoints:
    from dataclasses import fields, replace

    from harmpath.records.pulling import Endpoints

    known = [f.name for f in fields(Endpoints)]
    named: dict[str, str] = {}
    for mirror in mirrors:
        name, equals, url = mirror.partition("=")
        if name not in known or not equals or not url.startswith(("https://", "http://")):
            raise UsageError(f"--mirror {mirror} is not understood.", remedy=f"Give NAME=URL with {', '.join(known)}.")
        named[name] = url
    return replace(Endpoints(), **named)


def _show_import(report: ImportReport, fda: FdaImport | None, json: bool) -> None:
    if json:
        files = [f for f in report.files if f.status != "ignored"]
        found = {"store": str(report.store), "files": files, "skipped": report.skipped, "fda": fda}
        json_out({"schema": "harmpath-import-1", **found})
    else:
        rows = [
            (f.name, f.source, f.status, f"{f.records:,}", f"{f.taken:,}", f.reason or _reasons(f.skipped))
            for f in report.files
            if f.status != "ignored"
        ]
        table("Imported", ("file", "source", "status", "records", "taken", "skipped, because"), rows)
        ignored = sum(f.status == "ignored" for f in report.files)
        note(f"{ignored} files hold no vulnerability records and were left alone.")
        if fda is not None:
            held = [
                (f.file, f.table, f"{f.read:,}", f"{f.kept:,}", f"{f.duplicates:,}", f"{f.rejected:,}")
                for f in fda.files
            ]
            table("FDA records", ("file", "table", "read", "kept", "duplicates", "rejected"), held)
        note(f"Store: {report.store}")
    if report.refused:
        raise typer.Exit(1)


def _import_fda(folder: Path, store: Path | None) -> FdaImport | None:
    """FDA's recalls, events and lists; None where there are none, or the extra that reads them is missing."""
    import importlib.util

    from harmpath.assessment.precedents import data_folder

    if not folder.is_dir():
        return None
    if importlib.util.find_spec("duckdb") is None:
        note("FDA's records were left out: they need the optional dependencies [landscape].")
        return None
    from harmpath.records.fda_import import import_records

    try:
        return import_records(folder, data_folder(store), progress("Importing FDA records"))
    except UsageError as error:
        note(error.message)
        return None


def _reasons(skipped: dict[str, int]) -> str:
    return "; ".join(f"{n:,} {reason}" for reason, n in sorted(skipped.items()))


@data.command("show")
def show(store: StoreOption = None, json: JsonOption = False) -> None:
    """What the local store holds, and what it does not.

    Example: harmpath data show
    """
    from harmpath.assessment.rows import coverage_row
    from harmpath.records import open_store

    with open_store(store) as opened:
        coverage = opened.coverage()
    if json:
        json_out({"schema": "harmpath-coverage-1", "coverage": coverage_row(coverage)})
        return
    rows = [(s.source, f"{s.records:,}", s.as_of, s.note) for s in coverage.sources]
    table("Held", ("source", "records", "as of", "note"), rows, empty="The store is empty.")
    years = sorted({y for s in coverage.sources for y in s.by_year})
    by_year = [(s.source, *(f"{s.by_year.get(y, 0):,}" for y in years)) for s in coverage.sources if s.by_year]
    if by_year:
        table("Records by year of their identifier", ("source", *map(str, years)), by_year)
    for missing in coverage.missing:
        note(f"Not there: {missing.subject}: {missing.reason} {missing.remedy}".strip())


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.add_typer(data, name="data")
