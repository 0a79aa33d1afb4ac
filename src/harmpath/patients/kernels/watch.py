"""The monitors that run inside the compiled loop: given what they see and the command, is it safe?"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k

__all__ = ["context_rules", "verdict"]


@njit(inline="always")
def _context(rule: int, bg: float, dbg: float, iob: float, diob: float, target: float, small: float) -> bool:
    """Whether the context of ``rule`` (0-based) holds, apart from its IOB or glucose threshold. Source: DSN 2021,
    Table I."""
    above, below = bg > target, bg < target
    rising, falling = dbg > 0.0, dbg < 0.0
    more, less = diob > small, diob < -small
    same = not more and not less
    if rule == 0:
        return above and rising and less
    if rule == 1:
        return above and rising and same
    if rule == 2:
        return above and falling and more
    if rule == 3:
        return above and falling and less
    if rule == 4:
        return above and falling and same
    if rule == 5:
        return below and falling and more
    if rule == 6:
        return below and falling and less
    if rule == 7:
        return below and falling and same
    if rule == 8:
        return above
    if rule == 9:
        return True
    if rule == 10:
        return above and rising and not more
    return below and falling and not less


@njit(inline="always")
def _action(rule: int, command: float, previous: float, small: float) -> bool:
    """Whether the command is the one that ``rule`` forbids (rule 10: the one it requires is missing)."""
    if rule <= 4:
        return command < previous - small and command > small
    if rule <= 7:
        return command > previous + small
    if rule == 8:
        return command <= small
    if rule == 9:
        return command > small
    return abs(command - previous) <= small


@njit
def context_rules(
    bg: float, dbg: float, iob: float, diob: float, command: float, previous: float, thresholds: Any, target: float
) -> int:
    """Verdict of the 12 context-aware rules; ``thresholds`` in rule order (rule 10's is a glucose, the others' an
    IOB)."""
    found = k.SAFE
    for rule in range(k.STL_RULES):
        limit = thresholds[rule]
        if math.isnan(limit) or not _context(rule, bg, dbg, iob, diob, target, 1e-3):
            continue
        if not _action(rule, command, previous, 0.01):
            continue
        if rule == 9:
            broken = bg < limit
        elif rule in (5, 6, 7, 11):
            broken = iob > limit
        else:
            broken = iob < limit
        if broken:
            if rule in (5, 6, 7, 9, 11):
                return k.HAZARD_TOO_MUCH
            found = k.HAZARD_TOO_LITTLE
    return found


@njit
def verdict(
    kind: int,
    seen: Any,
    step: int,
    iob: float,
    diob: float,
    command: float,
    previous: float,
    profile: Any,
    m: Any,
    thresholds: Any,
    external: int,
) -> int:
    """One monitor's verdict at one step. ``m`` holds the monitor's settings, see ``harmpath.patients.monitors``."""
    if kind == k.NO_MONITOR:
        return k.SAFE
    if kind == k.EXTERNAL_MONITOR:
        return int(external)
    bg = seen[step]
    if math.isnan(bg):
        return k.SAFE
    known = step > 0 and not math.isnan(seen[step - 1])
    dbg = bg - seen[step - 1] if known else 0.0
    if kind == k.RANGE_RATE:
        if bg < m[0] or bg > m[1] or abs(dbg) > m[2] * k.CONTROL_MINUTES:
            return k.BAD_DATA
        return k.SAFE
    if kind == k.GUIDELINE:
        # outside [low, high] and still moving away, or falling / rising faster than allowed, for m[4] steps
        if (bg < m[0] and dbg <= 0.0) or dbg < m[2]:
            return k.HAZARD_TOO_MUCH if command > 0.0 else k.SAFE
        if (bg > m[1] and dbg >= 0.0) or dbg > m[3]:
            return k.HAZARD_TOO_LITTLE if command <= profile[k.P_BASAL] else k.SAFE
        return k.SAFE
    if kind == k.PREDICTIVE:
        trend = dbg / k.CONTROL_MINUTES if known else 0.0
        extra = (command - profile[k.P_BASAL]) * m[2] / 60.0
        ahead = bg + trend * m[2] - profile[k.P_ISF] * (m[3] * iob + 0.5 * extra)
        if ahead < m[0] and command > 0.0:
            return k.HAZARD_TOO_MUCH
        if ahead > m[1] and command <= profile[k.P_BASAL]:
            return k.HAZARD_TOO_LITTLE
        return k.SAFE
    return int(context_rules(bg, dbg, iob, diob, command, previous, thresholds, profile[k.P_TARGET]))
