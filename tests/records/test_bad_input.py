"""Feeds that are damaged, hostile or contradictory: each is a reason in the report; the rest of the work is kept."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmpath.records import FileReport, import_folder, open_store
from harmpath.records.recognise import DAMAGED, parse_as, recognised

from .conftest import nvd_feed, nvd_item


def _import_one(path: Path, tmp_path: Path) -> FileReport:
    return import_folder(path, tmp_path / "s.sqlite").files[0]


def _good_beside(folder: Path) -> None:
    (folder / "zz_good.json").write_bytes(nvd_feed(nvd_item("CVE-2024-7777")))


def _has_good(tmp_path: Path) -> bool:
    with open_store(tmp_path / "s.sqlite") as store:
        return store.get("CVE-2024-7777") is not None


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.99])
@pytest.mark.parametrize("packed", [True, False])
def test_truncated_feed_is_refused_as_a_whole_and_the_rest_is_kept(tmp_path: Path, keep: float, packed: bool) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    content = nvd_feed(*(nvd_item(f"CVE-2024-{n:04d}") for n in range(1, 400)))
    content = lzma.compress(content) if packed else content
    (folder / ("feed.json.xz" if packed else "feed.json")).write_bytes(content[: int(len(content) * keep)])
    _good_beside(folder)
    report = import_folder(folder, tmp_path / "s.sqlite")
    assert [f.status for f in report.files] == ["refused", "imported"]
    assert "damaged" in report.files[0].reason
    assert _has_good(tmp_path)
    with open_store(tmp_path / "s.sqlite") as store:
        assert store.get("CVE-2024-0001") is None


def test_feed_that_is_not_what_its_publisher_hashed_is_refused(tmp_path: Path) -> None:
    feed = nvd_feed(nvd_item("CVE-2024-0001"))
    (tmp_path / "nvdcve-1.1-2024.json.xz").write_bytes(lzma.compress(feed))
    meta = tmp_path / "nvdcve-1.1-2024.meta"
    meta.write_text("lastModifiedDate:2024-02-01T00:00:00-05:00\r\nsha256:" + "0" * 64 + "\r\n")
    report = import_folder(tmp_path, tmp_path / "store" / "s.sqlite")
    assert {f.name: f.status for f in report.files}["nvdcve-1.1-2024.json.xz"] == "refused"
    assert "nvdcve-1.1-2024.meta" in report.refused[0].reason
    meta.write_text("sha256:" + hashlib.sha256(feed).hexdigest().upper() + "\r\n")
    assert import_folder(tmp_path, tmp_path / "store" / "s.sqlite").taken == 1


def test_advisory_beside_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    (tmp_path / "feed.json.sha512").write_text("f" * 128 + "  feed.json\n")
    report = import_folder(tmp_path, tmp_path / "store" / "s.sqlite")
    assert [f.name for f in report.refused] == ["feed.json"]


def test_two_records_with_the_same_id_and_date(tmp_path: Path) -> None:
    one, two = nvd_item("CVE-2024-0001", text="one"), nvd_item("CVE-2024-0001", text="two")
    kept = []
    for order in ((one, two), (two, one)):
        path = tmp_path / "feed.json"
        path.write_bytes(nvd_feed(*order))
        store_path = tmp_path / f"s{len(kept)}.sqlite"
        file = import_folder(path, store_path).files[0]
        assert file.records == 2
        with open_store(store_path) as store:
            kept.append(store.get("CVE-2024-0001"))
    assert kept[0] == kept[1]


def test_the_losing_one_of_two_records_is_counted(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(
        nvd_feed(nvd_item("CVE-2024-0001", text="b"), nvd_item("CVE-2024-0001", text="a"))
    )
    file = _import_one(tmp_path / "feed.json", tmp_path)
    assert file.skipped == {"another record with the same id and date was kept": 1}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (nvd_item("CVE-2024-0001", versionEndIncluding="9" * 1_000_000), "longer than"),
        (nvd_item("CVE-2024-0001", cpe="cpe:2.3:a:x:y:" + "1" * 1_000_000 + ":*:*:*:*:*:*:*"), "longer than"),
        (nvd_item("CVE-1"), "not a CVE id"),
        (nvd_item("CVE-2024-0001'; DROP TABLE statement; --"), "not a CVE id"),
        ({"cve": {"CVE_data_meta": {}}}, "not the documented shape"),
        ({**nvd_item("CVE-2024-0001"), "configurations": {"nodes": [{"operator": "XOR", "cpe_match": []}]}}, "AND nor"),
        ({**nvd_item("CVE-2024-0001"), "publishedDate": 17}, "not the documented shape"),
    ],
    ids=["version", "cpe", "id", "sql", "no-id", "operator", "type"],
)
def test_unusable_record_is_skipped_with_its_reason(tmp_path: Path, item: dict[str, object], reason: str) -> None:
    (tmp_path / "feed.json").write_bytes(nvd_feed(item, nvd_item("CVE-2024-7777")))
    file = _import_one(tmp_path / "feed.json", tmp_path)
    assert (file.records, file.taken) == (2, 1)
    assert [c for r, c in file.skipped.items() if reason in r] == [1]
    assert _has_good(tmp_path)


def test_configuration_nested_without_end_is_skipped(tmp_path: Path) -> None:
    node: dict[str, object] = {"operator": "OR", "cpe_match": []}
    for _ in range(50):
        node = {"operator": "OR", "children": [node]}
    item = {**nvd_item("CVE-2024-0001"), "configurations": {"nodes": [node]}}
    (tmp_path / "feed.json").write_bytes(nvd_feed(item, nvd_item("CVE-2024-7777")))
    assert "nested deeper" in next(iter(_import_one(tmp_path / "feed.json", tmp_path).skipped))
    assert _has_good(tmp_path)


def test_document_larger_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harmpath.records.reading.MAX_DOCUMENT", 3 << 20)
    bomb = nvd_feed(nvd_item("CVE-2024-0001", text="x" * (8 << 20)))
    (tmp_path / "feed.json.xz").write_bytes(lzma.compress(bomb))
    assert (tmp_path / "feed.json.xz").stat().st_size < 10_000
    file = _import_one(tmp_path / "feed.json.xz", tmp_path)
    assert (file.status, "larger than 3 MB" in file.reason) == ("refused", True)


def test_damaged_member_of_an_archive_is_one_skipped_record(tmp_path: Path) -> None:
    good = json.dumps({"_annotation": {"cve_id": "CVE-2024-7777", "modified": "2024-01-01"}, "cve": {}}).encode()
    with tarfile.open(tmp_path / "overrides.tar.xz", "w:xz") as archive:
        for name, content in (("a.json", good[:-9]), ("../../escape.json", good)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    file = _import_one(tmp_path / "overrides.tar.xz", tmp_path)
    assert (file.status, file.taken, sum(file.skipped.values())) == ("imported", 1, 1)
    assert not (tmp_path.parent.parent / "escape.json").exists()
    assert _has_good(tmp_path)


def test_zip_of_osv_documents(tmp_path: Path) -> None:
    advisory = {
        "id": "GHSA-aaaa-bbbb-cccc", "modified": "2024-01-01T00:00:00Z", "aliases": ["CVE-2024-7777"],
        "affected": [{"package": {"ecosystem": "PyPI", "name": "Some_Package"},
                      "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}],
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("GHSA-aaaa-bbbb-cccc.json", json.dumps(advisory))
    assert _import_one(tmp_path / "all.zip", tmp_path).taken == 1
    with open_store(tmp_path / "s.sqlite") as store:
        package, stated = store.packages("PyPI", "some-package")["CVE-2024-7777"]
    assert package.ranges == (("0", "2.0", ""),)
    assert stated.document == "GHSA-aaaa-bbbb-cccc"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id: PYSEC-2024-1\nmodified: 2024-01-01\ndetails: &a [x,x]\naliases: [*a, *a, *a]\n", "aliases"),
        ("id: PYSEC-2024-1\nmodified: 2024-01-01\ndetails: !!python/object/apply:os.getcwd []\n", "damaged"),
        ("id: PYSEC-2024-1\nmodified: 2024-01-01\ndetails: [unclosed\n", "damaged"),
    ],
    ids=["bomb", "tag", "syntax"],
)
def test_hostile_yaml_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "advisory.yaml").write_text(text)
    file = _import_one(tmp_path / "advisory.yaml", tmp_path)
    assert file.status == "refused" and reason in file.reason


def test_csaf_of_another_publisher_is_left_out(tmp_path: Path) -> None:
    document = {"document": {"tracking": {"id": "X-1"}, "publisher": {"namespace": "https://psirt.domain.tld"}}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert _import_one(tmp_path / "a.json", tmp_path).status == "ignored"


def test_scores_out_of_range_are_skipped(tmp_path: Path) -> None:
    lines = "CVE-2024-0001;0.5;0.9\nCVE-2024-0002;1.5;0.9\nCVE-2024-0003;nan;0.1\nnonsense\nCVE-2024-0005;x;1\n"
    (tmp_path / "epss_20240102.csv").write_text(lines)
    file = _import_one(tmp_path / "epss_20240102.csv", tmp_path)
    assert (file.as_of, file.taken, sum(file.skipped.values())) == ("2024-01-02", 1, 4)


@pytest.mark.parametrize("form", ["kev-csv", "kev-joined"])
def test_csv_with_a_nul_or_a_bare_return_is_damaged(tmp_path: Path, form: str) -> None:
    for place, wrong in enumerate((b"\0", b"\r")):
        (tmp_path / f"{place}.csv").write_bytes(FORMS[form].replace(b"CVE-2024", wrong + b"CVE-2024"))
        assert _import_one(tmp_path / f"{place}.csv", tmp_path).taken == 0


FORMS = {
    "nvd-1.1": nvd_feed(nvd_item("CVE-2024-0001")),
    "nvd-2.0": b'{"resultsPerPage":1,"format":"NVD_CVE","version":"2.0","vulnerabilities":[{"cve":'
    b'{"id":"CVE-2024-1111","metrics":{"cvssMetricV31":[{"source":"x","cvssData":{"vectorString":"CVSS:3.1/AV:N","baseScore":1}}]}}}]}',
    "override": b'{"_annotation": {"cve_id": "CVE-2024-1111"}, "cve": {"configurations": [{"nodes": []}]}}',
    "cve5": b'{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-1111"},"containers":{"cna":{"affected":'
    b'[{"cpes":["cpe:2.3:a:a:b:*:*:*:*:*:*:*:*"],"versions":[{"version":"1","lessThan":"2"}]}]}}}',
    "kev": b'{"catalogVersion":"2025.01.01","vulnerabilities":[{"cveID":"CVE-2024-1111"}]}',
    "csaf": b'{"document":{"tracking":{"id":"A"},"publisher":{"namespace":"https://www.cisa.gov/"}},'
    b'"vulnerabilities":[{"cve":"CVE-2024-1111"}]}',
    "osv-json": b'{"id":"GHSA-1","modified":"2024","affected":[{"package":{"ecosystem":"PyPI","name":"a"}}]}',
    "osv-yaml": b"id: PYSEC-1\nmodified: 2024-01-01\naffected: []\n",
    "epss": b"CVE-2024-1111,0.1,0.2\n",
    "kev-csv": b"cveID,vendorProject,product\nCVE-2024-1111,a,b\n",
    "kev-joined": b"CVE,CVSS3,EPSS,EPSS Percentile,Description\nCVE-2024-1111,1,0.1,0.2,x\n",
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_is_recognised_by_its_content(form: str) -> None:
    assert recognised(FORMS[form]) == form


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_reader_of_mutated_bytes_answers_or_says_damaged(form: str, data: st.DataObject) -> None:
    content = bytearray(FORMS[form])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not content:
            break
    try:
        parsed = parse_as(form, bytes(content), "x_20240101.json")
    except DAMAGED:
        return
    if parsed is not None:
        for _ in parsed.statements:
            pass
        for _ in parsed.kev:
            pass
        for _ in parsed.epss:
            pass
