"""Streaming attacks: a falsified reading is one reading, the same in every window that it later lies in.

Windows overlap. An attacker on a live stream chooses each value once, when it passes, and lives with it afterwards. The
attack runs forward in time over many stretches of many patients at once; what comes out is one falsified series per
stretch, from which all windows are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.errors import UsageError
from harmpath.evasion.goals import Answer, Goal
from harmpath.evasion.layout import Layout
from harmpath.evasion.limits import Limits, SignalLimits
from harmpath.evasion.moves import levels
from harmpath.evasion.victims.victim import Counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Stream", "StreamResult", "attack_stream"]


@dataclass(frozen=True, slots=True)
class Stream:
    """Stretches of traces, all of one length."""

    values: NDArray[np.float64]
    """(stretches, steps, signals): authentic values; NaN missing."""
    begin: int
    """Step at which the attack starts; at least one window lies before it."""
    truth: NDArray[np.float64]
    """(stretches, steps, horizon): what the target did after each step."""
    recent: NDArray[np.bool_]
    """(stretches, steps)."""


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What a streaming attack brought about; arrays are (stretches, steps), False or 0 before the attack began."""

    falsified: NDArray[np.float64]
    """(stretches, steps, signals): the series that the device received."""
    eligible: NDArray[np.bool_]
    achieved: NDArray[np.bool_]
    shown: NDArray[np.float64]
    """(stretches, steps, outputs)."""
    edits: NDArray[np.int64]
    """Values falsified up to each step."""
    refused: NDArray[np.int64]
    """True values up to each step that the plausibility check refused, since they no longer followed the false ones."""
    queries: NDArray[np.int64]
    """Per stretch."""

    def delay(self) -> NDArray[np.float64]:
        """Steps from the start of the attack to the first success; infinite without one: (stretches)."""
        import numpy as np

        begun = np.argmax(self.edits > 0, axis=1)
        first = np.where(self.achieved.any(axis=1), np.argmax(self.achieved, axis=1) - begun, np.inf)
        return np.asarray(first, dtype=np.float64)


def attack_stream(
    stream: Stream, layout: Layout, limits: Limits, goal: Goal, victim: Counted, *, window: int, level_count: int = 8
) -> StreamResult:
    """Choose each newest value greedily: the one that brings the goal nearest now, or the authentic one where that is.

    At most ``limits.max_edits`` values are falsified per stretch. A value is compared with what was received before it,
    falsified values included, so that the rate of change holds along the stream; the check refuses a true value too
    when it jumps back from a false one, and the device is left without a value.

    Raises:
        UsageError: the attack starts before a whole window lies behind it.
    """
    import numpy as np

    count, steps = stream.values.shape[:2]
    if stream.begin < window:
        raise UsageError(f"the attack must begin at step {window} or later: a whole window lies before it")
    live = stream.values.copy()
    eligible, achieved = np.zeros((count, steps), dtype=bool), np.zeros((count, steps), dtype=bool)
    edits, queries = np.zeros((count, steps), dtype=np.int64), np.zeros(count, dtype=np.int64)
    shown = np.zeros((count, steps, 0))
    spent, lost = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    refused = np.zeros((count, steps), dtype=np.int64)
    for t in range(stream.begin, steps):
        authentic = stream.values[:, t - window + 1 : t + 1]
        benign = victim.predict(layout.compute(authentic))
        if shown.shape[2] == 0:
            shown = np.zeros((count, steps, benign.shape[1]))
        start = Answer(benign, benign, stream.truth[:, t], stream.recent[:, t], layout.compute(authentic))
        eligible[:, t] = goal.eligible(start)
        delivered = _delivered(limits, stream, live, t, spent)
        lost += _differs(delivered, stream.values[:, t])
        refused[:, t] = lost
        options = _options(limits, stream, live, t, spent, level_count, delivered)
        windows = np.repeat(live[:, None, t - window + 1 : t + 1], options.shape[1], axis=1)
        windows[:, :, -1] = options
        allowed: NDArray[np.bool_] = np.asarray(~np.isinf(options).any(axis=2))
        windows[np.isinf(windows)] = 0.0
        answer, distance = _judge(stream, layout, goal, victim, windows, allowed, benign, t)
        queries += allowed.sum(axis=1)
        best = np.argmin(distance, axis=1)
        take = np.arange(count)
        live[:, t] = windows[take, best, -1]
        spent += (best > 0) & _differs(live[:, t], delivered)
        edits[:, t] = spent
        shown[:, t] = answer[take, best]
        achieved[:, t] = eligible[:, t] & (distance[take, best] == 0)
    return StreamResult(live, eligible, achieved, shown, edits, refused, queries)


def _differs(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray(((a != b) & ~(np.isnan(a) & np.isnan(b))).any(axis=1))


def _delivered(
    limits: Limits, stream: Stream, live: NDArray[np.float64], t: int, spent: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The true values as the device takes them without any further act of the attacker: (stretches, signals)."""
    import numpy as np

    values = stream.values[:, t].copy()
    for s in limits.signals:
        low, high = _cone(s, live[:, :t, s.index])
        now = values[:, s.index]
        with np.errstate(invalid="ignore"):
            outside = (spent > 0) & ((now < low) | (now > high))
        values[outside, s.index] = np.nan
    return values


def _options(
    limits: Limits, stream: Stream, live: NDArray[np.float64], t: int, spent: NDArray[np.int64], level_count: int,
    authentic: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Newest values to choose from, (stretches, options, signals); the authentic one first; infinite: not possible."""
    import numpy as np

    found = [authentic]
    for s in limits.signals:
        for value, possible in _values(s, limits, stream, live, t, level_count):
            option = authentic.copy()
            option[:, s.index] = np.where(possible & (spent < limits.max_edits), value, np.inf)
            found.append(option)
    return np.stack(found, axis=1)


def _values(
    s: SignalLimits, limits: Limits, stream: Stream, live: NDArray[np.float64], t: int, level_count: int
) -> list[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Values of one signal and where the limits allow them."""
    import numpy as np

    now, count = stream.values[:, t, s.index], len(live)
    missing = np.isnan(now)
    low, high = _cone(s, live[:, :t, s.index])
    found: list[tuple[NDArray[np.float64], NDArray[np.bool_]]] = []
    if s.forges:
        open_ = (~missing & ("replace" in s.operations)) | (missing & ("add" in s.operations))
        for level in levels(s, stream.values[:, :, s.index], level_count):
            value = s.snap(np.clip(np.full(count, level), low, high))
            found.append((value, open_ & (value >= low - 1e-6) & (value <= high + 1e-6)))
    if "drop" in s.operations:
        found.append((np.full(count, np.nan), ~missing))
    if s.repeats:
        for lag in range(1, min(limits.max_lag, t) + 1):
            value = stream.values[:, t - lag, s.index]
            with np.errstate(invalid="ignore"):
                fits = (value >= max(s.low, -1e300)) & (value <= s.high) & (value >= low) & (value <= high)
            found.append((np.nan_to_num(value), fits))
    return found


def _cone(s: SignalLimits, before: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What can follow the last value received without being too fast."""
    import numpy as np

    count, steps = before.shape
    if not math.isfinite(s.max_step) or steps == 0:
        return np.full(count, -np.inf), np.full(count, np.inf)
    present = ~np.isnan(before)
    last = np.where(present.any(axis=1), steps - 1 - np.argmax(present[:, ::-1], axis=1), -1)
    anchor = before[np.arange(count), np.maximum(last, 0)]
    room = s.max_step * (steps - last)
    return np.where(last >= 0, anchor - room, -np.inf), np.where(last >= 0, anchor + room, np.inf)


def _judge(
    stream: Stream, layout: Layout, goal: Goal, victim: Counted, windows: NDArray[np.float64],
    allowed: NDArray[np.bool_], benign: NDArray[np.float64], t: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Answers and distances of all options; infinite where not allowed."""
    import numpy as np

    count, options = allowed.shape
    features = layout.compute(windows.reshape(count * options, *windows.shape[2:]))
    shown = victim.predict(features)
    each = np.repeat(np.arange(count), options)
    answer = Answer(shown, benign[each], stream.truth[each, t], stream.recent[each, t], features)
    distance = np.where(allowed.ravel(), goal.distance(answer), np.inf).reshape(count, options)
    return shown.reshape(count, options, -1), np.where(np.isnan(distance), np.inf, distance)
