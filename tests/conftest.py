"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public records beside the checkout; its absence is a failure, not a skip."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(f"the real records are expected in {folder}")
    return folder


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of shipped example projects."""
    return ROOT / "examples"
