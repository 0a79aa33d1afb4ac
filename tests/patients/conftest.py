"""Patients, loops and the recorded runs of simglucose that several tests use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harmpath.patients.loop import Loop
from harmpath.patients.meals import MealPlan, User
from harmpath.patients.people import Population, population
from harmpath.patients.sensors import Sensor

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Recording:
    """What simglucose produced (benchmarks/simglucose_peer.py record): 30 patients, three controllers, three days."""

    patient: np.ndarray
    controller: np.ndarray
    insulin: np.ndarray  # U/min, runs x minutes
    carbs: np.ndarray  # g announced, runs x minutes
    glucose: np.ndarray  # subcutaneous, mg/dL, runs x (minutes + 1)


@pytest.fixture(scope="session")
def recording() -> Recording:
    with np.load(DATA / "simglucose_3days.npz") as stored:
        first, second = stored["first"], stored["second"].astype(np.int64)
        steps = np.concatenate([first[:, 1:2] - first[:, :1], second], axis=1).cumsum(axis=1).cumsum(axis=1)
        glucose = np.concatenate([first[:, :1], first[:, :1] + steps], axis=1) / 1000.0
        return Recording(
            stored["patient"].astype(int) - 1,
            stored["controller"],
            stored["insulin"].astype(np.int64).cumsum(axis=1) * 0.05 / 6000,
            stored["grams"].astype(float),
            glucose,
        )


@pytest.fixture(scope="session")
def everyone() -> Population:
    return population()


@pytest.fixture(scope="session")
def adults() -> Population:
    return population("adult")


@pytest.fixture(scope="session")
def quiet() -> Loop:
    """No noise, no meals, nobody who eats after an alarm: what the controller does alone."""
    return Loop(sensor=Sensor("ideal"), meals=MealPlan(random=False), user=User(rescue_grams=0.0))
