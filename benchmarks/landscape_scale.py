"""Import speed and the landscape on millions of reports, with the peers in the same run. Made-up reports (seed 1).

    python benchmarks/landscape_scale.py [REPORTS_IN_MILLIONS ...]

Prints ratios next to figures: the machine is shared, a ratio below 2 between close figures is a tie.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harmpath.landscape.expressions import on_duckdb
from harmpath.landscape.generate import generate_openfda_zip, generate_reports_parquet
from harmpath.records.fda_import import import_records
from harmpath.records.fda_openfda import _Event

RECORDS = 30_000


class _Whole(msgspec.Struct):
    results: list[_Event]


def _rate(work: Callable[[], Any]) -> float:
    best = 0.0
    for _ in range(3):
        begin = time.process_time()
        work()
        best = max(best, RECORDS / (time.process_time() - begin))
    return best


def _import(folder: Path) -> None:
    import duckdb

    raw, plain = folder / "raw", folder / "events.json"
    raw.mkdir()
    generate_openfda_zip(raw / "events.json.zip", RECORDS)
    with zipfile.ZipFile(raw / "events.json.zip") as archive:
        plain.write_bytes(archive.read(archive.namelist()[0]))

    def bare() -> None:
        with zipfile.ZipFile(raw / "events.json.zip") as archive:
            msgspec.json.decode(archive.read(archive.namelist()[0]), type=_Whole)

    def by_duckdb() -> None:
        connection = duckdb.connect(":memory:", config={"threads": 1})
        texts = "list_transform(list_filter(r.mdr_text, t -> t.text_type_code[1] {}), t -> t.text)"
        told = f"list_aggregate({texts}, 'string_agg', ' ')"
        query = f"""copy (select r.mdr_report_key, r.report_number, r.event_type,
            try_strptime(r.date_received, '%Y%m%d')::date, try_strptime(r.date_of_event, '%Y%m%d')::date,
            r.adverse_event_flag, r.product_problem_flag, r.report_source_code, r.type_of_report, r.product_problems,
            r.device[1].brand_name, r.device[1].generic_name, r.device[1].manufacturer_d_name,
            r.device[1].device_report_product_code, r.device[1].model_number,
            {told.format("= 'D'")}, {told.format("<> 'D'")}
          from (select unnest(results) r from read_json('{plain}', maximum_object_size = 2000000000)))
          to '{folder / "d.parquet"}' (format parquet, compression zstd)"""
        connection.execute(query)
        connection.close()

    ours, typed, theirs = _rate(lambda: import_records(raw, folder / "data")), _rate(bare), _rate(by_duckdb)
    print(f"import of zipped openFDA events, {RECORDS:,} records, best of 3, records per CPU second:")
    print(f"  harmpath (quarantine, keys, Parquet, manifest) {ours:,.0f}; bare typed msgspec decode {typed:,.0f}")
    print(f"  DuckDB read_json of the same, unzipped, the same columns {theirs:,.0f}")
    print(f"  ratio to DuckDB {ours / theirs:.2f} (target 3), to bare decode {ours / typed:.2f} (target 0.70)")


def _pandas(path: Path) -> None:
    import pandas as pd

    frame = pd.read_parquet(path)
    dated = frame[frame["received"].notna()]
    year = pd.to_datetime(dated["received"]).dt.year
    dated.groupby([year, "event_type"]).size()
    frame.groupby("product_code").agg(n=("report_key", "size"), m=("manufacturer", "nunique")).nlargest(100, "n")
    dated["narrative"].str.contains("software|firmware|display|alarm|battery", case=False, regex=True).groupby(
        year
    ).sum()
    frame.groupby("manufacturer").size().nlargest(50)


def _tables(folder: Path, millions: float) -> None:
    path = folder / "reports.parquet"
    count = int(millions * 1_000_000)
    generate_reports_parquet(path, count)
    begin = time.perf_counter()
    tables = on_duckdb(str(path))
    took = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(tables)} tables over {count:,} reports on DuckDB: {took:.1f} s, peak {peak:.2f} GB of this process")
    if millions <= 5:
        begin = time.perf_counter()
        _pandas(path)
        print(f"  pandas, four of the six tables: {time.perf_counter() - begin:.1f} s")
    path.unlink()


def main(sizes: list[float]) -> None:
    """Run everything."""
    with tempfile.TemporaryDirectory() as temporary:
        _import(Path(temporary))
        for size in sizes:
            _tables(Path(temporary), size)


if __name__ == "__main__":
    main([float(a) for a in sys.argv[1:]] or [1, 5])
