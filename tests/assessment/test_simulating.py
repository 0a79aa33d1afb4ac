"""From reach to simulated patients and back: scenarios lie inside the reach, harm is evidence, stale harm is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harmpath.assessment.pipeline import assess
from harmpath.assessment.simulating import (
    MEASURED,
    harm_of,
    harm_sentence,
    read_measured,
    simulation_spec,
    write_measured,
)
from harmpath.device.project import Project, open_project
from harmpath.errors import InputError


@pytest.fixture
def aid(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARMPATH_STORE", str(tmp_path / "none.sqlite"))
    folder = Path(shutil.copytree(examples / "aid", tmp_path / "aid"))
    shutil.rmtree(folder / "measurements", ignore_errors=True)
    text = (folder / "simulation.yaml").read_text().replace("patients: [adult]", "patients: [adult#001]")
    (folder / "simulation.yaml").write_text(text.replace("replicates: 3", "replicates: 1"))
    return folder


def measured(folder: Path, out: Path) -> Project:
    from harmpath.patients import run_campaign

    project = open_project(folder)
    a = assess(project)
    spec, _ = simulation_spec(project, a)
    write_measured(project, harm_of(project, a, run_campaign(spec, out, root=project.folder)))
    return project


def test_scenarios_lie_within_the_reach(aid: Path) -> None:
    project = open_project(aid)
    spec, left_out = simulation_spec(project, assess(project))
    false = [f for s in spec.scenarios for f in s.faults if f.channel == "cgm"]
    assert false
    assert all(f.limits is not None and f.limits.low >= 40 and f.limits.high <= 400 for f in false)
    assert {"settings", "clock"} <= {n.subject for n in left_out}, "what is not simulated is said"


def test_measured_harm_becomes_evidence_of_the_risk(aid: Path, tmp_path: Path) -> None:
    project = measured(aid, tmp_path / "out")
    a = assess(open_project(aid))
    told = [r for r in a.risks if r.measured_severity]
    assert told
    assert {r.attack_path.split("-")[1] for r in told} <= {"falsify", "withhold"}
    for risk in told:
        assert any(e.kind == "measurement" and e.seed is not None for e in risk.evidence)
        assert any(b.startswith("Simulated patients") for b in risk.because)
    kept = read_measured(project)
    assert kept is not None
    assert all(harm_sentence(s).endswith(".") for s in kept.signals)


def test_harm_of_another_reach_is_left_out_and_said(aid: Path, tmp_path: Path) -> None:
    measured(aid, tmp_path / "out")
    record = json.loads((aid / MEASURED).read_text())
    record["reach"]["glucose"] = "replace within [40, 90]"
    (aid / MEASURED).write_text(json.dumps(record))
    a = assess(open_project(aid))
    assert [n.subject for n in a.not_assessed if n.subject == "simulated patients: glucose"]
    assert not [r for r in a.risks if r.measured_severity and r.attack_path.startswith("AP-falsify-signal.glucose-")]


def test_a_broken_record_names_its_file(aid: Path) -> None:
    (aid / "measurements").mkdir()
    (aid / MEASURED).write_text('{"seed": "x"')
    with pytest.raises(InputError) as caught:
        assess(open_project(aid))
    assert caught.value.problems[0].file == MEASURED


def test_nothing_to_simulate_is_said(examples: Path) -> None:
    project = open_project(examples / "retina")
    with pytest.raises(InputError, match="nothing to simulate"):
        simulation_spec(project, assess(project))
