"""The plant: equality with simglucose, mass balance per compartment, physiology that must hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.openloop import open_loop
from harmpath.patients.people import Population, population


def drive(people, patient, insulin, carbs, integrator=k.CASCADE, substeps=1, every=1, glucose=None):
    """States per minute of the given patients under the given inputs."""
    patient = np.asarray(patient)
    state = people.initial_states(glucose)[patient].copy()
    state[:, k.EAT_QSTO] = state[:, 0] + state[:, 1]
    out = np.empty((len(patient), insulin.shape[1] // every + 1, k.STATES))
    open_loop(
        people.plant_code,
        state,
        people.parameters(),
        patient,
        insulin,
        carbs,
        5.0,
        integrator,
        substeps,
        1e-10,
        every,
        out,
    )
    return out


def basal_input(people, minutes):
    return np.repeat(np.array([[p.basal / 60.0] for p in people.patients]), minutes, axis=1)


@pytest.mark.parametrize("integrator", ["cascade", "dopri5"])
def test_glucose_equals_simglucose_at_every_minute_of_three_days(recording, everyone, integrator):
    states = drive(everyone, recording.patient, recording.insulin, recording.carbs, k.INTEGRATORS.index(integrator))
    glucose = states[:, :, 12] / everyone.volumes()[recording.patient][:, None]
    assert glucose.shape == (30, 4321)
    assert len(set(recording.controller.tolist())) == 3
    assert np.abs(glucose - recording.glucose).max() < 0.01


def test_integrators_agree_on_the_recorded_runs(recording, everyone):
    runs = slice(0, 30, 5)
    a = [
        drive(everyone, recording.patient[runs], recording.insulin[runs], recording.carbs[runs], i, n)[:, :, 3]
        for i, n in ((k.CASCADE, 1), (k.GAUSS4, 8), (k.RK4, 8), (k.DOPRI5, 1))
    ]
    volumes = everyone.volumes()[recording.patient[runs]][:, None]
    for other in a[:3]:
        assert np.abs((other - a[3]) / volumes).max() < 0.01


def test_basal_insulin_without_meals_keeps_the_steady_state(everyone):
    states = drive(everyone, np.arange(30), basal_input(everyone, 1440), np.zeros((30, 1440)))
    glucose = states[:, :, 3] / everyone.volumes()[:, None]
    assert np.abs(glucose - glucose[:, :1]).max() < 0.2


@pytest.mark.parametrize("name", ["adult#001", "child#003", "adolescent#009"])
def test_mass_is_kept_compartment_by_compartment(name):
    """Every compartment's gain equals the integral of its inflow less its outflow, written down here once more."""
    people = population(name)
    p = people.patients[0].parameters
    minutes = 600
    insulin = basal_input(people, minutes)
    insulin[0, 60:65] += 1.0
    carbs = np.zeros((1, minutes))
    carbs[0, 60] = 60.0
    substeps = 40
    x = drive(people, [0], insulin, carbs, k.RK4, substeps)[0]
    # Gut and insulin: what is absorbed is known exactly from what was eaten and what is left.
    eaten = 1000.0 * carbs.sum()
    gut = x[:, 0] + x[:, 1] + x[:, 2]
    absorbed = eaten - gut[-1]
    fine = np.arange(minutes + 1)
    trapezoid = np.trapezoid(p[k.KABS] * x[:, 2], fine)
    assert trapezoid == pytest.approx(absorbed, rel=2e-3)

    plasma = x[:, 5] / p[k.VI]
    production = np.maximum(p[k.KP1] - p[k.KP2] * x[:, 3] - p[k.KP3] * x[:, 8], 0)
    excretion = np.maximum(p[k.KE1] * (x[:, 3] - p[k.KE2]), 0)
    uptake = (p[k.VM0] + p[k.VMX] * x[:, 6]) * x[:, 4] / (p[k.KM0] + x[:, 4])
    appearance = p[k.F] * p[k.KABS] * x[:, 2] / p[k.BW]
    flows = {
        3: production + appearance + p[k.K2] * x[:, 4] - p[k.FSNC] - excretion - p[k.K1] * x[:, 3],
        4: p[k.K1] * x[:, 3] - p[k.K2] * x[:, 4] - uptake,
        5: p[k.M1] * x[:, 9] + p[k.KA1] * x[:, 10] + p[k.KA2] * x[:, 11] - (p[k.M2] + p[k.M4]) * x[:, 5],
        6: p[k.P2U] * (plasma - p[k.IB] - x[:, 6]),
        7: p[k.KI] * (plasma - x[:, 7]),
        8: p[k.KI] * (x[:, 7] - x[:, 8]),
        9: p[k.M2] * x[:, 5] - (p[k.M1] + p[k.M30]) * x[:, 9],
        11: p[k.KD] * x[:, 10] - p[k.KA2] * x[:, 11],
        12: p[k.KSC] * (x[:, 3] - x[:, 12]),
    }
    for state, flow in flows.items():
        gain = x[:, state] - x[0, state]
        integral = np.concatenate([[0.0], np.cumsum(0.5 * (flow[1:] + flow[:-1]))])
        assert np.abs(gain - integral).max() < 0.005 * max(np.abs(gain).max(), 1.0) + 0.02, f"compartment {state}"
    infused = insulin[0].sum() * 6000.0 / p[k.BW]
    left = np.trapezoid((p[k.KA1] + p[k.KD]) * x[:, 10], fine)
    assert infused - left == pytest.approx(x[-1, 10] - x[0, 10], abs=0.01 * infused)


def test_the_default_scheme_loses_no_carbohydrate(everyone):
    carbs = np.zeros((30, 2880))
    carbs[:, 60], carbs[:, 75] = 80.0, 30.0
    states = drive(everyone, np.arange(30), basal_input(everyone, 2880), carbs)
    held = states[:, 120, :3].sum(axis=1)
    assert (held <= 110_000.0 + 1e-6).all()
    assert (np.diff(states[:, 100:, :3].sum(axis=2), axis=1) <= 1e-9).all(), "nothing enters once the meal is eaten"
    assert (states[:, :, :3] >= 0.0).all()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    patient=st.integers(0, 29),
    extra=st.floats(0.05, 2.0),
    at=st.integers(0, 300),
    length=st.integers(1, 60),
    grams=st.floats(0.0, 100.0),
)
def test_more_insulin_never_raises_glucose_later(everyone: Population, patient, extra, at, length, grams):
    minutes = 480
    insulin = np.tile(basal_input(everyone, minutes)[patient], (2, 1))
    insulin[1, at : at + length] += extra / length
    carbs = np.zeros((2, minutes))
    carbs[:, 120] = grams
    states = drive(everyone, [patient, patient], insulin, carbs)
    assert (states[1, :, 3] <= states[0, :, 3] + 1e-6).all()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patient=st.integers(0, 29), grams=st.floats(1.0, 120.0), more=st.floats(1.0, 60.0))
def test_eating_more_never_lowers_what_has_been_absorbed_in_the_end(everyone: Population, patient, grams, more):
    carbs = np.zeros((2, 1440))
    carbs[0, 30], carbs[1, 30] = grams, grams + more
    states = drive(everyone, [patient, patient], np.tile(basal_input(everyone, 1440)[patient], (2, 1)), carbs)
    gut = states[:, -1, :3].sum(axis=1)
    assert 1000 * (grams + more) - gut[1] >= 1000 * grams - gut[0] - 1e-6
    assert (states >= -1e-9)[:, :, [0, 1, 2, 3, 4, 5, 9, 10, 11, 12]].all()


def test_halving_the_steps_changes_nothing_that_matters(recording, everyone):
    runs = slice(0, 30, 3)
    coarse, fine = (
        drive(everyone, recording.patient[runs], recording.insulin[runs], recording.carbs[runs], k.CASCADE, n)[:, :, 3]
        for n in (1, 2)
    )
    assert np.abs(coarse - fine).max() / everyone.volumes().min() < 0.01


def test_the_minimal_model_keeps_its_steady_state_and_falls_with_insulin():
    people = population(plant="kanderian-2009")
    count = len(people)
    flat = drive(people, np.arange(count), basal_input(people, 720), np.zeros((count, 720)))
    assert np.abs(flat[:, :, 3] - 120.0).max() < 0.01
    insulin = basal_input(people, 720)
    insulin[:, 60] += 2.0
    lower = drive(people, np.arange(count), insulin, np.zeros((count, 720)))
    responsive = [i for i, p in enumerate(people.patients) if p.parameters[k.M_SI] > 0]
    assert (lower[responsive, -300:, 3].min(axis=1) < 119.9).all()
