"""Monitors that watch the loop, and what happens when one speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from harmpath.errors import UsageError
from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harmpath.patients.controllers import View

__all__ = ["DEFAULT_THRESHOLDS", "MONITOR_KINDS", "Monitor", "OutsideMonitor", "Pump"]

MonitorKind = Literal["none", "range-rate", "guideline", "context-stl", "predictive", "outside"]
MONITOR_KINDS: tuple[str, ...] = ("none", "range-rate", "guideline", "context-stl", "predictive", "outside")
Mitigation = Literal["alarm", "suspend", "cap", "mitigate"]
_MITIGATIONS = ("alarm", "suspend", "cap", "mitigate")

DEFAULT_THRESHOLDS: tuple[float, ...] = (1.0, 1.0, 0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 1.0, 70.0, 1.0, 0.0)
"""Thresholds of the 12 rules without learning, in rule order: insulin on board (U above basal), and for rule 10 the
glucose (mg/dL) below which insulin must stop. They stand for "hardly any" and "any" insulin on board."""


@runtime_checkable
class OutsideMonitor(Protocol):
    """A detector in Python: called once per step for all lanes, after the controller."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def verdicts(self, view: View, rates: NDArray[np.float64]) -> NDArray[np.int8]:
        """0 safe, 1 too much insulin, 2 too little, 3 data that cannot be true."""
        ...


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor of the loop and its mitigation."""

    kind: MonitorKind = "none"
    mitigation: Mitigation = "alarm"
    """alarm only; suspend all insulin; cap at basal; or H1 -> none and H2 -> a fixed raised rate, as in DSN 2021."""
    sees: Literal["sensor", "controller"] = "controller"
    """Whether it reads the sensor itself or what reached the controller, tampered or not."""
    settings: Mapping[str, float] = field(default_factory=dict)
    """Overrides by name; see ``_FIELDS``."""
    thresholds: Mapping[str, Sequence[float]] | None = None
    """Thresholds of the 12 rules per patient name; "*" for all others. NaN switches a rule off."""
    outside: OutsideMonitor | None = None

    def __post_init__(self) -> None:
        if self.kind not in MONITOR_KINDS or self.mitigation not in _MITIGATIONS:
            raise UsageError(
                f"no monitor {self.kind!r} with mitigation {self.mitigation!r}",
                remedy=f"monitors: {', '.join(MONITOR_KINDS)}; mitigations: {', '.join(_MITIGATIONS)}",
            )
        if (self.kind == "outside") != (self.outside is not None):
            raise UsageError("kind 'outside' and an outside monitor belong together")
        unknown = sorted(set(self.settings) - set(_FIELDS.get(self.kind, {})))
        if unknown:
            raise UsageError(
                f"unknown monitor settings {unknown}", remedy=f"known: {', '.join(_FIELDS.get(self.kind, {}))}"
            )

    def fields(self) -> list[float]:
        """The settings as the kernel reads them."""
        values = [*_FIELDS.get(self.kind, {}).items()]
        row = [self.settings.get(name, default) for name, default in values]
        return row + [0.0] * (k.MONITOR_FIELDS - len(row))

    def threshold_table(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Thresholds, patients x 12."""
        import numpy as np

        given = self.thresholds or {}
        for name, row in given.items():
            if len(row) != k.STL_RULES:
                raise UsageError(f"patient {name!r} needs {k.STL_RULES} thresholds, not {len(row)}")
        fallback = given.get("*", DEFAULT_THRESHOLDS)
        return np.array([given.get(name, fallback) for name in names], dtype=np.float64)


_FIELDS: Mapping[str, Mapping[str, float]] = {
    "range-rate": {"low": 40.0, "high": 400.0, "rate": 4.0},  # mg/dL, mg/dL, mg/dL per minute
    # DSN 2021 guideline monitor: 70-180 mg/dL and change per 5 min within (-5, 3)
    "guideline": {"low": 70.0, "high": 180.0, "fall": -5.0, "rise": 3.0},
    "predictive": {"low": 70.0, "high": 250.0, "horizon": 30.0, "acting": 0.25},
}


@dataclass(frozen=True, slots=True)
class Pump:
    """An insulin pump: resolution and limits. Defaults as Insulet's and Animas' pumps in simglucose's pump table."""

    rate_step: float = 0.05
    """Resolution of the basal rate, U/h."""
    max_rate: float = 30.0
    bolus_step: float = 0.05
    """Resolution of a bolus, U."""
    max_bolus: float = 25.0

    def __post_init__(self) -> None:
        values = (self.rate_step, self.max_rate, self.bolus_step, self.max_bolus)
        if any(not math.isfinite(v) or v < 0 for v in values) or self.max_rate <= 0:
            raise UsageError("a pump's steps and limits must be finite and not negative")
