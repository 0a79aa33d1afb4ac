"""Detectors against blind and knowing attackers on the shipped forecaster, and training on cohorts of patients.

    python benchmarks/evasion_detectors.py

Windows of 20 simulated patients; the first 75 % of each patient's time trains, the rest tests, nothing overlaps.
Attacks are beam search on the glucose signal within [40, 400] (no check in place), with the fewest edits it finds.
"""

from __future__ import annotations

import time

import numpy as np

from evasion_train_forecaster import EXAMPLE, LAYOUT, SEED, SIGNALS, traces
from harmpath.evasion.attack import Attack, Attempts, run_search
from harmpath.evasion.cohorts import group_patients
from harmpath.evasion.detectors import (
    Cusum,
    Detector,
    Forest,
    Neighbours,
    RateOfChange,
    Residual,
    evaluate,
    split_by_time,
)
from harmpath.evasion.goals import Goal, NotDetected, Shown, Truly
from harmpath.evasion.limits import Limits, SignalLimits
from harmpath.evasion.profile import RiskWeights, WorstRisk, risk_profiles
from harmpath.evasion.searches import Beam, Coordinate
from harmpath.evasion.traces import Windows, cut
from harmpath.evasion.victims.onnx import OnnxVictim
from harmpath.evasion.victims.victim import Counted

GOAL = (Truly("hypo") | Truly("normal")) & Shown("hyper")
LIMITS = Limits((SignalLimits("glucose", 0, frozenset({"replace"}), 40.0, 400.0, resolution=1.0),), 12)


def attack(windows: Windows, goal: Goal, queries: int = 150, search: object = None) -> Attempts:
    """Beam search on the shipped forecaster."""
    victim = Counted(OnnxVictim(EXAMPLE / "model" / "forecaster.onnx", 12, LAYOUT.features))
    job = Attack(windows, LAYOUT, LIMITS, goal, victim, max_queries=queries, seed=1)
    return run_search(job, search or Beam())  # type: ignore[arg-type]


def main() -> None:
    """Print the tables."""
    numbers = tuple(f"{n:03d}" for n in range(1, 11))
    found = traces(numbers, days=6, replicates=1, seed=SEED + 5)
    windows = cut(found, SIGNALS, steps=12, horizon=6, target="glucose", stride=4, event="carbs")
    split, features = split_by_time(windows), LAYOUT.compute(windows.raw)
    blind = attack(windows, GOAL)
    hit = blind.achieved & split.test
    falsified = LAYOUT.compute(blind.best)
    print(f"{len(windows.patients)} patients, {len(windows)} windows, {split.test.sum()} test; attacked: {hit.sum()}")
    print("| detector | recall | precision | false alarms | F1 | PR-AUC | knowing attacker succeeds | training |")
    for detector in (RateOfChange(), Residual(), Cusum(), Neighbours(), Neighbours(columns=(0,)), Forest(columns=(0,))):
        line(detector, windows, features, falsified, split.train, split.test, hit)
    risks, profiles = risk_profiles(windows, attack(windows, WorstRisk(), 32, Coordinate(shrink=False)), RiskWeights())
    grouped = group_patients(risks, profiles, resamples=100)
    less = [r.patient for r in grouped if r.cohort == "less vulnerable"]
    more = [r.patient for r in grouped if r.cohort == "more vulnerable"]
    stability = np.mean([r.stability for r in grouped if r.stability is not None])
    print(f"cohorts: {len(less)} less, {len(more)} more vulnerable; mean stability {stability:.2f}")
    for name, chosen in (("everyone", None), ("less vulnerable", less), ("more vulnerable", more)):
        print(f"trained on: {name}")
        train = split_by_time(windows, train_patients=chosen).train
        for detector in (Neighbours(columns=(0,)), Forest(columns=(0,))):
            line(detector, windows, features, falsified, train, split.test, hit, knowing=False)


def line(
    detector: Detector,
    windows: Windows,
    features: np.ndarray,
    falsified: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    hit: np.ndarray,
    knowing: bool = True,
) -> None:
    """One detector: train, judge, and attack with knowledge of it."""
    start = time.perf_counter()
    detector.fit(features[train], 0.01)
    seconds = time.perf_counter() - start
    e = evaluate(detector, features[test], falsified[hit])
    adaptive = ""
    if knowing:
        sample = windows.take(np.flatnonzero(hit)[:200])
        again = attack(sample, GOAL & NotDetected(detector))
        adaptive = f"{again.achieved.sum()}/{again.eligible.sum()}"
    name = f"{detector.name} {getattr(detector, 'columns', None) or ''}"
    print(
        f"| {name} | {e.recall.hits}/{e.recall.n} = {e.recall.value:.3f} [{e.recall.low:.3f}, {e.recall.high:.3f}] "
        f"| {e.precision.hits}/{e.precision.n} = {e.precision.value:.3f} | {e.false_alarms.value:.3f} | {e.f1:.3f} "
        f"| {e.average_precision:.3f} | {adaptive} | {seconds:.2f} s |"
    )


if __name__ == "__main__":
    main()
