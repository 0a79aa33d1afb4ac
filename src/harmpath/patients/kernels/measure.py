"""Glycaemic measures of every lane, compiled: one pass over the glucose of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba import njit, prange

from harmpath.patients.kernels import FINGERPRINT
from harmpath.patients.kernels import layout as k

__all__ = ["measure"]

_EVENT_STEPS = 3
"""15 minutes begin and end an event: Danne et al. 2017, Battelino et al. 2023."""


@njit(inline="always")
def _risk(glucose: float) -> float:
    """Signed square of the symmetrised glucose: Kovatchev et al., Diabetes Care 1997;20:1655."""
    f = 1.509 * (math.log(min(max(glucose, 1.0), 600.0)) ** 1.084 - 5.381)
    return float(10.0 * f * f if f > 0.0 else -10.0 * f * f)


@njit
def _events(glucose: Any, first: int, last: int, limit: float, out: Any) -> int:
    """Events of at least 15 minutes below ``limit``, ended by 15 minutes at or above it; out[0]: longest, in steps."""
    count, low, high, inside, longest, current = 0, 0, 0, False, 0, 0
    for s in range(first, last):
        if glucose[s] < limit:
            low += 1
            high = 0
            current += 1
            longest = max(longest, current)
            if low >= _EVENT_STEPS and not inside:
                inside = True
                count += 1
        else:
            low = 0
            current = 0
            high += 1
            if high >= _EVENT_STEPS:
                inside = False
    out[0] = longest
    return count


def _build(fingerprint: int) -> Callable[..., None]:
    @njit(cache=True, parallel=True)
    def run(glucose: Any, first: Any, out: Any, scratch: Any) -> None:
        """Measures of glucose[lane, step] from step first[lane] on; NaN (outside validity) ends a lane."""
        assert fingerprint > 0
        for lane in prange(glucose.shape[0]):
            start = first[lane]
            last = start
            total = square = 0.0
            lowest, highest = math.inf, -math.inf
            c54 = c70 = c180 = c250 = crange = 0
            low = high = 0.0
            t54 = t70 = t250 = math.nan
            while last < glucose.shape[1] and not math.isnan(glucose[lane, last]):
                g = glucose[lane, last]
                minute = (last - start) * k.CONTROL_MINUTES
                total += g
                square += g * g
                lowest, highest = min(lowest, g), max(highest, g)
                risk = _risk(g)
                if risk < 0.0:
                    low -= risk
                else:
                    high += risk
                if g < 54.0:
                    c54 += 1
                    if math.isnan(t54):
                        t54 = minute
                if g < 70.0:
                    c70 += 1
                    if math.isnan(t70):
                        t70 = minute
                elif g <= 180.0:
                    crange += 1
                else:
                    c180 += 1
                    if g > 250.0:
                        c250 += 1
                        if math.isnan(t250):
                            t250 = minute
                last += 1
            n = max(last - start, 1)
            mean = total / n
            row = out[lane]
            row[0], row[1], row[2], row[3] = mean, math.sqrt(max(square / n - mean * mean, 0.0)), lowest, highest
            row[4], row[5], row[6], row[7], row[8] = c54 / n, c70 / n, crange / n, c180 / n, c250 / n
            row[9], row[10] = low / n, high / n
            row[11] = _events(glucose[lane], start, last, 70.0, scratch[lane])
            row[12] = _events(glucose[lane], start, last, 54.0, scratch[lane])
            row[13], row[14], row[15] = t54, t70, t250
            row[16] = (last - start) * k.CONTROL_MINUTES
            row[17] = scratch[lane, 0] * k.CONTROL_MINUTES
            if last == start:
                for i in range(out.shape[1]):
                    row[i] = math.nan
                row[16] = 0.0

    return run


measure = _build(FINGERPRINT)
