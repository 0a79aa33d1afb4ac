# ruff: noqa: ANN001, ANN003, ANN201, ANN202, ANN204, E501
"""Run simglucose (PyPI, MIT) as a peer: record traces for the equality test, and time it.

It runs in an environment of its own, because simglucose needs ``setuptools<82`` (it imports pkg_resources)::

    python3 -m venv PEER && PEER/bin/pip install 'setuptools<82' wheel && PEER/bin/pip install --no-build-isolation simglucose
    PEER/bin/python benchmarks/simglucose_peer.py record tests/patients/data/simglucose_3days.npz   # the test fixture
    PEER/bin/python benchmarks/simglucose_peer.py record-all OUT.npz                    # 30 patients x 3 controllers
    PEER/bin/python benchmarks/simglucose_peer.py time                                  # seconds per patient-day

Recorded are numbers produced by the tool: insulin (U/min) and announced carbohydrate (g) per minute, and its
subcutaneous glucose (mg/dL) at every minute, with its dopri5 integrator at rtol = atol = 1e-10.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from types import SimpleNamespace

import numpy as np
from simglucose.actuator.pump import InsulinPump
from simglucose.controller.basal_bolus_ctrller import BBController
from simglucose.controller.base import Action, Controller
from simglucose.controller.pid_ctrller import PIDController
from simglucose.patient.t1dpatient import T1DPatient
from simglucose.sensor.cgm import CGMSensor
from simglucose.simulation.env import T1DSimEnv
from simglucose.simulation.scenario_gen import RandomScenario

DAYS = 3
CONTROLLERS = ("basal-bolus", "pid", "suspend")
TICKS = 1000  # glucose is stored in 1/1000 mg/dL


class SuspendController(Controller):
    """Basal-bolus that stops all insulin below 90 mg/dL and doubles the basal rate above 180: hard switching."""

    def __init__(self):
        self.inner = BBController()

    def policy(self, observation, reward, done, **kwargs):
        action = self.inner.policy(observation, reward, done, **kwargs)
        if observation.CGM < 90:
            return Action(basal=0.0, bolus=0.0)
        return Action(basal=action.basal * (2.0 if observation.CGM > 180 else 1.0), bolus=action.bolus)

    def reset(self):
        self.inner.reset()


def _controller(name, patient):
    if name == "basal-bolus":
        return BBController()
    if name == "pid":  # gains in proportion to the patient's basal rate; started from that rate, without a kick
        basal = patient._params.u2ss * patient._params.BW / 6000
        brain = PIDController(P=basal / 100, I=basal / 3e5, D=basal / 5, target=140)
        brain.integrated_state, brain.prev_state = basal / brain.I, 140
        return brain
    return SuspendController()


def _plain(patient):
    """The patient's parameters as plain attributes instead of a pandas Series: same numbers, found faster."""
    patient._params = SimpleNamespace(**patient._params.to_dict())


def run(patient_id, controller, days=DAYS, tight=True, plain=True, seed=None):
    """One patient under one controller; returns insulin, carbohydrate and glucose per minute."""
    seed = patient_id if seed is None else seed
    patient = T1DPatient.withID(patient_id)
    env = T1DSimEnv(
        patient,
        CGMSensor.withName("Dexcom", seed=seed),
        InsulinPump.withName("Insulet"),
        RandomScenario(start_time=datetime(2024, 1, 1), seed=seed),
    )
    brain = _controller(controller, patient)
    step = env.reset()
    if tight:
        state = np.array(patient.state, dtype=float)
        patient._odesolver.set_integrator("dopri5", rtol=1e-10, atol=1e-10, nsteps=100000)
        patient._odesolver.set_initial_value(state, patient.t)
    if plain:
        _plain(patient)
    insulin, carbs, glucose = [], [], [patient.observation.Gsub]
    inner = patient.step

    def spy(action):
        insulin.append(float(action.insulin))
        carbs.append(float(action.CHO))
        inner(action)
        glucose.append(float(patient.observation.Gsub))

    patient.step = spy
    while len(insulin) < days * 1440:
        step = env.step(brain.policy(step.observation, step.reward, step.done, **step.info))
    return np.array(insulin[: days * 1440]), np.array(carbs[: days * 1440]), np.array(glucose[: days * 1440 + 1])


def _job(args):
    """The first seed whose days stay inside the model's validity: at glucose 0 its states freeze, step by step."""
    for attempt in range(20):
        result = run(*args, seed=args[0] + 100 * attempt)
        if result[2].min() > 10.0 and result[2].max() < 1000.0:
            return result
    raise SystemExit(f"{args}: no seed keeps this patient inside the model's validity")


def record(path, jobs):
    """Write the runs of ``jobs`` compactly: rounded ticks and second differences compress well."""
    with ProcessPoolExecutor(2) as pool:
        runs = list(pool.map(_job, jobs))
    ticks = np.stack([np.rint(g * TICKS) for _, _, g in runs]).astype(np.int64)
    second = np.diff(ticks, n=2, axis=1)
    units = np.stack([np.rint(i * 6000 / 0.05) for i, _, _ in runs]).astype(np.int32)  # pump increments
    grams = np.stack([c for _, c, _ in runs]).astype(np.int16)
    np.savez_compressed(
        path,
        patient=np.array([p for p, *_ in jobs], dtype=np.int8),
        controller=np.array([CONTROLLERS.index(c) for _, c, *_ in jobs], dtype=np.int8),
        first=ticks[:, :2],
        second=second.astype(np.int16 if abs(second).max() < 32768 else np.int32),
        insulin=np.diff(units, axis=1, prepend=0),
        grams=grams,
    )


def main():
    what = sys.argv[1]
    if what == "record":
        record(sys.argv[2], [(i, CONTROLLERS[(i - 1) % 3]) for i in range(1, 31)])
    elif what == "record-all":
        record(sys.argv[2], [(i, c) for c in CONTROLLERS for i in range(1, 31)])
    elif what == "time":
        start = time.perf_counter()
        run(11, "basal-bolus", days=1, tight=False, plain=False)
        installed = time.perf_counter() - start
        start = time.perf_counter()
        run(11, "basal-bolus", days=1, tight=False, plain=True)
        loop_plain = time.perf_counter() - start
        patient = T1DPatient.withID(11)
        basal = patient._params.u2ss * patient._params.BW / 6000
        _plain(patient)
        action = SimpleNamespace(CHO=0, insulin=basal)
        from simglucose.patient.t1dpatient import Action as PatientAction

        start = time.perf_counter()
        for minute in range(1440):
            patient.step(PatientAction(CHO=60 if minute in (420, 720, 1140) else 0, insulin=action.insulin))
        model = time.perf_counter() - start
        print(json.dumps({"installed_s": installed, "plain_loop_s": loop_plain, "plain_model_s": model}))


if __name__ == "__main__":
    main()
