"""Small sources of records, built from statements, and one facts table of real records."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.records import Store, import_folder, open_store
from harmpath.records.memory import MemorySource
from harmpath.records.model import AffectedPackage, Criterion, Node, Statement

ANYTHING = ":*:*:*:*:*:*"


def criterion(name: str, vulnerable: bool = True, **bounds: str) -> Criterion:
    """A criterion; ``name`` is part:vendor:product:version[:update], the rest ANY."""
    parts = (name.split(":") + ["*"] * 11)[:11]
    return Criterion("cpe:2.3:" + ":".join(parts), vulnerable, **bounds)


def any_of(*criteria: Criterion, negate: bool = False) -> Node:
    return Node("OR", negate, criteria)


def all_of(*children: Node) -> Node:
    return Node("AND", False, (), children)


def source_of(*trees: Node, packages: tuple[AffectedPackage, ...] = ()) -> MemorySource:
    """One vulnerability, CVE-2024-0001, with the given configurations."""
    return MemorySource(
        [
            Statement(
                id="CVE-2024-0001", source="nvd", modified="2024-05-06T00:00Z", configurations=trees, packages=packages
            )
        ]
    )


@pytest.fixture(scope="session")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Real records: medical devices and what they are built of, CISA's advisories, PyPA's."""
    folder = tmp_path_factory.mktemp("records")
    for name in ("nvd/medtech_subset_1944.jsonl.xz", "cisa_csaf/icsma_csaf_to_2022.tar.xz",
                 "pysec/pypa_advisory_db_20241010.tar.xz", "cisa_kev/kev_20250825.json.xz"):  # fmt: skip
        (folder / Path(name).name).symlink_to(shared_data / name)
    copies = tmp_path_factory.mktemp("copies")
    for link in folder.iterdir():
        (copies / link.name).write_bytes(link.read_bytes())
    return open_store(import_folder(copies, tmp_path_factory.mktemp("store") / "s.sqlite").store)
