"""What the real files hold, counted and reconciled."""

from __future__ import annotations

from pathlib import Path

from harmpath.landscape.store import open_store
from harmpath.records.fda_import import FdaImport


def test_counts_reconcile_for_every_file(fda_import: tuple[Path, FdaImport]) -> None:
    for file in fda_import[1].files:
        assert file.read == file.kept + file.duplicates + file.rejected, file.file
        assert not file.error


def test_real_row_counts(fda_import: tuple[Path, FdaImport]) -> None:
    read = {Path(f.file).name: f.read for f in fda_import[1].files}
    assert read["recalls_original_rows.csv.xz"] == 29_036
    assert read["recalls_unique_events_2007_2021.csv.xz"] == 14_738
    assert read["medsafe_computer_related_recalls_labelled_half.csv.xz"] == 597
    assert read["510kfyi_predicates.csv.xz"] == 152_817
    assert read["foiclass_2020-10.txt.xz"] == 6_617
    assert read["medai_943_mdrs_for_ai_devices.csv.xz"] == 943
    assert read["fda_aiml_devices_1995_2025.csv"] == 1_430


def test_rows_of_one_report_are_joined(fda_data: Path) -> None:
    """The 1,274 da Vinci narratives have device rows in another file; both end in one report."""
    with open_store(fda_data) as store:
        joined = store.rows(
            "select count(*) from reports where narrative <> '' and product_code = 'NAY' and report_key in "
            "(select report_key from events where narrative_kind = 'device')"
        )
        total, distinct = store.rows("select count(*), count(distinct report_key) from reports")[0]
    assert joined[0][0] > 900
    assert total == distinct


def test_dates_that_cannot_be_are_unknown_and_counted(fda_import: tuple[Path, FdaImport]) -> None:
    data_dir, done = fda_import
    assert sum(f.counts.get("bad-date", 0) for f in done.files) > 20
    with open_store(data_dir) as store:
        assert store.rows("select count(*) from recalls where year(posted) < 1976") == [(0,)]


def test_coverage_names_sources_and_newest_record(fda_data: Path) -> None:
    with open_store(fda_data) as store:
        said = store.coverage().statement()
    assert "fda-recalls" in said
    assert "as of 2021-12-09" in said
