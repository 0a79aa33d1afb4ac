"""Outcome: how often an attack works, with intervals, by patient, signal and path; edits and queries needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.evasion.attack import Attempts
from harmpath.evasion.traces import Windows
from harmpath.evidence import MeasurementEvidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Example", "GoalOutcome", "Group", "Share", "measure", "wilson"]

Z = 1.959963984540054
"""Of a two-sided 95 % interval."""
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Share:
    """Successes among eligible windows, with Wilson's 95 % interval."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share; NaN without eligible windows."""
        return self.hits / self.n if self.n else math.nan


def wilson(hits: int, n: int) -> Share:
    """Share with the score interval of Wilson (J Am Stat Assoc 1927;22:209-212); [0, 1] when n is 0."""
    if n == 0:
        return Share(0, 0, 0.0, 1.0)
    p = hits / n
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(hits, n, 0.0 if hits == 0 else low, 1.0 if hits == n else high)


@dataclass(frozen=True, slots=True)
class Group:
    """The outcome for a patient, a signal or an attack path."""

    name: str
    signals: tuple[str, ...]
    """Signals that the attacker falsified."""
    share: Share
    edits: float
    """Median of the fewest values known to suffice; NaN without success."""


@dataclass(frozen=True, slots=True)
class Example:
    """One window in which the attack works: what a picture shows."""

    patient: str
    minute: float
    """Minutes from the start of the trace to the end of the window."""
    signals: tuple[str, ...]
    authentic: tuple[tuple[float | None, ...], ...]
    """Per signal, the values of the window; None where there was none."""
    falsified: tuple[tuple[float | None, ...], ...]
    forecast: tuple[float, ...]
    """The model's answer to the authentic window."""
    misled: tuple[float, ...]
    """Its answer to the falsified one."""
    truth: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class GoalOutcome:
    """What the attacks on one goal found."""

    goal: str
    name: str
    search: str
    seed: int
    share: Share
    """Over all eligible windows, with every reachable signal. Windows of one patient resemble each other, so that this
    interval is too narrow for a statement about other patients; ``between`` is for those."""
    between: tuple[float, float]
    """95 % interval when patients are drawn again (bootstrap over patients); (0, 1) with fewer than two patients."""
    by_patient: tuple[Group, ...]
    by_signal: tuple[Group, ...]
    """Each reachable signal alone."""
    by_path: tuple[Group, ...]
    """The signals that each attack path falsifies."""
    by_edits: tuple[tuple[int, Share], ...]
    """Success with at most so many values changed in a window."""
    by_queries: tuple[tuple[int, Share], ...]
    """Success with at most so many queries."""
    edits: float
    """Median of the fewest values known to suffice."""
    queries: int
    """Windows that the victim was asked about, planning included."""
    evidence: MeasurementEvidence
    example: Example | None


def measure(
    goal: str,
    name: str,
    found: Attempts,
    windows: Windows,
    signals: Sequence[str],
    step_minutes: float,
    max_edits: int,
    by_signal: Sequence[Group],
    by_path: Sequence[Group],
) -> GoalOutcome:
    """Sum up the attempts on one goal with all reachable signals."""
    import numpy as np

    share = wilson(int(found.achieved.sum()), int(found.eligible.sum()))
    patients = []
    for number, patient in enumerate(windows.patients):
        mine = windows.patient == number
        patients.append(group(patient, signals, found, mine))
    budgets = sorted({k for k in (1, 2, 3, 4, 6, 8, 12, 16, 24) if k < max_edits} | {max_edits})
    spent = int(found.queries.max(initial=0))
    asked = [2**k for k in range(12) if 2**k < spent] + ([spent] if spent else [])
    done = found.achieved
    evidence = MeasurementEvidence(
        f"windows in which false {', '.join(signals)} reach the goal '{goal}'",
        share.value if share.n else 0.0,
        "share",
        share.low,
        share.high,
        share.n,
        found.seed,
        f"{found.search} search, at most {max_edits} values changed" if share.n else "no window is eligible",
    )
    return GoalOutcome(
        goal,
        name,
        found.search,
        found.seed,
        share,
        _between(found, windows),
        tuple(patients),
        tuple(by_signal),
        tuple(by_path),
        tuple((k, wilson(int((done & (found.edits <= k)).sum()), share.n)) for k in budgets),
        tuple((k, wilson(int((done & (found.first <= k)).sum()), share.n)) for k in asked),
        _median(found.edits[done]),
        int(found.queries.sum()) + found.planning,
        evidence,
        _example(found, windows, step_minutes) if np.any(done) else None,
    )


def group(name: str, signals: Sequence[str], found: Attempts, rows: NDArray[np.bool_] | None = None) -> Group:
    """The outcome on some of the windows."""
    import numpy as np

    chosen = np.ones(len(found.eligible), dtype=bool) if rows is None else rows
    done = found.achieved & chosen
    return Group(
        name, tuple(signals), wilson(int(done.sum()), int((found.eligible & chosen).sum())), _median(found.edits[done])
    )


def _median(values: NDArray[np.int64]) -> float:
    import numpy as np

    return float(np.median(values)) if len(values) else math.nan


def _between(found: Attempts, windows: Windows) -> tuple[float, float]:
    import numpy as np

    count = len(windows.patients)
    hits = np.bincount(windows.patient, found.achieved, count)
    n = np.bincount(windows.patient, found.eligible, count)
    hits, n = hits[n > 0], n[n > 0]
    if len(n) < 2:
        return (0.0, 1.0)
    drawn = np.random.Generator(np.random.PCG64([found.seed, 7])).integers(0, len(n), (RESAMPLES, len(n)))
    shares = hits[drawn].sum(axis=1) / n[drawn].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return (float(low), float(high))


def _example(found: Attempts, windows: Windows, step_minutes: float) -> Example:
    """The success with the fewest edits; among those the one whose answer is moved furthest."""
    import numpy as np

    rows = np.flatnonzero(found.achieved)
    moved = np.abs(found.shown[rows] - found.benign[rows]).max(axis=1)
    row = int(rows[np.lexsort((rows, -np.round(moved, 9), found.edits[rows]))[0]])
    raw, best = windows.raw[row], found.best[row]
    return Example(
        windows.patients[int(windows.patient[row])],
        float(windows.end[row]) * step_minutes,
        windows.signals,
        tuple(_numbers(raw[:, i]) for i in range(raw.shape[1])),
        tuple(_numbers(best[:, i]) for i in range(raw.shape[1])),
        tuple(float(v) for v in found.benign[row]),
        tuple(float(v) for v in found.shown[row]),
        _numbers(windows.truth[row]),
    )


def _numbers(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(v) else float(v) for v in values)
