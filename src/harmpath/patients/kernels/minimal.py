"""The minimal model as identified by Kanderian et al. 2009: Bergman's glucose kinetics with subcutaneous insulin.

A second, cheap and independent type-1 plant (J Diabetes Sci Technol 2009;3:1047-1057, equations 1-4 and 8-10). States::

    0 D1 mg   1 D2 mg (two meal compartments, time constant tau_m)   3 G mg/dL   6 Ieff 1/min   10 Isc uU/mL
    5 Ip uU/mL   12 Gisf mg/dL

The positions are those of the quantity's counterpart in the UVA/Padova model, so that the loop reads both alike.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k

__all__ = ["derivative"]


@njit(inline="always")
def derivative(x: Any, p: Any, meal: float, insulin: float, out: Any) -> None:
    """Write dx/dt (per minute) to ``out``; ``meal`` in mg/min, ``insulin`` in uU/min."""
    for i in range(k.STATES):
        out[i] = 0.0
    out[0] = meal - x[0] / p[k.M_TM]
    out[1] = (x[0] - x[1]) / p[k.M_TM]
    appearance = x[1] / (p[k.M_TM] * p[k.M_VG])
    out[10] = (insulin / p[k.M_CI] - x[10]) / p[k.M_TAU1]
    out[5] = (x[10] - x[5]) / p[k.M_TAU2]
    out[6] = p[k.M_P2] * (p[k.M_SI] * x[5] - x[6])
    out[3] = p[k.M_EGP] + appearance - (p[k.M_GEZI] + x[6]) * x[3]
    out[12] = (x[3] - x[12]) / p[k.M_TSEN]
