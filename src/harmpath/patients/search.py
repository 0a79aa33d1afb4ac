"""The worst attack that a reach allows: searched, not only gridded.

Operation, start, duration and magnitude are searched together by the cross-entropy method (Rubinstein 1999): a first
generation spreads over the whole space, later ones draw around the best. All candidates of a generation run as
scenarios of one batch on the same worlds, so that they are compared on equal terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harmpath.errors import UsageError
from harmpath.patients.faults import CHANNEL_LIMITS, Channel, Fault, Limits, Operation, Scenario, Trigger
from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.layout import MEASURES
from harmpath.patients.loop import Loop, simulate
from harmpath.patients.outcome import measure_lanes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harmpath.patients.people import Population

__all__ = ["AttackSpace", "Found", "search_worst"]

_MAGNITUDES = {"add": 1.0, "subtract": 1.0, "drift": 1.0, "replace": 1.0, "scale": 0.0}


@dataclass(frozen=True, slots=True)
class AttackSpace:
    """What may be tried: the Reach of one attack path, in the words of the loop."""

    channel: Channel
    operations: tuple[Operation, ...]
    limits: Limits = field(default_factory=Limits)
    start: tuple[float, float] = (0.0, 720.0)
    """Earliest and latest start, minutes."""
    duration: tuple[float, float] = (30.0, 360.0)
    """Shortest and longest attack, minutes."""
    trigger: Trigger = field(default_factory=Trigger)
    companions: tuple[Fault, ...] = ()
    """Faults that are always present, e.g. a suppressed alarm."""
    name: str = "worst"
    path: str = ""

    def magnitudes(self, operation: str) -> tuple[float, float]:
        """Range of magnitudes of one operation within the limits."""
        low, high = CHANNEL_LIMITS[self.channel]
        low, high = max(low, self.limits.low), min(high, self.limits.high)
        if operation == "replace":
            return low, high
        if operation == "scale":
            return 0.25, 4.0
        if operation in ("add", "subtract", "drift"):
            return 0.0, high - low
        if operation in ("delay", "replay"):
            return float(k.CONTROL_MINUTES), max(min(self.start[0], 240.0), float(k.CONTROL_MINUTES))
        return math.nan, math.nan


@dataclass(frozen=True, slots=True)
class Found:
    """The worst attack found, and how the search went."""

    scenario: Scenario
    score: float
    """Mean over patients of the goal measure under the attack."""
    baseline: float
    """The same without attack."""
    goal: str
    evaluations: int
    """Candidate attacks simulated (each on all patients)."""
    history: tuple[float, ...]
    """Best score after each generation."""
    seed: int


def search_worst(
    space: AttackSpace,
    population: Population,
    loop: Loop | None = None,
    *,
    goal: str = "lbgi",
    days: int = 1,
    seed: int = 0,
    generations: int = 8,
    size: int = 48,
) -> Found:
    """Search ``space`` for the attack with the largest mean ``goal`` (a measure; ``minimum`` is minimised).

    ``generations`` x ``size`` candidates are simulated on all patients of ``population``; ``size`` of them spread over
    the whole space first. The same seed gives the same attack.
    """
    import numpy as np

    if goal not in MEASURES or not space.operations or generations < 1 or size < 8:
        raise UsageError(
            f"cannot search for goal {goal!r} with {len(space.operations)} operations",
            remedy=f"goal: one of {', '.join(MEASURES)}; at least one operation, one generation and 8 candidates",
        )
    rng = np.random.default_rng([seed, 11])
    unit = rng.random((size, 3))
    unit[:, :] = (rng.permuted(np.tile(np.arange(size), (3, 1)), axis=1).T + unit) / size  # Latin hypercube
    chosen = np.arange(size) % len(space.operations)
    weights = np.full(len(space.operations), 1.0 / len(space.operations))
    best: tuple[float, Scenario] | None = None
    history: list[float] = []
    baseline = math.nan
    for generation in range(generations):
        candidates = [
            _scenario(space, int(o), u, f"{generation}.{i}") for i, (o, u) in enumerate(zip(chosen, unit, strict=True))
        ]
        scores, baseline = _scores(candidates, population, loop, goal, days, seed)
        order = np.argsort(-scores, kind="stable")
        if best is None or scores[order[0]] > best[0]:
            best = (float(scores[order[0]]), candidates[int(order[0])])
        history.append(best[0])
        elite = order[: max(size // 6, 4)]
        share = np.bincount(chosen[elite], minlength=len(weights)) / len(elite)
        weights = 0.5 * weights + 0.5 * share
        chosen, unit = _next(rng, chosen[elite], unit[elite], weights, size)
    assert best is not None
    sign = -1.0 if goal == "minimum" else 1.0
    return Found(
        replace(best[1], name=space.name), sign * best[0], sign * baseline, goal, generations * size,
        tuple(sign * h for h in history), seed,
    )  # fmt: skip


def _next(
    rng: np.random.Generator,
    operations: NDArray[np.int64],
    elite: NDArray[np.float64],
    weights: NDArray[np.float64],
    size: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw around the elite of each operation; a quarter afresh over the whole space."""
    import numpy as np

    chosen = rng.choice(len(weights), size=size, p=weights / weights.sum())
    unit = rng.random((size, 3))
    for i in range(size - size // 4):
        mates = elite[operations == chosen[i]]
        if len(mates):
            spread = np.maximum(mates.std(axis=0), 0.03)
            unit[i] = np.clip(rng.normal(mates[rng.integers(len(mates))], spread), 0.0, 1.0)
    return chosen, unit


def _scenario(space: AttackSpace, index: int, u: NDArray[np.float64], name: str) -> Scenario:
    operation = space.operations[index]

    def grid(low: float, high: float, at: float) -> float:
        return round((low + at * (high - low)) / k.CONTROL_MINUTES) * float(k.CONTROL_MINUTES)

    low, high = space.magnitudes(operation)
    magnitude = low + float(u[2]) * (high - low) if not math.isnan(low) else math.nan
    if operation == "scale":
        magnitude = 0.25 * 16.0 ** float(u[2])
    start = grid(*space.start, float(u[0]))
    if operation in ("delay", "replay"):
        magnitude = grid(low, high, float(u[2]))
    fault = Fault(
        space.channel, operation, round(magnitude, 3) if not math.isnan(magnitude) else magnitude, start,
        max(grid(*space.duration, float(u[1])), float(k.CONTROL_MINUTES)), space.trigger, space.limits,
    )  # fmt: skip
    return Scenario(name, (fault, *space.companions), path=space.path)


def _scores(
    candidates: Sequence[Scenario], population: Population, loop: Loop | None, goal: str, days: int, seed: int
) -> tuple[NDArray[np.float64], float]:
    """Mean goal of each candidate, and without attack; a patient outside validity scores as the worst there is."""
    import numpy as np

    result = simulate([Scenario("none"), *candidates], population, loop=loop, days=days, seed=seed)
    # Judge whole days, not from each candidate's own onset: otherwise a late start would shorten what is averaged.
    whole = replace(result, scenarios=tuple(replace(s, faults=()) for s in result.scenarios))
    values = measure_lanes(whole)
    column = -values[goal] if goal == "minimum" else values[goal]
    worst = {"lbgi": 100.0, "hbgi": 100.0, "minimum": 0.0, "maximum": 1000.0}.get(goal)
    if worst is not None:
        column = np.where(np.isfinite(values["left_validity_at"]), np.maximum(column, worst), column)
    table = np.nan_to_num(column.reshape(len(candidates) + 1, -1), nan=0.0).mean(axis=1)
    return table[1:], float(table[0])
