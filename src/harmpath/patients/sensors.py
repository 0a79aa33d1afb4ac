"""Glucose sensors: published error models of continuous monitors, and a finger meter.

* ``breton-2008``: Breton and Kovatchev, J Diabetes Sci Technol 2008;2:853: AR(1) error in 15-minute steps through a
  Johnson S_U transform; parameters as in simglucose's sensor table (MIT).
* ``vettoretti-2019``: Vettoretti, Del Favero, Sparacino, Facchinetti, EMBC 2019 (doi 10.1109/embc.2019.8856790), tables
  1 and 2, Dexcom G6: calibration error that drifts over the days of wear, plus two AR(2) noises at 5 minutes.
* ``ideal``: interstitial glucose itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harmpath.errors import UsageError
from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Meter", "Sensor"]

SensorModel = Literal["breton-2008", "vettoretti-2019", "ideal"]
# Breton 2008 via simglucose: PACF, gamma, lambda, delta, xi
_BRETON = (0.7, -0.5444, 15.9574, 1.6898, -5.47)
# Vettoretti 2019: gain a0 a1 a2 (t in days), offset b0 b1 b2, two AR(2) noises (phi1, phi2, variance)
_GAIN, _OFFSET = (1.048, -0.033, 0.002), (-6.398, 6.179, -0.448)
_COMMON, _SPECIFIC = (1.34, -0.492, 5.538), (1.220, -0.331, 3.641)
_WEAR_DAYS = 10.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """A continuous glucose monitor that reads every 5 minutes."""

    model: SensorModel = "breton-2008"
    low: float = 40.0
    """Lowest reading, mg/dL; the sensor shows this when glucose is lower."""
    high: float = 400.0
    dropouts_per_day: float = 1.71
    """Mean number of losses of signal; 1.71 per day: Emami, Rabasa-Lhoret, Haidar, Diabetes Technol Ther 2015."""
    dropout_minutes: float = 20.0
    """Mean length of a loss of signal (exponential)."""
    stale_minutes: float = 15.0
    """How long the receiver keeps showing the last value."""

    def __post_init__(self) -> None:
        if self.model not in ("breton-2008", "vettoretti-2019", "ideal"):
            raise UsageError(f"no sensor model {self.model!r}", remedy="use breton-2008, vettoretti-2019 or ideal")
        if not (0 < self.low < self.high and self.dropouts_per_day >= 0 and self.dropout_minutes >= 0):
            raise UsageError("a sensor needs 0 < low < high and drop-outs that are not negative")

    def realise(self, generators: Sequence[np.random.Generator], steps: int) -> NDArray[np.float32]:
        """Gain, offset (mg/dL, NaN in a drop-out) and meter deviate per step: worlds x 3 x steps."""
        import numpy as np

        count = len(generators)
        out = np.empty((count, 3, steps), dtype=np.float32)
        out[:, 0], out[:, 1] = 1.0, 0.0
        if self.model == "breton-2008":
            out[:, 1] = _breton(generators, steps)
        elif self.model == "vettoretti-2019":
            _vettoretti(generators, steps, out)
        self._drop(generators, out)
        for row, generator in zip(out, generators, strict=True):
            row[2] = generator.standard_normal(steps, dtype=np.float32)
        return out

    def _drop(self, generators: Sequence[np.random.Generator], out: NDArray[np.float32]) -> None:
        if self.model == "ideal" or self.dropouts_per_day == 0.0:
            return
        import numpy as np

        steps = out.shape[2]
        for row, generator in zip(out, generators, strict=True):
            losses = generator.poisson(self.dropouts_per_day * steps / k.DAY_STEPS)
            starts = generator.integers(0, steps, losses)
            lengths = 1 + (generator.exponential(self.dropout_minutes, losses) // k.CONTROL_MINUTES).astype(int)
            for start, length in zip(starts, lengths, strict=True):
                row[1, start : start + length] = np.nan


def _breton(generators: Sequence[np.random.Generator], steps: int) -> NDArray[np.float64]:
    import numpy as np
    from scipy.interpolate import CubicSpline
    from scipy.signal import lfilter

    pacf, gamma, lam, delta, xi = _BRETON
    knots = steps // 3 + 2
    white = np.stack([g.standard_normal(knots) for g in generators])
    white[:, 1:] *= pacf  # e(n) = pacf (e(n-1) + v(n)); the first is v(0)
    error = lfilter([1.0], [1.0, -pacf], white, axis=1)
    shaped = xi + lam * np.sinh((error - gamma) / delta)
    spline = CubicSpline(np.arange(knots) * 15.0, shaped, axis=1)
    result: NDArray[np.float64] = spline(np.arange(steps) * float(k.CONTROL_MINUTES))
    return result


def _vettoretti(generators: Sequence[np.random.Generator], steps: int, out: NDArray[np.float32]) -> None:
    import numpy as np
    from scipy.signal import lfilter

    warm = 100
    day = np.arange(steps) / k.DAY_STEPS
    for row, generator in zip(out, generators, strict=True):
        worn = (generator.uniform(0.0, _WEAR_DAYS) + day) % _WEAR_DAYS
        row[0] = _GAIN[0] + _GAIN[1] * worn + _GAIN[2] * worn**2
        row[1] = _OFFSET[0] + _OFFSET[1] * worn + _OFFSET[2] * worn**2
        for phi1, phi2, variance in (_COMMON, _SPECIFIC):
            white = generator.standard_normal(steps + warm) * variance**0.5
            row[1] += lfilter([1.0], [1.0, -phi1, -phi2], white)[warm:]


@dataclass(frozen=True, slots=True)
class Meter:
    """A finger meter, read before meals and, with ``every``, at fixed times.

    The error's standard deviation is ``max(sd, cv x glucose)``. The defaults put 95 % of readings within 10 mg/dL or
    10 %, as current meters do; ISO 15197:2013 asks for 15 mg/dL or 15 % (sd 7.7, cv 0.077).
    """

    sd: float = 5.1
    cv: float = 0.051
    every: float = 0.0
    """Minutes between two readings besides those before meals; 0 for none."""

    def __post_init__(self) -> None:
        if self.sd < 0 or self.cv < 0 or self.every < 0 or self.every % k.CONTROL_MINUTES:
            raise UsageError("a meter's errors must not be negative, and its interval a multiple of 5 minutes")
