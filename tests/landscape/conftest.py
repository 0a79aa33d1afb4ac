"""One import of the real FDA records, shared by every test of the landscape."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harmpath.records.fda_import import FdaImport, import_records


@pytest.fixture(scope="session")
def fda_import(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FdaImport]:
    source = tmp_path_factory.mktemp("fda")
    # The two files of insulin pumps are left out: 91,000 rows without narrative, in a layout that others have too.
    left_out = shutil.ignore_patterns("medtronic*", "PROVENANCE.txt", "LICENSE*")
    for name in ("fda_recalls", "fda_ai_list", "fda_classification", "fda_510k_graph", "maude"):
        shutil.copytree(shared_data / name, source / name, ignore=left_out)
    data_dir = tmp_path_factory.mktemp("data")
    return data_dir, import_records(source, data_dir)


@pytest.fixture(scope="session")
def fda_data(fda_import: tuple[Path, FdaImport]) -> Path:
    return fda_import[0]
