"""The landscape report: one self-contained HTML page, its tables as CSV, its pictures as SVG and PNG."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from harmpath.errors import OutputError
from harmpath.evidence import Coverage
from harmpath.landscape.cohort import Cohort, cohort
from harmpath.landscape.figures import Figure, draw
from harmpath.landscape.store import open_store
from harmpath.landscape.tables import Table, all_tables

__all__ = ["Report", "landscape_report"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHOWN_ROWS = 40


@dataclass(frozen=True)
class Report:
    """What was written."""

    cohort: Cohort
    tables: tuple[Table, ...]
    coverage: Coverage
    sentences: tuple[str, ...]
    """The findings as the page states them; every number is in a table."""
    files: tuple[Path, ...]


def landscape_report(
    data_dir: Path, product_code: str | None = None, since: int | None = None, out: Path = Path("landscape")
) -> Report:
    """Write the report on one product code, or on all AI-enabled devices, into the folder ``out``.

    Raises:
        StoreError: nothing imported. UsageError: nothing has the product code. OutputError: ``out`` cannot be written.
    """
    with open_store(data_dir) as store:
        chosen = cohort(store, product_code, since)
        coverage = store.coverage()
    tables = all_tables(chosen)
    figures = {t.id: f for t in tables if (f := draw(t))}
    sentences = findings(chosen, tables)
    page = _page(chosen, tables, figures, coverage, sentences)
    files = _write(out, page, tables, figures)
    return Report(chosen, tables, coverage, sentences, files)


def findings(chosen: Cohort, tables: Sequence[Table]) -> tuple[str, ...]:
    """What the tables say, as sentences; numbers are taken from the tables and nowhere else."""
    by_id = {t.id: t for t in tables}
    said: list[str] = []
    if table := by_id.get("devices-by-year"):
        total = _sum(table, 2)
        first, last = table.rows[0][0], table.rows[-1][0]
        said.append(f"FDA's list holds {total:,} AI-enabled devices of this cohort, authorised {first} to {last}.")
    if table := by_id.get("recalls-by-year"):
        total = _sum(table, 2)
        computer = sum(int(r[2] or 0) for r in table.rows if r[1] == "computer-related")
        said.append(f"{total:,} dated recall events are linked to it, {computer:,} of them computer-related.")
    if table := by_id.get("causes"):
        name, count, _ = table.rows[0]
        said.append(f"The most frequent FDA-determined cause is “{name}” ({count:,} events).")
    if table := by_id.get("fault-by-mode"):
        top = max(table.rows, key=lambda r: int(r[2] or 0))
        said.append(f"Most often a fault of class {top[0]} showed as {top[1]} ({top[2]:,} events).")
    if table := by_id.get("events-by-year"):
        deaths = sum(int(r[2] or 0) for r in table.rows if r[1] == "Death")
        injuries = sum(int(r[2] or 0) for r in table.rows if r[1] == "Injury")
        said.append(
            f"{_sum(table, 2):,} dated adverse-event reports are held: {deaths:,} of deaths, {injuries:,} of injuries."
        )
    if table := by_id.get("time-to-recall"):
        ends = {str(r[0]): r for r in table.rows}
        parts = (f"{r[4]:.1%} ({r[5]:.1%} to {r[6]:.1%}) for {g}, {r[1]:.1f} years on" for g, r in ends.items())
        said.append("Devices without a recall at the last one observed: " + "; ".join(parts) + ".")
    count = len(by_id["security"].rows) if "security" in by_id else 0
    said.append(f"{count:,} of the recall events {'is' if count == 1 else 'are'} about security.")
    return tuple(said)


def _sum(table: Table, column: int) -> int:
    return sum(int(row[column] or 0) for row in table.rows)


def _page(
    chosen: Cohort,
    tables: Sequence[Table],
    figures: dict[str, Figure],
    coverage: Coverage,
    sentences: Sequence[str],
) -> str:
    from jinja2 import Environment, StrictUndefined

    source = (resources.files("harmpath.landscape") / "report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = _shown
    return environment.from_string(source).render(
        cohort=chosen, tables=tables, figures=figures, coverage=coverage, sentences=sentences, shown=_SHOWN_ROWS
    )


def _shown(value: object) -> str:
    if isinstance(value, int) and not 1900 <= value <= 2100:
        return f"{value:,}"
    return "—" if value is None else str(value)


def _csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow("'" + v if isinstance(v, str) and v.startswith(_FORMULA) else v for v in row)
    return out.getvalue()


def _write(out: Path, page: str, tables: Sequence[Table], figures: dict[str, Figure]) -> tuple[Path, ...]:
    content: dict[str, bytes] = {"report.html": page.encode("utf-8")}
    for table in tables:
        content[f"{table.id}.csv"] = _csv(table).encode("utf-8")
    for name, figure in figures.items():
        content[f"{name}.svg"] = figure.svg.encode("utf-8")
        content[f"{name}.png"] = figure.png
    written: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(content.items()):
            temporary = out / f".{name}.part"
            temporary.write_bytes(data)
            temporary.replace(out / name)
            written.append(out / name)
    except OSError as error:
        raise OutputError(f"The report cannot be written to {out}: {error}") from error
    return tuple(written)
