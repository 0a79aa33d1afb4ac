"""Each consistency check fires on a model with its defect and stays silent on one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.device.check import CHECKS, check, is_usable
from harmpath.device.project import open_project
from harmpath.errors import InputError, Problem

GOOD = """\
harmpath: 1
device: {name: D, manufacturer: M, intended_use: U, software: SaMD}
losses: [{id: L-1}]
hazards: [{id: H-1, losses: [L-1], severity: serious}]
zones: [{id: home, kind: home}]
components:
  - {id: meter, kind: sensor, zone: home}
  - {id: phone, kind: mobile-app}
  - {id: model, kind: ml-engine, host: phone}
  - {id: patient, kind: patient}
channels:
  - {id: ble, from: meter, to: phone, medium: bluetooth-le}
  - {id: screen, from: phone, to: patient, medium: human-reading}
signals:
  - {id: glucose, source: meter, via: [ble], feeds: [f-glucose]}
ml_engines:
  - {id: forecaster, component: model, task: forecasting, inputs: [{id: f-glucose}], outputs: [{id: o-advice}]}
control_actions:
  - id: CA-advice
    from: model
    to: patient
    via: [screen]
    outputs: [o-advice]
    unsafe: [{type: provided, context: {v-glucose: low}, hazards: [H-1]}]
process_models:
  - controller: model
    variables: [{id: v-glucose, states: [{id: low, range: "[20, 70)"}, {id: ok, range: "[70, 600]"}], signals: glucose}]
"""

DEFECTS = [
    ("duplicate-id", "id: phone, kind", "id: meter, kind", None),
    ("unknown-id", "via: [ble]", "via: [bel]", "Did you mean 'ble'?"),
    ("wrong-kind", "losses: [L-1]", "losses: [meter]", None),
    ("unknown-state", "{v-glucose: low}", "{v-glucose: lo}", "Did you mean 'low'?"),
    ("hazard-without-loss", "losses: [L-1], severity", "severity", None),
    ("signal-without-source", "source: meter, via", "via", None),
    ("feature-without-signal", ", feeds: [f-glucose]", "", None),
    ("action-without-channel", "    via: [screen]\n", "", None),
    (
        "component-unreached",
        "{id: patient, kind: patient}",
        "{id: patient, kind: patient}\n  - {id: x, kind: server}",
        None,
    ),
    ("host-cycle", "id: phone, kind: mobile-app", "id: phone, kind: mobile-app, host: model", None),
    ("self-channel", "from: meter, to: phone", "from: phone, to: phone", None),
    ("broken-route", "via: [ble]", "via: [screen]", None),
    ("overlapping-states", '"[20, 70)"', '"[20, 71)"', None),
]


def found(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    (tmp_path / "device.yaml").write_text(text)
    return check(open_project(tmp_path))


def test_good_model_has_no_problem(tmp_path: Path) -> None:
    assert found(tmp_path, GOOD) == ()


def test_every_check_has_a_defect() -> None:
    assert {d[0] for d in DEFECTS} - {"wrong-kind"} == set(CHECKS)


@pytest.mark.parametrize(("code", "old", "new", "hint"), DEFECTS)
def test_check_fires(tmp_path: Path, code: str, old: str, new: str, hint: str | None) -> None:
    assert old in GOOD
    problems = [p for p in found(tmp_path, GOOD.replace(old, new)) if p.code == code]
    assert problems, code
    assert problems[0].line and problems[0].column and problems[0].remedy
    assert hint is None or hint in problems[0].remedy


def test_a_check_can_be_switched_off(tmp_path: Path) -> None:
    text = GOOD.replace(", feeds: [f-glucose]", "")
    assert [p.code for p in found(tmp_path, text)] == ["feature-without-signal"]
    assert found(tmp_path, text + "checks_off: [feature-without-signal]\n") == ()


def test_only_broken_references_make_a_model_unusable(tmp_path: Path) -> None:
    assert is_usable(found(tmp_path, GOOD.replace(", feeds: [f-glucose]", "")))
    assert not is_usable(found(tmp_path, GOOD.replace("via: [ble]", "via: [bel]")))


def test_paths_may_not_leave_the_project(tmp_path: Path) -> None:
    (tmp_path / "device.yaml").write_text(GOOD)
    project = open_project(tmp_path)
    with pytest.raises(InputError, match="leaves the project"):
        project.inside("../secret")
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text("secret")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "link.txt").symlink_to(outside)
    assert project.documents() == (), "a link out of the project is not followed"
