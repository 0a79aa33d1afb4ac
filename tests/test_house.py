"""The plan of the house holds: imports point down, never up or sideways; the core pulls nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harmpath

SOURCE = Path(harmpath.__file__).parent
FLOOR = {
    "errors": 0,
    "evidence": 0,
    "device": 1,
    "catalogue": 1,
    "records": 1,
    "stpa": 2,
    "vulnerabilities": 2,
    "landscape": 2,
    "attackpaths": 3,
    "patients": 4,
    "evasion": 4.5,
    "assessment": 5,
    "deliverables": 6,
    "cli": 7,
}
ARROWS = {("device", "catalogue"), ("evidence", "errors")}
"""Allowed on one floor: the readers of documents take the names of technologies from the catalogue."""


def imports() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        relative = path.relative_to(SOURCE)
        if relative.parts[0] in ("examples", "__init__.py", "__main__.py"):
            continue
        package = relative.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [(str(relative), package, n.split(".")[1]) for n in names if n.startswith("harmpath.")]
    return found


def test_every_package_has_a_floor() -> None:
    packages = {
        p.name.removesuffix(".py") for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert packages - {"__init__", "__main__"} <= set(FLOOR)


def test_imports_point_down() -> None:
    wrong = [
        f"{path} imports {target}"
        for path, package, target in imports()
        if package != target and FLOOR[target] >= FLOOR[package] and (package, target) not in ARROWS
    ]
    assert not wrong


@pytest.mark.parametrize("module", ["harmpath.cli", "harmpath.assessment.model", "harmpath.device.project"])
def test_core_imports_nothing_heavy(module: str) -> None:
    heavy = {
        "torch",
        "pandas",
        "duckdb",
        "sklearn",
        "scipy",
        "numba",
        "pyarrow",
        "ibis",
        "altair",
        "onnxruntime",
        "highspy",
    }
    code = f"import sys, {module}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
