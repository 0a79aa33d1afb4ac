"""Open loop: given insulin and carbohydrate per minute, the patients' states per minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, prange

from harmpath.patients.kernels import FINGERPRINT
from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.integrate import WORK_ROWS, eat, minute

__all__ = ["open_loop"]


def _build(fingerprint: int) -> Callable[..., None]:
    @njit(cache=True, parallel=True)
    def run(
        plant: int, state: Any, p: Any, patient: Any, insulin: Any, carbs: Any, eat_rate: float, integrator: int,
        substeps: int, tolerance: float, every: int, out: Any,
    ) -> None:  # fmt: skip
        """Fill out[lane, sample, state]; sample 0 is the initial state, then one every ``every`` minutes."""
        assert fingerprint > 0
        for lane in prange(state.shape[0]):
            work = np.empty((WORK_ROWS, k.STATES))
            row = state[lane]
            for i in range(k.STATES):
                out[lane, 0, i] = row[i]
            for m in range(insulin.shape[1]):
                grams = eat(row, carbs[lane, m], eat_rate)
                minute(plant, row, p[patient[lane]], grams, insulin[lane, m], integrator, substeps, tolerance, work)
                if (m + 1) % every == 0:
                    for i in range(k.STATES):
                        out[lane, (m + 1) // every, i] = row[i]

    return run


open_loop = _build(FINGERPRINT)
