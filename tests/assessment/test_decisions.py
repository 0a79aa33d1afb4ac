"""Decisions are read, never guessed; one whose finding has gone is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.assessment.decisions import applied, read_decisions
from harmpath.errors import InputError

GOOD = """\
decisions:
  - finding: R-one
    verdict: accepted
    reason: as found in the pairing test
    by: J. Doe
    date: 2026-11-24
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "decisions.yaml"
    path.write_text(text)
    return path


def test_applied_and_orphaned(tmp_path: Path) -> None:
    decisions = read_decisions(write(tmp_path, GOOD + GOOD.split("\n", 1)[1].replace("R-one", "R-gone")))
    rows = applied(decisions, ["R-one", "R-two"])
    assert [(r.finding, r.status) for r in rows] == [("R-one", "applied"), ("R-gone", "orphaned")]
    assert rows[0].date == "2026-11-24"


@pytest.mark.parametrize("text", ["", "decisions:\n", "decisions: []\n", "# only a comment\n"])
def test_no_decisions(tmp_path: Path, text: str) -> None:
    assert read_decisions(write(tmp_path, text)) == ()


def test_no_file(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "decisions.yaml") == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("accepted", "acepted", 3, "Did you mean 'accepted'?"),
        ("date: 2026-11-24", "date: yesterday", 6, "YYYY-MM-DD"),
        ("    by: J. Doe\n", "", 2, "finding, verdict, reason, by and date"),
        ("    reason: as found in the pairing test\n", "    reason:\n", 4, ""),
    ],
)
def test_wrong_decision_names_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read_decisions(write(tmp_path, GOOD.replace(old, new)))
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("decisions.yaml", line)
    assert says in problem.remedy


def test_a_finding_is_decided_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="decided twice"):
        read_decisions(write(tmp_path, GOOD + GOOD.split("\n", 1)[1]))
