"""Counting adverse-event reports at any size: Ibis expressions, the same on DuckDB and on Spark.

Every expression takes the joined reports (one row per report) and gives a small, fully ordered table, so that two
engines can be compared row for row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["EXPRESSIONS", "on_duckdb"]

COMPUTER_WORDS = (
    "software|firmware|display|alarm|battery|error code|sensor|circuit|communicat|bluetooth|reboot|freez|shut ?down"
)
"""Words for a first cut at full size; the classifier reads what this leaves."""
SECURITY_WORDS = "cyber|malware|hack(ed|er|ing)|unauthori[sz]ed access|vulnerabilit"


def by_year_and_type(reports: Any) -> Any:
    """Reports by year received and event type."""
    import ibis

    keyed = reports.filter(reports.received.notnull()).mutate(year=ibis._.received.year())
    return keyed.group_by("year", "event_type").agg(reports=ibis._.count()).order_by("year", "event_type")


def by_product_code(reports: Any) -> Any:
    """The 100 product codes with most reports, with deaths and injuries."""
    import ibis

    counted = reports.group_by("product_code").agg(
        reports=ibis._.count(),
        deaths=(ibis._.event_type == "Death").sum(),
        injuries=(ibis._.event_type == "Injury").sum(),
        manufacturers=ibis._.manufacturer.nunique(),
    )
    return counted.order_by(ibis.desc("reports"), "product_code").limit(100)


def by_month(reports: Any) -> Any:
    """Reports by month received."""
    import ibis

    dated = reports.filter(reports.received.notnull())
    keyed = dated.mutate(year=ibis._.received.year(), month=ibis._.received.month())
    return keyed.group_by("year", "month").agg(reports=ibis._.count()).order_by("year", "month")


def narrative_words(reports: Any) -> Any:
    """By year, how many narratives hold a word of computing or of security."""
    import ibis

    told = reports.filter((reports.narrative != "") & reports.received.notnull())
    lower = told.mutate(year=told.received.year(), text=told.narrative.lower())
    return (
        lower.group_by("year")
        .agg(
            narratives=ibis._.count(),
            computer=lower.text.re_search(COMPUTER_WORDS).cast("int64").sum(),
            security=lower.text.re_search(SECURITY_WORDS).cast("int64").sum(),
        )
        .order_by("year")
    )


def reporting_delay(reports: Any) -> Any:
    """Mean days from event to receipt by event type, for reports that state both."""
    import ibis

    both = reports.filter(
        reports.received.notnull() & reports.occurred.notnull() & (reports.received >= reports.occurred)
    )
    keyed = both.mutate(days=both.received.epoch_days() - both.occurred.epoch_days())
    return keyed.group_by("event_type").agg(reports=ibis._.count(), total_days=ibis._.days.sum()).order_by("event_type")


def by_manufacturer(reports: Any) -> Any:
    """The 50 manufacturers with most reports, names as reported."""
    import ibis

    counted = reports.group_by("manufacturer").agg(reports=ibis._.count(), codes=ibis._.product_code.nunique())
    return counted.order_by(ibis.desc("reports"), "manufacturer").limit(50)


EXPRESSIONS: Mapping[str, Callable[[Any], Any]] = {
    "by-year-and-type": by_year_and_type,
    "by-product-code": by_product_code,
    "by-month": by_month,
    "narrative-words": narrative_words,
    "reporting-delay": reporting_delay,
    "by-manufacturer": by_manufacturer,
}


def on_duckdb(parquet: str, threads: int = 2, memory: str = "3GB") -> dict[str, list[tuple[Any, ...]]]:
    """Every expression over Parquet files (a path or a glob) on DuckDB, within bounded memory."""
    import ibis

    connection = ibis.duckdb.connect(threads=threads, memory_limit=memory)
    reports = connection.read_parquet(parquet)
    return {name: rows_of(make(reports)) for name, make in EXPRESSIONS.items()}


def rows_of(expression: Any) -> list[tuple[Any, ...]]:
    """The rows of an expression as plain values."""
    table = expression.to_pyarrow()
    return [tuple(row.values()) for row in table.to_pylist()]
