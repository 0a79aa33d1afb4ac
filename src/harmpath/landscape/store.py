"""Opening what was imported: DuckDB views over the Parquet files, and what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harmpath.errors import MissingExtraError, StoreError
from harmpath.evidence import Coverage, NotAssessed, SourceCoverage
from harmpath.records.fda_tables import TABLES, read_manifest, table_path

__all__ = ["LandscapeStore", "open_store"]

_YEAR_COLUMN = {"recalls": "year", "events": "year(received)", "ai_devices": "year(decided)"}
_NEEDED = {
    "recalls": "FDA recalls",
    "events": "FDA adverse-event reports (MAUDE)",
    "ai_devices": "FDA's list of AI-enabled devices",
    "product_codes": "FDA product classification",
    "predicates": "510(k) predicates",
    "clearances": "510(k) decisions",
}
# One line per report: its rows (master, device, texts) share the key; the first non-empty value in text order counts.
_REPORTS = """
create or replace view reports as
select report_key,
  coalesce(max(nullif(report_number, '')), '') report_number, coalesce(max(nullif(event_type, '')), '') event_type,
  max(received) received, max(occurred) occurred, coalesce(max(nullif(brand, '')), '') brand,
  coalesce(max(nullif(generic, '')), '') generic, coalesce(max(nullif(manufacturer, '')), '') manufacturer,
  coalesce(max(nullif(product_code, '')), '') product_code, coalesce(max(nullif(submission, '')), '') submission,
  coalesce(string_agg(narrative, ' ' order by narrative_kind, narrative) filter (narrative <> ''), '') narrative,
  coalesce(max(nullif(manufacturer_narrative, '')), '') manufacturer_narrative,
  coalesce(max(nullif(device_problem, '')), '') device_problem,
  coalesce(max(nullif(patient_problem, '')), '') patient_problem, min(file) file
from events group by report_key
"""


class LandscapeStore:
    """A read-only view of one import. Close it, or use it in a ``with`` statement."""

    def __init__(self, data_dir: Path) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise MissingExtraError("The landscape", "landscape") from error
        self.data_dir = data_dir
        self.manifest = read_manifest(data_dir)
        self.tables = tuple(t for t in TABLES if table_path(data_dir, t).is_file())
        self.connection: Any = duckdb.connect(":memory:", config={"threads": 2, "autoload_known_extensions": False})
        for table in self.tables:
            self.connection.read_parquet(str(table_path(data_dir, table))).create_view(table)
        if "events" in self.tables:
            self.connection.execute(_REPORTS)

    def __enter__(self) -> LandscapeStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one query of harmpath's own; values from outside go into ``parameters``."""
        import duckdb

        try:
            found: list[tuple[Any, ...]] = self.connection.execute(query, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise StoreError(f"The imported records cannot be read: {error}", remedy="Import them again.") from error
        return found

    def dicts(self, query: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The same, as one mapping per row."""
        rows = self.rows(query, parameters)
        names = [d[0] for d in self.connection.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def needs(self, *tables: str) -> None:
        """Raise StoreError when a table that a question cannot do without was not imported."""
        missing = [t for t in tables if t not in self.tables]
        if missing:
            held = ", ".join(_NEEDED.get(t, t) for t in missing)
            raise StoreError(f"Not imported: {held}.", remedy="Import a folder that holds them.")

    def coverage(self, *tables: str) -> Coverage:
        """What the named tables (all when none is named) hold, and which usual ones are missing."""
        wanted = tables or tuple(_NEEDED)
        sources = tuple(self._source(t) for t in wanted if t in self.tables)
        missing = tuple(
            NotAssessed(_NEEDED.get(t, t), "not in the imported records", "harmpath data import FOLDER")
            for t in wanted
            if t not in self.tables
        )
        return Coverage(sources, missing)

    def _source(self, table: str) -> SourceCoverage:
        files = [f for f in self.manifest["files"] if f["table"] == table and f["kept"]]
        as_of = max((str(f["latest"]) for f in files), default="")
        years: dict[int, int] = {}
        if table in _YEAR_COLUMN:
            column = _YEAR_COLUMN[table]
            query = f"select {column} y, count(*) from {table} where {column} is not null group by 1 order by 1"  # noqa: S608
            years = {int(y): int(n) for y, n in self.rows(query)}
        aside = sum(int(f["rejected"]) for f in files)
        twice = sum(int(f["duplicates"]) for f in files)
        damaged = [f["file"] for f in files if f["error"]]
        note = f"{aside:,} set aside, {twice:,} held twice in the files" if aside or twice else ""
        note += f"; stopped early: {', '.join(damaged)}" if damaged else ""
        count = int(self.manifest["rows"].get(table, 0))
        return SourceCoverage(f"fda-{table.replace('_', '-')}", as_of, count, years, note)


def open_store(data_dir: Path) -> LandscapeStore:
    """Open an import. Raises StoreError when there is none."""
    return LandscapeStore(data_dir)
