from __future__ import annotations

import copy
from typing import Any

import pytest

from harmpath.device.goals import Goal, goals_of
from harmpath.device.model import Device
from harmpath.device.vocabulary import ASPECT_GROUP
from harmpath.stpa import Condition, StpaAnalysis, UnsafeControlAction, analyse

from .loop_device import LOOP


@pytest.fixture
def analysis(device: Device) -> StpaAnalysis:
    return analyse(device)


def _by_type(analysis: StpaAnalysis, action: str, aspect: str) -> UnsafeControlAction:
    return next(u for u in analysis.hazardous if u.control_action == action and u.type == aspect)


def test_every_control_action_answers_all_four_ways(device: Device, analysis: StpaAnalysis):
    for action in device.control_actions:
        groups = {u.group for u in analysis.unsafe_control_actions if u.control_action == action.id}
        assert groups == set(ASPECT_GROUP.values())


def test_an_unjudged_group_is_not_assessed_and_never_safe(analysis: StpaAnalysis):
    open_ = [u for u in analysis.unsafe_control_actions if u.control_action == "settings"]
    assert [u.status for u in open_] == ["not-assessed"] * 4
    assert all(u.reason for u in open_)
    assert {u.id for u in open_} <= {n.subject for n in analysis.not_assessed}


def test_not_hazardous_is_recorded_with_its_reason(analysis: StpaAnalysis):
    (harmless,) = [u for u in analysis.unsafe_control_actions if u.status == "not-hazardous"]
    assert harmless.reason == "low glucose needs no insulin"
    assert "Not hazardous: Dosing app does not provide Deliver bolus when glucose is low" in harmless.sentence.text
    assert not [s for s in analysis.loss_scenarios if s.uca == harmless.id]


def test_a_judgement_becomes_a_structured_value(analysis: StpaAnalysis):
    uca = _by_type(analysis, "bolus", "provided")
    assert uca.source == "app"
    assert uca.context == (Condition("bg", ("low",)),)
    assert uca.believed == (Condition("bg", ("high",)),)
    assert uca.losses == ("L1",)
    assert uca.sentence.text == (
        "Dosing app provides Deliver bolus when glucose is low, believing that glucose is high."
        " This can lead to hazard H1 (too much insulin acts)."
    )
    assert set(uca.sentence.ids) == {"app", "bolus", "bg", "H1"}


def test_any_of_covers_several_states(loop: dict[str, Any]):
    loop["control_actions"][0]["unsafe"] = [
        {"type": "provided", "any_of": {"bg": ["low", "in-range"]}, "hazards": ["H1"]}
    ]
    (uca,) = analyse(Device.model_validate(loop)).hazardous
    assert uca.context == (Condition("bg", ("in-range", "low")),)
    assert "glucose is in-range or low" in uca.sentence.text


def test_ids_follow_content_and_not_order(loop: dict[str, Any]):
    before = {u.id for u in analyse(Device.model_validate(loop)).unsafe_control_actions}
    loop["control_actions"].reverse()
    loop["control_actions"][1]["unsafe"].reverse()
    assert {u.id for u in analyse(Device.model_validate(loop)).unsafe_control_actions} == before
    assert "UCA-own" in before


def test_a_judgement_given_twice_keeps_ids_unique(loop: dict[str, Any]):
    unsafe = loop["control_actions"][0]["unsafe"]
    unsafe.append(copy.deepcopy(unsafe[0]))
    ids = [u.id for u in analyse(Device.model_validate(loop)).unsafe_control_actions]
    assert len(ids) == len(set(ids))


def test_hazards_invert_to_system_constraints(loop: dict[str, Any]):
    loop["hazards"][1]["constraint"] = "Glucose above 180 must be treated within an hour"
    loop["system_constraints"] = [{"id": "SC-hand", "hazards": ["H1"], "description": "Limit the total dose"}]
    found = {c.id: c for c in analyse(Device.model_validate(loop)).system_constraints}
    assert set(found) == {"SC-H1", "SC-H1.1", "SC-H2", "SC-hand"}
    assert "must not come into this state: too much insulin acts" in found["SC-H1"].sentence.text
    assert found["SC-H2"].sentence.text.startswith("Glucose above 180 must be treated within an hour.")
    assert found["SC-H2"].origin == "written"
    assert found["SC-hand"].losses == ("L1",)


def test_unsafe_control_actions_invert_to_controller_constraints(analysis: StpaAnalysis):
    found = {c.uca: c for c in analysis.controller_constraints}
    assert set(found) == {u.id for u in analysis.hazardous}
    uca = _by_type(analysis, "bolus", "provided")
    constraint = found[uca.id]
    assert (constraint.rule, constraint.context) == ("must-not", uca.context)
    assert constraint.sentence.text == (
        "Dosing app must not provide Deliver bolus when glucose is low."
        " This prevents hazard H1 (too much insulin acts)."
    )
    assert found["UCA-own"].rule == "must"
    assert found[_by_type(analysis, "bolus", "too-late").id].rule == "in-time"


def test_false_feedback_carries_goal_and_false_datum(analysis: StpaAnalysis):
    uca = _by_type(analysis, "bolus", "provided")
    (scenario,) = [s for s in analysis.scenarios_of[uca.id] if s.causal_factor == "false-feedback"]
    assert scenario.goals == (Goal("falsify-signal", "glucose"),)
    assert scenario.false_datum == "CGM glucose falsified so that glucose seems to be high while it is low"
    assert scenario.kind == "security"
    assert {"bg", "glucose"} == set(scenario.elements)


def test_goals_by_aspect(analysis: StpaAnalysis):
    def goals(aspect: str) -> set[str]:
        uca = _by_type(analysis, "bolus", aspect)
        return {g.id for s in analysis.scenarios_of[uca.id] for g in s.goals}

    engine = {
        "tamper-model.forecaster",
        "poison-training.forecaster",
        "poison-update.forecaster",
        "tamper-output.bg-30",
    }
    signal = {"falsify-signal.glucose", "withhold-signal.glucose"}
    assert goals("provided") == engine | signal | {"forge-action.bolus"}
    assert goals("not-provided") == engine | signal | {"suppress-action.bolus"}
    assert goals("too-late") == engine | signal | {"suppress-action.bolus"}


def test_goals_are_ones_that_the_device_gives_rise_to(device: Device, analysis: StpaAnalysis):
    assert {g for s in analysis.loss_scenarios for g in s.goals} <= set(goals_of(device))


def test_safety_and_security_stand_in_all_four_classes(analysis: StpaAnalysis):
    found = {(s.archetype, s.kind) for s in analysis.loss_scenarios}
    classes = ("controller-behaviour", "feedback-path", "control-path", "process-behaviour")
    assert found == {(c, k) for c in classes for k in ("safety", "security")}


def test_another_controller_of_the_same_target_conflicts(loop: dict[str, Any]):
    loop["control_actions"].append({"id": "manual", "name": "Manual bolus", "from": "patient", "to": "pump"})
    found = analyse(Device.model_validate(loop)).loss_scenarios
    assert any(s.causal_factor == "conflicting-control" and "manual" in s.elements for s in found)


def test_a_variable_that_no_signal_tells_about(loop: dict[str, Any]):
    loop["process_models"][0]["variables"][0]["signals"] = []
    found = analyse(Device.model_validate(loop)).loss_scenarios
    assert any(s.causal_factor == "feedback-missing" for s in found)
    assert not any(s.causal_factor == "false-feedback" for s in found)


def test_what_was_not_assessed_is_listed(analysis: StpaAnalysis):
    subjects = {n.subject for n in analysis.not_assessed}
    assert {"active-insulin", "clinic"} <= subjects


def test_ids_are_unique_and_short(analysis: StpaAnalysis):
    groups = (analysis.system_constraints, analysis.unsafe_control_actions, analysis.controller_constraints,
              analysis.loss_scenarios)  # fmt: skip
    ids = [item.id for group in groups for item in group]
    assert len(ids) == len(set(ids))
    assert max(map(len, ids)) <= 64


def test_the_same_device_gives_the_same_analysis(loop: dict[str, Any]):
    assert analyse(Device.model_validate(loop)) == analyse(Device.model_validate(copy.deepcopy(loop)))


def _without(value: Any, id_: str) -> Any:
    """The file without the element, and without every mention of it."""
    if isinstance(value, list):
        kept = [_without(v, id_) for v in value]
        return [v for v in kept if v is not None]
    if isinstance(value, dict):
        if value.get("id") == id_:
            return None
        done = {k: _without(v, id_) for k, v in value.items() if k != id_}
        if any(value.get(k) == id_ for k in ("from", "to", "controller", "component")):
            return None
        if "type" in value and not done.get("hazards") and not done.get("not_hazardous"):
            return None
        return {k: v for k, v in done.items() if v is not None}
    return None if value == id_ else value


def _elements() -> list[str]:
    return sorted(Device.model_validate(LOOP).by_id)


@pytest.mark.parametrize("removed", _elements())
def test_a_fact_taken_out_takes_the_sentences_that_rest_on_it(
    loop: dict[str, Any], analysis: StpaAnalysis, removed: str
):
    before = {s.text: s.ids for s in analysis.sentences()}
    left = analyse(Device.model_validate(_without(loop, removed)))
    assert not [s for s in left.sentences() if removed in s.ids]
    dependent = {text for text, ids in before.items() if removed in ids}
    assert not dependent & {s.text for s in left.sentences()}


def test_every_sentence_rests_on_elements_that_exist(device: Device, analysis: StpaAnalysis):
    for sentence in analysis.sentences():
        assert sentence.ids
        assert set(sentence.ids) <= set(device.by_id)


def test_scenarios_in_own_words_stand_beside_the_generated(loop: dict[str, Any]):
    loop["loss_scenarios"] = [
        {"id": "S1", "uca": "UCA-own", "elements": ["ble2"], "description": "The pump is out of range"},
        {"id": "S2", "hazards": ["H1"], "description": "The pump runs away by itself"},
        {"id": "S3", "uca": "UCA-none", "description": "left to the check"},
    ]
    found = {s.id: s for s in analyse(Device.model_validate(loop)).loss_scenarios}
    assert found["S1"].hazards == ("H2",)
    assert found["S1"].sentence.ids == ("H2", "S1", "ble2")
    assert (found["S2"].uca, found["S2"].losses) == ("", ("L1",))
    assert "S3" not in found


def test_a_rate_is_formed_from_what_its_variable_is_formed_from(loop: dict[str, Any]):
    rate = {"id": "bg-rate", "derivative_of": "bg", "states": [{"id": "falling"}, {"id": "rising"}]}
    loop["process_models"][0]["variables"].append(rate)
    loop["control_actions"][0]["unsafe"] = [{"type": "provided", "context": {"bg-rate": "falling"}, "hazards": ["H1"]}]
    found = analyse(Device.model_validate(loop)).loss_scenarios
    assert any(s.causal_factor == "false-feedback" and "glucose" in s.elements for s in found)
    assert not any(s.causal_factor == "feedback-missing" for s in found)


@pytest.mark.parametrize(("kind", "factor"), [("sensor", "sensor-failure"), ("patient", "source-wrong")])
def test_sensors_fail_and_other_sources_are_wrong(loop: dict[str, Any], kind: str, factor: str):
    loop["components"][0]["kind"] = kind
    found = {s.causal_factor for s in analyse(Device.model_validate(loop)).loss_scenarios}
    assert found & {"sensor-failure", "source-wrong"} == {factor}


def test_what_is_told_is_received_and_what_is_done_is_carried_out(loop: dict[str, Any]):
    def texts(kind: str) -> str:
        loop["control_actions"][0]["kind"] = kind
        found = analyse(Device.model_validate(loop)).loss_scenarios
        return " ".join(s.sentence.text for s in found if s.archetype == "control-path")

    assert "Pump carries out Deliver bolus that Dosing app did not decide" in texts("therapy")
    assert "Pump receives Deliver bolus that Dosing app did not give" in texts("alarm")
