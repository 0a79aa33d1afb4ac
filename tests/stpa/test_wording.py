"""Scenarios are asked only of what they can cause, and their sentences hold whatever the device names its elements."""

from __future__ import annotations

from typing import Any

import pytest

from harmpath.catalogue.stpa import causal_factors
from harmpath.device.model import Device
from harmpath.stpa import StpaAnalysis, analyse

_DATA = ("ml-", "model-", "sensor-", "false-feedback", "feedback-withheld", "feedback-inadequate", "source-wrong")


def _analysis(loop: dict[str, Any], *judgements: dict[str, Any], **action: Any) -> StpaAnalysis:
    loop["control_actions"][0].update(unsafe=list(judgements), **action)
    return analyse(Device.model_validate(loop))


def _factors(analysis: StpaAnalysis) -> set[str]:
    return {s.causal_factor for s in analysis.loss_scenarios}


def test_wrong_data_make_wrong_actions_and_no_wrong_order(loop: dict[str, Any]):
    found = _factors(_analysis(loop, {"type": "wrong-order", "when": "a bolus is repeated", "hazards": ["H1"]}))
    assert not [f for f in found if f.startswith(_DATA)]
    assert {"feedback-out-of-order", "control-path-fault", "controller-failure"} <= found
    assert "process-model-corrupted" not in found
    of_state = {"type": "wrong-order", "context": {"bg": "low"}, "hazards": ["H1"]}
    assert "process-model-corrupted" in _factors(_analysis(loop, of_state))
    given = {"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]}
    assert {"false-feedback", "model-evasion", "ml-wrong-answer"} <= _factors(_analysis(loop, given))


@pytest.mark.parametrize("aspect", ["wrong-order", "applied-too-long"])
def test_jamming_cannot_disorder_or_prolong_an_action(loop: dict[str, Any], aspect: str):
    found = _analysis(loop, {"type": aspect, "context": {"bg": "low"}, "hazards": ["H1"]}).loss_scenarios
    assert {g.kind for s in found for g in s.goals} & {"forge-action", "suppress-action"} == {"forge-action"}


@pytest.mark.parametrize(
    ("aspect", "kept"),
    [("not-provided", False), ("too-early", False), ("too-late", False), ("wrong-order", False),
     ("stopped-too-soon", False), ("applied-too-long", False), ("provided", True)],
)  # fmt: skip
def test_a_deviation_in_free_words_never_becomes_what_is_required(loop: dict[str, Any], aspect: str, kept: bool):
    judgement = {"type": aspect, "context": {"bg": "high"}, "when": "the patient has left", "hazards": ["H2"]}
    analysis = _analysis(loop, judgement)
    said = next(c for c in analysis.controller_constraints if c.control_action == "bolus")
    assert "glucose is high" in said.sentence.text
    assert ("the patient has left" in said.sentence.text) == kept
    assert (f"the deviation to prevent is that of {said.uca}" in said.sentence.text) != kept


def test_a_false_datum_is_told_only_where_a_state_is_known(loop: dict[str, Any]):
    def data(**judgement: Any) -> set[str]:
        found = _analysis(loop, {"type": "provided", "hazards": ["H1"], **judgement}).loss_scenarios
        wanted = ("false-feedback", "feedback-withheld")
        return {s.false_datum for s in found if s.causal_factor in wanted and "bg" in s.elements}

    assert data(context={"bg": "low"}) == {
        "CGM glucose falsified so that glucose seems to be anything but low while it is low",
        "CGM glucose late or missing while glucose is low",
    }
    assert data(believed={"bg": "high"}) == {
        "CGM glucose falsified so that glucose seems to be high while it is not high",
        "CGM glucose late or missing while glucose is not high",
    }
    assert data(when="the patient is asleep") == {"", "CGM glucose late or missing"}


def test_a_stated_belief_says_which_datum_is_false(loop: dict[str, Any]):
    other = {"id": "meal", "states": [{"id": "eaten"}, {"id": "none"}], "signals": ["glucose"]}
    loop["process_models"][0]["variables"].append(other)
    judgement = {"type": "provided", "context": {"bg": "high"}, "believed": {"meal": "eaten"}, "hazards": ["H1"]}
    found = _analysis(loop, judgement).loss_scenarios
    false = {s.false_datum for s in found if s.causal_factor == "false-feedback" and s.uca.startswith("UCA-bolus")}
    assert false == {"", "CGM glucose falsified so that meal seems to be eaten while it is not eaten"}


def test_people_do_not_restart_and_machines_are_not_asleep(loop: dict[str, Any]):
    judgement = {"type": "not-provided", "context": {"bg": "low"}, "hazards": ["H1"]}
    loop["control_actions"] = loop["control_actions"][:1]
    machine = _factors(_analysis(loop, judgement))
    assert {"controller-failure", "process-model-corrupted"} <= machine
    assert not machine & {"person-unavailable", "person-deceived"}
    kinds = {c["id"]: c for c in loop["components"]}
    kinds[loop["control_actions"][0]["from"]]["kind"] = "clinician"
    person = _factors(_analysis(loop, judgement))
    assert {"person-unavailable", "person-deceived"} <= person
    assert not person & {"controller-failure", "process-model-corrupted"}


def test_no_sentence_depends_on_the_number_of_what_a_signal_is_called():
    for factor in causal_factors():
        for verb in ("is", "was", "has", "reaches"):
            assert f"{{signal}} {verb} " not in factor.sentence
        for article in (" a", " an", " a false", " a wrong"):
            assert f"{article} {{signal}}" not in factor.sentence
