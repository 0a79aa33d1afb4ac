"""Running the command as a user does: real processes, real exit codes, no store unless a test makes one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def harmpath(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Call ``harmpath`` with arguments; ``store`` names the default store."""
    nowhere = tmp_path_factory.mktemp("data") / "none.sqlite"

    def run(*arguments: str | Path, store: Path = nowhere) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HARMPATH_STORE": str(store), "NO_COLOR": "1", "COLUMNS": "120"}
        call = [sys.executable, "-m", "harmpath", *map(str, arguments)]
        return subprocess.run(call, capture_output=True, text=True, env=environment, timeout=300)

    return run
