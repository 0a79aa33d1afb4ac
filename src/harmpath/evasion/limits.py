"""Limits: a Reach as something that can be checked on arrays. Every search answers to :meth:`Limits.allows`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harmpath.attackpaths.reach import Reach, SignalReach
from harmpath.device.elements import Signal
from harmpath.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Limits", "SignalLimits", "limits_of"]

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """What an attacker can do to the values of one signal."""

    signal: str
    index: int
    """Place of the signal in raw windows."""
    operations: frozenset[str]
    """Of replace, add, drop, delay, replay. Holding a value is replaying the one before."""
    low: float
    high: float
    """Closed range of values that are still used."""
    max_step: float = math.inf
    """Fastest change per step that passes the plausibility check."""
    resolution: float = 0.0
    """False values are multiples of it; 0 for any number."""
    paths: tuple[str, ...] = ()
    """Attack paths that reach the signal."""

    @property
    def forges(self) -> bool:
        """Values of the attacker's choice are possible."""
        return bool(self.operations & {"replace", "add"})

    @property
    def repeats(self) -> bool:
        """Authentic values of another time are possible."""
        return bool(self.operations & {"delay", "replay"})

    def snap(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The nearest values inside range and resolution (NaN stays)."""
        import numpy as np

        inside = np.clip(values, self.low, self.high)
        if self.resolution <= 0:
            return inside
        first = math.ceil(self.low / self.resolution - 1e-9) if math.isfinite(self.low) else -math.inf
        last = math.floor(self.high / self.resolution + 1e-9) if math.isfinite(self.high) else math.inf
        result: NDArray[np.float64] = np.clip(np.rint(inside / self.resolution), first, last) * self.resolution
        return result


@dataclass(frozen=True, slots=True)
class Limits:
    """What an attacker can do to a window: per signal, and altogether."""

    signals: tuple[SignalLimits, ...]
    max_edits: int
    """Values changed, added or withheld in one window, over all signals."""
    max_lag: int = 12
    """Steps by which a value can be late, or old when replayed."""

    def only(self, names: Sequence[str], operations: frozenset[str] | None = None) -> Limits:
        """The limits of an attacker who reaches only these signals, and does nothing but ``operations`` to them."""
        kept = [s for s in self.signals if s.signal in names]
        if operations is not None:
            kept = [replace(s, operations=s.operations & operations) for s in kept]
        return replace(self, signals=tuple(kept))

    def allows(
        self, original: NDArray[np.float64], past: NDArray[np.float64], changed: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Which windows the attacker can bring about: (n).

        Args:
            original: raw windows (n, steps, signals).
            past: steps before them (n, before, signals).
            changed: what the attacker would make of them.
        """

        differs = different(original, changed)
        fine: NDArray[np.bool_] = differs.sum(axis=(1, 2)) <= self.max_edits
        reached = {s.index for s in self.signals}
        locked = [i for i in range(original.shape[2]) if i not in reached]
        if locked:
            fine &= ~differs[:, :, locked].any(axis=(1, 2))
        for s in self.signals:
            i = s.index
            fine &= self._signal(s, original[:, :, i], past[:, :, i], changed[:, :, i], differs[:, :, i])
        return fine

    def _signal(
        self, s: SignalLimits, original: NDArray[np.float64], past: NDArray[np.float64], changed: NDArray[np.float64],
        differs: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:  # fmt: skip
        import numpy as np

        if not differs.any():
            return np.ones(len(original), dtype=bool)
        was, now = np.isnan(original), np.isnan(changed)
        ok = ~differs
        if "drop" in s.operations:
            ok |= differs & now
        if s.forges:
            made = np.zeros_like(differs)
            if "replace" in s.operations:
                made |= ~was & ~now
            if "add" in s.operations:
                made |= was & ~now
            grid = np.ones_like(differs)
            if s.resolution > 0:
                with np.errstate(invalid="ignore"):
                    grid = np.abs(changed / s.resolution - np.rint(changed / s.resolution)) < _TOLERANCE
            ok |= differs & made & grid
        if s.repeats:
            ok |= differs & ~now & _authentic(original, past, changed, self.max_lag)
        with np.errstate(invalid="ignore"):
            ok &= ~(differs & ~now) | ((changed >= s.low - _TOLERANCE) & (changed <= s.high + _TOLERANCE))
        result = ok.all(axis=1)
        if math.isfinite(s.max_step):
            result &= _slow_enough(past, changed, differs, s.max_step)
        return np.asarray(result)


def different(original: NDArray[np.float64], changed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells that are not what they were; missing and missing are the same."""
    import numpy as np

    result: NDArray[np.bool_] = (original != changed) & ~(np.isnan(original) & np.isnan(changed))
    return result


def _authentic(
    original: NDArray[np.float64], past: NDArray[np.float64], changed: NDArray[np.float64], max_lag: int
) -> NDArray[np.bool_]:
    """Cells that hold a value which the signal truly had up to ``max_lag`` steps earlier."""
    import numpy as np

    steps, before = original.shape[1], past.shape[1]
    whole = np.concatenate([past, original], axis=1)
    found = np.zeros(original.shape, dtype=bool)
    for lag in range(1, min(max_lag, before + steps - 1) + 1):
        first = max(0, lag - before)
        found[:, first:] |= changed[:, first:] == whole[:, before + first - lag : before + steps - lag]
    return found


def _slow_enough(
    past: NDArray[np.float64], changed: NDArray[np.float64], differs: NDArray[np.bool_], max_step: float
) -> NDArray[np.bool_]:
    """No change that the attacker made is faster than ``max_step`` per step since the last value received."""
    import numpy as np

    before = past.shape[1]
    whole = np.concatenate([past, changed], axis=1)
    touched = np.concatenate([np.zeros(past.shape, dtype=bool), differs], axis=1)
    here = np.arange(whole.shape[1])
    present = ~np.isnan(whole)
    last = np.maximum.accumulate(np.where(present, here, -1), axis=1)
    previous = np.concatenate([np.full((len(whole), 1), -1), last[:, :-1]], axis=1)
    known = present & (previous >= 0)
    at = np.maximum(previous, 0)
    jump = np.abs(whole - np.take_along_axis(whole, at, axis=1))
    # A withheld value in between was the attacker's doing too: the jump over the gap is judged with its length.
    count = np.cumsum(touched, axis=1)
    involved = (count - np.where(at > 0, np.take_along_axis(count, np.maximum(at - 1, 0), axis=1), 0)) > 0
    with np.errstate(invalid="ignore"):
        fast = known & involved & (jump > max_step * (here - previous) + _TOLERANCE)
    result: NDArray[np.bool_] = ~fast[:, before:].any(axis=1)
    return result


def limits_of(
    reach: Sequence[Reach], signals: Sequence[Signal], raw: Sequence[str], step_seconds: float, max_edits: int,
    max_lag: int = 12,
) -> Limits:  # fmt: skip
    """The limits that the Reach of a model's inputs states, for windows of the signals ``raw``.

    Signals that can be reached but are not in the windows are left out; the caller reports them.
    """
    if step_seconds <= 0 or max_edits < 0:
        raise UsageError("step_seconds must be above 0 and max_edits not negative")
    known = {s.id: s for s in signals}
    found: dict[str, SignalReach] = {}
    for r in (one for each in reach for one in each.per_signal):
        found.setdefault(r.signal, r)
    limits = [
        _signal_limits(found[name], known.get(name), list(raw).index(name), step_seconds)
        for name in raw
        if name in found
    ]
    return Limits(tuple(limits), max_edits, max_lag)


def _signal_limits(r: SignalReach, signal: Signal | None, index: int, step_seconds: float) -> SignalLimits:
    resolution = (signal.resolution if signal else None) or 0.0
    inside = resolution or 1e-9
    low = r.bounds.low if r.bounds.low_closed else r.bounds.low + inside
    high = r.bounds.high if r.bounds.high_closed else r.bounds.high - inside
    max_step = r.max_rate.per_second * step_seconds if r.max_rate else math.inf
    return SignalLimits(r.signal, index, frozenset(r.operations), low, high, max_step, resolution, r.paths)
