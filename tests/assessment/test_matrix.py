"""The risk matrix: what ships is complete and monotone; what a project brings is checked."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import harmpath
from harmpath.assessment.matrix import read_matrix
from harmpath.errors import InputError

SHIPPED = Path(harmpath.__file__).parent / "catalogue" / "risk" / "matrix.yaml"


def test_shipped_matrix_never_falls() -> None:
    matrix = read_matrix()
    rows, columns = matrix.file.exploitability, matrix.file.severity
    ranks = [[matrix.rank(matrix.level(r, c)) for c in columns] for r in rows]
    assert all(a <= b for row in ranks for a, b in pairwise(row))
    assert all(a <= b for one, two in pairwise(ranks) for a, b in zip(one, two, strict=True))


def test_cut_risk_is_below_every_level() -> None:
    matrix = read_matrix()
    assert matrix.level("none", "catastrophic") == "none"
    assert matrix.rank("none") < matrix.rank("low")
    assert matrix.acceptability("none") == "acceptable"
    assert matrix.acceptability(matrix.level("high", "catastrophic")) == "not acceptable"


def test_worst_of() -> None:
    matrix = read_matrix()
    assert matrix.worst_severity(["minor", "critical", "serious"]) == "critical"
    assert matrix.worst_exploitability(["none", "low", "very-low"]) == "low"
    assert matrix.worst_exploitability([]) == "none"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("high:      [low, medium, high, critical, critical]", "high:      [low, medium, high, critical]", "5 cells"),
        ("low, medium, high, critical, critical]\n# When", "low, medium, high, critical, low]\n# When", "falls"),
        ("  low:       [low, low, medium", "  low:       [low, huge, medium", "not declared"),
        ("severity: [negligible, minor", "severity: [tiny, minor", "five words"),
    ],
)
def test_own_matrix_is_checked(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = SHIPPED.read_text()
    assert old in text
    (tmp_path / "risk.yaml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=says):
        read_matrix(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "mapping of keys"), ("- 1\n", "mapping of keys"), ("levels: []\n", "severity: Field required")],
)
def test_what_is_no_matrix_is_said_in_the_words_of_the_file(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "risk.yaml").write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_matrix(tmp_path)
    assert "_MatrixFile" not in str(caught.value)


def test_own_matrix_replaces_the_shipped_one(tmp_path: Path) -> None:
    text = SHIPPED.read_text().replace(
        "very-low:  [low, low, low, medium, medium]", "very-low:  [low, low, low, low, low]"
    )
    (tmp_path / "risk.yaml").write_text(text)
    assert read_matrix(tmp_path).level("very-low", "catastrophic") == "low"
