"""What an assessment makes of the examples as they ship, without any import."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.assessment.pipeline import assess
from harmpath.device.project import Project, open_project


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARMPATH_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_aid_says_which_three_links_to_protect_first(examples: Path) -> None:
    """The command link to the pump and the two sensor links: radio links that false data can enter from nearby."""
    summary = assess(open_project(examples / "aid")).summary
    assert set(summary.protect_first) == {"ble-handset-pump", "ble-cgm-handset", "ble-meter-handset"}
    assert summary.protect_first[0] == "ble-handset-pump"
    assert all("radio-range" in because and "H-1" in because for because in summary.protect_because)


def test_every_ml_input_has_a_reach_and_every_example_a_risk(project: Project) -> None:
    found = assess(project)
    inputs = {f.id for e in project.device.ml_engines for f in e.inputs}
    assert {r.feature for r in found.reach} == inputs
    assert found.risks
    assert found.matches
    assert len(found.summary.protect_first) == 3
    assert not [f for f in found.findings if f.severity == "error"]
    assert {d.status for d in found.decisions} <= {"applied"}, "a decision is about a finding that is there"
