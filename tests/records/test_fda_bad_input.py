"""Damaged and odd FDA files: counted, set aside with the reason, the rest loaded, nothing loaded twice."""

from __future__ import annotations

import json
import lzma
import tarfile
import zipfile
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.errors import InputError, StoreError, UsageError
from harmpath.records.fda_ai_devices import drift, read_ai_list
from harmpath.records.fda_common import Quarantine, delimited, fda_date
from harmpath.records.fda_import import import_records
from harmpath.records.fda_tables import read_manifest, table_path

HEADER = "mdr_report_key|event_type|date_received|brand_name|product_code\n"


def _event(key: str, **more: object) -> dict[str, object]:
    return {
        "mdr_report_key": key,
        "event_type": "Malfunction",
        "date_received": "20200131",
        "device": [{"brand_name": "PUMP", "device_report_product_code": "LZG"}],
        "mdr_text": [{"text": "Software error.", "text_type_code": "Description of Event or Problem"}],
        **more,
    }


def _zip(path: Path, records: list[dict[str, object]], total: int | None = None) -> None:
    body = {"meta": {"results": {"total": len(records) if total is None else total}}, "results": records}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.stem, json.dumps(body))


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 25, 2006", date(2006, 5, 25)),
        ("Oct-03-2006", date(2006, 10, 3)),
        ("20200507", date(2020, 5, 7)),
        ("2023-02-15", date(2023, 2, 15)),
        ("2012/01/02", date(2012, 1, 2)),
        ("03/07/2019", date(2019, 3, 7)),
        ("12/15/14", date(2014, 12, 15)),
        ("01-JAN-98", date(1998, 1, 1)),
    ],
)
def test_dates_of_fda(text: str, expected: date) -> None:
    quarantine = Quarantine()
    assert fda_date(text, quarantine, 1) == expected
    assert not quarantine.counts


@pytest.mark.parametrize("text", ["0010-01-01", "20151332", "31/31/2019", "August 17, 0010", "2999-01-01", "yesterday"])
def test_impossible_dates_are_unknown_and_counted(text: str) -> None:
    quarantine = Quarantine()
    assert fda_date(text, quarantine, 7) is None
    assert quarantine.kept[0].value == text
    assert quarantine.records == 0


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_unknown(text: str) -> None:
    found = fda_date(text, Quarantine(), 1)
    assert found is None or 1976 <= found.year <= 2035


def test_wrong_delimiter_count_and_latin_1(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    rows = HEADER.encode() + b"1|M|01/31/2020|P\xf8mpe|LZG\n2|M|01/31/2020|a|b|c|d\n3|IN|20151332|x|LZG\n"
    (folder / "mdrfoi.txt").write_bytes(rows)
    done = import_records(folder, tmp_path / "data")
    (file,) = done.files
    assert (file.read, file.kept, file.rejected) == (3, 2, 1)
    assert file.counts == {"bad-date": 1, "column-count": 1, "not-utf-8": 1}
    kept = pq.read_table(table_path(tmp_path / "data", "events")).to_pylist()
    assert kept[0]["brand"] == "Pømpe"
    assert kept[1]["received"] is None
    reasons = pq.read_table(table_path(tmp_path / "data", "quarantine")).to_pylist()
    assert {(r["line"], r["reason"]) for r in reasons} == {(3, "column-count"), (4, "bad-date")}


def test_truncated_zip_is_named_and_the_rest_is_loaded(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    _zip(folder / "good.json.zip", [_event("1"), _event("2")])
    _zip(folder / "bad.json.zip", [_event(str(i)) for i in range(500)])
    cut = (folder / "bad.json.zip").read_bytes()
    (folder / "bad.json.zip").write_bytes(cut[: len(cut) // 2])
    done = import_records(folder, tmp_path / "data")
    assert done.rows["events"] == 2
    assert done.skipped[0].startswith("bad.json.zip: ")
    assert "damaged" in done.skipped[0]


def test_truncated_xz_keeps_what_came_before(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    lines = HEADER + "".join(f"{i}|M|01/31/2020|pump {i * 7919}|LZG\n" for i in range(200_000))
    packed = lzma.compress(lines.encode(), preset=0)
    (folder / "mdrfoi.txt.xz").write_bytes(packed[: len(packed) // 2])
    (file,) = import_records(folder, tmp_path / "data").files
    assert file.kept > 1000
    assert "damaged" in file.error


def test_duplicated_keys_and_files_are_loaded_once(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    _zip(folder / "a.json.zip", [_event("1"), _event("1"), _event("2")])
    _zip(folder / "b.json.zip", [_event("2"), _event("3")])
    (folder / "c.json.zip").write_bytes((folder / "a.json.zip").read_bytes())
    done = import_records(folder, tmp_path / "data")
    assert done.rows["events"] == 3
    assert [f.duplicates for f in done.files] == [1, 1, 0]
    assert "same file" in done.files[2].error
    again = import_records(folder, tmp_path / "data")
    assert again.rows == done.rows


def test_changed_schema_sets_the_record_aside(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    _zip(folder / "a.json.zip", [_event("1"), _event("2", device="none"), _event("3", brand_new_field=1)], total=4)
    (file,) = import_records(folder, tmp_path / "data").files
    assert (file.kept, file.rejected, file.stated) == (2, 1, 4)
    assert file.counts["schema"] == 1


def test_interrupted_import_changes_nothing(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    _zip(folder / "a.json.zip", [_event("1")])
    import_records(folder, tmp_path / "data")
    before = {p.name: p.read_bytes() for p in (tmp_path / "data" / "landscape").glob("*.*") if p.suffix != ".part"}
    _zip(folder / "b.json.zip", [_event("2")])

    def stop(name: str, *_: int) -> None:
        if name.startswith("b"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_records(folder, tmp_path / "data", stop)
    after = {p.name: p.read_bytes() for p in (tmp_path / "data" / "landscape").glob("*.*") if p.suffix != ".part"}
    assert after == before
    assert import_records(folder, tmp_path / "data").rows["events"] == 2


def test_both_maude_layouts_of_openfdas_own_fixtures(shared_data: Path, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    with tarfile.open(shared_data / "openfda_meta" / "openfda_device_schemas_enums_fixtures.tar.xz") as archive:
        for name in ("foidev", "foitext"):
            member = archive.extractfile(f"openfda/maude/tests/data/{name}.txt")
            assert member is not None
            (folder / f"{name}.txt").write_bytes(member.read())
    done = import_records(folder, tmp_path / "data")
    assert {Path(f.file).stem for f in done.files} == {"foidev", "foitext"}
    rows = pq.read_table(table_path(tmp_path / "data", "events")).to_pylist()
    assert {"N", "D", "device"} == {r["narrative_kind"] for r in rows}
    assert any("DISCREPANT" in r["narrative"] for r in rows)


def test_editions_of_the_ai_list_and_their_drift(shared_data: Path) -> None:
    folder, editions = shared_data / "fda_ai_list", {}
    for name in (
        "fda_ai_list_official_882_2024-05.xlsx",
        "fda_ai_list_official_1247_2025-07.xlsx",
        "fda_aiml_devices_1995_2025.csv",
    ):
        editions[name] = [row for _, row in read_ai_list(folder / name, Quarantine())]
    first, second, third = editions.values()
    assert (len(first), len(second), len(third)) == (882, 1247, 1430)
    changed = drift(first, second)
    assert len(second) == len(first) - len(changed.removed) + len(changed.added)
    assert changed.removed
    assert drift(second, second).added == ()


def test_ai_list_as_xml_without_entities(tmp_path: Path) -> None:
    good = "<r><d><SubmissionNumber>K123456</SubmissionNumber><Device>A</Device><Date>01/31/2020</Date></d></r>"
    (tmp_path / "list.xml").write_text(good)
    assert [row["submission"] for _, row in read_ai_list(tmp_path / "list.xml", Quarantine())] == ["K123456"]
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><d><Device>&b;</Device></d></r>'
    (tmp_path / "bomb.xml").write_text(bomb)
    with pytest.raises(InputError):
        list(read_ai_list(tmp_path / "bomb.xml", Quarantine()))


def test_nothing_to_import_and_damaged_manifest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no FDA file"):
        import_records(_folder(tmp_path), tmp_path / "data")
    with pytest.raises(UsageError, match="not a folder"):
        import_records(tmp_path / "missing", tmp_path / "data")
    (tmp_path / "data" / "landscape").mkdir(parents=True)
    (tmp_path / "data" / "landscape" / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        read_manifest(tmp_path / "data")


def test_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(InputError, match="no line"):
        list(delimited(tmp_path / "x.csv", Quarantine()))
