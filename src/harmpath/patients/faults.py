"""Faults and attacks: what happens to one channel of the loop, when, and within which stealth limits.

An accidental fault and an attack are the same thing to the patient; :class:`Scenario` only says which was meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harmpath.errors import InputError, Problem
from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CHANNEL_LIMITS", "Channel", "Fault", "Limits", "Operation", "Scenario", "Trigger", "check_scenarios"]

Channel = Literal["cgm", "meter", "meal", "insulin", "bolus", "alarm"]
Operation = Literal[
    "replace", "add", "subtract", "scale", "hold", "maximum", "minimum", "truncate", "delay", "replay", "drop", "drift"
]
TriggerKind = Literal["always", "hours", "iob-above", "glucose-below", "glucose-above", "after-meal"]

CHANNEL_LIMITS: Mapping[str, tuple[float, float]] = {
    "cgm": (40.0, 400.0), "meter": (20.0, 600.0), "meal": (0.0, 250.0), "insulin": (0.0, 35.0), "bolus": (0.0, 25.0),
    "alarm": (0.0, 1.0),
}  # fmt: skip
"""What each channel can carry at all: mg/dL, mg/dL, g, U/h, U, on/off. An attack's own limits lie within these."""

_NEEDS_HISTORY = ("delay", "replay")
_HISTORY_CHANNELS = ("cgm", "insulin")
_NEEDS_MAGNITUDE = ("replace", "add", "subtract", "scale", "delay", "replay", "drift")


@dataclass(frozen=True, slots=True)
class Trigger:
    """The context in which a fault begins: at night, when insulin on board is high, after a meal."""

    kind: TriggerKind = "always"
    a: float = 0.0
    """hours: from (hour of day); iob-above: U; glucose-below/-above: mg/dL (true); after-meal: minutes since the
    meal."""
    b: float = 0.0
    """hours: until (hour of day); may be smaller than ``a`` (over midnight)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the attacker can or dares to send: bounds, rate of change, and how often."""

    low: float = -math.inf
    high: float = math.inf
    rate_per_minute: float = math.inf
    """Largest change per minute between two values sent."""
    period: float = 0.0
    """Minutes between two writes; 0 means with every sample."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault on one channel."""

    channel: Channel
    operation: Operation
    magnitude: float = math.nan
    """replace: the value; add, subtract: the amount; scale: the factor; delay, replay: minutes; drift: per hour."""
    start: float = 0.0
    """Minutes after the start of the run."""
    duration: float = math.inf
    """Minutes from the moment the fault begins."""
    trigger: Trigger = field(default_factory=Trigger)
    limits: Limits = field(default_factory=Limits)

    def row(self) -> tuple[float, ...]:
        """The fault as the kernel reads it."""
        low, high = CHANNEL_LIMITS[self.channel]
        operation, magnitude = self.operation, self.magnitude
        if operation == "subtract":
            operation, magnitude = "add", -magnitude
        return (
            float(k.CHANNELS.index(self.channel)), float(k.OPERATIONS.index(operation)),
            0.0 if math.isnan(magnitude) else magnitude, self.start, min(self.duration, 1e12),
            float(k.TRIGGERS.index(self.trigger.kind)), self.trigger.a, self.trigger.b,
            max(low, self.limits.low), min(high, self.limits.high), min(self.limits.rate_per_minute, 1e12),
            self.limits.period,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of faults that happen in one run; no faults is the run without attack."""

    name: str
    faults: tuple[Fault, ...] = ()
    accidental: bool = False
    initial_glucose: float | None = None
    """Start the patients at this glucose (mg/dL) instead of their fasting steady state."""
    path: str = ""
    """Id of the attack path this scenario stands for, when the assessment asked for it."""

    @property
    def onset(self) -> float:
        """Earliest minute at which a fault of this scenario can begin; 0 without faults."""
        return min((f.start for f in self.faults), default=0.0)


def _fault_problems(fault: Fault, minutes: float, where: str) -> list[Problem]:
    problems: list[Problem] = []

    def problem(code: str, message: str, value: object, remedy: str = "") -> None:
        problems.append(Problem(code, f"{where}: {message}", value=str(value), remedy=remedy))

    if fault.channel not in k.CHANNELS:
        problem("unknown-channel", "no such channel of the loop", fault.channel, f"use one of: {', '.join(k.CHANNELS)}")
        return problems
    if fault.operation != "subtract" and fault.operation not in k.OPERATIONS:
        problem(
            "unknown-operation",
            "no such operation",
            fault.operation,
            f"use one of: subtract, {', '.join(k.OPERATIONS)}",
        )
        return problems
    if fault.trigger.kind not in k.TRIGGERS:
        problem("unknown-trigger", "no such trigger", fault.trigger.kind, f"use one of: {', '.join(k.TRIGGERS)}")
    if not 0.0 <= fault.start < minutes:
        problem("window-outside-run", f"the attack window starts outside the run of {minutes:g} min", fault.start,
                "move the start into the run, or simulate more days")  # fmt: skip
    if not fault.duration > 0.0:
        problem("empty-window", "the duration must be above 0 minutes", fault.duration)
    if fault.operation in _NEEDS_MAGNITUDE and not math.isfinite(fault.magnitude):
        problem("missing-magnitude", f"{fault.operation} needs a magnitude", fault.magnitude)
    if fault.operation in _NEEDS_HISTORY:
        if fault.channel not in _HISTORY_CHANNELS:
            problem("no-history", f"{fault.operation} needs a channel with a history", fault.channel,
                    f"use one of: {', '.join(_HISTORY_CHANNELS)}")  # fmt: skip
        if fault.magnitude < k.CONTROL_MINUTES:
            problem("too-short", f"{fault.operation} needs at least {k.CONTROL_MINUTES} minutes", fault.magnitude)
        if fault.operation == "replay" and fault.magnitude > fault.start:
            problem("no-recording", "replay needs that much recorded before its start", fault.magnitude,
                    "start later or replay a shorter piece")  # fmt: skip
    low, high = CHANNEL_LIMITS[fault.channel]
    if not (fault.limits.low <= fault.limits.high and fault.limits.high >= low and fault.limits.low <= high):
        problem("empty-limits", f"the limits leave no value a {fault.channel} can carry ({low:g} to {high:g})",
                f"{fault.limits.low:g}..{fault.limits.high:g}")  # fmt: skip
    if not (fault.limits.rate_per_minute > 0.0 and fault.limits.period >= 0.0):
        problem("bad-limits", "rate must be above 0 and period not negative", fault.limits)
    return problems


def check_scenarios(scenarios: Sequence[Scenario], minutes: float) -> None:
    """Raise InputError, with every problem found, when a scenario cannot run in a run of ``minutes``."""
    problems: list[Problem] = []
    names: set[str] = set()
    if not scenarios:
        problems.append(
            Problem("no-scenarios", "there is no scenario to simulate", remedy="add one; [] faults is a baseline")
        )
    for scenario in scenarios:
        if scenario.name in names:
            problems.append(Problem("duplicate-name", "two scenarios have the same name", value=scenario.name))
        names.add(scenario.name)
        if len(scenario.faults) > k.MAX_FAULTS:
            problems.append(
                Problem("too-many-faults", f"at most {k.MAX_FAULTS} faults per scenario", value=scenario.name)
            )
        glucose = scenario.initial_glucose
        if glucose is not None and not 20.0 <= glucose <= 600.0:
            problems.append(Problem("bad-glucose", "initial glucose must be 20 to 600 mg/dL", value=str(glucose)))
        for i, fault in enumerate(scenario.faults):
            problems += _fault_problems(fault, minutes, f"scenario {scenario.name!r}, fault {i + 1}")
    if problems:
        raise InputError(problems)


def encode(scenarios: Sequence[Scenario]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Fault rows of all scenarios, and per scenario (first row, number of rows)."""
    import numpy as np

    rows = [f.row() for s in scenarios for f in s.faults]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), k.FAULT_FIELDS)
    counts = np.array([len(s.faults) for s in scenarios], dtype=np.int64)
    return table, np.stack([np.concatenate([[0], np.cumsum(counts)[:-1]]), counts], axis=1)
