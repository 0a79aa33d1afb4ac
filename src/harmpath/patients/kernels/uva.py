"""The UVA/Padova 2008 type-1 diabetes model: 13 states, its right-hand side.

Dalla Man, Rizza, Cobelli, "Meal simulation model of the glucose-insulin system", IEEE TBME 2007;54:1740-1749, with the
subcutaneous insulin and sensor compartments of the simulator (Kovatchev et al. 2009). States::

    0 Qsto1 mg   1 Qsto2 mg   2 Qgut mg    3 Gp mg/kg   4 Gt mg/kg    5 Ip pmol/kg   6 X pmol/L
    7 I1 pmol/L  8 Id pmol/L  9 Il pmol/kg  10 Isc1 pmol/kg  11 Isc2 pmol/kg  12 Gs mg/kg

Mass that leaves one compartment enters the next; ``tests/patients/test_uva.py`` tests that compartment by compartment.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k

__all__ = ["derivative"]


@njit(inline="always")
def derivative(x: Any, p: Any, meal: float, insulin: float, dbar: float, out: Any) -> None:
    """Write dx/dt (per minute) to ``out``.

    ``meal`` is carbohydrate eaten in mg/min, ``insulin`` the infusion in pmol/kg/min, ``dbar`` the size of the meal
    being digested in mg (stomach content at its start plus what was eaten since). Amounts that reached zero stay there.
    """
    qsto = x[0] + x[1]
    if dbar > 0.0:
        steep = 2.5 / (dbar * (1.0 - p[k.B]))
        shallow = 2.5 / (dbar * p[k.D])
        kgut = p[k.KMIN] + 0.5 * (p[k.KMAX] - p[k.KMIN]) * (
            math.tanh(steep * (qsto - p[k.B] * dbar)) - math.tanh(shallow * (qsto - p[k.D] * dbar)) + 2.0
        )
    else:
        kgut = p[k.KMAX]
    out[0] = meal - p[k.KMAX] * x[0]
    out[1] = p[k.KMAX] * x[0] - kgut * x[1]
    out[2] = kgut * x[1] - p[k.KABS] * x[2]

    appearance = p[k.F] * p[k.KABS] * x[2] / p[k.BW]
    production = max(p[k.KP1] - p[k.KP2] * x[3] - p[k.KP3] * x[8], 0.0)
    excretion = max(p[k.KE1] * (x[3] - p[k.KE2]), 0.0)
    glucose = production + appearance - p[k.FSNC] - excretion - p[k.K1] * x[3] + p[k.K2] * x[4]
    out[3] = glucose if x[3] >= 0.0 else 0.0
    uptake = (p[k.VM0] + p[k.VMX] * x[6]) * x[4] / (p[k.KM0] + x[4])
    out[4] = p[k.K1] * x[3] - p[k.K2] * x[4] - uptake if x[4] >= 0.0 else 0.0

    plasma = x[5] / p[k.VI]
    out[5] = p[k.M1] * x[9] + p[k.KA1] * x[10] + p[k.KA2] * x[11] - (p[k.M2] + p[k.M4]) * x[5]
    out[6] = p[k.P2U] * (plasma - p[k.IB] - x[6])
    out[7] = p[k.KI] * (plasma - x[7])
    out[8] = p[k.KI] * (x[7] - x[8])
    out[9] = p[k.M2] * x[5] - (p[k.M1] + p[k.M30]) * x[9]
    out[10] = insulin - (p[k.KA1] + p[k.KD]) * x[10]
    out[11] = p[k.KD] * x[10] - p[k.KA2] * x[11]
    out[12] = p[k.KSC] * (x[3] - x[12]) if x[12] >= 0.0 else 0.0
