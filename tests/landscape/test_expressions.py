"""The expressions against plain Python, and the same on Spark when it is installed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harmpath.landscape.expressions import COMPUTER_WORDS, EXPRESSIONS, on_duckdb, rows_of
from harmpath.landscape.generate import generate_openfda_zip, generate_reports_parquet
from harmpath.records.fda_import import import_records


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scale") / "reports.parquet"
    generate_reports_parquet(path, 20_000)
    return path


def test_expressions_agree_with_plain_python(reports: Path) -> None:
    rows: list[dict[str, Any]] = pq.read_table(reports).to_pylist()
    tables = on_duckdb(str(reports))
    assert tables.keys() == EXPRESSIONS.keys()
    counted = Counter((r["received"].year, r["event_type"]) for r in rows)
    assert tables["by-year-and-type"] == [(*k, n) for k, n in sorted(counted.items())]
    codes = Counter(r["product_code"] for r in rows)
    deaths = Counter(r["product_code"] for r in rows if r["event_type"] == "Death")
    assert [(c, n, d) for c, n, d, *_ in tables["by-product-code"]] == [
        (c, n, deaths[c]) for c, n in sorted(codes.items(), key=lambda x: (-x[1], x[0]))
    ]
    word = re.compile(COMPUTER_WORDS)
    computer = Counter(r["received"].year for r in rows if word.search(r["narrative"].lower()))
    assert {y: c for y, _, c, _ in tables["narrative-words"]} == dict(computer)
    days: Counter[str] = Counter()
    for r in rows:
        if r["occurred"]:
            days[r["event_type"]] += (r["received"] - r["occurred"]).days
    assert {t: d for t, _, d in tables["reporting-delay"]} == dict(days)


def test_generator_is_deterministic_and_seeded(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate_reports_parquet(tmp_path / name, 500, seed)
        generate_openfda_zip(tmp_path / f"{name}.json.zip", 50, seed)
    tables = {n: pq.read_table(tmp_path / n).to_pylist() for n in "abc"}
    assert tables["a"] == tables["b"] != tables["c"]
    assert len({r["report_key"] for r in tables["a"]}) == 500


def test_generated_zip_is_read_like_a_real_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    generate_openfda_zip(tmp_path / "in" / "events.json.zip", 300)
    done = import_records(tmp_path / "in", tmp_path / "data")
    assert done.rows["events"] == 300
    assert done.files[0].stated == 300
    assert done.files[0].rejected == 0


def test_spark_gives_the_same_rows(reports: Path) -> None:
    pytest.importorskip("pyspark", reason="Spark is an extra; the same expressions run there")
    import ibis
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    try:
        table = ibis.pyspark.connect(session).read_parquet(str(reports))
        expected = on_duckdb(str(reports))
        for name, make in EXPRESSIONS.items():
            assert rows_of(make(table)) == expected[name], name
    finally:
        session.stop()
