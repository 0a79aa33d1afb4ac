"""Small made attacks that several tests use: windows, limits, and victims whose answers are known."""

from __future__ import annotations

import numpy as np

from harmpath.evasion.attack import Attack
from harmpath.evasion.goals import Goal, Shown
from harmpath.evasion.layout import Column, Layout
from harmpath.evasion.limits import Limits, SignalLimits
from harmpath.evasion.traces import Trace, Windows, cut
from harmpath.evasion.victims.victim import Counted, FunctionVictim

SIGNALS = ("glucose", "dose")
LAYOUT = Layout.of(
    (Column("f-glucose", "glucose"), Column("f-missing", "glucose", "missing"), Column("f-dose", "dose"))
)


def traces(patients: int = 3, length: int = 60, seed: int = 0) -> tuple[Trace, ...]:
    """Slow glucose on whole mg/dL, now and then missing, with some doses."""
    rng = np.random.default_rng(seed)
    found = []
    for p in range(patients):
        t = np.arange(length)
        glucose = np.rint(100 + 10 * p + 30 * np.sin(t / 9 + p) + rng.normal(0, 1, length))
        glucose[rng.random(length) < 0.05] = np.nan
        dose = np.where(rng.random(length) < 0.1, 2.0, 0.0)
        found.append(Trace(f"p{p}", np.stack([glucose, dose], axis=1)))
    return tuple(found)


def windows(steps: int = 4, patients: int = 3, length: int = 60, seed: int = 0, horizon: int = 2) -> Windows:
    return cut(
        traces(patients, length, seed),
        SIGNALS,
        steps=steps,
        horizon=horizon,
        target="glucose",
        event="dose",
        event_steps=6,
    )


def glucose_limits(**changes: object) -> SignalLimits:
    given: dict[str, object] = {
        "signal": "glucose",
        "index": 0,
        "operations": frozenset({"replace", "drop"}),
        "low": 40.0,
        "high": 400.0,
        "resolution": 1.0,
        "paths": ("AP-1",),
    }
    return SignalLimits(**(given | changes))  # type: ignore[arg-type]


def dose_limits(**changes: object) -> SignalLimits:
    given: dict[str, object] = {
        "signal": "dose",
        "index": 1,
        "operations": frozenset({"replace"}),
        "low": 0.0,
        "high": 10.0,
        "resolution": 0.5,
    }
    return SignalLimits(**(given | changes))  # type: ignore[arg-type]


def linear(features: np.ndarray) -> np.ndarray:
    """A forecast that weighs late glucose most, takes the value before for a missing one, and falls with doses."""
    glucose = features[:, :, 0].astype(np.float64)
    for t in range(1, glucose.shape[1]):
        glucose[:, t] = np.where(features[:, t, 1] > 0, glucose[:, t - 1], glucose[:, t])
    weight = np.arange(1, glucose.shape[1] + 1, dtype=np.float64) ** 2
    level = glucose @ (weight / weight.sum()) - 2.0 * features[:, :, 2].sum(axis=1)
    return np.stack([level, level + 1.0], axis=1)


def attack(
    w: Windows | None = None, limits: Limits | None = None, goal: Goal | None = None, queries: int = 400, seed: int = 1
) -> Attack:
    return Attack(
        windows() if w is None else w,
        LAYOUT,
        limits or Limits((glucose_limits(),), 4),
        goal or Shown("hyper"),
        Counted(FunctionVictim(linear)),
        max_queries=queries,
        seed=seed,
    )
