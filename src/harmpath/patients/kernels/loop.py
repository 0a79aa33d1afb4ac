"""The closed loop, compiled: sensor, fault, controller, user, monitor, mitigation, pump and patient, lane by lane.

A lane is one patient in one scenario in one realisation of meals and noise (a "world"). Lanes are independent, so they
run in parallel and give the same numbers on one core or many, alone or in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, prange

from harmpath.patients.kernels import FINGERPRINT
from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.control import bolus_advice, rate_command
from harmpath.patients.kernels.faults import tamper
from harmpath.patients.kernels.integrate import WORK_ROWS, eat, minute
from harmpath.patients.kernels.watch import verdict

__all__ = ["advance"]


@njit(inline="always")
def _on_board(row: Any, net: Any, step: int, taps: int, curve: Any) -> float:
    """Insulin on board (U, above scheduled basal); leaves the activity (U/min) in the lane's row."""
    iob = active = 0.0
    for j in range(1, min(taps, step) + 1):
        dose = net[step - j]
        iob += dose * curve[j - 1]
        active += dose * (curve[j - 1] - (curve[j] if j < taps else 0.0))
    row[k.L_ACTIVITY] = active / k.CONTROL_MINUTES
    return iob


@njit
def _sense(
    row: Any, fs: Any, traces: Any, step: int, world: Any, meals: Any, faults: Any, curve: Any, volume: float, c: Any
) -> None:
    """What is measured and announced at the start of a step, and what of it arrives."""
    plasma, tissue = row[3] / volume, row[12] / volume
    traces[k.R_PLASMA, step], traces[k.R_INTERSTITIAL, step] = plasma, tissue
    reading = world[0, step] * tissue + world[1, step]  # NaN is a drop-out
    if not math.isnan(reading):
        reading = min(max(reading, c[k.C_SENSE_LOW]), c[k.C_SENSE_HIGH])
    traces[k.R_READING, step] = reading
    iob = _on_board(row, traces[k.R_NET], step, int(c[k.C_TAPS]), curve)
    traces[k.R_IOB, step] = iob
    since = (step - row[k.L_LAST_MEAL]) * k.CONTROL_MINUTES
    hour = c[k.C_START_HOUR]
    seen = tamper(k.CGM, reading, step, hour, iob, tissue, since, faults, fs, traces[k.R_READING])
    if math.isnan(seen):
        row[k.L_STALE] += 1.0
        if row[k.L_STALE] <= c[k.C_STALE_STEPS]:
            seen = row[k.L_LAST_SEEN]  # the receiver shows the last value for a while
    else:
        row[k.L_STALE] = 0.0
        row[k.L_LAST_SEEN] = seen
    traces[k.R_SEEN, step] = seen

    said, follow, eaten_now = 0.0, 0.0, False
    first = int(row[k.L_MEAL_NEXT])
    for m in range(first, meals.shape[1]):
        if meals[0, m] >= (step + 1) * k.CONTROL_MINUTES:
            break
        if meals[0, m] >= step * k.CONTROL_MINUTES:
            said += meals[2, m]
            follow = meals[3, m]
            eaten_now = True
    row[k.L_SAID] = tamper(k.MEAL, said, step, hour, iob, tissue, since, faults, fs, traces[k.R_CARBS])
    row[k.L_FOLLOW] = follow
    if row[k.L_SAID] > 0.0:
        row[k.L_LAST_MEAL] = step
    row[k.L_METER] = math.nan
    every = int(c[k.C_METER_EVERY])
    if row[k.L_SAID] > 0.0 or eaten_now or (every > 0 and (step * k.CONTROL_MINUTES) % every == 0 and step > 0):
        value = plasma + world[2, step] * max(c[k.C_METER_SD], c[k.C_METER_CV] * plasma)
        value = min(max(value, 20.0), 600.0)
        row[k.L_METER] = tamper(k.METER, value, step, hour, iob, tissue, since, faults, fs, traces[k.R_METER])
    traces[k.R_METER, step] = row[k.L_METER]


@njit(inline="always")
def _bolus(row: Any, profile: Any, traces: Any, step: int, iob: float, c: Any, control: Any) -> float:
    """The bolus (U) of this step: advice for what was announced or measured, when the user follows it, or its
    delay ends."""
    advised = 0.0
    from_meter = c[k.C_DOSE_FROM_METER] > 0.0
    glucose = row[k.L_METER] if from_meter else traces[k.R_SEEN, step]
    if math.isnan(row[k.L_SAID]):
        row[k.L_SAID] = 0.0
    if row[k.L_SAID] > 0.0 or (from_meter and not math.isnan(row[k.L_METER])):
        advised = bolus_advice(profile, glucose, row[k.L_SAID], iob, control)
    automatic = 0.0
    every = int(control[12])
    fresh = not math.isnan(traces[k.R_SEEN, step]) and row[k.L_STALE] == 0.0
    if every > 0 and advised == 0.0 and step > 0 and fresh and (step * k.CONTROL_MINUTES) % every == 0:
        automatic = bolus_advice(profile, traces[k.R_SEEN, step], 0.0, iob, control)
    row[k.L_COB] = row[k.L_COB] * (1.0 - k.CONTROL_MINUTES / 60.0) + row[k.L_SAID]
    now = automatic
    if row[k.L_BOLUS_DUE] >= 0.0 and step >= row[k.L_BOLUS_DUE]:
        now += row[k.L_BOLUS_UNITS]
        row[k.L_BOLUS_DUE], row[k.L_BOLUS_UNITS] = -1.0, 0.0
    if advised > 0.0 and row[k.L_FOLLOW] == 0.0:
        now += advised
    elif advised > 0.0 and row[k.L_FOLLOW] > 0.0:
        row[k.L_BOLUS_DUE] = step + row[k.L_FOLLOW]
        row[k.L_BOLUS_UNITS] += advised
    return now


@njit(inline="always")
def _alarm(row: Any, fs: Any, traces: Any, step: int, found: int, faults: Any, c: Any) -> float:
    """Low-glucose and monitor alarms; a patient who hears one eats rescue carbohydrate after a while. Returns g
    eaten."""
    hour = c[k.C_START_HOUR]
    low = traces[k.R_SEEN, step] < c[k.C_ALARM_LOW] or found == k.HAZARD_TOO_MUCH
    heard = tamper(
        k.ALARM, 1.0 if low else 0.0, step, hour, traces[k.R_IOB, step], traces[k.R_INTERSTITIAL, step],
        (step - row[k.L_LAST_MEAL]) * k.CONTROL_MINUTES, faults, fs, traces[k.R_CARBS],
    )  # fmt: skip
    clock = (hour + step * k.CONTROL_MINUTES / 60.0) % 24.0
    a, b = c[k.C_ASLEEP_A], c[k.C_ASLEEP_B]
    asleep = (a <= clock < b) if a <= b else (clock >= a or clock < b)
    if heard > 0.5:
        row[k.L_ALARMS] += 1.0
        free = row[k.L_RESCUE_DUE] < 0.0 and (step - row[k.L_LAST_RESCUE]) * k.CONTROL_MINUTES >= 15.0
        if c[k.C_RESCUE_GRAMS] > 0.0 and free and (not asleep or c[k.C_WAKES] > 0.0):
            row[k.L_RESCUE_DUE] = step + c[k.C_RESCUE_DELAY] / k.CONTROL_MINUTES
    if row[k.L_RESCUE_DUE] >= 0.0 and step >= row[k.L_RESCUE_DUE]:
        row[k.L_RESCUE_DUE] = -1.0
        row[k.L_LAST_RESCUE] = step
        return float(c[k.C_RESCUE_GRAMS])
    return 0.0


@njit(inline="always")
def _quantised(value: float, step: float, limit: float) -> float:
    value = min(max(value, 0.0), limit)
    return math.floor(value / step + 0.5) * step if step > 0.0 else value


@njit
def _act(
    row: Any,
    fs: Any,
    traces: Any,
    verdicts: Any,
    step: int,
    meals: Any,
    faults: Any,
    curve: Any,
    profile: Any,
    p: Any,
    control: Any,
    monitor: Any,
    thresholds: Any,
    c: Any,
    volume: float,
    given: Any,
    work: Any,
) -> None:
    """Decide, tamper, watch, mitigate, pump, and live through the next five minutes."""
    iob, hour = traces[k.R_IOB, step], c[k.C_START_HOUR]
    tissue = traces[k.R_INTERSTITIAL, step]
    since = (step - row[k.L_LAST_MEAL]) * k.CONTROL_MINUTES
    taps, kind = int(c[k.C_TAPS]), int(c[k.C_CONTROLLER])
    rate = rate_command(
        kind, row, profile, traces[k.R_SEEN], traces[k.R_NET], step, iob, row[k.L_ACTIVITY], curve, taps,
        int(row[k.L_STALE]), control, given[0],
    )  # fmt: skip
    bolus = _bolus(row, profile, traces, step, iob, c, control)
    if kind == k.EXTERNAL and not math.isnan(given[1]):
        bolus = given[1]
    traces[k.R_COMMANDED, step] = rate
    rate = tamper(k.INSULIN, rate, step, hour, iob, tissue, since, faults, fs, traces[k.R_COMMANDED])
    if math.isnan(rate):
        rate = row[k.L_RATE]  # a lost command leaves the pump as it is
    bolus = tamper(k.BOLUS, bolus, step, hour, iob, tissue, since, faults, fs, traces[k.R_COMMANDED])
    if math.isnan(bolus):
        bolus = 0.0

    source = traces[k.R_SEEN] if c[k.C_MONITOR_SEES] > 0.0 else traces[k.R_READING]
    previous = row[k.L_PREV_COMMAND]
    found = verdict(
        int(c[k.C_MONITOR]), source, step, iob, iob - row[k.L_PREV_IOB], rate + 12.0 * bolus, previous, profile,
        monitor, thresholds, int(given[2]),
    )  # fmt: skip
    row[k.L_PREV_COMMAND], row[k.L_PREV_IOB] = rate + 12.0 * bolus, iob
    verdicts[step] = found
    mitigation = int(c[k.C_MITIGATION])
    if found == k.HAZARD_TOO_MUCH or found == k.BAD_DATA:
        if mitigation == k.SUSPEND or (mitigation == k.MITIGATE and found == k.HAZARD_TOO_MUCH):
            rate, bolus = 0.0, 0.0
        elif mitigation == k.CAP or mitigation == k.MITIGATE:
            rate, bolus = min(rate, c[k.C_CAP_FACTOR] * profile[k.P_BASAL]), 0.0
    elif found == k.HAZARD_TOO_LITTLE and mitigation == k.MITIGATE:
        rate = max(rate, c[k.C_MAX_RATE_MITIGATION] * profile[k.P_BASAL])

    rate = _quantised(rate, c[k.C_PUMP_RATE_STEP], c[k.C_PUMP_MAX_RATE])
    bolus = _quantised(bolus, c[k.C_PUMP_BOLUS_STEP], c[k.C_PUMP_MAX_BOLUS])
    row[k.L_RATE] = rate
    traces[k.R_RATE, step] = rate
    basal = profile[k.P_BASAL] * k.CONTROL_MINUTES / 60.0
    units = rate * k.CONTROL_MINUTES / 60.0 + bolus
    traces[k.R_NET, step] = units - basal

    extra = _alarm(row, fs, traces, step, found, faults, c)
    total, nxt = 0.0, int(row[k.L_MEAL_NEXT])
    for m in range(k.CONTROL_MINUTES):
        announced = extra if m == 0 else 0.0
        while nxt < meals.shape[1] and meals[0, nxt] <= step * k.CONTROL_MINUTES + m:
            announced += meals[1, nxt]
            nxt += 1
        grams = eat(row, announced, c[k.C_EAT_RATE])
        total += grams
        minute(
            int(c[k.C_PLANT]), row, p, grams, units / k.CONTROL_MINUTES, int(c[k.C_INTEGRATOR]), int(c[k.C_SUBSTEPS]),
            c[k.C_TOLERANCE], work,
        )  # fmt: skip
    row[k.L_MEAL_NEXT] = nxt
    traces[k.R_CARBS, step] = total
    glucose = row[3] / volume
    if not (c[k.C_VALID_LOW] < glucose < c[k.C_VALID_HIGH]):
        row[k.L_LEFT_VALIDITY] = (step + 1) * k.CONTROL_MINUTES


def _build(fingerprint: int) -> Callable[..., None]:
    @njit(cache=True, parallel=True)
    def run(
        phase: int, first: int, last: int, lanes: Any, state: Any, fault_state: Any, traces: Any, verdicts: Any, p: Any,
        volumes: Any, profiles: Any, worlds: Any, meals: Any, faults: Any, curve: Any, control: Any, monitor: Any,
        thresholds: Any, c: Any, given: Any,
    ) -> None:  # fmt: skip
        """Run steps first..last-1 of every lane. lanes[:, (patient, world, first fault, faults)]; the rest see
        layout."""
        assert fingerprint > 0
        for lane in prange(lanes.shape[0]):
            work = np.empty((WORK_ROWS, k.STATES))
            patient, world, at, count = lanes[lane, 0], lanes[lane, 1], lanes[lane, 2], lanes[lane, 3]
            mine = faults[at : at + count]
            row = state[lane]
            for step in range(first, last):
                if row[k.L_LEFT_VALIDITY] >= 0.0:
                    for i in range(traces.shape[1]):
                        traces[lane, i, step] = math.nan
                    continue
                if phase != k.ACT:
                    _sense(
                        row, fault_state[lane], traces[lane], step, worlds[world], meals[world], mine, curve,
                        volumes[patient], c,
                    )  # fmt: skip
                if phase != k.SENSE:
                    _act(
                        row, fault_state[lane], traces[lane], verdicts[lane], step, meals[world], mine, curve,
                        profiles[patient], p[patient], control, monitor, thresholds[patient], c, volumes[patient],
                        given[lane], work,
                    )  # fmt: skip

    return run


advance = _build(FINGERPRINT)
