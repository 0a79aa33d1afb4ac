"""The PCA plant against its published sources, and as a loop that faults can hurt."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from harmpath.errors import InputError, UsageError
from harmpath.patients.faults import Fault, Limits, Trigger
from harmpath.patients.opioid import (
    OpioidPatient,
    PcaPump,
    opioid_harm,
    opioid_patients,
    saturation,
    simulate_pca,
)

REFERENCE = OpioidPatient("reference", 40.0, 75.0, 175.0, True)
QUIET = PcaPump(bolus=0.0, stop_below_spo2=0.0)


def test_minto_parameters_at_the_reference_patient():
    """At age 40 and lean mass 55 kg the covariate terms vanish: V1 5.1 L, Cl1 2.6, Cl2 2.05 L/min, ke0 0.595 /min."""
    v1, k10, k12, _, k13, k31, ke0 = OpioidPatient("m", 40.0, 68.3, 170.0, True).rates()
    mass = OpioidPatient("m", 40.0, 68.3, 170.0, True).lean_mass
    assert mass == pytest.approx(54.5, abs=1.0)
    assert v1 == pytest.approx(5.1 + 0.072 * (mass - 55))
    assert k10 * v1 == pytest.approx(2.6 + 0.0191 * (mass - 55))
    assert (k12 * v1, k13 * v1, k31 * 5.42, ke0) == (
        pytest.approx(2.05),
        pytest.approx(0.076),
        pytest.approx(0.076),
        0.595,
    )


def test_a_steady_infusion_reaches_rate_over_clearance():
    rate = Fault("insulin", "replace", 5.0)
    result = simulate_pca([REFERENCE], QUIET, [rate], minutes=600)
    clearance = REFERENCE.rates()[0] * REFERENCE.rates()[1]
    assert result.effect[0, -1] == pytest.approx(5.0 / clearance, rel=0.02)


def test_carbon_dioxide_settles_where_the_published_model_says():
    """Steady state: C^g / (C50^g + C^g) depression against (PaCO2 / 42.4)^4.3 drive, ventilation x PaCO2 constant."""
    result = simulate_pca([REFERENCE], QUIET, [Fault("insulin", "replace", 5.0)], minutes=600)
    c = result.effect[0, -1]
    depressed = 1 - c**1.25 / (0.92**1.25 + c**1.25)
    assert result.paco2[0, -1] / 42.4 == pytest.approx(depressed ** (-1 / 5.3), rel=0.01)
    assert result.ventilation[0, -1] * result.paco2[0, -1] == pytest.approx(7.06 * 42.4, rel=0.01)


def test_a_healthy_patient_without_opioid_stays_healthy():
    result = simulate_pca(opioid_patients(20, 3), QUIET, minutes=120)
    assert result.spo2.min() > 94.0
    assert np.abs(result.paco2 - 42.4).max() < 0.1
    assert result.delivered.sum() == 0.0


def test_the_dissociation_curve_of_severinghaus():
    found = saturation(np.array([27.0, 40.0, 60.0, 100.0]))
    np.testing.assert_allclose(found, [50.5, 74.9, 90.8, 97.7], atol=0.6)


def test_more_opioid_never_breathes_better():
    people = opioid_patients(10, 4)
    lows = [
        simulate_pca(people, QUIET, [Fault("insulin", "replace", r)], minutes=120).spo2.min(axis=1)
        for r in (0.0, 3.0, 6.0, 12.0)
    ]
    for better, worse in pairwise(lows):
        assert (worse <= better + 1e-9).all()


def test_the_interlock_protects_and_a_false_saturation_defeats_it():
    people = opioid_patients(40, 1)
    overdose = Fault("insulin", "replace", 20.0, 60.0, 60.0)
    protected = simulate_pca(people, None, [overdose])
    blinded = simulate_pca(people, None, [overdose, Fault("cgm", "replace", 98.0)])
    assert blinded.delivered.sum() > protected.delivered.sum()
    assert np.median(blinded.spo2.min(axis=1)) < np.median(protected.spo2.min(axis=1)) - 3.0
    share = {e.what: e for e in opioid_harm(blinded, seed=1)}["share SpO2 below 80 %"]
    assert share.low < share.value <= share.high
    assert share.note.endswith("adults with SpO2 below 80 % for a minute or more")


def test_pca_limits_hold():
    result = simulate_pca([REFERENCE], PcaPump(limit_per_hour=60.0, stop_below_spo2=0.0), minutes=180)
    hourly = result.delivered[0].reshape(3, 60).sum(axis=1)
    assert (hourly <= 60.0).all()
    assert (np.diff(np.flatnonzero(result.delivered[0])) >= 2).all()


def test_halving_the_step_changes_little():
    people = opioid_patients(10, 2)
    pump = PcaPump(stop_below_spo2=0.0)
    a, b = (np.median(simulate_pca(people, pump, minutes=120, step=s).spo2.min(axis=1)) for s in (1 / 20, 1 / 40))
    assert abs(a - b) < 0.3


@pytest.mark.parametrize(
    "fault",
    [
        Fault("meal", "replace", 1.0), Fault("cgm", "delay", 5.0), Fault("cgm", "replace"),
        Fault("cgm", "add", 1.0, 999.0),
        Fault("cgm", "add", 1.0, 0.0, 5.0, Trigger("hours", 1.0, 2.0), Limits()),
    ],
)  # fmt: skip
def test_a_fault_the_pca_loop_cannot_run_is_refused(fault):
    with pytest.raises(InputError):
        simulate_pca([REFERENCE], None, [fault])


def test_bad_patients_and_pumps_are_refused():
    with pytest.raises(InputError):
        OpioidPatient("x", 40.0, 7.5, 175.0, True)
    with pytest.raises(UsageError):
        PcaPump(bolus=-1.0)
    with pytest.raises(UsageError):
        simulate_pca([])
