"""The facts tables: they parse, hold facts only, say what they leave out, and name the vulnerabilities that matter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harmpath.device.elements import Channel, Component
from harmpath.device.project import Project, open_project
from harmpath.records import FactsTable, load_facts
from harmpath.vulnerabilities import Match, Product, match

LIMIT = 40
"""Vulnerabilities held per technology, as the README beside each table says."""

KNOWN = {
    "aid": {
        "ble-cgm-handset/Bluetooth Core Specification": "CVE-2021-31615",
        "cgm/CC2640R2 software development kit": "CVE-2019-17520",
        "cloud/Apache Log4j": "CVE-2021-44228",
        "cloud/Spring Framework": "CVE-2022-22965",
        "handset/Zephyr RTOS": "CVE-2022-1041",
        "meter/STM32WB55 Bluetooth LE stack": "CVE-2019-19192",
        "pump/FreeRTOS": "CVE-2021-31571",
        "pump/PSoC 4 BLE component": "CVE-2019-17061",
    },
    "bgms": {
        "forecaster/TensorFlow Lite": "CVE-2022-23587",
        "meter/FreeRTOS": "CVE-2021-31571",
        "meter/KW41Z SDK (Bluetooth LE host and controller)": "CVE-2019-17519",
        "meter/MCUXpresso SDK": "CVE-2019-17060",
        "pen/DA14580 software development kit": "CVE-2019-17517",
        "portal/Django": "CVE-2022-28346",
    },
    "bone-density": {
        "analysis-server/OpenSSH": "CVE-2021-41617",
        "dicom-receiver/DCMTK": "CVE-2022-2119",
        "dicom-receiver/OpenJPEG": "CVE-2017-17480",
    },
    "embryo": {
        "incubator/FreeRTOS": "CVE-2021-32020",
        "patient-system/Apache Tomcat": "CVE-2025-24813",
        "ranker/FFmpeg": "CVE-2019-17539",
    },
    "retina": {
        "client-app/DCMTK": "CVE-2019-1010228",
        "client-app/libcurl": "CVE-2019-5436",
        "grader/Pillow": "CVE-2021-25289",
        "queue/Redis": "CVE-2021-32761",
    },
    "vital-signs": {
        "access-point/hostapd": "CVE-2022-23303",
        "camera/LIVE555 streaming media": "CVE-2019-15232",
        "central-server/Eclipse Mosquitto": "CVE-2018-12550",
        "room-unit/GStreamer": "CVE-2019-9928",
        "web-ui/Grafana": "CVE-2021-27358",
    },
}
"""For parts of each example, a vulnerability that NVD lists for the version named (read in NVD's own records)."""


def _facts(project: Project) -> FactsTable:
    (file,) = project.facts()
    return load_facts(file)


def _matches(project: Project) -> dict[str, list[Match]]:
    """Matches in the facts table by ``part/technology``, with what else is on the part and its hosts as platform."""
    device = project.device
    parts: dict[str, Component | Channel] = {**device.component, **device.channel}
    products: list[Product] = []
    platform: dict[str, list[str]] = {}
    for part in parts.values():
        hosts = device.host_chain(part.id) or (part.id,)
        names = [t.cpe for h in hosts for t in parts[h].technologies if t.cpe]
        for t in part.technologies:
            ref = f"{part.id}/{t.name}"
            products.append(Product(t.name, t.version or "", t.vendor or "", t.cpe or "", t.purl or "", ref))
            platform[ref] = names
    found: dict[str, list[Match]] = {p.ref: [] for p in products}
    for one in match(products, _facts(project), platform).matches:
        found[one.product.ref].append(one)
    return found


def test_the_vulnerabilities_of_the_named_versions_are_found(project: Project) -> None:
    found = {ref: {m.cve for m in matches} for ref, matches in _matches(project).items()}
    missing = {ref: cve for ref, cve in KNOWN[project.folder.name].items() if cve not in found[ref]}
    assert missing == {}
    assert sum(1 for cves in found.values() if cves) >= len(found) * 6 // 10


def test_another_version_is_not_taken_for_the_named_one(examples: Path) -> None:
    facts = _facts(open_project(examples / "aid"))
    for version, affected in (("2.14.1", True), ("2.17.1", False)):
        product = Product("Apache Log4j", version, cpe=f"cpe:2.3:a:apache:log4j:{version}:*:*:*:*:*:*:*")
        assert ("CVE-2021-44228" in {m.cve for m in match([product], facts).matches}) is affected


def test_the_readme_says_what_was_left_out(project: Project) -> None:
    text = (project.folder / "facts" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \(([\w-]+)\) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.M)
    stated = {(part, name): tuple(map(int, counts)) for name, part, *counts in rows}
    found = _matches(project)
    assert len(stated) == len(found)
    for (part, name), (total, held, out) in stated.items():
        ref = next(r for r in found if r.startswith(f"{part}/") and name.startswith(r.split("/", 1)[1]))
        assert held == len(found[ref]), ref
        assert held + out == total
        assert held >= min(total, LIMIT)


def test_facts_only(project: Project) -> None:
    (file,) = project.facts()
    assert file.stat().st_size < 1_500_000
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', file.read_text(encoding="utf-8"))
    longest = max((t for t in texts if not t.startswith(("CVSS:", "cpe:"))), key=len)
    assert len(longest) < 120, longest


@pytest.mark.parametrize("name", ["aid", "retina"])
def test_exploited_vulnerabilities_are_marked(examples: Path, name: str) -> None:
    project = open_project(examples / name)
    stated = json.loads(project.facts()[0].read_text(encoding="utf-8"))["statements"]
    records = [r for r in map(_facts(project).get, sorted({s["id"] for s in stated})) if r is not None]
    assert any(r.kev for r in records)
    assert sum(r.epss is not None for r in records) >= len(records) * 9 // 10
    # The records of 2024 to 2026 come from a source that gives configurations but no CVSS.
    assert sum(bool(r.cvss) for r in records) >= len(records) * 6 // 10
