"""The shipped example projects, opened once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.device.project import Project, open_project

NAMES = ("aid", "bgms", "bone-density", "embryo", "retina", "vital-signs")


@pytest.fixture(scope="session", params=NAMES)
def project(request: pytest.FixtureRequest, examples: Path) -> Project:
    """Each example in turn."""
    return open_project(examples / str(request.param))
