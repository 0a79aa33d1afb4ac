"""One minute of the opioid plant for all patients; the model and its sources are in ``harmpath.patients.opioid``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from harmpath.patients.kernels import FINGERPRINT

__all__ = ["opioid_minute"]


@njit(inline="always")
def _saturation(p: float) -> float:
    return 1.0 / (23400.0 / (p * p * p + 150.0 * p) + 1.0)


def _build(fingerprint: int) -> Callable[..., None]:
    @njit(cache=True)
    def run(state: Any, rates: Any, c50: Any, gap: Any, given: Any, steps: int, m: Any) -> None:
        """Advance state[:, (3 compartments ug, effect ng/mL, PaCO2, its effect, PAO2, breathing)] by a minute.

        ``rates`` as ``OpioidPatient.rates``; ``given`` ug in this minute; m: gain, ke0 and kel of CO2, Hill, baseline
        PaCO2, inspired oxygen pressure, alveolar ventilation, oxygen uptake x 863, lung gas, blood oxygen x 863.
        """
        assert fingerprint > 0
        h = 1.0 / steps
        for i in range(state.shape[0]):
            a, b, c, e, co2, drive, oxygen, breathing = state[i]
            v1, k10, k12, k21, k13, k31, ke0 = rates[i]
            half = c50[i] ** m[3]
            for _ in range(steps):
                da = given[i] - (k10 + k12 + k13) * a + k21 * b + k31 * c
                db, dc, de = k12 * a - k21 * b, k13 * a - k31 * c, ke0 * (a / v1 - e)
                a, b, c, e = a + h * da, b + h * db, c + h * dc, e + h * de
                power = max(e, 0.0) ** m[3]
                breathing = max((1.0 - power / (half + power)) * (drive / m[4]) ** m[0], 1e-3)
                co2 = min(co2 + h * m[2] * (m[4] - breathing * co2), 150.0)
                drive += h * m[1] * (co2 - drive)
                arterial = max(oxygen - gap[i], 1.0)
                store = m[8] + m[9] * (_saturation(arterial + 0.5) - _saturation(arterial - 0.5))
                oxygen += h * (m[6] * breathing * (m[5] - oxygen) - m[7]) / store
                oxygen = max(oxygen, gap[i] + 1.0)
            state[i, 0], state[i, 1], state[i, 2], state[i, 3] = a, b, c, e
            state[i, 4], state[i, 5], state[i, 6], state[i, 7] = co2, drive, oxygen, breathing

    return run


opioid_minute = _build(FINGERPRINT)
