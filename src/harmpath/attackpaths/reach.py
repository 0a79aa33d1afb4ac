"""Reach: what an attacker can do to each input feature of the model, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harmpath.catalogue.vocabulary import OPERATIONS
from harmpath.device.elements import Signal
from harmpath.device.model import Device
from harmpath.device.values import Interval, Rate
from harmpath.evidence import CatalogueEvidence, ElementEvidence, Evidence

__all__ = ["Reach", "SignalReach", "reach_of"]

_EVERYTHING = Interval(float("-inf"), float("inf"), False, False)


@dataclass(frozen=True, slots=True)
class SignalReach:
    """What an attacker can do to one signal."""

    signal: str
    operations: tuple[str, ...]
    """Of replace, add, drop, delay, replay."""
    bounds: Interval
    """Values that a false reading can take and still be used."""
    max_rate: Rate | None
    """Fastest change that passes the plausibility check; None when nothing checks it."""
    period: float | None
    """Seconds between two values on the last channel that states a rate."""
    paths: tuple[str, ...]
    """Ids of the paths that falsify or withhold the signal."""
    limited_by: tuple[Evidence, ...] = ()
    """What limits the bounds, or makes late and missing values noticed."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an attacker can do to one input feature of an ML engine."""

    feature: str
    engine: str
    signals: tuple[str, ...]
    """Signals of the feature that an attacker can falsify or withhold."""
    operations: tuple[str, ...]
    bounds: Interval | None
    """The hull of the bounds of the signals; None when no signal can be reached."""
    max_rate: Rate | None
    period: float | None
    paths: tuple[str, ...]
    per_signal: tuple[SignalReach, ...]
    reason: str = ""
    """Why nothing can be reached, when nothing can."""


def reach_of(
    device: Device,
    operations: Mapping[str, set[str]],
    paths: Mapping[str, tuple[str, ...]],
    controlled: set[str],
    limiting: Mapping[str, Mapping[str, str]],
) -> tuple[Reach, ...]:
    """The Reach of every input feature, in the order of the device file.

    Args:
        device: the model.
        operations: per signal, the operations of all steps that can be derived.
        paths: per signal, ids of the published paths.
        controlled: components on which the attacker can execute code; their checks do not count.
        limiting: per kind of limit (values, freshness), component to the control placed there.
    """
    result = []
    for engine in device.ml_engines:
        for feature in engine.inputs:
            feeding = [s for s in device.signals if feature.id in s.feeds]
            per_signal = tuple(
                _signal_reach(device, s, operations[s.id], paths.get(s.id, ()), controlled, limiting)
                for s in feeding
                if operations.get(s.id)
            )
            reason = "" if per_signal else _why_not(feeding)
            result.append(_feature_reach(feature.id, engine.id, per_signal, reason))
    return tuple(result)


def _why_not(feeding: list[Signal]) -> str:
    if not feeding:
        return "No signal of the model feeds this feature."
    names = ", ".join(s.id for s in feeding)
    return f"No attack rule leads to falsifying or withholding {names} under the stated protections and controls."


def _feature_reach(feature: str, engine: str, signals: tuple[SignalReach, ...], reason: str) -> Reach:
    done = {o for s in signals for o in s.operations}
    rates = [s.max_rate for s in signals]
    known = [r for r in rates if r is not None]
    periods = [s.period for s in signals if s.period is not None]
    return Reach(
        feature,
        engine,
        tuple(s.signal for s in signals),
        tuple(o for o in OPERATIONS if o in done),
        _hull([s.bounds for s in signals]),
        max(known, key=lambda r: r.per_second) if known and len(known) == len(rates) else None,
        min(periods) if periods else None,
        tuple(sorted({p for s in signals for p in s.paths})),
        signals,
        reason,
    )


def _hull(bounds: list[Interval]) -> Interval | None:
    if not bounds:
        return None
    low = min(bounds, key=lambda b: (b.low, not b.low_closed))
    high = max(bounds, key=lambda b: (b.high, b.high_closed))
    return Interval(low.low, high.high, low.low_closed, high.high_closed)


def _signal_reach(
    device: Device,
    signal: Signal,
    operations: set[str],
    paths: tuple[str, ...],
    controlled: set[str],
    limiting: Mapping[str, Mapping[str, str]],
) -> SignalReach:
    limits: list[Evidence] = []
    bounds, rate = signal.range or _EVERYTHING, None
    validators = _users(device, signal)
    checking = [c for c in validators if _checks_values(device, c, limiting) and c not in controlled]
    if validators and len(checking) == len(validators):
        bounds = _meet(bounds, signal.physiological) if signal.physiological else bounds
        rate = signal.max_rate
        limits += [_checked_by(c, limiting) for c in checking]
    watching = [c for c in validators if c in limiting.get("freshness", {}) and c not in controlled]
    if validators and len(watching) == len(validators):
        limits += [CatalogueEvidence("security-controls", limiting["freshness"][c], f"on {c}") for c in watching]
    ordered = tuple(o for o in OPERATIONS if o in operations)
    return SignalReach(signal.id, ordered, bounds, rate, _period(device, signal), paths, tuple(limits))


def _users(device: Device, signal: Signal) -> list[str]:
    """The components that use a signal's values; a check elsewhere can be passed by."""
    users = {device.feature[f][0].component for f in signal.feeds if f in device.feature}
    return sorted(u for u in users if u in device.component)


def _checks_values(device: Device, component: str, limiting: Mapping[str, Mapping[str, str]]) -> bool:
    strong = device.component[component].protections.input_validation == "strong"
    return strong or component in limiting.get("values", {})


def _checked_by(component: str, limiting: Mapping[str, Mapping[str, str]]) -> Evidence:
    control = limiting.get("values", {}).get(component)
    if control:
        return CatalogueEvidence("security-controls", control, f"on {component}")
    return ElementEvidence(component, "input_validation: strong")


def _meet(a: Interval, b: Interval) -> Interval:
    """The values in both; the second when they have none in common (the check refuses the rest)."""
    low = max(a, b, key=lambda i: (i.low, not i.low_closed))
    high = min(a, b, key=lambda i: (i.high, i.high_closed))
    if low.low > high.high or (low.low == high.high and not (low.low_closed and high.high_closed)):
        return b
    return Interval(low.low, high.high, low.low_closed, high.high_closed)


def _period(device: Device, signal: Signal) -> float | None:
    """Seconds between values on the last channel of the signal that states a rate."""
    for via in reversed(signal.via):
        channel = device.channel.get(via)
        if channel is not None and channel.rate is not None:
            return channel.rate.period_seconds
    return None
