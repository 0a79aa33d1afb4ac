"""Where each number stands in the arrays that the compiled kernels share.

Everything that a kernel reads is a plain float64 array: numba then compiles one version, caches it, and needs no
objects
in the loop. These constants are frozen into the compiled code, so they are module-level integers, not an Enum.
"""

from __future__ import annotations

from typing import Final

CONTROL_MINUTES: Final = 5
"""Minutes between two sensor samples and two controller decisions; the grid of every trace."""
DAY_STEPS: Final = 288

# --- plants -------------------------------------------------------------------------------------------------
UVA: Final = 0
MINIMAL: Final = 1
STATES: Final = 13

# --- integrators --------------------------------------------------------------------------------------------
INTEGRATORS: Final = ("cascade", "rk4", "dopri5", "gauss4")
CASCADE, RK4, DOPRI5, GAUSS4 = range(4)

# --- parameters of the UVA/Padova model, in the order of the columns of data/uva_padova_2008.csv
# --------------------------
UVA_PARAMETERS: Final = (
    "BW", "kabs", "kmax", "kmin", "b", "d", "f", "Vg", "k1", "k2", "kp1", "kp2", "kp3", "ki", "ke1", "ke2", "Fsnc",
    "Vm0", "Vmx", "Km0", "p2u", "Ib", "Vi", "m1", "m2", "m4", "m30", "ka1", "ka2", "kd", "ksc", "u2ss",
)  # fmt: skip
(
    BW, KABS, KMAX, KMIN, B, D, F, VG, K1, K2, KP1, KP2, KP3, KI, KE1, KE2, FSNC, VM0, VMX, KM0, P2U, IB, VI, M1,
    M2, M4,
    M30, KA1, KA2, KD, KSC, U2SS,
) = range(32)  # fmt: skip
# --- parameters of the minimal model (Kanderian 2009), same array -------------------------------------------
MINIMAL_PARAMETERS: Final = (
    "BW", "CI", "tau1", "tau2", "VG", "p2", "EGP", "GEZI", "SI", "tau_sen", "tau_m", "basal",
)  # fmt: skip
(M_BW, M_CI, M_TAU1, M_TAU2, M_VG, M_P2, M_EGP, M_GEZI, M_SI, M_TSEN, M_TM, M_BASAL) = range(12)
PARAMETERS: Final = 96
"""Length of a parameter row; the UVA/Padova row carries its insulin propagator from PROPAGATOR_AT on."""
PROPAGATOR_AT: Final = 32

# --- state row of one lane: the plant, then eating, then the loop -------------------------------------------
EAT_LAST, EAT_QSTO, EAT_FOOD, EAT_PLANNED = 13, 14, 15, 16
(
    L_LAST_SEEN, L_STALE, L_PREV_COMMAND, L_PREV_IOB, L_ACTIVITY, L_PID_INTEGRAL, L_LAST_RESCUE, L_RESCUE_DUE, L_COB,
    L_MEAL_NEXT, L_BOLUS_DUE, L_BOLUS_UNITS, L_LEFT_VALIDITY, L_RATE, L_METER, L_SAID, L_FOLLOW, L_LAST_MEAL,
    L_UNUSED, L_ALARMS,
) = range(17, 37)  # fmt: skip
LANE_STATE: Final = 40

# --- channels of the loop -----------------------------------------------------------------------------------
CHANNELS: Final = ("cgm", "meter", "meal", "insulin", "bolus", "alarm")
CGM, METER, MEAL, INSULIN, BOLUS, ALARM = range(6)

# --- faults -------------------------------------------------------------------------------------------------
OPERATIONS: Final = (
    "replace", "add", "scale", "hold", "maximum", "minimum", "truncate", "delay", "replay", "drop", "drift",
)  # fmt: skip
REPLACE, ADD, SCALE, HOLD, MAXIMUM, MINIMUM, TRUNCATE, DELAY, REPLAY, DROP, DRIFT = range(11)
TRIGGERS: Final = ("always", "hours", "iob-above", "glucose-below", "glucose-above", "after-meal")
T_ALWAYS, T_HOURS, T_IOB_ABOVE, T_GLUCOSE_BELOW, T_GLUCOSE_ABOVE, T_AFTER_MEAL = range(6)
(F_CHANNEL, F_OPERATION, F_MAGNITUDE, F_START, F_DURATION, F_TRIGGER, F_TRIGGER_A, F_TRIGGER_B, F_LOW, F_HIGH, F_RATE,
 F_PERIOD) = range(12)  # fmt: skip
FAULT_FIELDS: Final = 12
MAX_FAULTS: Final = 4
FS_BEGAN, FS_HELD, FS_OUT, FS_TOUCHED = range(4)
FAULT_STATE: Final = 4

# --- therapy profile of one patient -------------------------------------------------------------------------
P_BASAL, P_CR, P_ISF, P_TARGET, P_TDD, P_WEIGHT = range(6)
PROFILE: Final = 6

# --- controllers --------------------------------------------------------------------------------------------
BASAL_BOLUS, PID, OREF0, MPC, EXTERNAL = range(5)
CONTROLLER_FIELDS: Final = 16

# --- monitors -----------------------------------------------------------------------------------------------
NO_MONITOR, RANGE_RATE, GUIDELINE, CONTEXT_STL, PREDICTIVE, EXTERNAL_MONITOR = range(6)
MONITOR_FIELDS: Final = 12
STL_RULES: Final = 12
SAFE, HAZARD_TOO_MUCH, HAZARD_TOO_LITTLE, BAD_DATA = 0, 1, 2, 3
"""Verdicts: H1 too much insulin, H2 too little insulin, data that cannot be true."""
ALARM_ONLY, SUSPEND, CAP, MITIGATE = 0, 1, 2, 3

# --- loop settings ------------------------------------------------------------------------------------------
(
    C_CONTROLLER, C_MONITOR, C_MITIGATION, C_INTEGRATOR, C_SUBSTEPS, C_PLANT, C_EAT_RATE, C_SENSE_LOW, C_SENSE_HIGH,
    C_PUMP_MAX_RATE, C_PUMP_RATE_STEP, C_PUMP_MAX_BOLUS, C_PUMP_BOLUS_STEP, C_ALARM_LOW, C_RESCUE_GRAMS, C_RESCUE_DELAY,
    C_MONITOR_SEES, C_DOSE_FROM_METER, C_STALE_STEPS, C_ASLEEP_A, C_ASLEEP_B, C_CAP_FACTOR, C_TAPS, C_VALID_LOW,
    C_VALID_HIGH, C_TOLERANCE, C_METER_EVERY, C_MAX_RATE_MITIGATION, C_WAKES, C_METER_SD, C_METER_CV, C_START_HOUR,
) = range(32)  # fmt: skip
SETTINGS: Final = 32
ALL, SENSE, ACT = 0, 1, 2
"""What one call of the loop does at each step: both halves, or only one, with an outside controller in between."""

# --- traces, one value per control step ---------------------------------------------------------------------
TRACES: Final = ("plasma", "interstitial", "reading", "seen", "commanded", "rate", "net", "iob", "carbs", "meter")
(R_PLASMA, R_INTERSTITIAL, R_READING, R_SEEN, R_COMMANDED, R_RATE, R_NET, R_IOB, R_CARBS, R_METER) = range(10)
"""plasma, interstitial: true glucose; reading: the sensor's value; seen: what reached the controller (all mg/dL);
commanded, rate: basal rate commanded and run, U/h; net: insulin delivered in the step less scheduled basal, U; iob: U;
carbs: g eaten in the step; meter: what the controller got from the finger meter, NaN without a measurement."""

# --- measures of a lane ---------------------------------------------------------------------------------
MEASURES: Final = (
    "mean", "sd", "minimum", "maximum", "below_54", "below_70", "in_range", "above_180", "above_250", "lbgi", "hbgi",
    "level_1_events", "level_2_events", "time_to_54", "time_to_70", "time_to_250", "minutes", "longest_below_54",
)  # fmt: skip
"""mg/dL; shares of time (0 to 1); indices; counts; minutes from the onset (NaN: never); minutes of valid glucose."""
