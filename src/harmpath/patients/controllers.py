"""What decides about insulin: four native controllers, and any Python callable or ONNX model in the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, runtime_checkable

from harmpath.errors import UsageError
from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BasalBolus", "Controller", "ForecastAdvice", "Mpc", "NativeController", "Oref0", "OutsideController", "Pid",
    "View",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What an outside controller or monitor may know at one step; arrays have one row per lane."""

    step: int
    minute: int
    hour: float
    readings: NDArray[np.float32]
    """Readings that arrived, lanes x steps up to now (mg/dL; NaN where none did)."""
    meter: NDArray[np.float32]
    """Finger-meter readings that arrived, lanes x steps up to now (mg/dL, mostly NaN)."""
    net_insulin: NDArray[np.float32]
    """Insulin delivered less scheduled basal, lanes x steps before now (U per step)."""
    iob: NDArray[np.float64]
    """Insulin on board above basal (U)."""
    announced: NDArray[np.float32]
    """Carbohydrate announced, after tampering, lanes x steps up to now (g)."""
    profiles: NDArray[np.float64]
    """Basal U/h, carbohydrate ratio g/U, correction mg/dL/U, target mg/dL, daily insulin U, weight kg."""


@runtime_checkable
class OutsideController(Protocol):
    """A controller in Python: called once per step for all lanes at once."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def decide(self, view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Basal rates (U/h) and boluses (U; NaN leaves the bolus to the calculator), one per lane."""
        ...


@dataclass(frozen=True, slots=True)
class NativeController:
    """What the compiled controllers have in common: the bolus calculator and the limits."""

    kind: ClassVar[int] = k.BASAL_BOLUS
    name: ClassVar[str] = "native"
    meal_bolus: bool = True
    correct_above: float = 150.0
    """Glucose above which a bolus carries a correction, mg/dL."""
    subtract_iob: float = 1.0
    """Share of insulin on board subtracted from a correction."""
    dose_from_meter: bool = False
    """Boluses from the finger meter instead of the continuous sensor."""
    basal_factor: float = 1.0
    max_rate_factor: float = 4.0
    """Largest basal rate as a multiple of scheduled basal (oref0: current basal safety multiplier 4)."""
    max_rate: float = 10.0
    """Largest basal rate, U/h."""
    correct_every: float = 0.0
    """Minutes between automatic correction boluses from the continuous sensor; 0 for none."""

    def settings(self) -> list[float]:
        """The fields shared by all, as the kernel reads them (see ``kernels.control``)."""
        c = [0.0] * k.CONTROLLER_FIELDS
        c[0:4] = [float(self.meal_bolus), self.correct_above, self.subtract_iob, self.basal_factor]
        c[9], c[10], c[12] = self.max_rate_factor, self.max_rate, self.correct_every
        return c


@dataclass(frozen=True, slots=True)
class BasalBolus(NativeController):
    """Scheduled basal insulin and calculated boluses: what most pump users do."""

    kind: ClassVar[int] = k.BASAL_BOLUS
    name: ClassVar[str] = "basal-bolus"


@dataclass(frozen=True, slots=True)
class Pid(NativeController):
    """PID with insulin feedback; gains relative to the correction factor, so that one setting suits all patients."""

    kind: ClassVar[int] = k.PID
    name: ClassVar[str] = "pid"
    gain: float = 0.4
    """U/h per unit of (error / correction factor)."""
    integral_minutes: float = 450.0
    """Integral time; Steil et al. 2006 used 450 min at night."""
    derivative_minutes: float = 66.0
    """Derivative time; Steil et al. 2006."""
    feedback: float = 0.5
    """U/h withheld per U on board."""

    def settings(self) -> list[float]:
        """Shared fields and the gains."""
        c = NativeController.settings(self)
        c[4:8] = [self.gain, self.integral_minutes, self.derivative_minutes, self.feedback]
        return c


@dataclass(frozen=True, slots=True)
class Oref0(NativeController):
    """Temporary basal rates every 5 minutes after the oref0 reference design, with its safety limits."""

    kind: ClassVar[int] = k.OREF0
    name: ClassVar[str] = "oref0"
    max_iob_hours: float = 3.0
    """Insulin on board above which no more is added, in hours of basal."""

    def settings(self) -> list[float]:
        """Shared fields and the IOB limit."""
        c = NativeController.settings(self)
        c[8] = self.max_iob_hours
        return c


@dataclass(frozen=True, slots=True)
class Mpc(NativeController):
    """Small model-predictive controller, 4 h ahead, three moves of 30 min."""

    kind: ClassVar[int] = k.MPC
    name: ClassVar[str] = "mpc"
    effort: float = 1.0
    """Weight of a rate's square against glucose error (relative to the correction factor's square)."""

    def settings(self) -> list[float]:
        """Shared fields and the effort weight."""
        c = NativeController.settings(self)
        c[11] = self.effort
        return c


FEATURES = ("glucose", "insulin", "bolus", "carbs", "time-sin", "time-cos", "finger", "missing")
"""What a forecast model may be fed per 5 minutes: reading (mg/dL, 0 if missing), insulin delivered (U), insulin above
scheduled basal (U), carbohydrate announced (g), time of day as sine and cosine, finger meter (mg/dL, 0 if none), and 1
where the reading is missing."""


@dataclass(frozen=True, slots=True)
class ForecastAdvice:
    """Advice from a glucose forecast: the ML model of a blood-glucose management system in the loop.

    ``predict`` maps windows to forecasts (mg/dL); the last column is used. When the forecast of a lane exceeds
    ``high``, a correction bolus to the target is advised, less insulin on board, at most every ``every`` minutes;
    when it
    is under ``low``, the basal rate is stopped.
    """

    predict: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    """A batch of windows, lanes x ``window`` x features, to forecasts, lanes x horizon."""
    window: int = 12
    features: tuple[str, ...] = ("glucose",)
    """Columns of a window, oldest row first; see ``FEATURES``."""
    high: float = 180.0
    low: float = 80.0
    every: float = 60.0
    name: str = "forecast-advice"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.features) - set(FEATURES))
        if unknown or not self.features:
            raise UsageError(f"unknown features {unknown}", remedy=f"use {', '.join(FEATURES)}")
        self.check_units()

    def check_units(self) -> None:
        """Ask the model about steady glucose; a forecast far below suggests another unit (mmol/L) and is an error."""
        import numpy as np

        probe = np.zeros((3, self.window, len(self.features)), dtype=np.float32)
        levels = np.array([100.0, 150.0, 200.0])
        probe[:, :, self.features.index("glucose") if "glucose" in self.features else 0] = levels[:, None]
        answer = np.asarray(self.predict(probe), dtype=np.float64).reshape(3, -1)
        if not np.isfinite(answer).all():
            raise UsageError("the model's forecast of a steady glucose is not a number")
        if (answer[:, -1] < 35.0).all():
            raise UsageError(
                f"the model forecasts {answer[:, -1].round(1).tolist()} for a steady 100, 150 and 200 mg/dL",
                remedy="it seems to work in mmol/L (1 mmol/L = 18.02 mg/dL) or in scaled units: convert around predict",
            )

    def decide(self, view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Basal unless a low is forecast; a correction bolus when a high is."""
        import numpy as np

        lanes = len(view.iob)
        rates, boluses = view.profiles[:, 0].copy(), np.full(lanes, np.nan)
        if view.step + 1 < self.window:
            return rates, boluses
        forecast = np.asarray(self.predict(self._windows(view)), dtype=np.float64).reshape(lanes, -1)[:, -1]
        rates[forecast < self.low] = 0.0
        if (view.step * k.CONTROL_MINUTES) % self.every == 0:
            need = (forecast - view.profiles[:, 3]) / view.profiles[:, 2] - np.maximum(view.iob, 0.0)
            wanted = (forecast > self.high) & (need > 0.0) & (view.announced[:, -1] <= 0.0)
            boluses[wanted] = need[wanted]
        return rates, boluses

    def _windows(self, view: View) -> NDArray[np.float32]:
        import numpy as np

        glucose = view.readings[:, -self.window :]
        net = np.zeros_like(glucose)
        past = view.net_insulin[:, -(self.window - 1) :] if self.window > 1 else view.net_insulin[:, :0]
        net[:, : past.shape[1]] = past
        hours = view.hour - np.arange(self.window - 1, -1, -1) / 12.0
        turn = np.tile(2.0 * np.pi * hours / 24.0, (len(glucose), 1))
        columns = {
            "glucose": np.nan_to_num(glucose, nan=0.0), "missing": np.isnan(glucose).astype(np.float32),
            "insulin": net + (view.profiles[:, :1] * k.CONTROL_MINUTES / 60.0).astype(np.float32),
            "bolus": np.maximum(net, 0.0), "carbs": view.announced[:, -self.window :],
            "finger": np.nan_to_num(view.meter[:, -self.window :], nan=0.0), "time-sin": np.sin(turn),
            "time-cos": np.cos(turn),
        }  # fmt: skip
        return np.stack([columns[f] for f in self.features], axis=2).astype(np.float32)


Controller: TypeAlias = NativeController | OutsideController
