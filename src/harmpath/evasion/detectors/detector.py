"""What a detector is, how it is trained without leaking the future, and how it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.errors import UsageError
from harmpath.evasion.outcome import Share, wilson
from harmpath.evasion.traces import Windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Detector", "Evaluation", "Split", "evaluate", "split_by_time"]


class Detector:
    """A score of how odd a window is; above ``threshold`` it is an alarm."""

    name = "detector"
    threshold: float = float("inf")

    def fit(self, features: NDArray[np.float32], false_alarms: float = 0.01) -> None:
        """Learn from windows taken as benign, and set the threshold so that this share of them would be alarms."""
        import numpy as np

        if len(features) == 0:
            raise UsageError(f"{self.name}: there is no window to learn from")
        if not 0 <= false_alarms < 1:
            raise UsageError("the share of false alarms must lie in [0, 1)")
        self.learn(features)
        self.threshold = float(np.quantile(self.score(features), 1 - false_alarms, method="higher"))

    def learn(self, features: NDArray[np.float32]) -> None:
        """What there is to learn besides the threshold; a rule learns nothing."""

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """How odd each window (n, steps, features) is."""
        raise NotImplementedError

    def alarms(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Windows that raise an alarm."""
        result: NDArray[np.bool_] = self.score(features) > self.threshold
        return result


@dataclass(frozen=True, slots=True)
class Split:
    """Which windows train and which test; neither shares a sample with the other."""

    train: NDArray[np.bool_]
    test: NDArray[np.bool_]


def split_by_time(windows: Windows, share: float = 0.75, train_patients: Sequence[str] | None = None) -> Split:
    """The first ``share`` of every patient's time trains, the rest tests; windows across the border are left out.

    Args:
        windows: cut from traces.
        share: of each patient's span of time.
        train_patients: only these train (a cohort); all test.
    """
    import numpy as np

    steps = windows.raw.shape[1]
    train, test = np.zeros(len(windows), dtype=bool), np.zeros(len(windows), dtype=bool)
    for number, name in enumerate(windows.patients):
        mine = windows.patient == number
        if not mine.any():
            continue
        last = windows.end[mine]
        border = last.min() + share * (last.max() - last.min())
        if train_patients is None or name in train_patients:
            train |= mine & (windows.end <= border)
        test |= mine & (windows.end - steps + 1 > border)
    return Split(train, test)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a detector did on benign and falsified windows."""

    detector: str
    recall: Share
    """Falsified windows that raised an alarm."""
    precision: Share
    """Alarms that were falsified windows; depends on how many of the windows are falsified (see the counts)."""
    false_alarms: Share
    """Benign windows that raised an alarm."""
    f1: float
    average_precision: float
    """Area under the precision-recall curve (step-wise)."""


def evaluate(detector: Detector, benign: NDArray[np.float32], falsified: NDArray[np.float32]) -> Evaluation:
    """Judge a trained detector on windows it has not seen.

    Raises:
        UsageError: there are no benign or no falsified windows.
    """
    import numpy as np

    if len(benign) == 0 or len(falsified) == 0:
        raise UsageError("a detector is judged on benign and on falsified windows; one of the two is missing")
    calm, attacked = detector.score(benign), detector.score(falsified)
    hits, false = int((attacked > detector.threshold).sum()), int((calm > detector.threshold).sum())
    recall, precision = wilson(hits, len(attacked)), wilson(hits, hits + false)
    f1 = 2 * hits / (2 * hits + false + len(attacked) - hits)
    scores = np.concatenate([calm, attacked])
    truth = np.r_[np.zeros(len(calm)), np.ones(len(attacked))]
    return Evaluation(detector.name, recall, precision, wilson(false, len(calm)), f1, average_precision(scores, truth))


def average_precision(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Sum over thresholds of precision times the gain in recall; equal scores are one threshold."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    ranked, positive = scores[order], truth[order]
    last = np.r_[ranked[1:] != ranked[:-1], True]
    found = np.cumsum(positive)[last]
    precision = found / (np.flatnonzero(last) + 1)
    gain = np.diff(np.r_[0.0, found]) / max(float(truth.sum()), 1.0)
    return float((precision * gain).sum())
