"""From the reach of an attack path to scenarios: which false values can arrive, and what they are worth trying with.

Takes plain values, so that the floor below need not know of patients: a channel of the loop, the operations that the
path permits, bounds, the largest rate of change, and how often the signal is sent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harmpath.errors import InputError, Problem
from harmpath.patients.faults import CHANNEL_LIMITS, Channel, Fault, Limits, Operation, Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.search import AttackSpace

__all__ = ["reach_scenarios", "reach_space"]

_DELAY, _REPLAY = 60.0, 120.0
"""Minutes by which a delayed signal lags, and which a replay repeats, in the representative scenarios."""


def _limits(
    channel: Channel, operations: Sequence[Operation], low: float, high: float, rate: float, period: float
) -> Limits:
    known = ("subtract", *k.OPERATIONS)
    problems = [
        Problem("unknown-operation", "no such operation on a signal", value=o, remedy=f"use one of: {', '.join(known)}")
        for o in operations if o not in known
    ]  # fmt: skip
    if channel not in CHANNEL_LIMITS:
        problems.append(
            Problem(
                "unknown-channel", "the loop has no such channel", value=channel,
                remedy=f"map the signal to one of: {', '.join(CHANNEL_LIMITS)}",
            )
        )  # fmt: skip
    if not operations:
        problems.append(Problem("no-operations", "a reach without operations cannot be simulated"))
    if problems:
        raise InputError(problems)
    return Limits(low, high, rate, period)


def reach_scenarios(
    path: str,
    channel: Channel,
    operations: Sequence[Operation],
    *,
    low: float = -math.inf,
    high: float = math.inf,
    rate_per_minute: float = math.inf,
    period: float = 0.0,
    start: float = 480.0,
    duration: float = 240.0,
) -> tuple[Scenario, ...]:
    """Representative scenarios of a reach: each operation at its extremes, named after the path.

    replace goes to both bounds, add and subtract by a quarter and by half of the channel's width, scale by 0.5 and 2,
    drift a quarter of the width per hour both ways; delay 60 min, replay 120 min; the others have no magnitude. Use
    :func:`reach_space` with ``search_worst`` for the worst one. InputError for an unknown channel or operation.
    """
    limits = _limits(channel, operations, low, high, rate_per_minute, period)
    floor, ceiling = CHANNEL_LIMITS[channel]
    bottom, top = max(floor, low), min(ceiling, high)
    width = top - bottom
    choices: dict[str, tuple[float, ...]] = {
        "replace": (bottom, top), "add": (width / 4, width / 2), "subtract": (width / 4, width / 2),
        "scale": (0.5, 2.0), "drift": (-width / 4, width / 4), "delay": (_DELAY,), "replay": (_REPLAY,),
    }  # fmt: skip
    found = []
    for operation in dict.fromkeys(operations):
        if operation in ("delay", "replay") and (channel not in ("cgm", "insulin") or start < _REPLAY):
            continue
        for magnitude in choices.get(operation, (math.nan,)):
            shown = operation if math.isnan(magnitude) else f"{operation} {magnitude:g}"
            fault = Fault(channel, operation, magnitude, start, duration, limits=limits)
            found.append(Scenario(f"{path}: {channel} {shown}", (fault,), path=path))
    return tuple(found)


def reach_space(
    path: str,
    channel: Channel,
    operations: Sequence[Operation],
    *,
    low: float = -math.inf,
    high: float = math.inf,
    rate_per_minute: float = math.inf,
    period: float = 0.0,
    start: tuple[float, float] = (240.0, 960.0),
    duration: tuple[float, float] = (30.0, 360.0),
) -> AttackSpace:
    """The whole reach as a space for ``search_worst``."""
    limits = _limits(channel, operations, low, high, rate_per_minute, period)
    return AttackSpace(channel, tuple(operations), limits, start, duration, name=f"{path}: worst {channel}", path=path)
