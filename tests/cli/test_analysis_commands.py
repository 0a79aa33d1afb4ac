"""assess and its readings, vulnerabilities, vex, data: what they print, write, and exit with."""

from __future__ import annotations

import csv
import json
import lzma
import os
from pathlib import Path

import pytest

FIRST_KEYS = {
    "paths": "attack_paths",
    "stpa": "unsafe_control_actions",
    "risks": "risks",
    "vulnerabilities": "matches",
}


def test_assess_writes_everything(harmpath, examples: Path, tmp_path: Path) -> None:
    done = harmpath("assess", examples / "bgms", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Protect first:" in done.stdout
    assert "Rests on" in done.stdout
    names = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert {"report.html", "assessment.json", "assessment.schema.json", "run.json"} <= names
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "device.yaml" in run["inputs"]
    assert "seed" in run
    risks = list(csv.DictReader((tmp_path / "out" / "tables" / "risks.csv").open()))
    assert len(risks) == len(json.loads((tmp_path / "out" / "assessment.json").read_text())["risks"])


def test_exit_code_only_when_asked(harmpath, examples: Path, tmp_path: Path) -> None:
    assert harmpath("risks", examples / "bgms").returncode == 0
    assert harmpath("risks", examples / "bgms", "--exit-code").returncode == 1
    assert harmpath("vulnerabilities", examples / "bgms", "--exit-code").returncode == 1


@pytest.mark.parametrize("command", sorted(FIRST_KEYS))
def test_json_carries_coverage(harmpath, examples: Path, command: str) -> None:
    done = harmpath(command, examples / "retina", "--json")
    value = json.loads(done.stdout)
    assert value["schema"] == f"harmpath-{command}-1"
    assert value["coverage"]["statement"]
    assert value[FIRST_KEYS[command]]


@pytest.mark.parametrize("command", sorted(FIRST_KEYS))
def test_tables_for_people(harmpath, examples: Path, command: str) -> None:
    done = harmpath(command, examples / "retina")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5
    assert "Rests on" in done.stderr


def test_a_read_only_folder_is_one_clear_error(harmpath, examples: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    done = harmpath("assess", examples / "bgms", "-o", blocked / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert blocked.read_text() == "in the way"


@pytest.mark.parametrize("form", ["csaf", "openvex", "cyclonedx", "sarif"])
def test_vex_says_what_was_decided(harmpath, examples: Path, tmp_path: Path, form: str) -> None:
    first = harmpath("vex", examples / "bgms", "--format", form, "--device-version", "1.0")
    second = harmpath("vex", examples / "bgms", "--format", form, "--device-version", "1.0")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout, "nothing of the clock is in it"
    assert json.loads(first.stdout)


def feed(folder: Path, *cves: dict[str, object]) -> Path:
    """An NVD 1.1 feed with the given items."""
    folder.mkdir(exist_ok=True)
    content = {"CVE_data_type": "CVE", "CVE_data_format": "MITRE", "CVE_data_version": "4.0", "CVE_Items": list(cves)}
    path = folder / "nvdcve-1.1-2020.json.xz"
    path.write_bytes(lzma.compress(json.dumps(content).encode()))
    return path


def item(number: int, product: str, end: str) -> dict[str, object]:
    uri = f"cpe:2.3:a:acme:{product}:*:*:*:*:*:*:*:*"
    node = {
        "operator": "OR",
        "children": [],
        "cpe_match": [{"vulnerable": True, "cpe23Uri": uri, "versionEndExcluding": end}],
    }
    return {
        "cve": {
            "CVE_data_meta": {"ID": f"CVE-2020-{number:04d}", "ASSIGNER": "x"},
            "problemtype": {"problemtype_data": [{"description": [{"lang": "en", "value": "CWE-287"}]}]},
            "references": {"reference_data": []},
            "description": {"description_data": [{"lang": "en", "value": "A weakness."}]},
        },
        "configurations": {"CVE_data_version": "4.0", "nodes": [node]},
        "impact": {},
        "publishedDate": "2020-01-01T00:00Z",
        "lastModifiedDate": "2020-02-01T00:00Z",
    }


def test_import_then_look_up(harmpath, tmp_path: Path) -> None:
    store = tmp_path / "store" / "v.sqlite"
    store.parent.mkdir()
    feed(tmp_path / "feeds", item(1, "thing", "2.0"), item(2, "other", "1.0"))
    done = harmpath("data", "import", tmp_path / "feeds", store=store)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    shown = json.loads(harmpath("data", "show", "--json", store=store).stdout)
    assert any(s["records"] == 2 for s in shown["coverage"]["sources"])
    components = [
        {"type": "library", "name": n, "version": v, "bom-ref": n, "cpe": f"cpe:2.3:a:acme:{n}:{v}:*:*:*:*:*:*:*"}
        for n, v in (("thing", "1.9"), ("other", "1.0"))
    ]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}
    (tmp_path / "bom.json").write_text(json.dumps(bom))
    found = json.loads(harmpath("vulnerabilities", tmp_path / "bom.json", "--json", store=store).stdout)
    assert [(m["component"]["bom_ref"], m["cve"], m["confidence"]) for m in found["matches"]] == [
        ("thing", "CVE-2020-0001", "range")
    ]
    assert [u["component"]["bom_ref"] for u in found["unmatched"]] == ["other"]


def test_a_truncated_feed_is_counted_and_the_rest_kept(harmpath, tmp_path: Path) -> None:
    store = tmp_path / "v.sqlite"
    path = feed(tmp_path / "feeds", item(1, "thing", "2.0"))
    cut = path.with_name("nvdcve-1.1-2021.json.xz")
    cut.write_bytes(path.read_bytes()[:-20])
    done = harmpath("data", "import", tmp_path / "feeds", "--json", store=store)
    value = json.loads(done.stdout)
    states = {f["name"]: f["status"] for f in value["files"]}
    assert states[path.name] == "imported"
    assert states[cut.name] == "refused"
    assert done.returncode == 1
    assert all(f["reason"] for f in value["files"] if f["status"] == "refused")


def test_nothing_to_import(harmpath, tmp_path: Path) -> None:
    done = harmpath("data", "import", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_rights(harmpath, examples: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert harmpath("assess", examples / "bgms", "-o", tmp_path / "out").returncode == 2


def test_technologies_quote_the_document(harmpath, tmp_path: Path) -> None:
    text = "The app runs on Android 8.0 or above and talks to the meter over Bluetooth Low Energy (BLE) 4.2.\n"
    (tmp_path / "d.md").write_text(text)
    value = json.loads(harmpath("technologies", tmp_path / "d.md", "--json").stdout)
    names = {t["name"] for t in value["technologies"]}
    assert {"Android", "Bluetooth Low Energy"} <= names
    for technology in value["technologies"]:
        for mention in technology["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["text"]


def test_pull_takes_from_a_mirror_and_only_from_there(harmpath, tmp_path: Path, httpserver) -> None:
    catalogue = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.20",
        "dateReleased": "2026-11-20T12:00:00.000Z",
        "count": 1,
        "vulnerabilities": [{
            "cveID": "CVE-2020-0001", "vendorProject": "acme", "product": "thing", "vulnerabilityName": "Thing flaw",
            "dateAdded": "2026-11-20", "shortDescription": "x", "requiredAction": "Patch.", "dueDate": "2026-12-01",
            "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": [],
        }],
    }  # fmt: skip
    httpserver.expect_request("/kev.json").respond_with_json(catalogue)
    store = tmp_path / "v.sqlite"
    mirror = f"kev={httpserver.url_for('/kev.json')}"
    done = harmpath("data", "pull", "cisa-kev", "--mirror", mirror, "--store", store)
    assert done.returncode == 0, done.stderr
    shown = json.loads(harmpath("data", "show", "--json", "--store", store).stdout)
    held = {s["source"]: (s["records"], s["as_of"]) for s in shown["coverage"]["sources"]}
    assert held["cisa-kev"] == (1, "2026-11-20")
    assert harmpath("data", "pull", "cisa-kev", "--mirror", "kev", "--store", store).returncode == 2
    assert harmpath("data", "pull", "nobody", "--store", store).returncode == 2
