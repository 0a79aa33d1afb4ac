"""What a fault or an attack makes of one value of one channel at one step."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from harmpath.patients.kernels import layout as k

__all__ = ["tamper"]


@njit(inline="always")
def _triggered(f: Any, hour: float, iob: float, glucose: float, since_meal: float) -> bool:
    kind = int(f[k.F_TRIGGER])
    if kind == k.T_ALWAYS:
        return True
    a, b = f[k.F_TRIGGER_A], f[k.F_TRIGGER_B]
    if kind == k.T_HOURS:
        return bool(a <= hour < b) if a <= b else bool(hour >= a or hour < b)
    if kind == k.T_IOB_ABOVE:
        return bool(iob > a)
    if kind == k.T_GLUCOSE_BELOW:
        return bool(glucose < a)
    if kind == k.T_GLUCOSE_ABOVE:
        return bool(glucose > a)
    return bool(since_meal <= a)


@njit(inline="always")
def _operate(f: Any, fs: Any, value: float, elapsed: float, step: int, began_step: int, history: Any) -> float:
    """The operation itself, before limits. ``history`` is the channel's untampered trace, NaN where there is none."""
    op = int(f[k.F_OPERATION])
    m = f[k.F_MAGNITUDE]
    if op == k.REPLACE:
        return float(m)
    if op == k.ADD:
        return float(value + m)
    if op == k.SCALE:
        return float(value * m)
    if op == k.HOLD:
        return float(fs[k.FS_HELD])
    if op == k.MAXIMUM:
        return float(f[k.F_HIGH])
    if op == k.MINIMUM:
        return float(f[k.F_LOW])
    if op == k.TRUNCATE:
        return 0.0
    if op == k.DROP:
        return math.nan
    if op == k.DRIFT:
        return float(value + m * elapsed / 60.0)
    if op == k.DELAY:
        source = step - int(m) // k.CONTROL_MINUTES
        return float(history[max(source, 0)])
    span = max(int(m) // k.CONTROL_MINUTES, 1)  # replay: the last ``m`` minutes before the attack, over and over
    source = began_step - span + (step - began_step) % span
    return float(history[max(source, 0)])


@njit
def tamper(
    channel: int,
    value: float,
    step: int,
    start_hour: float,
    iob: float,
    glucose: float,
    since_meal: float,
    faults: Any,
    state: Any,
    history: Any,
) -> float:
    """Apply the scenario's faults on ``channel`` to ``value``.

    A fault begins at the first step inside its window at which its trigger holds, and lasts its duration. What
    comes out
    obeys the fault's stealth limits: it lies in [low, high], moves at most ``rate`` per minute from the last value
    sent, and changes only once per ``period``.
    """
    t = float(step * k.CONTROL_MINUTES)
    hour = (start_hour + t / 60.0) % 24.0
    for i in range(faults.shape[0]):
        f, fs = faults[i], state[i]
        if int(f[k.F_CHANNEL]) != channel:
            continue
        if fs[k.FS_BEGAN] < 0.0:
            inside = f[k.F_START] <= t < f[k.F_START] + max(f[k.F_DURATION], 1.0)
            if f[k.F_TRIGGER] > 0.0:
                inside = t >= f[k.F_START]
            if not (inside and _triggered(f, hour, iob, glucose, since_meal)):
                if not math.isnan(value):
                    fs[k.FS_HELD] = value
                    fs[k.FS_OUT] = value
                continue
            fs[k.FS_BEGAN] = t
        elapsed = t - fs[k.FS_BEGAN]
        if elapsed >= f[k.F_DURATION]:
            continue
        if f[k.F_PERIOD] > 0.0 and elapsed % f[k.F_PERIOD] != 0.0:
            value = fs[k.FS_OUT]
            continue
        began_step = int(fs[k.FS_BEGAN]) // k.CONTROL_MINUTES
        result = _operate(f, fs, value, elapsed, step, began_step, history)
        if not math.isnan(result):
            result = min(max(result, f[k.F_LOW]), f[k.F_HIGH])
            last = fs[k.FS_OUT]
            if not math.isnan(last):
                reach = f[k.F_RATE] * k.CONTROL_MINUTES
                result = min(max(result, last - reach), last + reach)
            fs[k.FS_OUT] = result
        fs[k.FS_TOUCHED] += 1.0
        value = result
    return float(value)
