"""How good the victim is without any attack: the figure that every other one stands beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harmpath.evasion.traces import Windows

__all__ = ["Accuracy", "accuracy_of"]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Error of the last output against the truth at the end of the horizon, in the target's unit."""

    minutes: float
    """Horizon."""
    n: int
    rmse: float
    mae: float
    unchanged_rmse: float
    """Of the forecast that the last value seen stays; a model that is not better has learned nothing."""
    unchanged_mae: float
    by_patient: tuple[tuple[str, float], ...]
    """RMSE of each patient."""


def accuracy_of(windows: Windows, answers: NDArray[np.float64], target: int, step_minutes: float) -> Accuracy | None:
    """The accuracy, where the model forecasts the target (one output per step of the horizon); else None."""
    import numpy as np

    if answers.shape[1] != windows.truth.shape[1]:
        return None
    truth, said = windows.truth[:, -1], answers[:, -1]
    values = windows.raw[:, :, target][:, ::-1]
    last = np.take_along_axis(values, np.argmax(~np.isnan(values), axis=1)[:, None], axis=1)[:, 0]
    error, flat = said - truth, last - truth

    def root(e: NDArray[np.float64]) -> float:
        return float(np.sqrt(np.mean(e**2)))

    each = tuple(
        (name, root(error[windows.patient == i]))
        for i, name in enumerate(windows.patients)
        if (windows.patient == i).any()
    )
    minutes = step_minutes * windows.truth.shape[1]
    return Accuracy(
        minutes, len(truth), root(error), float(np.abs(error).mean()), root(flat), float(np.abs(flat).mean()), each
    )
