"""What the store covers, counted once at the end of an import and kept in the store."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from harmpath.evidence import Coverage, NotAssessed, SourceCoverage

__all__ = ["as_coverage", "write_coverage"]

_YEAR = 10**8
_STALE_DAYS = 365
_CVE_SOURCES = ("nvd", "nvd-overrides", "vulnrichment")


def write_coverage(db: sqlite3.Connection) -> None:
    """Count the store's records per source and year and write the figures into its ``meta`` table."""
    by_source: dict[str, dict[str, int]] = {}
    reach: dict[str, dict[str, str]] = {}
    grouped = db.execute(
        f"SELECT source, vuln / {_YEAR}, count(DISTINCT vuln), max(substr(modified, 1, 10)) FROM statement "  # noqa: S608
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    for source, year, count, newest in grouped:
        by_source.setdefault(source, {})[str(max(year, 0))] = count
        reach.setdefault(source, {})[str(max(year, 0))] = newest
    # The date of the document that most records of a year come from says more than the newest single record.
    usual: dict[str, str] = {}
    for year, stated, _ in db.execute(
        f"SELECT vuln / {_YEAR}, stated, count(*) FROM statement WHERE source = 'nvd' AND stated != '' "  # noqa: S608
        "GROUP BY 1, 2 ORDER BY 1, 3, 2"
    ):
        usual[str(year)] = stated
    figures: dict[str, Any] = {
        "nvd_usual": usual,
        "by_source": by_source,
        "reach": reach,
        "files": _rows(db, "SELECT source, max(as_of), count(*) FROM file GROUP BY 1 ORDER BY 1"),
        "kev": _rows(db, f"SELECT vuln / {_YEAR}, count(*) FROM kev GROUP BY 1 ORDER BY 1"),  # noqa: S608
        "kev_as_of": _newest_file(db, "cisa-kev"),
        "epss": _rows(db, f"SELECT vuln / {_YEAR}, count(*) FROM epss GROUP BY 1 ORDER BY 1"),  # noqa: S608
        "epss_as_of": db.execute("SELECT coalesce(max(as_of), '') FROM epss").fetchone()[0],
        "held": _rows(db, f"SELECT vuln / {_YEAR}, count(DISTINCT vuln) FROM statement WHERE vuln > 0 AND source IN "  # noqa: S608
                      f"{_CVE_SOURCES} GROUP BY 1 ORDER BY 1"),
        "epss_without_cve": _rows(db, f"SELECT vuln / {_YEAR}, count(*) FROM epss WHERE vuln NOT IN (SELECT vuln FROM "  # noqa: S608
                                  f"statement WHERE source IN {_CVE_SOURCES}) GROUP BY 1 ORDER BY 1"),
        "ecosystems": [e for (e,) in db.execute("SELECT DISTINCT ecosystem FROM package ORDER BY 1")],
    }  # fmt: skip
    db.execute("INSERT OR REPLACE INTO meta VALUES ('coverage', ?)", (json.dumps(figures, sort_keys=True),))


def _rows(db: sqlite3.Connection, query: str) -> list[list[Any]]:
    return [list(row) for row in db.execute(query)]


def _newest_file(db: sqlite3.Connection, source: str) -> str:
    return str(db.execute("SELECT coalesce(max(as_of), '') FROM file WHERE source = ?", (source,)).fetchone()[0])


def as_coverage(figures: dict[str, Any]) -> Coverage:
    """The figures that :func:`write_coverage` kept, as the statement that goes with every answer."""
    held = {int(y): n for y, n in figures["held"]}
    sources = []
    for source in sorted(figures["by_source"]):
        years = {int(y): n for y, n in figures["by_source"][source].items()}
        newest = max(figures["reach"][source].values(), default="")
        note = _stale_years(figures["nvd_usual"], newest) if source == "nvd" else ""
        sources.append(SourceCoverage(source, newest, sum(years.values()), years, note))
    for source, rows, as_of in (
        ("cisa-kev", figures["kev"], figures["kev_as_of"]),
        ("epss", figures["epss"], figures["epss_as_of"]),
    ):
        if rows:
            sources.append(SourceCoverage(source, as_of, sum(n for _, n in rows), {int(y): n for y, n in rows}))
    present = {s.source for s in sources}
    missing = [
        NotAssessed(name, f"the store holds no {what}", "harmpath data pull, or import a folder that has it.")
        for name, what in (
            ("nvd", "CVEs from NVD"),
            ("cisa-kev", "list of known exploited vulnerabilities"),
            ("epss", "EPSS scores"),
            ("cisa-csaf", "CISA medical advisories"),
        )
        if name not in present
    ]
    missing.extend(_unheld(figures["epss_without_cve"], figures["epss"], held))
    return Coverage(tuple(sources), tuple(missing))


def _stale_years(reach: dict[str, str], newest: str) -> str:
    """Which CVE years come from a document made long before the newest statement held."""
    from datetime import date

    def ordinal(text: str) -> int:
        return date.fromisoformat(text).toordinal() if text else 0

    stale = [
        f"{year} as of {day}" for year, day in sorted(reach.items()) if ordinal(newest) - ordinal(day) > _STALE_DAYS
    ]
    return "years whose records are over a year older: " + ", ".join(stale) if stale else ""


def _unheld(without: list[list[Any]], scored: list[list[Any]], held: dict[int, int]) -> list[NotAssessed]:
    total, lacking = sum(n for _, n in scored), sum(n for _, n in without)
    if not lacking:
        return []
    all_scored = {int(y): n for y, n in scored}
    years = ", ".join(f"{y}: {held.get(int(y), 0):,} held, {n:,} of {all_scored[int(y)]:,} missing" for y, n in without)
    return [
        NotAssessed(
            "CVEs that EPSS scores and no source here describes",
            f"{lacking:,} of {total:,} CVEs cannot be matched ({years})",
            "harmpath data pull fetches them from NVD.",
        )
    ]
