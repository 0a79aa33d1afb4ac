"""The controllers that run inside the compiled loop. Each returns a basal rate in U/h; boluses are advised apart.

What they see is what reached them (after any tampering): the reading, its history, insulin on board, announced meals.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k

__all__ = ["bolus_advice", "rate_command", "slope"]

HORIZON_POINTS = 8
"""Points, 30 minutes apart, that the MPC predicts: 4 hours."""
MOVES = 3
"""Blocks of 30 minutes whose rates the MPC chooses."""


@njit(inline="always")
def slope(seen: Any, step: int, back: int) -> float:
    """Average change of the reading per minute over the last ``back`` steps that have readings (mg/dL/min)."""
    now = seen[step]
    j = step - back
    while j < step and (j < 0 or math.isnan(seen[j])):
        j += 1
    if j >= step or math.isnan(now):
        return 0.0
    return float((now - seen[j]) / ((step - j) * k.CONTROL_MINUTES))


@njit(inline="always")
def bolus_advice(profile: Any, glucose: float, grams: float, iob: float, c: Any) -> float:
    """The bolus calculator: carbohydrate / ratio, plus a correction above ``c[1]`` to the target, less insulin on
    board."""
    carbs = grams / profile[k.P_CR]
    correction = 0.0
    if not math.isnan(glucose) and glucose > c[1]:
        correction = (glucose - profile[k.P_TARGET]) / profile[k.P_ISF]
        if c[2] > 0.0:
            correction -= c[2] * max(iob, 0.0)
    return float(max(carbs + max(correction, 0.0), 0.0)) if c[0] > 0.0 else float(max(correction, 0.0))


@njit
def _pid(row: Any, profile: Any, seen: Any, step: int, iob: float, c: Any) -> float:
    """PID with insulin feedback (Steil et al. 2011; Palerm 2011): basal + Kp (e + integral / Ti + Td dG/dt) -
    gamma IOB."""
    error = seen[step] - profile[k.P_TARGET]
    kp = c[4] / profile[k.P_ISF]
    limit = 2.0 * profile[k.P_BASAL] * c[5] / kp
    integral = min(max(row[k.L_PID_INTEGRAL] + error * k.CONTROL_MINUTES, -limit), limit)
    row[k.L_PID_INTEGRAL] = integral
    action = kp * (error + integral / c[5] + c[6] * slope(seen, step, 3))
    return float(profile[k.P_BASAL] + action - c[7] * iob)


@njit
def _oref0(row: Any, profile: Any, seen: Any, step: int, iob: float, activity: float, c: Any) -> float:
    """Temporary basal rates after the reference design of OpenAPS (oref0, "determine-basal"), with its safety limits.

    eventual glucose = reading - IOB x ISF + deviation (30 min) + what undigested carbohydrate will raise; the rate
    makes up the insulin lacking or surplus within 30 minutes; zero below the suspend threshold; limits on IOB and rate.
    """
    glucose, isf, target, basal = seen[step], profile[k.P_ISF], profile[k.P_TARGET], profile[k.P_BASAL]
    if glucose < target - 0.5 * (target - 40.0):
        return 0.0
    impact = -activity * isf * k.CONTROL_MINUTES
    short = slope(seen, step, 1) * k.CONTROL_MINUTES
    delta = min(short, slope(seen, step, 3) * k.CONTROL_MINUTES)
    deviation = 30.0 / k.CONTROL_MINUTES * (delta - impact)
    if deviation < 0.0:
        deviation = 30.0 / k.CONTROL_MINUTES * (slope(seen, step, 3) * k.CONTROL_MINUTES - impact)
    rise = row[k.L_COB] * isf / profile[k.P_CR]
    eventual = glucose - iob * isf + max(deviation, rise) if rise > 0.0 else glucose - iob * isf + deviation
    lowest = min(eventual, glucose + 6.0 * delta) if delta < 0.0 else eventual
    required = (lowest - target) / isf
    if required > 0.0:
        required = min(required, max(c[8] * basal - iob, 0.0))
    rate = basal + 2.0 * required
    return float(min(max(rate, 0.0), min(c[9] * basal, c[10])))


@njit
def _mpc(row: Any, profile: Any, seen: Any, net: Any, step: int, curve: Any, taps: int, c: Any) -> float:
    """Small model-predictive control: three moves of 30 minutes, eight predicted points, box constraints.

    Prediction: reading + decaying trend + undigested carbohydrate - ISF x insulin that will have acted by then; the
    insulin-action curve is the IOB curve. The box-constrained quadratic problem is solved by coordinate descent.
    """
    glucose, isf, basal = seen[step], profile[k.P_ISF], profile[k.P_BASAL]
    trend = min(max(slope(seen, step, 4), -4.0), 4.0)
    u0, u1, u2 = 0.0, 0.0, 0.0
    h00 = h11 = h22 = c[11] * isf * isf
    h01 = h02 = h12 = 0.0
    b0 = b1 = b2 = 0.0
    for point in range(1, HORIZON_POINTS + 1):
        ahead = point * 6
        acted = 0.0
        for j in range(1, min(taps, step) + 1):
            later = j - 1 + ahead
            acted += net[step - j] * (curve[j - 1] - (curve[later] if later < taps else 0.0))
        eaten = row[k.L_COB] * min(ahead * k.CONTROL_MINUTES / 180.0, 1.0) * isf / profile[k.P_CR]
        free = glucose + trend * 30.0 * (1.0 - math.exp(-ahead * k.CONTROL_MINUTES / 30.0)) + eaten - isf * acted
        error = free - profile[k.P_TARGET]
        if error < 0.0:
            error *= 3.0  # low is worse than high
        # insulin of a block of 30 min acts from its middle on; U per U/h is 0.5
        g0 = 0.5 * isf * (1.0 - (curve[ahead - 3] if ahead - 3 < taps else 0.0))
        g1 = 0.5 * isf * (1.0 - (curve[ahead - 9] if ahead - 9 < taps else 0.0)) if ahead > 9 else 0.0
        g2 = 0.5 * isf * (1.0 - (curve[ahead - 15] if ahead - 15 < taps else 0.0)) if ahead > 15 else 0.0
        h00 += g0 * g0
        h11 += g1 * g1
        h22 += g2 * g2
        h01 += g0 * g1
        h02 += g0 * g2
        h12 += g1 * g2
        b0 += g0 * error
        b1 += g1 * error
        b2 += g2 * error
    low, high = -basal, min(c[9] * basal, c[10]) - basal
    for _ in range(12):
        u0 = min(max((b0 - h01 * u1 - h02 * u2) / h00, low), high)
        u1 = min(max((b1 - h01 * u0 - h12 * u2) / h11, low), high)
        u2 = min(max((b2 - h02 * u0 - h12 * u1) / h22, low), high)
    return float(basal + u0)


@njit
def rate_command(
    kind: int,
    row: Any,
    profile: Any,
    seen: Any,
    net: Any,
    step: int,
    iob: float,
    activity: float,
    curve: Any,
    taps: int,
    stale: int,
    c: Any,
    external: float,
) -> float:
    """Basal rate (U/h) that the controller commands; without a fresh reading every controller falls back to basal."""
    basal = float(profile[k.P_BASAL])
    if kind == k.EXTERNAL:
        return float(external)
    if kind == k.BASAL_BOLUS:
        return float(basal * c[3])
    if math.isnan(seen[step]) or stale > 0:
        return basal
    if kind == k.PID:
        return float(max(min(_pid(row, profile, seen, step, iob, c), min(c[9] * basal, c[10])), 0.0))
    if kind == k.OREF0:
        return float(_oref0(row, profile, seen, step, iob, activity, c))
    return float(_mpc(row, profile, seen, net, step, curve, taps, c))
