"""The loop: reproducible, independent lanes, sensible controllers, and outside controllers that misbehave."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from harmpath.errors import HarmpathError, InputError, UsageError
from harmpath.patients.controllers import BasalBolus, ForecastAdvice, Mpc, Oref0, Pid
from harmpath.patients.faults import Fault, Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.loop import Loop, iob_curve, simulate
from harmpath.patients.meals import FixedMeal, MealPlan, User
from harmpath.patients.monitors import Monitor, Pump
from harmpath.patients.people import patient_table, population
from harmpath.patients.sensors import Meter, Sensor

NONE = Scenario("none")
CONTROLLERS = [BasalBolus(), Pid(), Oref0(), Mpc()]


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda c: c.name)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(adults, controller):
    a, b, c = (simulate([NONE], adults, controller, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(a.traces, b.traces)
    assert not np.array_equal(a.traces, c.traces, equal_nan=True)


def test_a_patient_lives_the_same_day_alone_or_among_others(adults):
    attack = Scenario("attack", (Fault("cgm", "add", 80.0, 400.0, 200.0),))
    whole = simulate([NONE, attack], adults, Oref0(), seed=9, replicates=3)
    alone = simulate([attack], population("adult#004"), Oref0(), seed=9, replicates=1, first_replicate=2)
    lane = 10 * 3 + 3 * 3 + 2
    np.testing.assert_array_equal(whole.traces[lane], alone.traces[0])


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda c: c.name)
def test_controllers_keep_ordinary_days_safe(everyone, controller):
    result = simulate([NONE], everyone, controller, days=2, seed=2)
    glucose = result.trace("plasma")
    assert np.isnan(result.left_validity).all()
    in_range = ((glucose >= 70) & (glucose <= 180)).mean()
    assert in_range > 0.75, "published time in range: basal-bolus 79 %, OpenAPS 93 % (APS testbed 2022), trial 66 %"
    assert (glucose < 54).mean() < 0.01


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda c: c.name)
def test_without_meals_and_noise_glucose_stays_where_it_is_safe(adults, quiet, controller):
    result = simulate([NONE], adults, controller, loop=quiet, days=2)
    glucose = result.trace("plasma")[:, 288:]
    assert glucose.min() > 85
    assert glucose.max() < 165


def test_insulin_on_board_is_what_was_given_above_basal(adults, quiet):
    bolus = Scenario("bolus", (Fault("bolus", "replace", 2.0, 60.0, 5.0),))
    result = simulate([bolus], adults, BasalBolus(), loop=quiet, pump=Pump(rate_step=0.0))
    iob = result.trace("iob")
    curve = iob_curve(60)
    assert np.abs(iob[:, :13]).max() < 1e-5
    np.testing.assert_allclose(iob[:, 13:73], np.tile(2.0 * curve, (10, 1)), atol=1e-4)
    assert np.abs(iob[:, 74:]).max() < 1e-4
    assert curve[0] == pytest.approx(1.0, abs=0.01)
    assert (np.diff(curve) < 0).all()


def test_the_pump_rounds_and_limits(adults, quiet):
    flood = Scenario(
        "flood", (Fault("insulin", "replace", 34.0, 0.0, 60.0), Fault("bolus", "replace", 24.0, 60.0, 5.0))
    )
    result = simulate(
        [flood], adults, loop=quiet, pump=Pump(max_rate=5.0, max_bolus=1.0, rate_step=0.1, bolus_step=0.1)
    )
    rate = result.trace("rate")
    assert rate.max() == 5.0
    assert np.abs(rate / 0.1 - np.rint(rate / 0.1)).max() < 1e-5
    units = result.trace("net")[:, 12] + np.array([p.basal for p in adults.patients]) / 12
    np.testing.assert_allclose(units - rate[:, 12] / 12, 1.0, atol=1e-5)


def test_the_user_ignores_delays_forgets_and_miscounts(adults):
    plan = MealPlan(random=False, fixed=(FixedMeal(8.0, 60.0),))
    base = Loop(
        sensor=Sensor("ideal"), meals=plan, pump=Pump(bolus_step=0.0), controller=BasalBolus(correct_above=400.0)
    )
    need = np.array([60.0 / p.carb_ratio for p in adults.patients])

    def extra(user):
        result = simulate([NONE], adults, loop=replace(base, user=user), seed=3)
        net = result.trace("net")
        return net[:, 96], net[:, 96:110].sum(axis=1), result

    now, _, _ = extra(User())
    np.testing.assert_allclose(now, need, atol=0.01)
    now, total, _ = extra(User(follows=0.0))
    assert np.abs(total).max() < 0.1
    now, total, _ = extra(User(delays=1.0, delay_minutes=30.0))
    assert np.abs(now).max() < 0.01
    np.testing.assert_allclose(total, need, atol=0.1)
    now, _, forgotten = extra(User(forgets=1.0))
    assert np.abs(now).max() < 0.01
    assert forgotten.trace("plasma").max() > 180
    now, _, _ = extra(User(counting_cv=0.3))
    assert 0.1 < np.std(now / need) < 0.6


def test_sensor_models_err_as_published(adults, quiet):
    for model, spread in (("breton-2008", (4.0, 20.0)), ("vettoretti-2019", (4.0, 20.0))):
        sensor = Sensor(model, low=1.0, high=900.0, dropouts_per_day=0.0)
        result = simulate([NONE], adults, BasalBolus(), loop=quiet, sensor=sensor, days=7, replicates=3)
        error = result.trace("reading") - result.trace("interstitial")
        assert spread[0] < np.sqrt(np.mean(error**2)) < spread[1]
        level = result.trace("interstitial")
        assert 0.02 < np.mean(np.abs(error) / level) < 0.15  # mean absolute relative difference
    ideal = simulate([NONE], adults, loop=quiet)
    np.testing.assert_allclose(ideal.trace("reading"), ideal.trace("interstitial"), rtol=1e-6)


def test_drop_outs_come_as_often_as_asked_and_readings_stay_in_range(adults, quiet):
    result = simulate(
        [NONE], adults, loop=quiet, sensor=Sensor("breton-2008", 100.0, 125.0, 4.0, 20.0), days=10, replicates=2
    )
    reading = result.trace("reading")
    lost = np.isnan(reading)
    starts = (lost[:, 1:] & ~lost[:, :-1]).sum() / (20 * 10)
    assert 3.0 < starts < 4.5
    assert np.nanmin(reading) >= 100.0
    assert np.nanmax(reading) <= 125.0


def test_doses_can_come_from_the_finger_meter(adults, quiet):
    high = Scenario("high meter", (Fault("meter", "add", 200.0, 0.0),))
    loop = replace(quiet, meter=Meter(0.0, 0.0, 240.0))
    result = simulate([NONE, high], adults, BasalBolus(dose_from_meter=True), loop=loop)
    lanes = result.lanes("high meter")
    assert np.nansum(result.trace("net")[lanes][:, 48]) > 10.0
    meter = result.trace("meter")
    at = np.flatnonzero(np.isfinite(meter[0]))
    assert at.tolist() == [48, 96, 144, 192, 240]
    np.testing.assert_allclose(meter[lanes][:, 48] - result.trace("plasma")[lanes][:, 48], 200.0, atol=1e-3)


def test_leaving_validity_ends_the_run_there(adults, quiet):
    flood = Scenario("flood", (Fault("bolus", "replace", 25.0, 60.0, 5.0),))
    result = simulate([flood], adults, loop=quiet)
    gone = np.isfinite(result.left_validity)
    assert gone.any()
    for lane in np.flatnonzero(gone):
        step = int(result.left_validity[lane]) // 5
        assert np.isnan(result.traces[lane, :, step:]).all()
        assert np.isfinite(result.trace("plasma")[lane, :step]).all()
        assert result.trace("plasma")[lane, :step].min() > 10.0


class Outside:
    """A controller in Python that the tests bend."""

    name = "outside"

    def __init__(self, act=None):
        self.act = act
        self.views = []

    def decide(self, view):
        self.views.append(view.step)
        if self.act:
            return self.act(view)
        return view.profiles[:, 0].copy(), np.full(len(view.iob), np.nan)


def test_an_outside_controller_that_gives_basal_equals_the_native_one(adults):
    loop = Loop(meals=MealPlan(random=False))
    a = simulate([NONE], adults, Outside(), loop=loop, seed=1)
    b = simulate([NONE], adults, BasalBolus(), loop=loop, seed=1)
    np.testing.assert_array_equal(a.traces, b.traces)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda v: (np.full(len(v.iob), np.nan), v.iob * 0), "not a dose"),
        (lambda v: (np.full(len(v.iob), -1.0), v.iob * 0), "not a dose"),
        (lambda v: (np.zeros(3), np.zeros(3)), "returned (3,) rates"),
        (lambda v: 1 / 0, "ZeroDivisionError"),
        (lambda v: (time.sleep(0.3), (v.iob * 0, v.iob * 0))[1], "longer than"),
    ],
)
def test_a_controller_that_misbehaves_is_named(adults, act, words):
    with pytest.raises(HarmpathError, match="outside") as caught:
        simulate([NONE], adults, Outside(act), loop=Loop(controller_seconds=0.2))
    assert words in str(caught.value)


def test_a_forecast_model_in_another_unit_is_an_error():
    with pytest.raises(UsageError, match="steady"):
        ForecastAdvice(lambda w: w[:, -1, :1].astype(float) / 18.02)
    with pytest.raises(UsageError, match="not a number"):
        ForecastAdvice(lambda w: w[:, -1, :1].astype(float) * np.nan)


def test_a_forecast_in_the_loop_doses_for_false_highs(adults, quiet):
    advice = ForecastAdvice(lambda w: w[:, -1, :1] + 6.0 * (w[:, -1, :1] - w[:, -2, :1]), window=6)
    high = Scenario("high", (Fault("cgm", "replace", 320.0, 300.0, 120.0),))
    result = simulate([NONE, high], adults, advice, loop=quiet)
    lows = [np.nanmin(result.trace("plasma")[result.lanes(n)], axis=1) for n in ("none", "high")]
    assert (lows[1] < lows[0] - 20).all()


def test_an_outside_monitor_speaks_and_is_checked(adults, quiet):
    class Watch:
        name = "watch"

        def verdicts(self, view, rates):
            return np.where(view.readings[:, -1] > 200, 3, 0).astype(np.int8)

    attack = Scenario("attack", (Fault("cgm", "replace", 300.0, 300.0, 60.0),))
    monitor = Monitor("outside", "suspend", outside=Watch())
    result = simulate([attack], adults, Oref0(), loop=quiet, monitor=monitor)
    assert (result.verdicts[:, 60:72] == 3).all()
    assert (result.verdicts[:, :60] == 0).all()
    assert (result.trace("rate")[:, 60:72] == 0).all()


def test_bad_sizes_and_parameters_are_refused(adults):
    with pytest.raises(UsageError):
        simulate([NONE], adults, days=0)
    with pytest.raises(UsageError):
        simulate([NONE], adults, days=90, replicates=1000)
    with pytest.raises(InputError, match="never negative"):
        MealPlan(fixed=(FixedMeal(8.0, -5.0),))
    with pytest.raises(InputError, match="no patient"):
        population("adult#099")
    row = {f"x0_{i}": "1" for i in range(1, 14)} | dict.fromkeys(k.UVA_PARAMETERS, "0.1")
    row |= {"name": "x", "CR": "10", "CF": "40", "age": "30", "TDI": "40", "Vg": "nan", "kabs": "many"}
    with pytest.raises(InputError) as caught:
        patient_table([row], "uva-padova-2008", "mine.csv")
    found = {(p.code, p.message.split()[0]) for p in caught.value.problems}
    assert ("not-a-number", "kabs") in found
    assert ("outside-physiology", "Vg") in found
    assert ("outside-physiology", "BW") in found
    assert all(p.file == "mine.csv" and p.line == 2 for p in caught.value.problems)
