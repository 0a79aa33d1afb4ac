"""Every check fires on one change to a sound device, and all are silent on the device as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harmpath.device.model import Device
from harmpath.device.yamltree import read
from harmpath.stpa import StpaAnalysis, analyse
from harmpath.stpa.checks import CheckFinding, all_checks, run_checks

FILE = Path(__file__).parent / "projects" / "sound" / "device.yaml"
SOUND = read(FILE).value

Change = Callable[[dict[str, Any]], Any]


def _put(*path: Any) -> Change:
    """Set the value at the path (its last part is the value)."""
    *keys, last, value = path

    def change(file: dict[str, Any]) -> None:
        at: Any = file
        for key in keys:
            at = at[key]
        at[last] = value

    return change


def _drop(*path: Any) -> Change:
    """Remove the key or item at the path."""
    *keys, last = path

    def change(file: dict[str, Any]) -> None:
        at: Any = file
        for key in keys:
            at = at[key]
        del at[last]

    return change


def _add(*path: Any) -> Change:
    """Append the value to the list at the path."""
    *keys, value = path

    def change(file: dict[str, Any]) -> None:
        at: Any = file
        for key in keys:
            at = at[key]
        at.append(value)

    return change


def _both(*changes: Change) -> Change:
    def change(file: dict[str, Any]) -> None:
        for one in changes:
            one(file)

    return change


BOLUS = ("control_actions", 0, "unsafe")
ALL_BAD = [{"type": t, "not_hazardous": "x"} for t in ("provided", "too-late", "applied-too-long")]
UPLOAD = {"id": "up", "from": "app", "to": "lab", "via": ["vpn"], "unsafe": ALL_BAD}
HAZARD = {"id": "H2", "losses": ["L1"], "severity": "minor"}
VARIABLE = ("process_models", 0, "variables", 0)

FIRES: dict[str, tuple[Change, str]] = {
    "action-not-judged": (_put(*BOLUS, []), "bolus"),
    "action-on-itself": (_put("control_actions", 0, "to", "app"), "bolus"),
    "ai-threat-unanswered": (_drop("ai_threats", 2), "forecaster"),
    "alarm-silence-not-judged": (_drop("control_actions", 1, "unsafe", 0), "alarm"),
    "aspect-not-judged": (_drop(*BOLUS, 3), "bolus"),
    "belief-without-plausibility": (_drop("signals", 1, "range"), "report"),
    "believes-what-is-so": (_put(*BOLUS, 0, "believed", "bg", "low"), "bolus"),
    "constraint-without-responsibility": (_add("hazards", HAZARD), "SC-H2"),
    "control-path-unprotected": (_put("channels", 1, "protections", "integrity", "none"), "ble2"),
    "controller-cycle": (_add("control_actions", UPLOAD), "app"),
    "controller-without-process-model": (_drop("process_models", 1), "lab"),
    "controller-without-responsibility": (_drop("responsibilities", 1), "lab"),
    "desired-but-hazardous": (_put("control_actions", 0, "desired", 0, "context", "bg", "low"), "bolus.desired.0"),
    "duplicate-judgement": (_add(*BOLUS, {"type": "too-early", "context": {"bg": "low"}, "hazards": ["H1"]}), "bolus"),
    "engine-not-monitored": (_put("ml_engines", 0, "monitoring", "none"), "forecaster"),
    "feedback-path-unprotected": (_drop("channels", 0, "protections"), "ble1"),
    "goal-without-scenario": (_add("signals", {"id": "steps", "feeds": ["f-steps"]}), "steps"),
    "hazard-without-adversary": (
        _both(
            _put(
                "control_actions",
                [
                    {
                        "id": "walk",
                        "from": "patient",
                        "to": "patient",
                        "unsafe": [{"type": "provided", "hazards": ["H1"]}],
                    }
                ],
            ),
        ),
        "H1",
    ),
    "hazard-without-uca": (_add("hazards", HAZARD), "H2"),
    "judged-both-ways": (_add(*BOLUS, {"type": "too-early", "not_hazardous": "x"}), "UCA-bolus-too-early"),
    "judgement-id-taken": (_put(*BOLUS, 0, "id", "pump"), "bolus"),
    "lifecycle-loop-missing": (_drop("control_actions", 3), "forecaster"),
    "loop-never-closed": (
        _both(_put("components", 2, "kind", "server"), _put("control_actions", 1, "to", "pump")),
        "control_actions",
    ),
    "missing-feedback": (_drop("feedback", 1), "bolus"),
    "ml-action-without-belief": (_drop(*BOLUS, 0, "believed"), "bolus"),
    "ml-input-without-limits": (_drop("signals", 0, "range"), "glucose"),
    "model-update-without-authenticity": (_put("ml_engines", 0, "update", "authenticity", "weak"), "forecaster"),
    "no-requirements": (_put("requirements", []), "requirements"),
    "no-responsibilities": (_put("responsibilities", []), "responsibilities"),
    "output-without-action": (_add("ml_engines", 0, "outputs", {"id": "bg-60"}), "bg-60"),
    "range-gap": (_put(*VARIABLE, "states", 1, "range", "[80, 180]"), "bg"),
    "requirement-covers-unknown": (_put("requirements", 0, "covers", ["H1", "UCA-9"]), "SR1"),
    "requirement-not-verified": (_drop("requirements", 0, "verified_by"), "SR1"),
    "responsibility-of-unknown-constraint": (_put("responsibilities", 0, "constraints", ["SC-H9", "SC-H1"]), "R1"),
    "rule-matches-no-row": (_put("control_actions", 0, "variables", ["fitness"]), "UCA-1"),
    "scenario-of-unknown-uca": (_put("loss_scenarios", [{"id": "S1", "uca": "UCA-9", "description": "x"}]), "S1"),
    "some-states-without-range": (_drop(*VARIABLE, "states", 2, "range"), "bg"),
    "sub-hazard-losses": (
        _both(_add("losses", {"id": "L2"}), _put("hazards", 0, "sub_hazards", 0, "losses", ["L1", "L2"])),
        "H1.1",
    ),
    "therapy-not-monitored": (
        _put(*BOLUS, [{"type": "provided", "when": "asleep", "hazards": ["H1", "H1.1"]}]),
        "bolus",
    ),
    "todo-marker": (_put("requirements", 0, "description", "A bolus of TBD units is refused"), "SR1"),
    "training-data-unchecked": (_drop("ml_engines", 0, "training"), "forecaster"),
    "uca-without-requirement": (_drop("requirements", 1), "UCA-2"),
    "unreferenced-loss": (_add("losses", {"id": "L9"}), "L9"),
    "unsafe-either-way": (
        _put(*BOLUS, 2, {"type": "not-provided", "context": {"bg": "low"}, "hazards": ["H1"]}),
        "UCA-2",
    ),
    "unused-signal": (_add("signals", {"id": "steps"}), "steps"),
    "unused-variable": (_add("process_models", 0, "variables", {"id": "mood", "states": [{"id": "a"}]}), "mood"),
    "update-without-authenticity": (_drop("components", 2, "update", "authenticity"), "pump"),
    "variable-without-signal": (_drop(*VARIABLE, "signals"), "bg"),
    "variable-without-states": (_drop(*VARIABLE, "states"), "bg"),
    "way-not-judged": (_both(_drop(*BOLUS, 7), _drop(*BOLUS, 6)), "bolus"),
}
"""For each check a change that makes it fire, and the element (or the beginning of its id) that it names."""


def _found(file: dict[str, Any]) -> list[CheckFinding]:
    device = Device.model_validate(file)
    return list(run_checks(device, analyse(device)))


def test_a_sound_device_has_no_finding():
    assert _found(SOUND) == []


@pytest.mark.parametrize("check", sorted(FIRES))
def test_the_check_fires_and_says_what_where_why_and_how(check: str):
    change, element = FIRES[check]
    file = copy.deepcopy(SOUND)
    change(file)
    mine = [f for f in _found(file) if f.check == check]
    assert mine, f"{check} is silent"
    assert any(f.element.startswith(element) for f in mine)
    for finding in mine:
        assert finding.message.endswith(".")
        assert finding.why
        assert finding.remedy


@pytest.mark.parametrize("check", sorted(FIRES))
def test_a_place_in_the_file_exists(check: str):
    file = copy.deepcopy(SOUND)
    FIRES[check][0](file)
    for finding in _found(file):
        at: Any = file
        for key in finding.path[:-1]:
            at = at[key]


def _broken(change: Callable[[StpaAnalysis], StpaAnalysis], check: str) -> list[CheckFinding]:
    device = Device.model_validate(SOUND)
    return [f for f in run_checks(device, change(analyse(device))) if f.check == check]


def test_an_unsafe_control_action_without_constraint_fires():
    found = _broken(lambda a: replace(a, controller_constraints=a.controller_constraints[1:]), "uca-without-constraint")
    assert len(found) == 1
    assert found[0].path[:1] == ("control_actions",)


def test_an_unsafe_control_action_without_scenario_fires():
    found = _broken(lambda a: replace(a, loss_scenarios=()), "uca-without-scenario")
    assert "UCA-1" in {f.element for f in found}


def test_every_check_has_a_test_that_it_fires():
    elsewhere = {"uca-without-constraint", "uca-without-scenario"}
    assert {c.id for c in all_checks()} == set(FIRES) | elsewhere


def test_every_check_says_what_and_why():
    for check in all_checks():
        assert check.title.endswith(".")
        assert check.why.endswith(".")
        assert check.remedy.endswith(".")
        assert type(check).__doc__ == check.title


def test_a_check_can_be_switched_off_and_reweighed():
    file = copy.deepcopy(SOUND)
    FIRES["todo-marker"][0](file)
    (finding,) = _found(file)
    assert finding.severity == "info"
    assert _found({**file, "checks_off": ["todo-marker"]}) == []
    (finding,) = _found({**file, "check_severity": {"todo-marker": "error"}})
    assert finding.severity == "error"


def test_a_judgement_is_found_at_its_own_place():
    file = copy.deepcopy(SOUND)
    FIRES["unsafe-either-way"][0](file)
    (finding,) = [f for f in _found(file) if f.check == "unsafe-either-way"]
    assert finding.path == ("control_actions", 0, "unsafe", 1)
    assert "bg=low" in finding.message


def test_telling_a_person_who_then_acts_is_no_circle():
    file = copy.deepcopy(SOUND)
    FIRES["controller-cycle"][0](file)
    file["control_actions"][-1]["kind"] = "advice"
    assert "controller-cycle" not in {f.check for f in _found(file)}
