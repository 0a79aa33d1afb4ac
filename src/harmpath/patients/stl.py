"""The context-aware monitor: hazards, learning its thresholds per patient, and scoring any monitor.

Zhou et al., "Data-driven Design of Context-aware Monitors for Hazard Prediction in Artificial Pancreas Systems",
DSN 2021
(arXiv 2104.02545): 12 rules in signal temporal logic (``kernels.watch``), whose insulin-on-board thresholds are learned
from runs that ended in a hazard, with the tightness loss TMEE.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.patients.kernels import layout as k
from harmpath.patients.monitors import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "RULES",
    "Score",
    "hazards",
    "learn_thresholds",
    "rule_samples",
    "score_monitor",
    "select_thresholds",
    "tmee",
]

RULES: Mapping[int, tuple[str, int]] = {
    1: ("BG > target, rising, IOB falling and low: do not decrease insulin", 2),
    2: ("BG > target, rising, IOB steady and low: do not decrease insulin", 2),
    3: ("BG > target, falling, IOB rising and low: do not decrease insulin", 2),
    4: ("BG > target, falling, IOB falling and low: do not decrease insulin", 2),
    5: ("BG > target, falling, IOB steady and low: do not decrease insulin", 2),
    6: ("BG < target, falling, IOB rising and high: do not increase insulin", 1),
    7: ("BG < target, falling, IOB falling and high: do not increase insulin", 1),
    8: ("BG < target, falling, IOB steady and high: do not increase insulin", 1),
    9: ("BG > target, IOB low: do not stop insulin", 2),
    10: ("BG below its threshold: stop insulin", 1),
    11: ("BG > target, rising, IOB not rising and low: do not keep insulin as it is", 2),
    12: ("BG < target, falling, IOB not falling and high: do not keep insulin as it is", 1),
}
"""Rule number to its sentence and the hazard it prevents (1: too much insulin, 2: too little)."""
_HOUR = 12
_LEARNED_FROM = 2000
"""About as many samples, evenly spaced, fix a threshold as well as all of them."""
LBGI_LIMIT, HBGI_LIMIT = 5.0, 9.0
"""Hazard limits of DSN 2021, over one hour and increasing."""


def hazards(glucose: NDArray[np.float32]) -> NDArray[np.int8]:
    """Hazard per sample of true glucose (lanes x steps): 1 when the hour's LBGI > 5 and rising, 2 when HBGI > 9
    and rising."""
    import numpy as np

    bounded = np.clip(np.nan_to_num(glucose, nan=10.0).astype(np.float64), 1.0, 600.0)
    f = 1.509 * (np.log(bounded) ** 1.084 - 5.381)
    label = np.zeros(glucose.shape, dtype=np.int8)
    for code, risk, limit in (
        (2, np.where(f > 0, 10 * f * f, 0.0), HBGI_LIMIT),
        (1, np.where(f < 0, 10 * f * f, 0.0), LBGI_LIMIT),
    ):
        total = np.cumsum(risk, axis=1)
        window = total.copy()
        window[:, _HOUR:] -= total[:, :-_HOUR]
        index = window / np.minimum(np.arange(1, glucose.shape[1] + 1), _HOUR)
        rising = np.zeros_like(label, dtype=bool)
        rising[:, 1:] = np.diff(index, axis=1) > 0
        label[(index > limit) & rising] = code
    return label


def rule_samples(
    glucose: NDArray[np.float32], iob: NDArray[np.float32], command: NDArray[np.float64], target: float
) -> dict[int, NDArray[np.bool_]]:
    """Per rule, the samples (lanes x steps) whose context and action it speaks about, whatever its threshold."""
    import numpy as np

    def change(x: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros_like(x)
        out[:, 1:] = np.diff(x, axis=1)
        return out

    bg = glucose.astype(np.float64)
    above, below = bg > target, bg < target
    dbg, diob = change(bg), change(iob.astype(np.float64))
    dcommand = change(command)
    more, less = diob > 1e-3, diob < -1e-3
    same = ~more & ~less
    rising, falling = dbg > 0, dbg < 0
    stopped = command <= 0.01
    decrease, increase = (dcommand < -0.01) & ~stopped, dcommand > 0.01
    keep = np.abs(dcommand) <= 0.01
    return {
        1: above & rising & less & decrease, 2: above & rising & same & decrease, 3: above & falling & more & decrease,
        4: above & falling & less & decrease, 5: above & falling & same & decrease,
        6: below & falling & more & increase, 7: below & falling & less & increase, 8: below & falling & same &
        increase,
        9: above & stopped, 10: ~stopped, 11: above & rising & ~more & keep, 12: below & falling & ~less & keep,
    }  # fmt: skip


def tmee(robustness: NDArray[np.float64]) -> float:
    """The tightness loss of DSN 2021: E[exp(-r) + r - 1 / (1 + exp(-2 r))]; least just above r = 0."""
    import numpy as np

    r = np.clip(robustness, -50.0, 50.0)
    return float(np.mean(np.exp(-r) + r - 1.0 / (1.0 + np.exp(-2.0 * r))))


def learn_thresholds(
    glucose: NDArray[np.float32], iob: NDArray[np.float32], command: NDArray[np.float64], onset: NDArray[np.int64],
    label: NDArray[np.int8], target: float, minimum: int = 5,
) -> tuple[float, ...]:  # fmt: skip
    """The 12 thresholds of one patient, learned from its hazardous runs (arrays are lanes x steps).

    Used are samples between the fault's onset (a step per lane) and the hazard, where a rule's context and action hold
    and the hazard is the rule's. A rule with fewer than ``minimum`` such samples keeps its default.
    """
    import numpy as np
    from scipy.optimize import minimize

    steps = np.arange(glucose.shape[1])[None, :]
    samples = rule_samples(glucose, iob, command, target)
    result = list(DEFAULT_THRESHOLDS)
    for rule, (_, hazard) in RULES.items():
        hit = label == hazard
        when = np.where(hit.any(axis=1), hit.argmax(axis=1), -1)[:, None]
        chosen = samples[rule] & (steps >= onset[:, None]) & (steps <= when)
        if rule == 10:
            chosen &= glucose < target
        values = (glucose if rule == 10 else iob)[chosen].astype(np.float64)
        if len(values) < minimum:
            continue
        values = values[:: max(len(values) // _LEARNED_FROM, 1)]
        scale = 10.0 if rule == 10 else 1.0  # mg/dL against U
        sign = -1.0 if rule in (6, 7, 8, 12) else 1.0

        def loss(b: NDArray[np.float64], v: NDArray[np.float64] = values, s: float = sign, c: float = scale) -> float:
            return tmee(s * (b[0] - v) / c)

        start = np.array([float(np.median(values))])
        found = minimize(
            loss, start, method="L-BFGS-B", bounds=[(float(values.min()) - scale, float(values.max()) + scale)]
        )
        result[rule - 1] = float(found.x[0])
    return tuple(result)


def select_thresholds(
    glucose: NDArray[np.float32], iob: NDArray[np.float32], command: NDArray[np.float64], onset: NDArray[np.int64],
    label: NDArray[np.int8], target: float, choices: int = 24,
) -> tuple[float, ...]:  # fmt: skip
    """Thresholds of one patient chosen with its harmless runs too; a rule that does not help is off (NaN).

    The published learning sees only runs that ended in a hazard, and so cannot know how often a rule would speak in
    vain. Here rules are added one by one, each with the threshold (out of ``choices`` quantiles of its samples) that
    raises F1 over runs most: a hazardous run is found by an alarm between onset and hazard, any alarm in another run
    after its onset is false.
    """
    import numpy as np

    steps = np.arange(label.shape[1])[None, :]
    hazard = label > 0
    positive = hazard.any(axis=1)
    first = np.where(positive, hazard.argmax(axis=1), label.shape[1])[:, None]
    watched = (steps >= onset[:, None]) & (steps <= first)
    samples = rule_samples(glucose, iob, command, target)
    candidates: list[tuple[int, float]] = []
    warned: list[NDArray[np.bool_]] = []
    for rule in RULES:
        values = (glucose if rule == 10 else iob).astype(np.float64)
        inside = samples[rule] & watched
        if not inside.any():
            continue
        # The most extreme value per run decides whether the rule speaks in it.
        upper = rule in (6, 7, 8, 12)
        extreme = np.where(inside, values, -np.inf if upper else np.inf)
        extreme = extreme.max(axis=1) if upper else extreme.min(axis=1)
        for limit in np.unique(np.quantile(extreme[np.isfinite(extreme)], np.linspace(0.01, 0.99, choices))):
            candidates.append((rule, float(limit)))
            warned.append(extreme > limit if upper else extreme < limit)
    result = [math.nan] * k.STL_RULES
    fired, best, used = np.zeros(len(label), dtype=bool), 0.0, set[int]()
    while candidates and positive.any():
        joined = np.stack(warned) | fired
        f1 = 2 * (joined & positive).sum(axis=1) / (joined.sum(axis=1) + positive.sum())
        f1[[rule in used for rule, _ in candidates]] = 0.0
        pick = int(f1.argmax())
        if f1[pick] <= best + 1e-3:
            break
        best, (rule, limit) = float(f1[pick]), candidates[pick]
        result[rule - 1] = limit
        fired |= warned[pick]
        used.add(rule)
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Score:
    """How a monitor did: counts first, ratios from them."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        """TP / (TP + FP); NaN without alarms."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else math.nan

    @property
    def recall(self) -> float:
        """TP / (TP + FN); NaN without hazards."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / both if both else math.nan


def score_monitor(
    alarms: NDArray[np.bool_], label: NDArray[np.int8], onset: NDArray[np.int64], window: int
) -> tuple[Score, Score]:
    """Score alarms (lanes x steps) against hazards, by sample and by run.

    By sample: a hazardous sample is found when an alarm came in the ``window`` steps up to it; an alarm is false when
    no hazard comes in the ``window`` steps from it. By run: a run with a hazard is found when an alarm came between the
    fault's onset and its first hazard; a run without one is a false alarm when any alarm came after the onset.
    """
    import numpy as np

    hazard = label > 0
    recent = _spread(alarms, window)
    coming = _spread(hazard[:, ::-1], window)[:, ::-1]
    tp, fn = int((hazard & recent).sum()), int((hazard & ~recent).sum())
    fp = int((~hazard & alarms & ~coming).sum())
    tn = int((~hazard).sum()) - fp
    steps = np.arange(alarms.shape[1])[None, :]
    first = np.where(hazard.any(axis=1), hazard.argmax(axis=1), alarms.shape[1])[:, None]
    warned = (alarms & (steps >= onset[:, None]) & (steps <= first)).any(axis=1)
    harmed = hazard.any(axis=1)
    run = Score(
        int((harmed & warned).sum()), int((~harmed & warned).sum()), int((harmed & ~warned).sum()),
        int((~harmed & ~warned).sum()),
    )  # fmt: skip
    return Score(tp, fp, fn, tn), run


def _spread(flags: NDArray[np.bool_], window: int) -> NDArray[np.bool_]:
    """True where a flag stands at the sample or in the ``window`` samples before it."""
    import numpy as np

    total = np.cumsum(flags, axis=1, dtype=np.int64)
    if flags.shape[1] > window + 1:
        total[:, window + 1 :] = total[:, window + 1 :] - total[:, : -(window + 1)]
    result: NDArray[np.bool_] = total > 0
    return result
