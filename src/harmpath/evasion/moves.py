"""Moves: what an attacker does to one signal over a stretch of steps; applied to many windows at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harmpath.evasion.limits import Limits, SignalLimits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Move", "apply", "levels", "move_table", "spans"]

Kind = Literal["level", "offset", "drop", "hold", "lag"]


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do to the steps ``first`` to ``last`` of a signal."""

    signal: int
    """Position in ``Limits.signals``."""
    first: int
    last: int
    kind: Kind
    """``level``: towards ``amount`` as fast as the rate limit lets it; ``offset``: every value moved by ``amount``;
    ``drop``: withheld; ``hold``: the value before the stretch again and again; ``lag``: the value ``amount`` steps
    earlier (late, or replayed)."""
    amount: float = 0.0

    @property
    def cells(self) -> int:
        """Steps that it touches."""
        return self.last - self.first + 1


def apply(
    limits: Limits, moves: Sequence[Move], chosen: NDArray[np.int64], state: NDArray[np.float64],
    original: NDArray[np.float64], past: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Windows after ``moves[chosen]``, one move each (a copy): snapped to range and resolution, not checked otherwise.

    Args:
        limits: what the attacker can do.
        moves: the table that ``chosen`` indexes.
        chosen: (n).
        state: windows as changed so far (n, steps, signals).
        original: the authentic windows.
        past: the steps before them (n, before, signals).
    """
    import numpy as np

    out = state.copy()
    kinds = ("level", "offset", "drop", "hold", "lag")
    group = np.array([m.signal * len(kinds) + kinds.index(m.kind) for m in moves])[chosen]
    first, last = (np.array([getattr(m, name) for m in moves])[chosen] for name in ("first", "last"))
    amount = np.array([m.amount for m in moves])[chosen]
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        s, kind = limits.signals[int(number) // len(kinds)], kinds[int(number) % len(kinds)]
        stretch = _Stretch(first[rows], last[rows], amount[rows], state.shape[1])
        i = s.index
        made = _made(s, kind, stretch, state[rows, :, i], original[rows, :, i], past[rows, :, i])
        out[rows, :, i] = np.where(stretch.inside, made, state[rows, :, i])
    return out


class _Stretch:
    """First and last step and amount of each window's move."""

    def __init__(
        self, first: NDArray[np.int64], last: NDArray[np.int64], amount: NDArray[np.float64], steps: int
    ) -> None:
        import numpy as np

        self.first, self.last, self.amount = first[:, None], last[:, None], amount[:, None]
        self.step = np.arange(steps)[None, :]
        self.inside = (self.step >= self.first) & (self.step <= self.last)


def _made(
    s: SignalLimits, kind: str, m: _Stretch, values: NDArray[np.float64], original: NDArray[np.float64],
    past: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """What the move makes of every step; the caller takes those inside the stretch."""
    import numpy as np

    if kind == "drop":
        return np.full_like(values, np.nan)
    before = past.shape[1]
    if kind == "hold":
        at = before + m.first - 1
        held = np.take_along_axis(np.concatenate([past, values], axis=1), np.maximum(at, 0), axis=1)
        return np.where(at >= 0, held, values)
    if kind == "lag":
        at = before + m.step - m.amount.astype(np.int64)
        earlier = np.take_along_axis(np.concatenate([past, original], axis=1), np.maximum(at, 0), axis=1)
        return np.where(at >= 0, earlier, values)
    wanted = values + m.amount if kind == "offset" else np.broadcast_to(m.amount, values.shape)
    made = s.snap(_within_rate(s, wanted, values, past, m))
    missing = np.isnan(original)
    forged = (~missing & ("replace" in s.operations)) | (missing & ("add" in s.operations))
    return np.where(forged, made, values)


def _within_rate(
    s: SignalLimits, wanted: NDArray[np.float64], values: NDArray[np.float64], past: NDArray[np.float64], m: _Stretch
) -> NDArray[np.float64]:
    """As near to ``wanted`` as the rate allows between the values before and after the stretch.

    Clipping to the cones that open from both neighbours keeps a level within the rate. A resolution takes its share,
    since rounding can add one unit to a step.
    """
    import numpy as np

    if not math.isfinite(s.max_step):
        return wanted
    step = s.max_step - s.resolution if s.max_step > s.resolution else s.max_step
    before = past.shape[1]
    whole = np.concatenate([past, values], axis=1)
    here = np.arange(whole.shape[1])[None, :]
    present = ~np.isnan(whole)
    left = np.where(present & (here < before + m.first), here, -1).max(axis=1, keepdims=True)
    right = np.where(present & (here > before + m.last), here, whole.shape[1]).min(axis=1, keepdims=True)
    low, high = np.full_like(values, -np.inf), np.full_like(values, np.inf)
    for at, known in ((left, left >= 0), (right, right < whole.shape[1])):
        anchor = np.take_along_axis(whole, np.clip(at, 0, whole.shape[1] - 1), axis=1)
        away = step * np.abs(before + m.step - at)
        low = np.where(known, np.maximum(low, anchor - away), low)
        high = np.where(known, np.minimum(high, anchor + away), high)
    return np.minimum(np.maximum(wanted, low), high)


def levels(s: SignalLimits, values: NDArray[np.float64], count: int) -> tuple[float, ...]:
    """``count`` values over what the signal can be forged to; an open range ends where the data ends."""
    import numpy as np

    present = values[~np.isnan(values)]
    lowest = s.low if math.isfinite(s.low) else float(present.min()) if len(present) else 0.0
    highest = s.high if math.isfinite(s.high) else float(present.max()) if len(present) else 0.0
    return tuple(sorted({float(v) for v in s.snap(np.linspace(lowest, highest, max(count, 2)))}))


def spans(steps: int, max_cells: int) -> tuple[tuple[int, int], ...]:
    """Stretches worth trying: single steps, and the ends of the window of every length; at most ``max_cells`` long."""
    single = [(t, t) for t in range(steps)]
    tails = [(t, steps - 1) for t in range(steps - 1)]
    return tuple(x for x in (*tails, *single) if x[1] - x[0] + 1 <= max_cells)


def move_table(
    limits: Limits,
    raw: NDArray[np.float64],
    before: int,
    *,
    level_count: int = 6,
    stretches: Sequence[tuple[int, int]] = (),
) -> tuple[Move, ...]:
    """Every move that is worth trying, in a fixed order."""
    steps = raw.shape[1]
    table: list[Move] = []
    for i, s in enumerate(limits.signals):
        chosen = levels(s, raw[:, :, s.index], level_count) if s.forges else ()
        offsets = _offsets(chosen) if "replace" in s.operations else ()
        for first, last in stretches or spans(steps, limits.max_edits):
            table += [Move(i, first, last, "level", v) for v in chosen]
            table += [Move(i, first, last, "offset", v) for v in offsets]
            if "drop" in s.operations:
                table.append(Move(i, first, last, "drop"))
            if s.repeats:
                if last - first < limits.max_lag:
                    table.append(Move(i, first, last, "hold"))
                lags = (1, 2, 4, 8, 12)
                table += [Move(i, first, last, "lag", k) for k in lags if k <= min(limits.max_lag, before + first)]
    return tuple(table)


def _offsets(chosen: tuple[float, ...]) -> tuple[float, ...]:
    """An eighth and a quarter of the range, up and down."""
    width = chosen[-1] - chosen[0] if chosen else 0.0
    return (-width / 4, -width / 8, width / 8, width / 4) if width > 0 else ()
