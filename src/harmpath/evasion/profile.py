"""Risk profiles: how much severity the worst reachable answers carry, per patient and over time.

After ROAST (Elnawawy et al., arXiv 2603.26093): the squared deviation from the truth, weighted by what the change of
glucose state would do. Every falsified window is judged with its own target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harmpath.evasion.attack import Attempts
from harmpath.evasion.goals import Answer, Goal, Thresholds
from harmpath.evasion.traces import Windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SEVERITY", "PatientRisk", "RiskWeights", "WorstRisk", "risk", "risk_profiles"]

SEVERITY: Mapping[tuple[str, str], float] = {
    ("hypo", "hyper"): 64.0,
    ("normal", "hyper"): 32.0,
    ("hypo", "normal"): 16.0,
    ("hyper", "hypo"): 8.0,
    ("hyper", "normal"): 4.0,
    ("normal", "hypo"): 2.0,
}
"""Weight by (true state, shown state): a low shown as high leads to insulin. Values of ROAST's risk_profile.py."""
_STATES = ("hypo", "normal", "hyper")


@dataclass(frozen=True, slots=True)
class RiskWeights:
    """Weights and thresholds of the risk."""

    severity: Mapping[tuple[str, str], float] = field(default_factory=lambda: dict(SEVERITY))
    thresholds: Thresholds = field(default_factory=Thresholds)

    def table(self) -> NDArray[np.float64]:
        """Weights as (true state, shown state); 3 x 3, with a fourth row and column of zeros for neither."""
        import numpy as np

        table = np.zeros((4, 4))
        for (true, shown), weight in self.severity.items():
            table[_STATES.index(true), _STATES.index(shown)] = weight
        return table


def _states(values: NDArray[np.float64], recent: NDArray[np.bool_], t: Thresholds) -> NDArray[np.int64]:
    """0 hypo, 1 normal, 2 hyper; 3 exactly on a threshold or unknown (all comparisons are strict, as published)."""
    import numpy as np

    high = t.hyper(recent)[:, None]
    with np.errstate(invalid="ignore"):
        choices = [values < t.hypo, (values > t.hypo) & (values < high), values > high]
    result: NDArray[np.int64] = np.select(choices, [0, 1, 2], default=3)
    return result


def risk(
    truth: NDArray[np.float64], shown: NDArray[np.float64], recent: NDArray[np.bool_], weights: RiskWeights
) -> NDArray[np.float64]:
    """Severity x squared deviation, (n, horizon), in (mg/dL)^2; 0 where the truth is unknown."""
    import numpy as np

    severity = weights.table()[_states(truth, recent, weights.thresholds), _states(shown, recent, weights.thresholds)]
    return severity * np.nan_to_num(shown - truth) ** 2


@dataclass(frozen=True, slots=True)
class WorstRisk(Goal):
    """As much risk as can be reached; never achieved, so that a search goes on until its queries are used up."""

    weights: RiskWeights = field(default_factory=RiskWeights)

    def applies(self, a: Answer) -> NDArray[np.bool_]:
        """Where some truth is known."""
        import numpy as np

        return np.asarray((~np.isnan(a.truth)).any(axis=1))

    def distance(self, a: Answer) -> NDArray[np.float64]:
        """Falls with the risk; while there is none, with the deviation."""
        import numpy as np

        total = risk(a.truth, a.shown, a.recent, self.weights).mean(axis=1)
        moved = np.nan_to_num(np.abs(a.shown - a.truth)).mean(axis=1)
        result: NDArray[np.float64] = np.where(total > 0, 1 / (1 + total), 1 + 1 / (1 + moved))
        return result


@dataclass(frozen=True, slots=True)
class PatientRisk:
    """The risk of one patient."""

    patient: str
    windows: int
    mean: float
    """Mean over windows and horizon, (mg/dL)^2 weighted by severity."""
    ninetieth: float
    """90th percentile of the windows' means."""
    share: float
    """Windows with any risk."""
    worst: str
    """The change of state that contributes most, e.g. ``hypo shown as hyper``; empty without risk."""
    cohort: str = ""
    """``less vulnerable``, ``more vulnerable`` ..., by mean risk; empty when not clustered."""
    stability: float | None = None
    """Share of resamples in which the patient lands in the same cohort."""


def risk_profiles(
    windows: Windows, found: Attempts, weights: RiskWeights, kind: Literal["attack", "benign"] = "attack"
) -> tuple[tuple[PatientRisk, ...], dict[str, NDArray[np.float64]]]:
    """Per patient the figures, and the profile (windows x horizon, in order of time)."""
    import numpy as np

    shown = found.shown if kind == "attack" else found.benign
    table = risk(windows.truth, shown, windows.recent, weights)
    true = _states(windows.truth, windows.recent, weights.thresholds)
    said = _states(shown, windows.recent, weights.thresholds)
    rows, profiles = [], {}
    for number, patient in enumerate(windows.patients):
        mine = np.flatnonzero(windows.patient == number)
        if len(mine) == 0:
            continue
        profile = table[mine]
        each = profile.mean(axis=1)
        profiles[patient] = profile
        rows.append(
            PatientRisk(
                patient, len(mine), float(each.mean()), float(np.quantile(each, 0.9)), float((each > 0).mean()),
                _worst(profile, true[mine], said[mine]),
            )
        )  # fmt: skip
    return tuple(rows), profiles


def _worst(profile: NDArray[np.float64], true: NDArray[np.int64], said: NDArray[np.int64]) -> str:
    import numpy as np

    total = np.bincount((true * 4 + said).ravel(), profile.ravel(), 16)
    if total.max() <= 0:
        return ""
    first, second = divmod(int(total.argmax()), 4)
    return f"{_STATES[first]} shown as {_STATES[second]}"
