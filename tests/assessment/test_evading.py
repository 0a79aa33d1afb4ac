"""Measured attacks on the device's own model become evidence of the risk of the paths they came through."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harmpath.assessment.decisions import read_decisions, verdicts
from harmpath.assessment.evading import EVASION, reach_of_project, record_of, write
from harmpath.assessment.pipeline import assess
from harmpath.device.project import open_project
from harmpath.errors import InputError


@pytest.fixture(scope="module")
def bgms(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with what a short attack on its forecaster measured."""
    from harmpath.evasion import run

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARMPATH_STORE", "/nonexistent/store.sqlite")
        folder = Path(shutil.copytree(examples / "bgms", tmp_path_factory.mktemp("evade") / "bgms"))
        shutil.rmtree(folder / "measurements", ignore_errors=True)
        text = (folder / "evasion.yaml").read_text().replace("queries: 300", "queries: 20")
        (folder / "evasion.yaml").write_text(text.replace("stride: 3", "stride: 30"))
        project = open_project(folder)
        decided = verdicts(read_decisions(project.decisions_file))
        write(project, record_of(run(folder, project.device, reach_of_project(project, None, decided))))
    return folder


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARMPATH_STORE", "/nonexistent/store.sqlite")


def test_what_was_measured_is_evidence_of_the_path(bgms: Path) -> None:
    a = assess(open_project(bgms))
    told = [r for r in a.risks if any(b.startswith("Measured on the device's model") for b in r.because)]
    assert told
    recorded = {p for g in json.loads((bgms / EVASION).read_text())["goals"] for p in g["paths"]}
    assert {r.attack_path for r in told} <= recorded
    for risk in told:
        rows = [e for e in risk.evidence if e.kind == "measurement" and e.unit == "share of windows"]
        assert rows
        assert all(e.low is not None and e.high is not None and e.n and e.seed is not None for e in rows)
    assert not [n for n in a.not_assessed if n.subject == "measured attacks on the model"]


def test_figures_of_paths_that_are_gone_are_left_out(bgms: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bgms, tmp_path / "bgms"))
    record = json.loads((folder / EVASION).read_text())
    for goal in record["goals"]:
        goal["paths"] = {f"{path}-gone": row for path, row in goal["paths"].items()}
    (folder / EVASION).write_text(json.dumps(record))
    a = assess(open_project(folder))
    assert [n for n in a.not_assessed if "no longer open" in n.reason]
    assert not [r for r in a.risks if any(e.unit == "share of windows" for e in r.evidence)]


def test_a_broken_record_names_its_file(bgms: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bgms, tmp_path / "bgms"))
    (folder / EVASION).write_text("{}")
    with pytest.raises(InputError) as caught:
        assess(open_project(folder))
    assert caught.value.problems[0].file == EVASION


def test_without_a_measurement_it_is_said(bgms: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bgms, tmp_path / "bgms"))
    (folder / EVASION).unlink()
    subjects = [n.subject for n in assess(open_project(folder)).not_assessed]
    assert "measured attacks on the model" in subjects
