from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from harmpath.catalogue.stpa import ai_threat_entries, causal_factors, scenario_classes
from harmpath.device.goals import GoalKind
from harmpath.device.model import Device
from harmpath.device.vocabulary import AiThreat
from harmpath.device.yamltree import read
from harmpath.stpa import analyse
from harmpath.stpa.lifecycle import STAGES, ai_threat_answers, lifecycle_loops
from harmpath.stpa.sentences import places

SOUND = read(Path(__file__).parent / "projects" / "sound" / "device.yaml").value


@pytest.fixture
def sound() -> Device:
    return Device.model_validate(SOUND)


def test_every_stage_of_every_engine_is_answered(sound: Device, device: Device):
    loops = lifecycle_loops(sound, analyse(sound))
    assert [loop.stage for loop in loops] == list(STAGES)
    assert {loop.status for loop in loops} == {"analysed"}
    assert loops[0].control_actions == ("collect",)
    assert loops[0].unsafe_control_actions
    bare = lifecycle_loops(device, analyse(device))
    assert {loop.status for loop in bare} == {"not-analysed"}
    assert all(loop.reason for loop in bare)


def test_a_loop_without_feedback_is_open(sound: Device):
    file = {**SOUND, "feedback": [f for f in SOUND["feedback"] if f["to"] != "lab"]}
    device = Device.model_validate(file)
    assert {loop.status for loop in lifecycle_loops(device, analyse(device))} == {"open-loop"}


def test_the_seven_threats_are_answered_or_open(sound: Device, device: Device):
    answers = {a.threat: a for a in ai_threat_answers(sound, analyse(sound))}
    assert set(answers) == set(get_args(AiThreat))
    assert answers["data-poisoning"].status == "addressed"
    assert answers["data-poisoning"].addressed_by == ("collect",)
    assert answers["data-leakage"].reason == "no data leave the device"
    assert any("model-evasion" in s for s in answers["model-evasion"].scenarios)
    assert {a.status for a in ai_threat_answers(device, analyse(device))} == {"open"}


def test_an_answer_for_the_engine_goes_before_the_general_one():
    own: dict[str, Any] = {"threat": "model-evasion", "engine": "forecaster", "not_applicable": "its input is wired"}
    device = Device.model_validate({**SOUND, "ai_threats": [*SOUND["ai_threats"], own]})
    answers = {a.threat: a for a in ai_threat_answers(device, analyse(device))}
    assert answers["model-evasion"].status == "not-applicable"


def test_learned_controllers_are_asked_for_their_failure_modes(sound: Device):
    found = {s.causal_factor for s in analyse(sound).scenarios_of["UCA-1"]}
    assert {"ml-wrong-answer", "ml-overconfident", "ml-out-of-distribution", "ml-drift", "ml-missing-input",
            "ml-stale-input", "model-evasion"} <= found  # fmt: skip
    assert "ml-latency" not in found, "latency does not make an action be provided"


def test_an_action_without_a_model_is_not_asked_for_them(sound: Device):
    collect = [u.id for u in analyse(sound).hazardous if u.control_action == "collect"]
    found = {s.causal_factor for u in collect for s in analyse(sound).scenarios_of[u]}
    assert found
    assert not [f for f in found if f.startswith("ml-")]


def test_four_formal_classes_for_every_unsafe_control_action(sound: Device):
    analysis = analyse(sound)
    by_uca: dict[str, list[str]] = {}
    for formal in analysis.formal_scenarios:
        by_uca.setdefault(formal.uca, []).append(formal.archetype)
    assert set(by_uca) == {u.id for u in analysis.hazardous}
    assert all(sorted(kinds) == sorted(scenario_classes()) for kinds in by_uca.values())
    known = {s.id: s for s in analysis.loss_scenarios}
    for formal in analysis.formal_scenarios:
        assert all(known[i].archetype == formal.archetype for i in formal.refined_by)
    first = next(f for f in analysis.formal_scenarios if f.id == "FS-UCA-1-1")
    assert first.sentence.text == (
        "Dosing app provides Deliver bolus when glucose is low, believing that glucose is high, although what it"
        " receives shows the context as it is. This can lead to hazard H1 (too much insulin acts)."
    )


def test_a_class_that_nothing_refines_is_not_assessed(loop: dict[str, Any]):
    loop["control_actions"][0]["via"] = []
    device = Device.model_validate(loop)
    subjects = {n.subject: n.reason for n in analyse(device).not_assessed}
    assert "the channels that carry the control action" in subjects["FS-UCA-own-3"]


def test_the_catalogue_is_consistent():
    ids = [f.id for f in causal_factors()]
    assert len(ids) == len(set(ids))
    assert {f.scenario_class for f in causal_factors()} == set(scenario_classes())
    kinds = {*get_args(GoalKind), "action"}
    for factor in causal_factors():
        assert set(factor.goals) <= kinds
        assert (factor.kind == "security") == bool(factor.goals) == bool(factor.adversary)
        assert places(factor.sentence)
    assert {g for f in causal_factors() for g in f.goals} >= set(get_args(GoalKind)) - {
        "forge-action",
        "suppress-action",
    }
    for threat in ai_threat_entries():
        assert set(threat.factors) <= set(ids)
    assert [t.id for t in ai_threat_entries()] == list(get_args(AiThreat))


def test_actions_of_the_lifecycle_are_asked_for_poison(sound: Device):
    analysis = analyse(sound)

    def goals(action: str) -> set[str]:
        ucas = [u.id for u in analysis.hazardous if u.control_action == action]
        return {g.id for u in ucas for s in analysis.scenarios_of[u] for g in s.goals}

    assert "poison-training.forecaster" in goals("collect")
    assert "poison-update.forecaster" not in goals("collect")
    assert {"poison-update.forecaster", "poison-training.forecaster"} <= goals("release")
    assert not {"poison-update.forecaster", "poison-training.forecaster"} & goals("watch")


def test_an_update_of_the_component_installs_its_engines(loop: dict[str, Any]):
    update = {"id": "up", "from": "clinic", "to": "app", "kind": "update", "via": ["web"],
              "unsafe": [{"type": "provided", "when": "not validated", "hazards": ["H1"]}]}  # fmt: skip
    loop["control_actions"].append(update)
    analysis = analyse(Device.model_validate(loop))
    (uca,) = [u for u in analysis.hazardous if u.control_action == "up"]
    assert "poison-update.forecaster" in {g.id for s in analysis.scenarios_of[uca.id] for g in s.goals}


def test_a_safe_decision_rests_on_no_false_belief(sound: Device):
    for formal in analyse(sound).formal_scenarios:
        if formal.archetype in ("control-path", "process-behaviour"):
            assert "believing" not in formal.sentence.text
            assert "as it should" in formal.sentence.text
