"""Measures against hand-made glucose, intervals, severity, hazards and the learning of thresholds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.errors import InputError, UsageError
from harmpath.evidence import MeasurementEvidence
from harmpath.patients.controllers import BasalBolus, Oref0
from harmpath.patients.faults import Fault, Limits, Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.measure import measure
from harmpath.patients.kernels.watch import context_rules
from harmpath.patients.loop import simulate
from harmpath.patients.monitors import DEFAULT_THRESHOLDS, Monitor
from harmpath.patients.outcome import harm, measure_lanes, wilson
from harmpath.patients.search import AttackSpace, search_worst
from harmpath.patients.severity import SEVERITIES, Criterion, classify
from harmpath.patients.stl import RULES, hazards, learn_thresholds, score_monitor, select_thresholds, tmee

NONE = Scenario("none")
OVERDOSE = Scenario("overdose", (Fault("insulin", "replace", 10.0, 240.0, 180.0),), path="path-7")


def measures(values):
    glucose = np.array([values], dtype=np.float32)
    out = np.full((1, len(k.MEASURES)), np.nan)
    measure(glucose, np.array([0]), out, np.zeros((1, 1)))
    return dict(zip(k.MEASURES, out[0].tolist(), strict=True))


def test_measures_of_a_hand_made_day():
    m = measures([100.0] * 100 + [60.0] * 50 + [50.0] * 30 + [200.0] * 60 + [300.0] * 48)
    assert m["mean"] == pytest.approx((100 * 100 + 60 * 50 + 50 * 30 + 200 * 60 + 300 * 48) / 288)
    assert (m["below_70"], m["below_54"]) == (pytest.approx(80 / 288), pytest.approx(30 / 288))
    assert m["in_range"] == pytest.approx(100 / 288)
    assert (m["above_180"], m["above_250"]) == (pytest.approx(108 / 288), pytest.approx(48 / 288))
    assert (m["time_to_70"], m["time_to_54"], m["time_to_250"]) == (500.0, 750.0, 1200.0)
    assert (m["level_1_events"], m["level_2_events"], m["longest_below_54"]) == (1.0, 1.0, 150.0)
    assert (m["minimum"], m["maximum"], m["minutes"]) == (50.0, 300.0, 1440.0)


def test_an_event_needs_fifteen_minutes_and_ends_after_fifteen():
    assert measures([100.0] * 10 + [60.0] * 2 + [100.0] * 10)["level_1_events"] == 0
    assert measures([100.0] * 10 + [60.0] * 3 + [100.0] * 10)["level_1_events"] == 1
    assert measures([60.0] * 3 + [100.0] * 2 + [60.0] * 3 + [100.0] * 9)["level_1_events"] == 1
    assert measures([60.0] * 3 + [100.0] * 3 + [60.0] * 3 + [100.0] * 9)["level_1_events"] == 2


def test_risk_indices_follow_the_published_function():
    for glucose in (40.0, 112.5, 180.0, 320.0):
        risk = 10 * (1.509 * (math.log(glucose) ** 1.084 - 5.381)) ** 2
        m = measures([glucose] * 20)
        low, high = (risk, 0.0) if glucose < 112.5 else (0.0, risk)
        assert m["lbgi"] == pytest.approx(low, abs=1e-3)
        assert m["hbgi"] == pytest.approx(high, abs=1e-3)


def test_nothing_is_measured_beyond_validity():
    m = measures([100.0] * 50 + [math.nan] * 50)
    assert m["minutes"] == 250.0
    assert m["minimum"] == 100.0
    assert measures([math.nan] * 5)["minutes"] == 0.0
    assert math.isnan(measures([math.nan] * 5)["mean"])


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_holds_the_share_and_stays_in_range(count, total):
    count = min(count, total)
    low, high = wilson(count, total)
    assert 0.0 <= low <= count / total <= high <= 1.0
    assert high - low < 1.0


def test_wilson_reference_value():
    assert wilson(8, 10) == (pytest.approx(0.4901625), pytest.approx(0.9433178))
    assert wilson(0, 0) == (0.0, 1.0)


def test_harm_says_how_many_patients_within_which_time(adults, quiet):
    result = simulate([NONE, OVERDOSE], adults, Oref0(), loop=quiet, seed=6)
    found = harm(result, within_hours=3.0)
    figure = found["overdose"].figure("share below 54")
    count = sum(
        np.nanmin(result.trace("plasma")[result.lanes("overdose")][i, 48 : 48 + 37]) < 54 for i in range(len(adults))
    )
    assert isinstance(figure, MeasurementEvidence)
    assert figure.note.startswith(f"{count} of 10 adults below 54 mg/dL within 3 h")
    assert figure.value == count / 10
    assert (figure.low, figure.high) == wilson(int(count), 10)
    assert figure.seed == 6
    assert found["none"].figure("share below 54").value == 0.0
    assert found["none"].severity == "negligible"
    assert SEVERITIES.index(found["overdose"].severity) >= SEVERITIES.index("serious")
    assert found["overdose"].scenario.path == "path-7"
    excess = found["overdose"].figure("insulin over-delivered")
    assert excess.low <= excess.value <= excess.high
    assert excess.value > 10.0


def test_leaving_validity_is_stated_and_not_reported_as_a_figure(adults, quiet):
    flood = Scenario("flood", (Fault("bolus", "replace", 25.0, 60.0, 5.0),))
    found = harm(simulate([NONE, flood], adults, loop=quiet))["flood"]
    assert found.severity == "catastrophic"
    assert "outside the model's validity" in found.not_assessed[0].reason
    assert all(math.isnan(e.value) or e.value > 0 or "minimum" not in e.what for e in found.evidence)
    rows = [r for r in harm(simulate([NONE, flood], adults, loop=quiet)).lanes if r.scenario == "flood"]
    gone = [r for r in rows if not math.isnan(r.values["left_validity_at"])]
    assert gone
    assert all(r.values["minimum"] > 10.0 for r in gone)


def test_several_runs_per_patient_keep_patients_together(adults, quiet):
    result = simulate([NONE, OVERDOSE], adults, Oref0(), loop=quiet, replicates=4, seed=6)
    share = harm(result)["overdose"].figure("share below 54")
    assert "of 40 runs of 10 adults" in share.note
    naive_low, naive_high = wilson(round(share.value * 40), 40)
    assert share.high - share.low >= 0.8 * (naive_high - naive_low)


def test_severity_criteria_are_explicit_and_checked(adults):
    base = dict.fromkeys(k.MEASURES, 0.0) | {"minimum": 100.0, "maximum": 150.0}
    assert classify(base) == "negligible"
    assert classify(base | {"level_1_events": 1.0}) == "minor"
    assert classify(base | {"level_2_events": 1.0, "minimum": 45.0}) == "serious"
    assert classify(base | {"minimum": 35.0}) == "critical"
    assert classify(base | {"minimum": 15.0}) == "catastrophic"
    assert classify(base | {"minimum": 15.0}, [Criterion("minor", "minimum", "<", 20.0)]) == "minor"
    assert classify(base | {"minimum": math.nan}) == "negligible"
    with pytest.raises(InputError):
        Criterion("awful", "minimum", "<", 20.0)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        harm(simulate([NONE], adults), within_hours=0.0)


# context-aware rules: BG, its change, IOB, its change, command, previous command -> verdict
CONTEXTS = [
    (1, (160, 3, -1.0, -0.1, 0.5, 1.0), 2), (2, (160, 3, -1.0, 0.0, 0.5, 1.0), 2),
    (3, (160, -3, -1.0, 0.1, 0.5, 1.0), 2), (4, (160, -3, -1.0, -0.1, 0.5, 1.0), 2),
    (5, (160, -3, -1.0, 0.0, 0.5, 1.0), 2), (6, (100, -3, 2.0, 0.1, 2.0, 1.0), 1),
    (7, (100, -3, 2.0, -0.1, 2.0, 1.0), 1), (8, (100, -3, 2.0, 0.0, 2.0, 1.0), 1),
    (9, (160, 0, -1.0, 0.0, 0.0, 0.0), 2), (10, (60, 0, 0.0, 0.0, 1.0, 1.0), 1),
    (11, (160, 3, -1.0, -0.1, 1.0, 1.0), 2), (12, (100, -3, 2.0, 0.1, 1.0, 1.0), 1),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "context", "expected"), CONTEXTS)
def test_each_rule_speaks_in_its_context_and_only_there(rule, context, expected):
    limits = np.full(12, np.nan)
    limits[rule - 1] = 70.0 if rule == 10 else 0.0
    context = tuple(map(float, context))
    assert context_rules(*context, limits, 120.0) == expected == RULES[rule][1]
    assert context_rules(*context, np.full(12, np.nan), 120.0) == 0
    held = list(context)
    held[0 if rule == 10 else 2] = 90.0 if rule == 10 else -context[2] if context[2] else 5.0
    assert context_rules(*held, limits, 120.0) == 0
    for other in range(1, 13):
        if other != rule:
            alone = np.full(12, np.nan)
            alone[other - 1] = 20.0 if other == 10 else (-100.0 if other in (6, 7, 8, 12) else 100.0)
            assert context_rules(*context, alone, 120.0) == 0, f"rule {other} in the context of rule {rule}"


def test_hazards_need_a_high_and_rising_index():
    fall = np.linspace(120, 45, 60, dtype=np.float32)[None, :]
    rise = np.linspace(120, 350, 60, dtype=np.float32)[None, :]
    flat = np.full((1, 60), 120.0, dtype=np.float32)
    recovering = np.linspace(45, 120, 60, dtype=np.float32)[None, :]
    assert set(hazards(fall)[0].tolist()) == {0, 1}
    assert set(hazards(rise)[0].tolist()) == {0, 2}
    assert not hazards(flat).any()
    assert not hazards(recovering)[0, 13:].any()


def test_the_tightness_loss_is_least_just_inside():
    grid = np.linspace(-3, 3, 601)
    best = grid[np.argmin([tmee(np.array([r])) for r in grid])]
    assert 0.0 < best < 1.0


def test_thresholds_are_learned_from_hazardous_runs(adults, quiet):
    cases = [Scenario(f"{r}-{s}", (Fault("insulin", "replace", r, s * 5.0, 240.0, limits=Limits(low=0.0)),))
             for r in (1.5, 3.0, 5.0) for s in (12, 24, 36)]  # fmt: skip
    result = simulate(cases, adults.select(["adult#001"]), Oref0(), loop=quiet)
    bg, iob, rate = (result.trace(n) for n in ("interstitial", "iob", "rate"))
    label = hazards(bg)
    onset = np.array([int(s.onset) // 5 for s in cases])
    rows = learn_thresholds(bg, iob, rate.astype(float), onset, label, 120.0)
    assert len(rows) == 12
    assert rows != DEFAULT_THRESHOLDS
    assert learn_thresholds(bg[:0], iob[:0], rate[:0].astype(float), onset[:0], label[:0], 120.0) == DEFAULT_THRESHOLDS
    chosen = select_thresholds(bg, iob, rate.astype(float), onset, label, 120.0)
    monitor = Monitor("context-stl", "alarm", "sensor", thresholds={"*": chosen})
    watched = simulate(cases, adults.select(["adult#001"]), Oref0(), loop=quiet, monitor=monitor)
    sample, run = score_monitor(watched.verdicts > 0, label, onset, 48)
    assert run.fn == run.fp == 0
    assert (run.tp, run.tn) == (int((label > 0).any(axis=1).sum()), int((label == 0).all(axis=1).sum()))
    assert sample.precision > 0.5


def test_scores_count_as_defined():
    label = np.zeros((2, 40), dtype=np.int8)
    label[0, 20:25] = 1
    alarms = np.zeros((2, 40), dtype=bool)
    alarms[0, 15] = alarms[0, 2] = alarms[1, 30] = True
    sample, run = score_monitor(alarms, label, np.array([10, 10]), 6)
    assert (sample.tp, sample.fn, sample.fp, sample.tn) == (2, 3, 2, 73)
    assert (run.tp, run.fp, run.fn, run.tn) == (1, 1, 0, 0)
    assert run.f1 == pytest.approx(2 / 3)


def test_monitors_with_mitigation_reduce_harm_and_cost_little_without_attack(adults, quiet):
    lows = {}
    for name, monitor in (("none", Monitor()), ("stl", Monitor("context-stl", "suspend", "sensor"))):
        result = simulate([NONE, OVERDOSE], adults, BasalBolus(), loop=quiet, monitor=monitor)
        values = measure_lanes(result)
        lows[name] = values["below_54"].reshape(2, -1).mean(axis=1)
    assert lows["none"][1] > 0.02
    assert lows["stl"][1] < 0.75 * lows["none"][1]
    assert lows["stl"][0] <= lows["none"][0] + 1e-9


def test_a_range_and_rate_monitor_flags_data_that_cannot_be_true(adults, quiet):
    jump = Scenario("jump", (Fault("cgm", "add", 120.0, 300.0, 60.0),))
    result = simulate([NONE, jump], adults, loop=quiet, monitor=Monitor("range-rate"))
    assert (result.verdicts[result.lanes("jump"), 60] == 3).all()
    assert not result.verdicts[result.lanes("none")].any()
    with pytest.raises(UsageError):
        Monitor("range-rate", settings={"slow": 1.0})
    with pytest.raises(UsageError):
        Monitor("clairvoyant")  # type: ignore[arg-type]


def test_the_search_beats_a_random_guess_and_repeats_itself(adults, quiet):
    space = AttackSpace("cgm", ("add", "replace", "scale"), Limits(rate_per_minute=3.0), (0.0, 600.0), (30.0, 300.0))
    three = adults.select(["adult#001", "adult#003", "adult#008"])
    from dataclasses import replace

    loop = replace(quiet, controller=Oref0())
    found, again = (search_worst(space, three, loop, generations=4, size=16, seed=2) for _ in range(2))
    assert found == again
    assert found.evaluations == 64
    assert list(found.history) == sorted(found.history)
    assert found.score > found.history[0] - 1e-12
    assert found.score > 3 * found.baseline + 0.5
    fault = found.scenario.faults[0]
    assert fault.limits.rate_per_minute == 3.0
    assert 0.0 <= fault.start <= 600.0
    assert 30.0 <= fault.duration <= 300.0
    with pytest.raises(UsageError):
        search_worst(space, three, loop, goal="fun")
