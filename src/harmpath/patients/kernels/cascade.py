"""The default integrator of the UVA/Padova model: it uses that the model is a cascade.

Stomach and gut (3 states) and insulin (7 states) do not depend on glucose. So within one minute of constant inputs

* insulin is linear: it is advanced by its exact propagator, computed once per patient (matrix exponential);
* the gut is advanced by RK4 with as many substeps as its fastest process needs: many while a meal starts and the
  emptying rate swings, one otherwise;
* glucose (3 states) is advanced by one RK4 step that sees the other two at the start, the middle and the end.

One monolithic RK4 step per minute is off by up to 0.2 mg/dL while a meal starts; this scheme keeps to 0.01 mg/dL at a
lower cost (``benchmarks/patient_simulation.py`` prints both).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INSULIN_STATES", "PROPAGATOR", "cascade_minute", "propagators"]

INSULIN_STATES = (10, 11, 9, 5, 6, 7, 8)
PROPAGATOR = 63
"""Length of a propagator row: 7 x 7 transition over half a minute, 7 responses to insulin, 7 to the constant term."""
_GUT_RESOLUTION = 1.6
"""Substeps per unit of (fastest gut rate x minute); chosen where a finer one changes glucose by less than
0.003 mg/dL."""
_GUT_SUBSTEPS_MAX = 64


def propagators(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exact half-minute propagators of the insulin subsystem, patients x PROPAGATOR."""
    from scipy.linalg import expm

    p = parameters.T
    a = np.zeros((len(parameters), 9, 9))  # order: Isc1, Isc2, Il, Ip, X, I1, Id, insulin input, constant
    a[:, 0, 0], a[:, 0, 7] = -(p[k.KA1] + p[k.KD]), 1.0
    a[:, 1, 0], a[:, 1, 1] = p[k.KD], -p[k.KA2]
    a[:, 2, 2], a[:, 2, 3] = -(p[k.M1] + p[k.M30]), p[k.M2]
    a[:, 3, 0], a[:, 3, 1], a[:, 3, 2], a[:, 3, 3] = p[k.KA1], p[k.KA2], p[k.M1], -(p[k.M2] + p[k.M4])
    a[:, 4, 3], a[:, 4, 4], a[:, 4, 8] = p[k.P2U] / p[k.VI], -p[k.P2U], -p[k.P2U] * p[k.IB]
    a[:, 5, 3], a[:, 5, 5] = p[k.KI] / p[k.VI], -p[k.KI]
    a[:, 6, 5], a[:, 6, 6] = p[k.KI], -p[k.KI]
    half = expm(0.5 * a)
    rows: NDArray[np.float64] = np.concatenate(
        [half[:, :7, :7].reshape(len(parameters), 49), half[:, :7, 7], half[:, :7, 8]], axis=1
    )
    return rows


@njit(inline="always")
def _tanh(x: float) -> float:
    """Half the cost of the library's tanh, to 1e-15 absolute."""
    if x > 20.0:
        return 1.0
    if x < -20.0:
        return -1.0
    return 1.0 - 2.0 / (math.exp(2.0 * x) + 1.0)


@njit(inline="always")
def _emptying(q1: float, q2: float, p: Any, dbar: float, steep: float, shallow: float) -> float:
    """Gastric emptying rate (1/min)."""
    if dbar <= 0.0:
        return float(p[k.KMAX])
    qsto = q1 + q2
    swing = _tanh(steep * (qsto - p[k.B] * dbar)) - _tanh(shallow * (qsto - p[k.D] * dbar)) + 2.0
    return float(p[k.KMIN] + 0.5 * (p[k.KMAX] - p[k.KMIN]) * swing)


@njit(inline="always")
def _gut_step(
    q1: float, q2: float, q3: float, p: Any, meal: float, dbar: float, steep: float, shallow: float, h: float
) -> tuple[float, float, float]:
    kmax, kabs = p[k.KMAX], p[k.KABS]
    g = _emptying(q1, q2, p, dbar, steep, shallow)
    a1, a2, a3 = meal - kmax * q1, kmax * q1 - g * q2, g * q2 - kabs * q3
    u1, u2, u3 = q1 + 0.5 * h * a1, q2 + 0.5 * h * a2, q3 + 0.5 * h * a3
    g = _emptying(u1, u2, p, dbar, steep, shallow)
    b1, b2, b3 = meal - kmax * u1, kmax * u1 - g * u2, g * u2 - kabs * u3
    u1, u2, u3 = q1 + 0.5 * h * b1, q2 + 0.5 * h * b2, q3 + 0.5 * h * b3
    g = _emptying(u1, u2, p, dbar, steep, shallow)
    c1, c2, c3 = meal - kmax * u1, kmax * u1 - g * u2, g * u2 - kabs * u3
    u1, u2, u3 = q1 + h * c1, q2 + h * c2, q3 + h * c3
    g = _emptying(u1, u2, p, dbar, steep, shallow)
    d1, d2, d3 = meal - kmax * u1, kmax * u1 - g * u2, g * u2 - kabs * u3
    s = h / 6.0
    return (
        q1 + s * (a1 + 2.0 * b1 + 2.0 * c1 + d1),
        q2 + s * (a2 + 2.0 * b2 + 2.0 * c2 + d2),
        q3 + s * (a3 + 2.0 * b3 + 2.0 * c3 + d3),
    )


@njit
def _gut(x: Any, p: Any, meal: float, dbar: float, resolution: float) -> None:
    """Advance stomach and gut by one minute."""
    q1, q2, q3 = x[0], x[1], x[2]
    if meal <= 0.0 and q1 + q2 + q3 < 1e-6:
        return
    steep = shallow = 0.0
    rate = max(p[k.KABS], p[k.KMAX])
    if dbar > 0.0:
        steep = 2.5 / (dbar * (1.0 - p[k.B]))
        shallow = 2.5 / (dbar * p[k.D])
        rate = max(rate, max(steep, shallow) * max(meal, p[k.KMAX] * q2))
    n = min(max(math.ceil(resolution * rate), 1), _GUT_SUBSTEPS_MAX)
    h = 1.0 / n
    for _ in range(n):
        q1, q2, q3 = _gut_step(q1, q2, q3, p, meal, dbar, steep, shallow, h)
    x[0], x[1], x[2] = q1, q2, q3


@njit(inline="always")
def _half(s: Any, row: Any, insulin: float, out: Any) -> None:
    for i in range(7):
        total = row[49 + i] * insulin + row[56 + i]
        for j in range(7):
            total += row[7 * i + j] * s[j]
        out[i] = total


@njit(inline="always")
def _glucose(
    gp: float, gt: float, gs: float, p: Any, ra: float, action: float, delayed: float
) -> tuple[float, float, float]:
    production = max(p[k.KP1] - p[k.KP2] * gp - p[k.KP3] * delayed, 0.0)
    excretion = max(p[k.KE1] * (gp - p[k.KE2]), 0.0)
    uptake = (p[k.VM0] + p[k.VMX] * action) * gt / (p[k.KM0] + gt)
    dp = production + ra - p[k.FSNC] - excretion - p[k.K1] * gp + p[k.K2] * gt
    dt = p[k.K1] * gp - p[k.K2] * gt - uptake
    ds = p[k.KSC] * (gp - gs)
    return (dp if gp >= 0.0 else 0.0, dt if gt >= 0.0 else 0.0, ds if gs >= 0.0 else 0.0)


@njit
def cascade_minute(
    x: Any, p: Any, row: Any, meal: float, insulin: float, dbar: float, halvings: int, work: Any
) -> None:
    """Advance one minute: ``meal`` mg/min, ``insulin`` pmol/kg/min; ``halvings`` 2 halves every step (convergence
    test)."""
    factor = p[k.F] / p[k.BW]
    ra0 = factor * p[k.KABS] * x[2]
    absorbed = x[0] + x[1] + x[2] + meal
    _gut(x, p, meal, dbar, _GUT_RESOLUTION * halvings)
    absorbed -= x[0] + x[1] + x[2]
    ra2 = factor * p[k.KABS] * x[2]
    # The middle value is the one with which Simpson's rule gives exactly the mass that left the gut.
    ra1 = 0.25 * (6.0 * factor * absorbed - ra0 - ra2)
    s0, s1, s2 = work[0], work[1], work[2]
    s0[0], s0[1], s0[2], s0[3], s0[4], s0[5], s0[6] = x[10], x[11], x[9], x[5], x[6], x[7], x[8]
    _half(s0, row, insulin, s1)
    _half(s1, row, insulin, s2)
    gp, gt, gs = x[3], x[4], x[12]
    a1, a2, a3 = _glucose(gp, gt, gs, p, ra0, s0[4], s0[6])
    b1, b2, b3 = _glucose(gp + 0.5 * a1, gt + 0.5 * a2, gs + 0.5 * a3, p, ra1, s1[4], s1[6])
    c1, c2, c3 = _glucose(gp + 0.5 * b1, gt + 0.5 * b2, gs + 0.5 * b3, p, ra1, s1[4], s1[6])
    d1, d2, d3 = _glucose(gp + c1, gt + c2, gs + c3, p, ra2, s2[4], s2[6])
    x[3] = gp + (a1 + 2.0 * b1 + 2.0 * c1 + d1) / 6.0
    x[4] = gt + (a2 + 2.0 * b2 + 2.0 * c2 + d2) / 6.0
    x[12] = gs + (a3 + 2.0 * b3 + 2.0 * c3 + d3) / 6.0
    x[10], x[11], x[9], x[5], x[6], x[7], x[8] = s2[0], s2[1], s2[2], s2[3], s2[4], s2[5], s2[6]
