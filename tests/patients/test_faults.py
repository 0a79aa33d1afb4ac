"""Every operation of a fault on a channel, its window, trigger and stealth limits; and what must be refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmpath.errors import InputError
from harmpath.patients.controllers import BasalBolus, Oref0
from harmpath.patients.faults import CHANNEL_LIMITS, Fault, Limits, Scenario, Trigger, check_scenarios
from harmpath.patients.kernels import layout as k
from harmpath.patients.loop import Loop, simulate
from harmpath.patients.meals import FixedMeal, MealPlan, User
from harmpath.patients.monitors import Pump
from harmpath.patients.people import population
from harmpath.patients.reach import reach_scenarios, reach_space
from harmpath.patients.sensors import Sensor

ONE = population("adult#001")
LOOP = Loop(
    controller=Oref0(),
    sensor=Sensor("ideal"),
    pump=Pump(max_rate=35.0),
    user=User(rescue_grams=0.0),
    meals=MealPlan(random=False, fixed=(FixedMeal(8.0, 60.0),)),
)


def seen(fault, trace="seen", loop=LOOP):
    result = simulate([Scenario("none"), Scenario("fault", (fault,))], ONE, loop=loop)
    return result.trace("reading")[1], result.trace(trace)[1], result


@pytest.mark.parametrize(
    ("operation", "magnitude", "expected"),
    [
        ("replace", 222.0, lambda r: np.full_like(r, 222.0)),
        ("add", 50.0, lambda r: r + 50.0),
        ("subtract", 30.0, lambda r: r - 30.0),
        ("scale", 1.5, lambda r: r * 1.5),
        ("maximum", math.nan, lambda r: np.full_like(r, 400.0)),
        ("minimum", math.nan, lambda r: np.full_like(r, 40.0)),
        ("truncate", math.nan, lambda r: np.full_like(r, 40.0)),
        ("drift", 60.0, lambda r: r + np.arange(len(r)) * 5.0),
    ],
)
def test_an_operation_does_what_its_name_says_and_only_inside_its_window(operation, magnitude, expected):
    reading, arrived, _ = seen(Fault("cgm", operation, magnitude, 480.0, 120.0))
    window = slice(96, 120)
    np.testing.assert_allclose(arrived[window], np.clip(expected(reading[window]), 40, 400), rtol=1e-5)
    np.testing.assert_array_equal(arrived[:96], reading[:96])
    np.testing.assert_array_equal(arrived[120:], reading[120:])


def test_hold_delay_and_replay_send_what_was_measured_before():
    reading, arrived, _ = seen(Fault("cgm", "hold", start=480.0, duration=120.0))
    assert (arrived[96:120] == reading[95]).all()
    reading, arrived, _ = seen(Fault("cgm", "delay", 60.0, 480.0, 120.0))
    np.testing.assert_array_equal(arrived[96:120], reading[84:108])
    reading, arrived, _ = seen(Fault("cgm", "replay", 120.0, 480.0, 240.0))
    np.testing.assert_array_equal(arrived[96:144], np.tile(reading[72:96], 2))


def test_a_dropped_signal_shows_the_last_value_for_a_while_and_then_nothing():
    _, arrived, result = seen(Fault("cgm", "drop", start=480.0, duration=120.0))
    assert (arrived[96:99] == arrived[95]).all()
    assert np.isnan(arrived[100:120]).all()
    basal = ONE.patients[0].basal
    np.testing.assert_allclose(result.trace("commanded")[1][100:120], basal, rtol=1e-5)


def test_limits_bound_value_rate_and_period():
    limits = Limits(high=300.0, rate_per_minute=2.0)
    reading, arrived, _ = seen(Fault("cgm", "replace", 390.0, 480.0, 240.0, limits=limits))
    moved = np.diff(arrived[95:144])
    assert arrived[95] == reading[95]
    assert (moved <= 10.0 + 1e-4).all()
    assert arrived[96:144].max() == pytest.approx(300.0)
    _, arrived, _ = seen(Fault("cgm", "drift", 60.0, 480.0, 240.0, limits=Limits(period=30.0)))
    assert all(len(set(arrived[96 + 6 * i : 102 + 6 * i].tolist())) == 1 for i in range(8))


def test_a_trigger_starts_the_fault_and_the_duration_counts_from_then():
    _, _, result = seen(Fault("cgm", "replace", 60.0, 0.0, 50.0, Trigger("glucose-above", 170.0)))
    true = result.trace("interstitial")[1]
    began = int(np.argmax(true > 170.0))
    arrived = result.trace("seen")[1]
    assert began > 96
    assert (arrived[began : began + 10] == 60.0).all()
    assert (arrived[:began] != 60.0).all()
    assert (arrived[began + 10 :] != 60.0).all()
    _, arrived, _ = seen(Fault("cgm", "replace", 60.0, 300.0, 50.0, Trigger("hours", 22.0, 4.0)))
    assert (arrived[264:274] == 60.0).all()
    assert (arrived[60:264] != 60.0).all()


def test_faults_on_the_pump_a_spoofed_meal_and_a_lost_command():
    _, rate, result = seen(Fault("insulin", "replace", 5.0, 480.0, 60.0), "rate")
    assert (rate[96:108] == 5.0).all()
    _, _, result = seen(Fault("meal", "replace", 70.0, 180.0, 5.0), "net")
    net = result.trace("net")
    expected = 70.0 / ONE.patients[0].carb_ratio
    assert net[1][36] - net[0][36] == pytest.approx(expected, abs=0.06)
    assert result.trace("carbs")[1][36:60].sum() == 0.0
    _, rate, _ = seen(Fault("insulin", "drop", start=480.0, duration=60.0), "rate")
    assert (rate[96:108] == rate[95]).all()


def test_a_suppressed_alarm_is_not_heard():
    loop = replace(LOOP, user=User(), controller=BasalBolus())
    overdose = Fault("insulin", "replace", 8.0, 480.0, 120.0)
    cases = [Scenario("overdose", (overdose,)), Scenario("silent", (overdose, Fault("alarm", "truncate")))]
    result = simulate(cases, ONE, loop=loop)
    assert result.alarms[0] > 0
    assert result.alarms[1] == 0
    assert np.nanmin(result.trace("plasma")[1]) < np.nanmin(result.trace("plasma")[0])
    assert result.trace("carbs")[0].sum() > result.trace("carbs")[1].sum()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    channel=st.sampled_from(["cgm", "insulin"]),
    operation=st.sampled_from(["replace", "add", "subtract", "scale", "hold", "maximum", "minimum", "drift", "delay"]),
    magnitude=st.floats(5.0, 400.0),
    start=st.integers(0, 280),
    duration=st.integers(1, 288),
    low=st.floats(0.0, 60.0),
    width=st.floats(0.0, 300.0),
    rate=st.floats(0.1, 20.0),
)
def test_what_is_sent_never_leaves_the_limits(channel, operation, magnitude, start, duration, low, width, rate):
    limits = Limits(low, low + width + 0.1, rate)
    fault = Fault(channel, operation, magnitude, start * 5.0, duration * 5.0, limits=limits)
    floor, ceiling = max(CHANNEL_LIMITS[channel][0], low), min(CHANNEL_LIMITS[channel][1], low + width + 0.1)
    if ceiling < CHANNEL_LIMITS[channel][0] or low > CHANNEL_LIMITS[channel][1]:
        with pytest.raises(InputError):
            check_scenarios([Scenario("x", (fault,))], 1440.0)
        return
    result = simulate([Scenario("x", (fault,))], ONE, loop=LOOP)
    sent = result.trace("seen" if channel == "cgm" else "rate")[0][start : start + duration]
    sent = sent[np.isfinite(sent)]  # a patient who left the model's validity has no more values
    if not len(sent):
        return
    honest = result.trace("reading" if channel == "cgm" else "commanded")[0]
    before = honest[start - 1] if start else sent[0]
    # A value may stay outside the bounds only while the rate limit still leads it there from the honest one.
    step = 0.026 if channel == "insulin" else 1e-3  # the pump rounds to 0.05 U/h
    inside = (sent >= floor - step) & (sent <= ceiling + step)
    assert inside[-1:].all() or abs(before - np.clip(before, floor, ceiling)) > rate * 5 * (len(sent) - 1) - 1
    assert (np.abs(np.diff(sent)) <= rate * 5.0 + 2 * step).all()


def test_a_reach_becomes_scenarios_that_run_and_stay_within_it():
    every = (
        "replace",
        "add",
        "subtract",
        "scale",
        "hold",
        "maximum",
        "minimum",
        "truncate",
        "delay",
        "replay",
        "drop",
        "drift",
    )
    cases = reach_scenarios("P4", "cgm", every, low=60.0, high=300.0, rate_per_minute=5.0)
    assert {c.faults[0].operation for c in cases} == set(every)
    assert len({c.name for c in cases}) == len(cases)
    assert {c.path for c in cases} == {"P4"}
    result = simulate(cases, ONE, loop=LOOP)
    sent = result.trace("seen")[:, 100:144]
    assert np.nanmin(sent) >= 60.0
    assert np.nanmax(sent) <= 300.0
    assert reach_scenarios("P", "meter", ("delay",)) == ()
    assert reach_space("P4", "cgm", ("add",), high=300.0).limits.high == 300.0
    with pytest.raises(InputError) as caught:
        reach_scenarios("P", "display", ("smudge",))
    assert {p.code for p in caught.value.problems} == {"unknown-channel", "unknown-operation"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("cgm", "replace", 100.0, 5000.0), "window-outside-run"),
        (Fault("cgm", "replace", 100.0, -5.0), "window-outside-run"),
        (Fault("cgm", "replace"), "missing-magnitude"),
        (Fault("cgm", "add", math.inf), "missing-magnitude"),
        (Fault("cgm", "add", 5.0, 10.0, 0.0), "empty-window"),
        (Fault("meal", "delay", 30.0, 60.0), "no-history"),
        (Fault("cgm", "replay", 120.0, 60.0), "no-recording"),
        (Fault("cgm", "delay", 2.0, 60.0), "too-short"),
        (Fault("cgm", "replace", 100.0, limits=Limits(low=500.0)), "empty-limits"),
        (Fault("cgm", "replace", 100.0, limits=Limits(rate_per_minute=0.0)), "bad-limits"),
        (Fault("radio", "replace", 100.0), "unknown-channel"),
        (Fault("cgm", "explode", 100.0), "unknown-operation"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault, code):
    with pytest.raises(InputError) as caught:
        check_scenarios([Scenario("x", (fault,))], 1440.0)
    assert code in [p.code for p in caught.value.problems]


def test_all_problems_of_all_scenarios_are_told_at_once():
    bad = Scenario("x", (Fault("cgm", "replace"), Fault("cgm", "add", 1.0, 9999.0)))
    with pytest.raises(InputError) as caught:
        check_scenarios(
            [bad, bad, Scenario("y", initial_glucose=5.0), Scenario("z", (Fault("cgm", "hold"),) * 5)], 1440.0
        )
    codes = [p.code for p in caught.value.problems]
    assert codes.count("missing-magnitude") == 2
    assert {"duplicate-name", "bad-glucose", "too-many-faults", "window-outside-run"} <= set(codes)
    assert k.MAX_FAULTS == 4
