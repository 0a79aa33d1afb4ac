"""Import of real files: what is taken, what is left, what a second import does, what the store covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.errors import InputError, StoreError
from harmpath.records import ImportReport, Store, import_folder, open_store

from .conftest import nvd_feed, nvd_item, store_content


def test_every_file_is_accounted_for(real_import: ImportReport) -> None:
    status = {f.name: f.status for f in real_import.files}
    assert status["cisa_csaf/PROVENANCE.txt"] == "ignored"
    assert status["cisa_kev/known_exploited_vulnerabilities_schema.json"] == "ignored"
    assert [n for n, s in status.items() if s == "refused"] == []
    taken = {f.name: (f.source, f.as_of, f.records) for f in real_import.files if f.status == "imported"}
    assert taken["cisa_kev/kev_20250825.json.xz"] == ("cisa-kev", "2025-08-25", 1404)
    assert taken["cisa_csaf/icsma_csaf_to_2022.tar.xz"][2] == 382
    assert taken["nvd/nvdcve-2.0-modified-dependencycheck.json.xz"] == ("nvd", "2023-11-15", 2234)
    assert taken["nvd/nvdcve-1.1-modified-20250225.json.xz"] == ("nvd", "2025-02-25", 2146)


def test_every_record_is_taken_or_has_a_reason(real_import: ImportReport) -> None:
    for file in real_import.files:
        assert file.records == file.taken + sum(file.skipped.values()), file.name


def test_second_import_is_a_no_op(real_import: ImportReport, real_folder: Path) -> None:
    before = real_import.store.read_bytes()
    again = import_folder(real_folder, real_import.store)
    assert {f.status for f in again.files} == {"already", "ignored"}
    assert again.taken == 0
    assert real_import.store.read_bytes() == before
    assert [p.name for p in real_import.store.parent.iterdir()] == ["store.sqlite"]


def test_a_known_pump_vulnerability_keeps_every_fact_and_its_source(real_store: Store) -> None:
    record = real_store.get("CVE-2019-10964")
    assert record is not None
    assert {(v.vector, v.source) for v in record.cvss} >= {
        ("CVSS:3.0/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "nvd@nist.gov"),
        ("CVSS:3.0/AV:A/AC:H/PR:N/UI:N/S:U/C:L/I:H/A:H", "CISA"),
    }
    assert {w.cwe for w in record.weaknesses} == {"CWE-284"}
    assert record.configurations_by is not None
    assert (record.configurations_by.source, record.configurations_by.as_of) == ("nvd", "2020-02-10T21:49Z")
    assert {s.document for s in record.sources} == {"", "ICSMA-19-178-01"}
    assert "MiniMed 508 pump" in {p.name for p, _ in record.products}


def test_newer_kev_list_keeps_the_dates_of_the_older_catalogue(real_store: Store) -> None:
    kev, epss = real_store.signals("CVE-2021-44228")
    assert kev is not None and epss is not None
    assert (kev.as_of, kev.date_added) == ("2026-08-22", "2021-12-10")
    assert epss.as_of == "2026-08-22"


def test_coverage_names_sources_dates_years_and_holes(real_store: Store) -> None:
    coverage = real_store.coverage()
    sources = {s.source: s for s in coverage.sources}
    assert set(sources) >= {"nvd", "cisa-kev", "cisa-csaf", "vulnrichment", "nvd-overrides", "epss"}
    assert sources["cisa-kev"].records == 1556
    assert sources["nvd"].records == sum(sources["nvd"].by_year.values())
    assert 2019 in sources["nvd"].by_year
    assert any("no source here describes" in m.subject for m in coverage.missing)


def test_store_without_a_source_says_so(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    report = import_folder(tmp_path / "feed.json", tmp_path / "s.sqlite")
    with open_store(report.store) as store:
        assert {"cisa-kev", "epss", "cisa-csaf"} <= {m.subject for m in store.coverage().missing}


def test_nothing_to_import_leaves_no_store(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    report = import_folder(tmp_path, tmp_path / "out" / "s.sqlite")
    assert [f.status for f in report.files] == ["ignored"]
    assert not (tmp_path / "out").exists()
    with pytest.raises(StoreError, match="no store at"):
        open_store(tmp_path / "out" / "s.sqlite")


def test_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-such-folder"):
        import_folder(tmp_path / "absent", tmp_path / "s.sqlite")


def test_newer_statement_wins_whatever_the_order(tmp_path: Path) -> None:
    old = nvd_feed(nvd_item("CVE-2024-0001", modified="2024-01-01T00:00Z", text="old"))
    new = nvd_feed(nvd_item("CVE-2024-0001", modified="2024-03-01T00:00Z", text="new"))
    contents = []
    for order in ((old, new), (new, old)):
        folder = tmp_path / str(len(contents))
        folder.mkdir()
        for place, content in enumerate(order):
            (folder / f"{place}.json").write_bytes(content)
        report = import_folder(folder, folder / "s.sqlite")
        with open_store(report.store) as store:
            record = store.get("CVE-2024-0001")
        assert record is not None and record.description == "new"
        contents.append(store_content(report.store)["statement"])
    assert contents[0] == contents[1]


def test_changed_record_leaves_the_index_of_its_old_product(tmp_path: Path) -> None:
    first = tmp_path / "a.json"
    first.write_bytes(nvd_feed(nvd_item("CVE-2024-0001", modified="2024-01-01T00:00Z")))
    store_path = tmp_path / "s.sqlite"
    import_folder(first, store_path)
    second = tmp_path / "b.json"
    moved = nvd_item("CVE-2024-0001", modified="2024-05-01T00:00Z", cpe="cpe:2.3:a:acme:meter:2:*:*:*:*:*:*:*")
    second.write_bytes(nvd_feed(moved))
    import_folder(second, store_path)
    with open_store(store_path) as store:
        assert store.candidates("acme", "pump") == {}
        assert list(store.candidates("acme", "meter")) == ["CVE-2024-0001"]


def test_progress_is_told(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    told: list[tuple[str, int, int]] = []
    import_folder(tmp_path / "feed.json", tmp_path / "s.sqlite", lambda what, done, of: told.append((what, done, of)))
    assert told[0] == ("feed.json", 0, 1)
    assert told[-1][0] == "coverage"
