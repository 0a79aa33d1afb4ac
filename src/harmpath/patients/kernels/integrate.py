"""One minute of a patient: what is eaten, then the integration of the model with constant inputs.

Inputs change only at full minutes, so every integrator steps within a minute and never across a jump. The default is
the cascade scheme (see :mod:`harmpath.patients.kernels.cascade`). Three general ones show that results do not depend on
it: the classical Runge-Kutta method of order 4, the adaptive Dormand-Prince 5(4) pair, and the implicit two-stage Gauss
method of order 4. The minimal model has no cascade scheme; RK4 takes its place.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.cascade import cascade_minute
from harmpath.patients.kernels.minimal import derivative as _minimal
from harmpath.patients.kernels.uva import derivative as _uva

__all__ = ["eat", "minute"]

WORK_ROWS = 10
"""Rows of scratch that :func:`minute` needs, each ``STATES`` wide."""


@njit(inline="always")
def eat(state: Any, announced: float, eat_rate: float) -> float:
    """Carbohydrate (g) eaten in this minute; a meal is eaten at ``eat_rate`` g/min, and the meal's size is kept up."""
    state[k.EAT_PLANNED] += announced
    grams = min(eat_rate, state[k.EAT_PLANNED])
    state[k.EAT_PLANNED] = max(state[k.EAT_PLANNED] - grams, 0.0)
    if grams > 0.0 and state[k.EAT_LAST] <= 0.0:
        state[k.EAT_QSTO] = state[0] + state[1]
        state[k.EAT_FOOD] = 0.0
    if grams > 0.0:
        state[k.EAT_FOOD] += grams
    state[k.EAT_LAST] = grams
    return float(grams)


@njit
def _slope(plant: int, x: Any, p: Any, meal: float, insulin: float, dbar: float, out: Any) -> None:
    if plant == k.UVA:
        _uva(x, p, meal, insulin, dbar, out)
    else:
        _minimal(x, p, meal, insulin, out)


@njit
def _rk4(plant: int, x: Any, p: Any, meal: float, insulin: float, dbar: float, substeps: int, work: Any) -> None:
    h = 1.0 / substeps
    slope, trial, total = work[0], work[1], work[2]
    for _ in range(substeps):
        _slope(plant, x, p, meal, insulin, dbar, slope)
        for i in range(k.STATES):
            total[i] = slope[i]
            trial[i] = x[i] + 0.5 * h * slope[i]
        _slope(plant, trial, p, meal, insulin, dbar, slope)
        for i in range(k.STATES):
            total[i] += 2.0 * slope[i]
            trial[i] = x[i] + 0.5 * h * slope[i]
        _slope(plant, trial, p, meal, insulin, dbar, slope)
        for i in range(k.STATES):
            total[i] += 2.0 * slope[i]
            trial[i] = x[i] + h * slope[i]
        _slope(plant, trial, p, meal, insulin, dbar, slope)
        for i in range(k.STATES):
            x[i] += h / 6.0 * (total[i] + slope[i])


@njit
def _gauss4(plant: int, x: Any, p: Any, meal: float, insulin: float, dbar: float, substeps: int, work: Any) -> None:
    """Gauss-Legendre, two stages, order 4; the stage equations are solved by fixed-point iteration."""
    h = 1.0 / substeps
    root = math.sqrt(3.0) / 6.0
    k1, k2, n1, n2, trial = work[0], work[1], work[2], work[3], work[4]
    for _ in range(substeps):
        _slope(plant, x, p, meal, insulin, dbar, k1)
        for i in range(k.STATES):
            k2[i] = k1[i]
        for _iteration in range(60):
            for i in range(k.STATES):
                trial[i] = x[i] + h * (0.25 * k1[i] + (0.25 - root) * k2[i])
            _slope(plant, trial, p, meal, insulin, dbar, n1)
            for i in range(k.STATES):
                trial[i] = x[i] + h * ((0.25 + root) * k1[i] + 0.25 * k2[i])
            _slope(plant, trial, p, meal, insulin, dbar, n2)
            change = 0.0
            for i in range(k.STATES):
                change = max(change, abs(n1[i] - k1[i]) / (1.0 + abs(x[i])), abs(n2[i] - k2[i]) / (1.0 + abs(x[i])))
                k1[i] = n1[i]
                k2[i] = n2[i]
            if change < 1e-13:
                break
        for i in range(k.STATES):
            x[i] += 0.5 * h * (k1[i] + k2[i])


@njit
def _dopri5(plant: int, x: Any, p: Any, meal: float, insulin: float, dbar: float, tolerance: float, work: Any) -> None:
    """Dormand-Prince 5(4) with step control (Hairer, Norsett, Wanner, Solving ODEs I, II.4-II.5)."""
    a, b, c, d, e, f, g, trial, fresh = (
        work[0], work[1], work[2], work[3], work[4], work[5], work[6], work[7], work[8],
    )  # fmt: skip
    t, h = 0.0, 1.0
    while t < 1.0 - 1e-12:
        h = min(h, 1.0 - t)
        _slope(plant, x, p, meal, insulin, dbar, a)
        for i in range(k.STATES):
            trial[i] = x[i] + h * 0.2 * a[i]
        _slope(plant, trial, p, meal, insulin, dbar, b)
        for i in range(k.STATES):
            trial[i] = x[i] + h * (3.0 / 40.0 * a[i] + 9.0 / 40.0 * b[i])
        _slope(plant, trial, p, meal, insulin, dbar, c)
        for i in range(k.STATES):
            trial[i] = x[i] + h * (44.0 / 45.0 * a[i] - 56.0 / 15.0 * b[i] + 32.0 / 9.0 * c[i])
        _slope(plant, trial, p, meal, insulin, dbar, d)
        for i in range(k.STATES):
            trial[i] = x[i] + h * (
                19372.0 / 6561.0 * a[i] - 25360.0 / 2187.0 * b[i] + 64448.0 / 6561.0 * c[i] - 212.0 / 729.0 * d[i]
            )
        _slope(plant, trial, p, meal, insulin, dbar, e)
        for i in range(k.STATES):
            trial[i] = x[i] + h * (
                9017.0 / 3168.0 * a[i] - 355.0 / 33.0 * b[i] + 46732.0 / 5247.0 * c[i] + 49.0 / 176.0 * d[i]
                - 5103.0 / 18656.0 * e[i]
            )  # fmt: skip
        _slope(plant, trial, p, meal, insulin, dbar, f)
        for i in range(k.STATES):
            fresh[i] = x[i] + h * (
                35.0 / 384.0 * a[i] + 500.0 / 1113.0 * c[i] + 125.0 / 192.0 * d[i] - 2187.0 / 6784.0 * e[i]
                + 11.0 / 84.0 * f[i]
            )  # fmt: skip
        _slope(plant, fresh, p, meal, insulin, dbar, g)
        error = 0.0
        for i in range(k.STATES):
            gap = h * (
                71.0 / 57600.0 * a[i] - 71.0 / 16695.0 * c[i] + 71.0 / 1920.0 * d[i] - 17253.0 / 339200.0 * e[i]
                + 22.0 / 525.0 * f[i] - 1.0 / 40.0 * g[i]
            )  # fmt: skip
            error = max(error, abs(gap) / (tolerance * (1.0 + max(abs(x[i]), abs(fresh[i])))))
        if error <= 1.0 or h < 1e-4:
            t += h
            for i in range(k.STATES):
                x[i] = fresh[i]
        h *= min(5.0, max(0.2, 0.9 * (error + 1e-12) ** -0.2))


@njit
def minute(
    plant: int,
    state: Any,
    p: Any,
    grams: float,
    units: float,
    integrator: int,
    substeps: int,
    tolerance: float,
    work: Any,
) -> None:
    """Advance the plant by one minute: ``grams`` of carbohydrate eaten in it, insulin infused at ``units`` U/min."""
    x = state[: k.STATES]
    dbar = state[k.EAT_QSTO] + 1000.0 * state[k.EAT_FOOD]
    insulin = units * 6000.0 / p[k.BW] if plant == k.UVA else units * 1e6
    if integrator == k.CASCADE and plant == k.UVA:
        cascade_minute(x, p, p[k.PROPAGATOR_AT :], 1000.0 * grams, insulin, dbar, substeps, work)
    elif integrator == k.RK4 or integrator == k.CASCADE:
        _rk4(plant, x, p, 1000.0 * grams, insulin, dbar, substeps, work)
    elif integrator == k.DOPRI5:
        _dopri5(plant, x, p, 1000.0 * grams, insulin, dbar, tolerance, work)
    else:
        _gauss4(plant, x, p, 1000.0 * grams, insulin, dbar, substeps, work)
