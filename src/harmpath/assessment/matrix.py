"""The risk matrix: exploitability against severity of harm, as data that the project may replace."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from harmpath.device.values import Strict, Text
from harmpath.device.yamltree import read
from harmpath.errors import InputError

__all__ = ["Matrix", "RiskLevel", "matrix_schema", "read_matrix"]


class RiskLevel(Strict):
    """One level of risk and whether it can be accepted."""

    id: str
    meaning: Text
    acceptable: Literal["true", "with-rationale", "false"]


class _MatrixFile(Strict):
    title: Text
    exploitability: tuple[str, ...]
    severity: tuple[str, ...]
    levels: tuple[RiskLevel, ...]
    matrix: dict[str, tuple[str, ...]]
    cut: str = "none"

    @model_validator(mode="after")
    def _complete(self) -> _MatrixFile:
        known = {level.id for level in self.levels}
        for row in self.exploitability:
            cells = self.matrix.get(row, ())
            if len(cells) != len(self.severity):
                raise ValueError(f"row '{row}' needs {len(self.severity)} cells, one for each severity")
            if not set(cells) <= known:
                raise ValueError(f"row '{row}' names a level that is not declared: {sorted(set(cells) - known)}")
        if set(self.matrix) != set(self.exploitability):
            raise ValueError("the rows of the matrix and the list of exploitabilities differ")
        words = {"negligible", "minor", "serious", "critical", "catastrophic"}
        if set(self.severity) != words or set(self.exploitability) != {
            "very-low",
            "low",
            "moderate",
            "high",
            "very-high",
        }:
            raise ValueError("exploitability and severity each need their five words, in ascending order")
        for row, column in self._descents():
            raise ValueError(f"risk falls where exploitability or severity rises, at {row} x {column}")
        return self

    def _descents(self) -> list[tuple[str, str]]:
        """Cells with a lower level than their neighbour to the left or above; a matrix is monotone."""
        rank = {level.id: n for n, level in enumerate(self.levels)}
        grid = [[rank[c] for c in self.matrix[row]] for row in self.exploitability]
        found = []
        for i, row in enumerate(self.exploitability):
            for j, column in enumerate(self.severity):
                if (i and grid[i][j] < grid[i - 1][j]) or (j and grid[i][j] < grid[i][j - 1]):
                    found.append((row, column))
        return found


@dataclass(frozen=True)
class Matrix:
    """A validated, monotone matrix."""

    file: _MatrixFile

    def level(self, exploitability: str, severity: str) -> str:
        """The risk level; an exploitability of ``none`` (every path is cut) gives the word for a cut risk."""
        if exploitability == "none":
            return self.file.cut
        return self.file.matrix[exploitability][self.file.severity.index(severity)]

    def rank(self, level: str) -> int:
        """Position of a level, higher is worse; a cut risk is below every level."""
        return next((n for n, known in enumerate(self.file.levels) if known.id == level), -1)

    def acceptability(self, level: str) -> str:
        """``acceptable``, ``acceptable with rationale`` or ``not acceptable``."""
        words = {"true": "acceptable", "with-rationale": "acceptable with rationale", "false": "not acceptable"}
        found = next((known for known in self.file.levels if known.id == level), None)
        return words[found.acceptable] if found else "acceptable"

    def worst_severity(self, severities: list[str]) -> str:
        """The highest of some severities; ``negligible`` for none."""
        return max(severities, key=self.file.severity.index, default="negligible")

    def worst_exploitability(self, values: list[str]) -> str:
        """The highest of some exploitabilities; ``none`` for none."""
        return max(values, key=lambda v: -1 if v == "none" else self.file.exploitability.index(v), default="none")

    def to_json(self) -> dict[str, Any]:
        """The matrix as published in the assessment."""
        return self.file.model_dump(mode="json")


def matrix_schema() -> dict[str, Any]:
    """JSON Schema of a project's ``risk.yaml``."""
    return _MatrixFile.model_json_schema()


def read_matrix(project_folder: Path | None = None) -> Matrix:
    """The project's own ``risk.yaml``, or the one that ships.

    Raises:
        InputError: the file is not a complete, monotone matrix.
    """
    own = project_folder / "risk.yaml" if project_folder else None
    if own and own.exists():
        return _read(own, own.name)
    with as_file(files("harmpath").joinpath("catalogue", "risk", "matrix.yaml")) as shipped:
        return _read(shipped, "risk/matrix.yaml")


def _said(error: Any) -> str:
    """The key that is wrong and what is wrong with it; never the name of a class."""
    if error["type"] == "model_type":
        return "A risk matrix is a mapping of keys to values."
    key = ".".join(str(part) for part in error["loc"])
    said: str = error["msg"]
    return f"{key}: " * bool(key) + said.removeprefix("Value error, ") + "."


def _read(path: Path, shown: str) -> Matrix:
    tree = read(path, shown)
    try:
        return Matrix(_MatrixFile.model_validate(tree.value))
    except ValidationError as error:
        remedy = "See the shipped matrix: 'harmpath schema risk'."
        problems = [
            tree.problem(tuple(e["loc"]), "risk-matrix", _said(e), remedy=remedy)
            for e in error.errors(include_url=False)
        ]
        raise InputError(problems) from error
