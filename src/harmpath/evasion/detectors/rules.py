"""Signal rules: what an engineer would check first. Each looks at one column of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.evasion.detectors.detector import Detector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cusum", "OutOfRange", "RateOfChange", "Residual"]


@dataclass
class _Rule(Detector):
    column: int = 0
    missing: float | None = 0.0
    """The value that stands for none in this column."""

    def values(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The column with NaN where there is no value: (n, steps)."""
        import numpy as np

        found = features[:, :, self.column].astype(np.float64)
        return found if self.missing is None else np.where(found == self.missing, np.nan, found)


@dataclass
class OutOfRange(_Rule):
    """Furthest distance outside [low, high]."""

    name = "range"
    low: float = 40.0
    high: float = 400.0

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """0 for windows inside."""
        import numpy as np

        v = self.values(features)
        out = np.fmax(np.fmax(self.low - v, v - self.high), 0.0)
        return np.asarray(np.nan_to_num(out).max(axis=1))


@dataclass
class RateOfChange(_Rule):
    """Fastest change per step, over gaps too."""

    name = "rate of change"

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """In units of the column per step."""
        import numpy as np

        v = self.values(features)
        last, gap = _before(v)
        with np.errstate(invalid="ignore"):
            rate = np.abs(v - last) / gap
        return np.asarray(np.nan_to_num(rate).max(axis=1))


@dataclass
class Residual(_Rule):
    """Furthest distance from the straight line through the two values before."""

    name = "residual"

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """In units of the column; steps with a gap among the three values are not judged."""
        import numpy as np

        return np.asarray(np.nan_to_num(np.abs(_residuals(self.values(features)))).max(axis=1))


@dataclass
class Cusum(_Rule):
    """Cumulative sum of residuals beyond an allowance, upwards and downwards (Page, Biometrika 1954;41:100-115)."""

    name = "CUSUM"
    allowance: float = 0.5
    """In standard deviations of the benign residuals."""
    spread: float = 1.0

    def learn(self, features: NDArray[np.float32]) -> None:
        """The spread of benign residuals, robustly (1.4826 x median absolute deviation)."""
        import numpy as np

        r = _residuals(self.values(features))
        r = r[~np.isnan(r)]
        self.spread = max(float(1.4826 * np.median(np.abs(r - np.median(r)))) if len(r) else 1.0, 1e-6)

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Largest sum in the window, in standard deviations."""
        import numpy as np

        z = np.nan_to_num(_residuals(self.values(features)) / self.spread)
        up, down, worst = np.zeros(len(z)), np.zeros(len(z)), np.zeros(len(z))
        for t in range(z.shape[1]):
            up = np.maximum(up + z[:, t] - self.allowance, 0.0)
            down = np.maximum(down - z[:, t] - self.allowance, 0.0)
            worst = np.maximum(worst, np.maximum(up, down))
        return worst


def _residuals(v: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    out = np.full_like(v, np.nan)
    out[:, 2:] = v[:, 2:] - (2 * v[:, 1:-1] - v[:, :-2])
    return out


def _before(v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The last value present before each step, and how many steps ago it was; NaN where there was none."""
    import numpy as np

    here = np.arange(v.shape[1])[None, :]
    seen = np.maximum.accumulate(np.where(np.isnan(v), -1, here), axis=1)
    earlier = np.concatenate([np.full((len(v), 1), -1), seen[:, :-1]], axis=1)
    values = np.take_along_axis(v, np.maximum(earlier, 0), axis=1)
    return np.where(earlier >= 0, values, np.nan), np.maximum(here - earlier, 1)
