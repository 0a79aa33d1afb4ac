from __future__ import annotations

from functools import cache
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.device.project import open_project
from harmpath.errors import InputError, UsageError
from harmpath.stpa import StpaAnalysis, analyse
from harmpath.stpa.monitors import MonitorRules, monitor_rules
from harmpath.stpa.trace_csv import trace_from_csv
from harmpath.stpa.traces import Trace, evaluate

PANCREAS = Path(__file__).parent / "projects" / "artificial_pancreas"

PUBLISHED = {
    "MON-UCA-01": "G((bg > 120) & (bg_rate > 0) & (iob < iob_high) & (iob_rate < 0) -> !u1)",
    "MON-UCA-02": "G((bg > 120) & (bg_rate > 0) & (iob < iob_high) & (iob_rate == 0) -> !u1)",
    "MON-UCA-03": "G((bg > 120) & (bg_rate < 0) & (iob < iob_high) & (iob_rate > 0) -> !u1)",
    "MON-UCA-04": "G((bg > 120) & (bg_rate < 0) & (iob < iob_high) & (iob_rate < 0) -> !u1)",
    "MON-UCA-05": "G((bg > 120) & (bg_rate < 0) & (iob < iob_high) & (iob_rate == 0) -> !u1)",
    "MON-UCA-06": "G((bg < 120) & (bg_rate < 0) & (iob > iob_low) & (iob_rate > 0) -> !u2)",
    "MON-UCA-07": "G((bg < 120) & (bg_rate < 0) & (iob > iob_low) & (iob_rate < 0) -> !u2)",
    "MON-UCA-08": "G((bg < 120) & (bg_rate < 0) & (iob > iob_low) & (iob_rate == 0) -> !u2)",
    "MON-UCA-09": "G((bg > 120) & (iob < iob_high) -> !u3)",
    "MON-UCA-10": "G((bg < bg_high) -> u3)",
    "MON-UCA-11": "G((bg > 120) & (bg_rate > 0) & (iob < iob_high) & (iob_rate <= 0) -> !u4)",
    "MON-UCA-12": "G((bg < 120) & (bg_rate < 0) & (iob > iob_low) & (iob_rate >= 0) -> !u4)",
}
"""The twelve rules of the paper (arXiv 2104.02545): the target is 120 mg/dL, its b_i stay parameters of each rule."""


@pytest.fixture(scope="module")
def pancreas() -> Device:
    return open_project(PANCREAS).device


@pytest.fixture(scope="module")
def rules(pancreas: Device) -> MonitorRules:
    return monitor_rules(pancreas, analyse(pancreas))


def test_the_twelve_rules_of_the_artificial_pancreas_come_out(rules: MonitorRules):
    found = {r.id: r.formula for r in rules.rules}
    assert {i: found.get(i) for i in PUBLISHED} == PUBLISHED


def test_each_rule_has_its_own_learnable_bound(rules: MonitorRules):
    by_id = {r.id: r for r in rules.rules}
    assert [(p.name, p.default, p.unit) for p in by_id["MON-UCA-09"].parameters] == [("iob_high", 2.0, "U")]
    assert [(p.name, p.default) for p in by_id["MON-UCA-10"].parameters] == [("bg_high", 70.0)]


def test_robustness_is_the_distance_from_the_context_where_the_action_is_given(rules: MonitorRules, pancreas: Device):
    trace = Trace(
        (0.0, 300.0, 600.0, 900.0),
        {"bg": [130, 140, 150, 150], "iob": [1.5, 1.5, 1.5, 1.5], "u3": [0, 1, 1, 0]},
    )
    (rule,) = [r for r in rules.rules if r.id == "MON-UCA-09"]
    (verdict,) = evaluate([rule], trace)
    assert verdict.robustness == (inf, -0.5, -0.5, inf)
    assert verdict.violations == (1, 2)
    assert verdict.least == -0.5
    (cautious,) = evaluate([rule], trace, {rule.id: {"iob_high": 1.0}})
    assert cautious.robustness == (inf, 0.5, 0.5, inf)
    assert cautious.violations == ()


def test_derivatives_come_from_the_trace(rules: MonitorRules, pancreas: Device):
    trace = Trace((0.0, 300.0, 600.0), {"bg": [150, 160, 150], "iob": [1.0, 0.9, 0.8], "u1": [0, 1, 1]})
    full = trace.with_derivatives(pancreas)
    assert full.columns["bg-rate"] == (2.0, 2.0, -2.0)
    broken = {v.rule: v.violations for v in evaluate([r for r in rules.rules if r.control_action == "u1"
                                                      and r.demand == "must-not"], full)}  # fmt: skip
    assert broken["MON-UCA-01"] == (1,)
    assert broken["MON-UCA-04"] == (2,)
    assert broken["MON-UCA-02"] == ()


def test_a_required_action_has_until_its_deadline(rules: MonitorRules):
    (rule,) = [r for r in rules.rules if r.control_action == "u1" and r.formula.endswith("F[0,300] u1)")][:1]
    times = tuple(60.0 * i for i in range(12))
    low = [65] * 12
    (in_time,) = evaluate([rule], Trace(times, {"bg": low, "u1": [0, 0, 0, 1] + [0] * 8}))
    assert in_time.violations == (4, 5, 6)
    assert in_time.undecided == (7, 8, 9, 10, 11)
    assert in_time.robustness[0] == inf
    assert in_time.robustness[4] == -5
    (fine,) = evaluate([rule], Trace(times, {"bg": [90] * 12, "u1": [0] * 12}))
    assert fine.violations == fine.undecided[:0] == ()
    assert fine.robustness[0] == 20


def test_a_missing_sample_is_undecided_and_not_safe(rules: MonitorRules):
    (rule,) = [r for r in rules.rules if r.id == "MON-UCA-09"]
    (verdict,) = evaluate([rule], Trace((0.0, 300.0), {"bg": [nan, 150], "iob": [1, 1], "u3": [1, 1]}))
    assert verdict.undecided == (0,)
    assert verdict.violations == (1,)


def test_a_trace_without_the_column_is_refused(rules: MonitorRules):
    with pytest.raises(UsageError, match="no column 'u1'"):
        evaluate(rules.rules[:1], Trace((0.0,), {"bg": [100]}))
    with pytest.raises(UsageError, match="must rise"):
        Trace((1.0, 0.0), {})
    with pytest.raises(UsageError, match="2 samples"):
        Trace((1.0,), {"bg": [1, 2]})


def test_what_cannot_be_watched_says_why(loop: dict[str, Any]):
    device = Device.model_validate(loop)
    found = monitor_rules(device, analyse(device))
    assert {r.uca for r in found.rules} == {u.id for u in analyse(device).hazardous if u.context}
    (missing,) = found.not_generated
    assert missing.reason == "its context is partly in words"


@pytest.mark.parametrize(
    ("judgement", "reason"),
    [
        ({"type": "provided", "hazards": ["H1"]}, "it has no context in variables"),
        ({"type": "wrong-order", "context": {"bg": "low"}, "hazards": ["H1"]}, "the order of two actions"),
        ({"type": "too-late", "context": {"bg": "low"}, "hazards": ["H1"]}, "nothing says how late is too late"),
        ({"type": "provided", "context": {"nothing": "low"}, "hazards": ["H1"]}, "not a process-model variable"),
        ({"type": "provided", "context": {"bg": "sky"}, "hazards": ["H1"]}, "names a state that does not exist"),
    ],
)
def test_each_obstacle_has_its_reason(loop: dict[str, Any], judgement: dict[str, Any], reason: str):
    loop["control_actions"][0]["unsafe"] = [judgement]
    device = Device.model_validate(loop)
    (missing,) = monitor_rules(device, analyse(device)).not_generated
    assert reason in missing.reason
    assert missing.remedy


def test_named_states_and_stopping(loop: dict[str, Any]):
    loop["process_models"][0]["variables"][1]["states"] = [{"id": "on"}, {"id": "off"}]
    rule = {"type": "stopped-too-soon", "context": {"active-insulin": "on"}, "hazards": ["H1"]}
    loop["control_actions"][0]["unsafe"] = [rule]
    device = Device.model_validate(loop)
    (rule,) = monitor_rules(device, analyse(device)).rules
    assert rule.formula == "G((active_insulin == 'on') -> (Y bolus -> bolus))"
    (verdict,) = evaluate([rule], Trace((0.0, 1.0, 2.0), {"active-insulin": ["on", "on", "off"], "bolus": [1, 0, 0]}))
    assert verdict.violations == (1,)


AID = {
    1: ("CA_decrease_insulin", {"bg": ">", "bg_trend": ">", "iob_trend": "<", "iob": "<"}),
    2: ("CA_decrease_insulin", {"bg": ">", "bg_trend": ">", "iob_trend": "=", "iob": "<"}),
    3: ("CA_decrease_insulin", {"bg": ">", "bg_trend": "<", "iob_trend": ">", "iob": "<"}),
    4: ("CA_decrease_insulin", {"bg": ">", "bg_trend": "<", "iob_trend": "<", "iob": "<"}),
    5: ("CA_decrease_insulin", {"bg": ">", "bg_trend": "<", "iob_trend": "=", "iob": "<"}),
    6: ("CA_increase_insulin", {"bg": "<", "bg_trend": "<", "iob_trend": ">", "iob": ">"}),
    7: ("CA_increase_insulin", {"bg": "<", "bg_trend": "<", "iob_trend": "<", "iob": ">"}),
    8: ("CA_increase_insulin", {"bg": "<", "bg_trend": "<", "iob_trend": "=", "iob": ">"}),
    9: ("CA_stop_insulin", {"bg": ">", "iob": "<"}),
    10: ("CA_stop_insulin", {"bg": "<"}),
    11: ("CA_keep_insulin", {"bg": ">", "bg_trend": ">", "iob_trend": "<", "iob": "<"}),
    12: ("CA_keep_insulin", {"bg": "<", "bg_trend": "<", "iob_trend": ">", "iob": ">"}),
}
"""The same twelve rules as directions: above, below or about the threshold (11 and 12: at most, at least)."""


def test_the_twelve_rules_come_out_of_the_shipped_example(examples: Path):
    device = open_project(examples / "aid").device
    found = {r.uca: r for r in monitor_rules(device, analyse(device)).rules}
    for number, (action, context) in AID.items():
        rule = found[f"UCA-rule-{number}"]
        assert rule.control_action.replace("-", "_") == action
        assert rule.demand == ("must" if number == 10 else "must-not")
        directions = {}
        for clause in rule.context:
            (interval,) = clause.ranges
            bounded = (interval.low > -inf, interval.high < inf)
            directions[clause.variable.replace("-", "_")] = {(1, 0): ">", (0, 1): "<", (1, 1): "="}[bounded]
        assert directions == context, number


def test_a_trace_is_read_from_text():
    trace = trace_from_csv("time_s, bg,delivery,u3\n0,100,blocked,1\n\n300,,open,0\n", "t.csv")
    assert trace.time_s == (0.0, 300.0)
    assert trace.columns["delivery"] == ["blocked", "open"]
    assert trace.columns["bg"][0] == 100.0
    assert trace.columns["bg"][1] != trace.columns["bg"][1]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "trace-header", 1),
        ("bg\n1", "trace-header", 1),
        ("time_s,bg,bg\n1,2,3", "trace-header", 1),
        ("time_s,bg\n1", "trace-row", 2),
        ("time_s,bg\nnan,1", "trace-time", 2),
        ("time_s,bg\nsoon,1", "trace-time", 2),
        ("time_s,bg\n2,1\n1,1", "trace-time", None),
        ('time_s,bg\n1,"2', "trace-csv", 2),
    ],
)
def test_a_bad_trace_gets_its_place(text: str, code: str, line: int | None):
    with pytest.raises(InputError) as error:
        trace_from_csv(text, "t.csv")
    (problem,) = error.value.problems
    assert (problem.code, problem.line) == (code, line)


@cache
def _pancreas() -> tuple[Device, StpaAnalysis, MonitorRules]:
    device = open_project(PANCREAS).device
    analysis = analyse(device)
    return device, analysis, monitor_rules(device, analysis)


_LEVELS = st.sampled_from([0.0, 40.0, 69.9, 70.0, 119.9, 120.0, 120.1, 300.0]) | st.floats(10, 500)
_RATES = st.sampled_from([-2.0, 0.0, 1.5])
_INSULIN = st.sampled_from([0.0, 1.99, 2.0, 3.0, 3.01, 9.0])


@settings(max_examples=200, deadline=None)
@given(_LEVELS, _RATES, _INSULIN, _RATES, st.sampled_from(["u1", "u2", "u3", "u4"]))
def test_a_rule_is_broken_exactly_where_its_context_holds(bg: float, rate: float, iob: float, iob_rate: float, u: str):
    """The formula against the states that the judgement names, found by looking each value up in the process model."""
    device, analysis, watched = _pancreas()
    now = {"bg": bg, "bg-rate": rate, "iob": iob, "iob-rate": iob_rate}
    states = {
        v: next(s.id for s in device.variable[v][1].states if s.range is not None and x in s.range)
        for v, x in now.items()
    }
    actions = {a: [1.0 if a == u else 0.0] for a in ("u1", "u2", "u3", "u4")}
    trace = Trace((0.0,), {**{v: [x] for v, x in now.items()}, **actions})
    rules = [r for r in watched.rules if r.demand != "must-not-stop" and not r.deadline_s]
    for rule, verdict in zip(rules, evaluate(rules, trace), strict=True):
        uca = analysis.unsafe_control_action[rule.uca]
        holds = all(states[c.variable] in c.states for c in uca.context)
        given_ = rule.control_action == u
        broken = holds and given_ == (rule.demand == "must-not")
        assert bool(verdict.violations) is broken
        assert (verdict.least < 0) <= broken <= (verdict.least <= 0)


def test_apart_and_overlapping_ranges(loop: dict[str, Any]):
    states = [{"id": "a", "range": "[0, 10]"}, {"id": "b", "range": "[2, 3]"}, {"id": "c", "range": "[20, 30)"},
              {"id": "d", "range": "[30, 40]"}]  # fmt: skip
    loop["process_models"][0]["variables"][0]["states"] = states

    def formula(chosen: list[str]) -> str:
        rule = {"type": "provided", "any_of": {"bg": chosen}, "hazards": ["H1"]}
        loop["control_actions"][0]["unsafe"] = [rule]
        device = Device.model_validate(loop)
        return monitor_rules(device, analyse(device)).rules[0].formula

    assert formula(["a", "b"]) == "G((bg <= 10) -> !bolus)"
    assert formula(["b", "c"]) == "G(((bg >= 2) & (bg <= 3) | (bg >= 20) & (bg < 30)) -> !bolus)"
    assert formula(["c", "d"]) == "G((bg >= 20) -> !bolus)"
    assert formula(["a", "b", "c", "d"]) == "G(((bg <= 10) | (bg >= 20)) -> !bolus)"
