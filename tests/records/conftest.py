"""A store built from real records, once per session, and helpers that write feeds in the sources' own formats."""

from __future__ import annotations

import json
import lzma
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harmpath.records import ImportReport, Store, import_folder, open_store

REAL = (
    "nvd/nvdcve-1.1-modified-20250225.json.xz",
    "nvd/nvdcve-1.1-recent-20200901.json.xz",
    "nvd/nvdcve-2.0-modified-dependencycheck.json.xz",
    "nvd/medtech_subset_1944.jsonl.xz",
    "cisa_csaf/icsma_csaf_to_2022.tar.xz",
    "cisa_csaf/PROVENANCE.txt",
    "cisa_kev/kev_20250825.json.xz",
    "cisa_kev/kev_epss_nvd_20260822.csv.xz",
    "cisa_kev/known_exploited_vulnerabilities_schema.json",
)


@pytest.fixture(scope="session")
def real_folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few real files, laid out as in the folder of real records."""
    folder = tmp_path_factory.mktemp("records")
    for name in REAL:
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(shared_data / name, target)
    return folder


@pytest.fixture(scope="session")
def real_import(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    return import_folder(real_folder, tmp_path_factory.mktemp("store") / "store.sqlite")


@pytest.fixture(scope="session")
def real_store(real_import: ImportReport) -> Store:
    return open_store(real_import.store)


def nvd_item(cve: str, *, modified: str = "2024-01-02T00:00Z", cpe: str = "cpe:2.3:a:acme:pump:1.0:*:*:*:*:*:*:*",
             text: str = "a flaw", **bounds: str) -> dict[str, Any]:  # fmt: skip
    """One entry of an NVD 1.1 feed."""
    return {
        "cve": {
            "CVE_data_meta": {"ID": cve},
            "problemtype": {"problemtype_data": [{"description": [{"lang": "en", "value": "CWE-287"}]}]},
            "references": {"reference_data": [{"url": "https://example.org"}]},
            "description": {"description_data": [{"lang": "en", "value": text}]},
        },
        "configurations": {
            "nodes": [{"operator": "OR", "cpe_match": [{"vulnerable": True, "cpe23Uri": cpe, **bounds}]}]
        },
        "impact": {
            "baseMetricV3": {
                "cvssV3": {"vectorString": "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": 8.8}
            }
        },
        "publishedDate": "2024-01-01T00:00Z",
        "lastModifiedDate": modified,
    }


def nvd_feed(*items: dict[str, Any], timestamp: str = "2024-02-01T00:00Z") -> bytes:
    head = {"CVE_data_type": "CVE", "CVE_data_format": "MITRE", "CVE_data_timestamp": timestamp}
    return json.dumps({**head, "CVE_Items": list(items)}).encode()


@pytest.fixture
def feed_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write named feeds into a folder; bytes under a name that ends in .xz are compressed."""

    def write(**feeds: bytes) -> Path:
        folder = tmp_path / "feeds"
        folder.mkdir(exist_ok=True)
        for name, content in feeds.items():
            stem, _, suffix = name.partition("__")
            path = folder / f"{stem}.{suffix.replace('_', '.') or 'json'}"
            path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
        return folder

    return write


def store_content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in a store, table by table: what "the same store" means."""
    with sqlite3.connect(path) as db:
        tables = [t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        return {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}
