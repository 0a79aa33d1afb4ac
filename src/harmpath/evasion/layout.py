"""From signals to features: how the columns of a model's window are computed, so that an edit keeps them consistent.

An attacker changes values of signals. What the device derives from them (a flag for a missing value, the time of day, a
rolling mean, a one-hot group) follows; it cannot be set on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harmpath.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Column", "ColumnKind", "Layout"]

ColumnKind = Literal["value", "missing", "day-sine", "day-cosine", "rolling-mean", "difference", "category"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the model's window."""

    feature: str
    """Id of the feature in device.yaml."""
    signal: str
    """The signal it is computed from."""
    kind: ColumnKind = "value"
    """``value``; ``missing`` (1 where there is none); sine and cosine of the time of day (signal in hours);
    ``rolling-mean`` over ``steps``; ``difference`` to the value ``steps`` before; ``category`` (1 where the rounded
    value equals ``category``)."""
    steps: int = 1
    category: float = 0.0
    fill: float = 0.0
    """What the device puts where there is no value."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns in the model's order, and the signals they need."""

    columns: tuple[Column, ...]
    signals: tuple[str, ...]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Layout:
        """The layout of some columns; UsageError when there is none."""
        if not columns:
            raise UsageError("a model needs at least one input column")
        return cls(tuple(columns), tuple(dict.fromkeys(c.signal for c in columns)))

    @property
    def features(self) -> tuple[str, ...]:
        """Feature ids in column order."""
        return tuple(c.feature for c in self.columns)

    def index(self, signal: str) -> int:
        """The signal's place in raw windows."""
        return self.signals.index(signal)

    def compute(self, raw: NDArray[np.float64]) -> NDArray[np.float32]:
        """Features of raw windows (n, steps, signals; NaN where a value is missing): float32 (n, steps, columns)."""
        import numpy as np

        out = np.empty((*raw.shape[:2], len(self.columns)), dtype=np.float32)
        for i, column in enumerate(self.columns):
            out[:, :, i] = _column(column, raw[:, :, self.index(column.signal)])
        return out


def _column(column: Column, values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    gone = np.isnan(values)
    result: NDArray[np.float64] = gone.astype(np.float64)
    if column.kind == "missing":
        return result
    if column.kind == "category":
        result = (np.rint(values) == column.category).astype(np.float64)
    elif column.kind == "day-sine":
        result = np.sin(values * (2 * np.pi / 24))
    elif column.kind == "day-cosine":
        result = np.cos(values * (2 * np.pi / 24))
    elif column.kind == "rolling-mean":
        return _rolling_mean(values, gone, column.steps, column.fill)
    elif column.kind == "difference":
        result = np.full_like(values, np.nan)
        result[:, column.steps :] = values[:, column.steps :] - values[:, : -column.steps or None]
    else:
        result = values
    return np.where(np.isnan(result), column.fill, result)


def _rolling_mean(values: NDArray[np.float64], gone: NDArray[np.bool_], steps: int, fill: float) -> NDArray[np.float64]:
    """Mean of the values present among the last ``steps`` of the window; ``fill`` where there is none."""
    import numpy as np

    total = np.cumsum(np.where(gone, 0.0, values), axis=1)
    count = np.cumsum((~gone).astype(np.int64), axis=1)
    total[:, steps:] -= total[:, :-steps].copy()
    count[:, steps:] -= count[:, :-steps].copy()
    return np.where(count > 0, total / np.maximum(count, 1), fill)
