"""Goals: what false data would have to do to the model's answer to be a success; combined with ``&`` and ``|``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from harmpath.evasion.zones import Grid, zones

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AlarmSuppressed",
    "All",
    "Answer",
    "AnyOf",
    "ClassChange",
    "DoseError",
    "ErrorAbove",
    "Goal",
    "NotDetected",
    "Shown",
    "TargetClass",
    "Thresholds",
    "Truly",
    "ZoneAtLeast",
]

State = Literal["hypo", "normal", "hyper", "not-hyper", "not-hypo"]
_SCALE = 10.0
"""mg/dL that weigh as much as one unit of another goal in a sum."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Glucose states, mg/dL: below ``hypo``; above ``fasting``, or above ``postprandial`` after a meal, is hyper.

    The defaults are those of Elnawawy et al. (arXiv 2401.17136): 70, 125, 180. All comparisons are strict.
    """

    hypo: float = 70.0
    fasting: float = 125.0
    postprandial: float = 180.0

    def hyper(self, recent: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The upper threshold of each window."""
        import numpy as np

        return np.where(recent, self.postprandial, self.fasting)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a goal looks at; one row per window."""

    shown: NDArray[np.float64]
    """The model's answer to the falsified window (n, outputs)."""
    benign: NDArray[np.float64]
    """Its answer to the authentic window."""
    truth: NDArray[np.float64]
    """What truly came (n, horizon); NaN unknown."""
    recent: NDArray[np.bool_]
    """A meal shortly before."""
    features: NDArray[np.float32]
    """The falsified windows as the model saw them; for detectors."""

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Answer:
        """Some rows."""
        return Answer(
            self.shown[rows], self.benign[rows], self.truth[rows], self.recent[rows],
            self.features[rows] if len(self.features) == len(self.shown) else self.features,
        )  # fmt: skip


class Goal:
    """Base of all goals. ``distance`` is 0 exactly where the goal is achieved, else above 0 and falling on the way."""

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Windows in which the goal makes sense, whatever the attacker does (``shown`` is not looked at)."""
        import numpy as np

        return np.ones(len(a.benign), dtype=bool)

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """How far each answer is from the goal."""
        raise NotImplementedError

    def achieved(self, a: Answer) -> NDArray[np.bool_]:
        """Where the goal is achieved."""
        result: NDArray[np.bool_] = self.applies(a) & (self.distance(a) == 0)
        return result

    def eligible(self, a: Answer) -> NDArray[np.bool_]:
        """Windows that an attack can be measured on: the goal makes sense, and is not there without any attack."""
        return self.applies(a) & ~self.achieved(replace(a, shown=a.benign))

    def __and__(self, other: Goal) -> Goal:
        return All((*_parts(self, All), *_parts(other, All)))

    def __or__(self, other: Goal) -> Goal:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))


def _parts(goal: Goal, kind: type[All] | type[AnyOf]) -> tuple[Goal, ...]:
    return goal.goals if isinstance(goal, kind) else (goal,)


@dataclass(frozen=True, slots=True)
class All(Goal):
    """Every one of several goals."""

    goals: tuple[Goal, ...]

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where all make sense."""
        import numpy as np

        result: NDArray[np.bool_] = np.logical_and.reduce([g.applies(a) for g in self.goals])
        return result

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """The sum of the distances."""
        return sum((g.distance(a) for g in self.goals[1:]), start=self.goals[0].distance(a))


@dataclass(frozen=True, slots=True)
class AnyOf(Goal):
    """At least one of several goals."""

    goals: tuple[Goal, ...]

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where any makes sense."""
        import numpy as np

        result: NDArray[np.bool_] = np.logical_or.reduce([g.applies(a) for g in self.goals])
        return result

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """The smallest distance among the goals that make sense."""
        import numpy as np

        each = [np.where(g.applies(a), g.distance(a), np.inf) for g in self.goals]
        result: NDArray[np.float64] = np.minimum.reduce(each)
        return result


def _above(value: NDArray[np.float64], bound: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """0 where value > bound (strictly); else the shortfall in units of ``_SCALE``, never 0."""
    import numpy as np

    return np.where(value > bound, 0.0, np.maximum(bound - value, 0.0) / _SCALE + 1e-9)


def _below(value: NDArray[np.float64], bound: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return _above(-value, -1.0 * bound)


def _column(values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    return values[:, step]


def _state_distance(
    state: State, value: NDArray[np.float64], recent: NDArray[np.bool_], t: Thresholds
) -> NDArray[np.float64]:
    import numpy as np

    high = t.hyper(recent)
    if state == "hypo":
        return _below(value, t.hypo)
    if state == "hyper":
        return _above(value, high)
    if state == "not-hyper":
        return np.where(value <= high, 0.0, np.maximum(value - high, 0.0) / _SCALE + 1e-9)
    if state == "not-hypo":
        return np.where(value >= t.hypo, 0.0, np.maximum(t.hypo - value, 0.0) / _SCALE + 1e-9)
    return _above(value, t.hypo) + _below(value, high)


@dataclass(frozen=True, slots=True)
class Shown(Goal):
    """The model's answer lies in a glucose state (``hyper``: above 125 mg/dL, or 180 after a meal)."""

    state: State
    step: int = -1
    """Output looked at; the last one is the end of the horizon."""
    thresholds: Thresholds = Thresholds()

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Distance to the state."""
        return _state_distance(self.state, _column(a.shown, self.step), a.recent, self.thresholds)


@dataclass(frozen=True, slots=True)
class Truly(Goal):
    """The truth at the end of the horizon is in a state; nothing that the attacker can change."""

    state: State
    step: int = -1
    thresholds: Thresholds = Thresholds()

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where it is so; not where the truth is unknown."""
        import numpy as np

        value = _column(a.truth, self.step)
        with np.errstate(invalid="ignore"):
            there = _state_distance(self.state, value, a.recent, self.thresholds) == 0
        result: NDArray[np.bool_] = ~np.isnan(value) & there
        return result

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Nothing to be done about it."""
        import numpy as np

        return np.zeros(len(a.shown))


@dataclass(frozen=True, slots=True)
class ErrorAbove(Goal):
    """The answer is off by more than ``bound`` from the truth (or, ``benign``, from the answer without attack)."""

    bound: float
    against: Literal["truth", "benign"] = "truth"
    step: int = -1

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where what it is compared with is known."""
        import numpy as np

        return ~np.isnan(self._reference(a))

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Missing error."""
        import numpy as np

        return _above(np.abs(_column(a.shown, self.step) - self._reference(a)), self.bound)

    def _reference(self, a: Answer) -> NDArray[np.float64]:
        return _column(a.truth if self.against == "truth" else a.benign, self.step)


@dataclass(frozen=True, slots=True)
class ZoneAtLeast(Goal):
    """The answer falls in zone ``zone`` or worse of an error grid, measured against the truth."""

    zone: Literal["B", "C", "D", "E"] = "D"
    grid: Grid = "clarke"
    step: int = -1

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where the truth is known."""
        import numpy as np

        return ~np.isnan(_column(a.truth, self.step))

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Zones that are missing, less a little for a growing error, so that a search feels its way inside a zone."""
        import numpy as np

        truth, shown = _column(a.truth, self.step), _column(a.shown, self.step)
        missing = "ABCDE".index(self.zone) - zones(self.grid, np.nan_to_num(truth), shown)
        error = np.abs(np.nan_to_num(truth) - shown)
        return np.where(missing <= 0, 0.0, missing - 0.9 * error / (error + 100.0))


@dataclass(frozen=True, slots=True)
class DoseError(Goal):
    """The correction dose ``max(0, forecast - target) / factor`` is off by more than ``units``, against that without
    attack; ``direction`` +1 for too much insulin, -1 for too little, 0 for either."""

    units: float
    target: float = 120.0
    factor: float = 50.0
    """mg/dL that one unit lowers."""
    direction: Literal[-1, 0, 1] = 1
    step: int = -1

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Missing dose error, felt as glucose also where both doses are zero."""
        import numpy as np

        error = self._dose(a.shown) - self._dose(a.benign)
        size = np.abs(error) if self.direction == 0 else error * self.direction
        away = (_column(a.shown, self.step) - _column(a.benign, self.step)) * (self.direction or 1)
        pull = 0.01 / (1.0 + np.maximum(away, 0.0) / 100.0)
        return np.where(size > self.units, 0.0, (self.units - size) * self.factor / _SCALE + pull)

    def _dose(self, answer: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        return np.maximum(_column(answer, self.step) - self.target, 0.0) / self.factor


@dataclass(frozen=True, slots=True)
class AlarmSuppressed(Goal):
    """The warning of a low that the authentic data would have raised is not raised: no output below ``below``."""

    below: float = 70.0

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where there would have been a warning."""
        result: NDArray[np.bool_] = a.benign.min(axis=1) < self.below
        return result

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """How far the lowest step is under the alarm limit."""
        import numpy as np

        lowest = a.shown.min(axis=1)
        return np.where(lowest >= self.below, 0.0, np.maximum(self.below - lowest, 0.0) / _SCALE + 1e-9)


@dataclass(frozen=True, slots=True)
class ClassChange(Goal):
    """The class changes: the largest score, or for a single score the side of ``threshold``."""

    threshold: float = 0.5

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Lead of the authentic class."""
        import numpy as np

        if a.shown.shape[1] == 1:
            side = np.where(a.benign[:, 0] > self.threshold, 1.0, -1.0)
            lead = (a.shown[:, 0] - self.threshold) * side
            changed = (a.shown[:, 0] > self.threshold) != (a.benign[:, 0] > self.threshold)
            return np.where(changed, 0.0, np.maximum(lead, 0.0) + 1e-9)
        return _lead(a.shown, np.argmax(a.benign, axis=1))


@dataclass(frozen=True, slots=True)
class TargetClass(Goal):
    """The answer becomes class ``target`` (for a single score: 1 above ``threshold``, 0 not)."""

    target: int
    threshold: float = 0.5

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Lead of the best other class over the target."""
        import numpy as np

        if a.shown.shape[1] == 1:
            high = a.shown[:, 0] > self.threshold
            gap = np.abs(a.shown[:, 0] - self.threshold) + 1e-9
            return np.where(high == bool(self.target), 0.0, gap)
        own = a.shown[:, self.target]
        rest = np.delete(a.shown, self.target, axis=1).max(axis=1)
        reached = np.argmax(a.shown, axis=1) == self.target
        return np.where(reached, 0.0, np.maximum(rest - own, 0.0) + 1e-9)


def _lead(scores: NDArray[np.float64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    rows = np.arange(len(scores))
    others = scores.copy()
    others[rows, of] = -np.inf
    changed = np.argmax(scores, axis=1) != of
    return np.where(changed, 0.0, np.maximum(scores[rows, of] - others.max(axis=1), 0.0) + 1e-9)


@runtime_checkable
class Scores(Protocol):
    """What NotDetected needs of a detector."""

    threshold: float

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Anomaly of windows (n, steps, features); an alarm above ``threshold``."""
        ...


@dataclass(frozen=True, slots=True)
class NotDetected(Goal):
    """The detector raises no alarm: with another goal by ``&`` the attacker is an adaptive one."""

    detector: Scores = field(compare=False)

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Excess of the anomaly score, relative to the threshold."""
        import numpy as np

        score, bound = self.detector.score(a.features), self.detector.threshold
        return np.where(score <= bound, 0.0, np.maximum(score - bound, 0.0) / (abs(bound) + 1e-9) + 1e-9)
