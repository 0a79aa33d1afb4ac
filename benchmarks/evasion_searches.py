"""Searches against random search and against URET's published algorithm: success at equal queries, queries for the same
success, and time, on the shipped forecaster and simulated patients that it has never seen.

    python benchmarks/evasion_searches.py              # a few minutes
    python benchmarks/evasion_searches.py --scale      # also 100,000 windows with beam search

URET (Eykholt et al., USENIX Security 2023) is run here as ROAST configures it (arXiv 2603.26093, brute.yml): beam
search of width 5 and depth 2, ten integers drawn from [180, 499) as actions, each written into every glucose cell
outside [180, 499], one window and one candidate at a time. Two changes, both in its favour: success is the clinical
goal instead of the argmax over the forecast, and the score is the distance to that goal instead of the smallest change
of the forecast. The loop is written anew and lean; it is not the package.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from evasion_train_forecaster import EXAMPLE, LAYOUT, SEED, SIGNALS, TEST, traces
from harmpath.evasion.attack import Attack, run_search
from harmpath.evasion.goals import Answer, Goal, Shown, Truly
from harmpath.evasion.limits import Limits, SignalLimits
from harmpath.evasion.outcome import wilson
from harmpath.evasion.searches import Beam, Coordinate, RandomSearch
from harmpath.evasion.traces import Windows, cut
from harmpath.evasion.victims.onnx import OnnxVictim
from harmpath.evasion.victims.victim import Counted

GOAL = (Truly("hypo") | Truly("normal")) & Shown("hyper")
BUDGETS = (1, 2, 5, 10, 20, 50, 100)
ROAST = Limits((SignalLimits("glucose", 0, frozenset({"replace", "add"}), 180.0, 498.0, resolution=1.0),), 12)
CHECKED = Limits(
    (SignalLimits("glucose", 0, frozenset({"replace", "add", "drop", "delay", "replay"}), 40.0, 400.0, 20.0, 1.0),), 4
)
"""The Reach over the app's radio link when a plausibility check of 4 mg/dL/min is in place; four false values."""


@dataclass
class Uret:
    """What the baseline found: queries at the first success (0: none) and all queries, per window."""

    first: np.ndarray
    queries: np.ndarray


def victim() -> Counted:
    """The shipped forecaster."""
    return Counted(OnnxVictim(EXAMPLE / "model" / "forecaster.onnx", 12, LAYOUT.features, threads=2))


def uret(windows: Windows, goal: Goal, model: Counted, seed: int) -> Uret:
    """URET's BeamSearch with BruteForce ranking, per window; its own loop structure, one candidate per call."""
    rng = np.random.default_rng(seed)
    first, asked = np.zeros(len(windows), dtype=int), np.zeros(len(windows), dtype=int)
    benign = model.predict(LAYOUT.compute(windows.raw))
    for i in range(len(windows)):
        count = 0

        def score(state: np.ndarray, i: int = i) -> float:
            features = LAYOUT.compute(state[None])
            one = slice(i, i + 1)
            shown = model.predict(features)
            return float(
                goal.distance(Answer(shown, benign[one], windows.truth[one], windows.recent[one], features))[0]
            )

        seen: set[bytes] = set()
        beam = [windows.raw[i]]
        for _ in range(2):
            candidates: list[tuple[float, bytes, np.ndarray]] = []
            for state in beam:
                for value in np.unique(rng.integers(180, 499, 10)):
                    new = state.copy()
                    outside = ~((new[:, 0] >= 180) & (new[:, 0] <= 499))
                    new[outside, 0] = float(value)
                    key = new.tobytes()
                    if key in seen or not outside.any():
                        continue
                    seen.add(key)
                    count += 1
                    distance = score(new)
                    candidates.append((distance, key, new))
                    if distance == 0 and first[i] == 0:
                        first[i] = count
            if first[i] or not candidates:
                break
            candidates.sort(key=lambda c: (c[0], c[1]))
            beam = [c[2] for c in candidates[:5]]
        asked[i] = count
    return Uret(first, asked)


def row(name: str, first: np.ndarray, eligible: np.ndarray, seconds: float, queries: int) -> None:
    """One line of the table."""
    n = int(eligible.sum())
    shares = []
    for budget in BUDGETS:
        share = wilson(int(((first > 0) & (first <= budget) & eligible).sum()), n)
        shares.append(f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]")
    print(f"| {name:<26} | " + " | ".join(shares) + f" | {queries / max(n, 1):6.1f} | {seconds:7.2f} s |")


def queries_for(first: np.ndarray, eligible: np.ndarray, wanted: float) -> int | None:
    """Smallest budget at which the share of successes is reached."""
    n = eligible.sum()
    hits = np.sort(first[eligible & (first > 0)])
    need = int(np.ceil(wanted * n - 1e-9))
    return int(hits[need - 1]) if 0 < need <= len(hits) else None


def compare(title: str, windows: Windows, limits: Limits, with_uret: bool, seed: int) -> None:
    """All searches on one setting."""
    print(f"\n{title}")
    print("| search | " + " | ".join(f"success at {b}" for b in BUDGETS) + " | queries/window | time |")
    found = {}
    for name, search in (
        ("coordinate", Coordinate(shrink=False)), ("beam", Beam(shrink=False)), ("random", RandomSearch()),
    ):  # fmt: skip
        attack = Attack(windows, LAYOUT, limits, GOAL, victim(), max_queries=max(BUDGETS), seed=seed)
        start = time.perf_counter()
        result = run_search(attack, search)
        seconds = time.perf_counter() - start
        row(name, result.first, result.eligible, seconds, int(result.queries.sum()) + result.planning)
        found[name] = (result.first, seconds, result.planning)
        eligible = result.eligible
    if with_uret:
        start = time.perf_counter()
        base = uret(windows.take(eligible), GOAL, victim(), seed)
        seconds = time.perf_counter() - start
        first = np.zeros(len(windows), dtype=int)
        first[eligible] = base.first
        row("URET as ROAST configures it", first, eligible, seconds, int(base.queries.sum()))
        share = (first[eligible] > 0).mean()
        ours, theirs = queries_for(found["coordinate"][0], eligible, share), queries_for(first, eligible, share)
        mean = np.mean(found["coordinate"][0][found["coordinate"][0] > 0]), np.mean(first[first > 0])
        print(
            f"queries for URET's success of {share:.3f}: coordinate {ours}, URET {theirs}; mean queries at success: "
            f"{mean[0]:.2f} and {mean[1]:.2f} ({mean[1] / mean[0]:.1f} times); planning of coordinate: "
            f"{found['coordinate'][2]} queries in all; time {seconds / found['coordinate'][1]:.0f} times"
        )


def scale(windows: Windows) -> None:
    """Beam search on 25,000, 50,000 and 100,000 windows."""
    model = victim()
    for n in (25_000, 50_000, 100_000):
        rows = np.resize(np.arange(len(windows)), n)
        attack = Attack(windows.take(rows), LAYOUT, CHECKED, GOAL, model, max_queries=300, seed=1)
        start = time.perf_counter()
        result = run_search(attack, Beam())
        seconds = time.perf_counter() - start
        print(
            f"{n:>7} windows: {seconds:6.1f} s, {int(result.queries.sum()):,} queries, "
            f"{int(result.achieved.sum())} of {int(result.eligible.sum())} eligible windows reached"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--stride", type=int, default=12)
    arguments = parser.parse_args()
    found = traces(TEST, days=14, replicates=1, seed=SEED + 3)
    windows = cut(found, SIGNALS, steps=12, horizon=6, target="glucose", stride=arguments.stride, event="carbs")
    print(f"{len(windows)} windows of {len(windows.patients)} unseen patients; goal: low or normal is forecast high")
    compare("Limits of ROAST: all readings of the hour, [180, 499), no rate check", windows, ROAST, True, 1)
    compare("Plausibility check in place: four values, [40, 400], 20 mg/dL per step", windows, CHECKED, False, 1)
    if arguments.scale:
        whole = cut(found, SIGNALS, steps=12, horizon=6, target="glucose", event="carbs")
        scale(whole)


if __name__ == "__main__":
    main()
