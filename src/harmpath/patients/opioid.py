"""A second medical plant: patient-controlled analgesia (PCA) with remifentanil, breathing and pulse oximetry.

It shows that harm can be measured for a device that has nothing to do with glucose, with the same fault values
(:class:`harmpath.patients.faults.Fault`). Everything is published:

* pharmacokinetics and effect site: Minto et al., Anesthesiology 1997;86:10-23 (three compartments, covariates age, lean
  body mass), the model of clinical target-controlled infusion;
* ventilation and carbon dioxide: Bouillon et al., Anesthesiology 2003;99:779-787, indirect response model: gain F 4.30,
  ke0(CO2) 0.92 /min, kel(CO2) 0.08 /min, C50 0.92 ng/mL, Hill 1.25, baseline PaCO2 42.4 mmHg, 7.06 L/min;
* oxygen: mass balance of the stores in lungs (3 L gas) and blood (0.85 L oxygen; Nunn's Applied Respiratory
  Physiology), uptake 0.25 L/min, an alveolar-arterial gap that grows with age (Mellemgaard 1966), and the oxygen
  dissociation curve of Severinghaus, J Appl Physiol 1979;46:599;
* lean body mass: James, as used by Minto.

Smaller in scope than the glucose loop, and validated less: dead space does not change, apnoea is ventilation below
1 L/min.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harmpath.errors import InputError, Problem, UsageError
from harmpath.evidence import MeasurementEvidence
from harmpath.patients.faults import Fault
from harmpath.patients.outcome import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OpioidPatient", "OpioidResult", "PcaPump", "opioid_harm", "opioid_patients", "simulate_pca"]

_STEP = 1.0 / 20.0
"""Integration step, minutes (3 s); halving it changes the median lowest SpO2 by less than 0.3 points (tested)."""
_F_GAIN, _KE0_CO2, _KEL_CO2, _C50, _HILL, _PACO2, _VENTILATION = 4.30, 0.92, 0.08, 0.92, 1.25, 42.4, 7.06
_BAROMETRIC, _VAPOUR, _STPD = 760.0, 47.0, 863.0
_OXYGEN_UPTAKE, _CO2_OUTPUT = 0.25, 0.20
"""L/min at rest (STPD), respiratory quotient 0.8; alveolar ventilation follows from the baseline PaCO2."""
_ALVEOLAR_VENTILATION = _STPD * _CO2_OUTPUT / _PACO2
_LUNG_GAS, _BLOOD_OXYGEN = 3.0, 0.87
"""L of alveolar gas at rest; L of oxygen bound in blood at full saturation."""


@dataclass(frozen=True, slots=True)
class OpioidPatient:
    """One adult: Minto's covariates, and the sensitivity that differs between people."""

    name: str
    age: float
    weight: float
    height: float
    male: bool
    sensitivity: float = 1.0
    """Multiplies C50; below 1 is a patient more sensitive to opioids (sleep apnoea, naivety)."""

    def __post_init__(self) -> None:
        ranges = {"age": (18.0, 90.0), "weight": (40.0, 160.0), "height": (140.0, 205.0), "sensitivity": (0.2, 4.0)}
        problems = [
            Problem("outside-physiology", f"{name} is outside {low:g} to {high:g}", value=str(getattr(self, name)))
            for name, (low, high) in ranges.items() if not low <= getattr(self, name) <= high
        ]  # fmt: skip
        if problems:
            raise InputError(problems)

    @property
    def lean_mass(self) -> float:
        """Lean body mass, kg (James)."""
        ratio = (self.weight / self.height) ** 2
        return 1.1 * self.weight - 128.0 * ratio if self.male else 1.07 * self.weight - 148.0 * ratio

    def rates(self) -> tuple[float, float, float, float, float, float, float]:
        """V1 (L), k10, k12, k21, k13, k31, ke0 (1/min): Minto 1997, table of the final model."""
        a, m = self.age - 40.0, self.lean_mass - 55.0
        v1 = 5.1 - 0.0201 * a + 0.072 * m
        v2 = 9.82 - 0.0811 * a + 0.108 * m
        cl1, cl2, cl3 = 2.6 - 0.0162 * a + 0.0191 * m, 2.05 - 0.0301 * a, 0.076 - 0.00113 * a
        return v1, cl1 / v1, cl2 / v1, cl2 / v2, cl3 / v1, cl3 / 5.42, 0.595 - 0.007 * a


@dataclass(frozen=True, slots=True)
class PcaPump:
    """A PCA pump for remifentanil; defaults as in obstetric use (20 to 40 ug, lockout 2 min)."""

    bolus: float = 20.0
    """ug per accepted press."""
    lockout: float = 2.0
    """Minutes between two boluses."""
    basal: float = 0.0
    """Continuous rate, ug/min."""
    limit_per_hour: float = 1000.0
    """ug in any hour (counted in fixed hours)."""
    stop_below_spo2: float = 90.0
    """The pump stops while the pulse oximeter shows less (interlock); 0 switches it off."""
    press_every: float = 4.0
    """Minutes between a patient's presses while awake: contractions."""
    sedated_above: float = 3.0
    """Effect-site concentration (ng/mL) above which the patient no longer presses: the PCA principle."""

    def __post_init__(self) -> None:
        values = (self.bolus, self.lockout, self.basal, self.limit_per_hour, self.stop_below_spo2)
        if min(values) < 0 or self.press_every <= 0:
            raise UsageError("a PCA pump's settings must not be negative")


@dataclass(frozen=True, slots=True)
class OpioidResult:
    """Traces per patient and minute."""

    patients: tuple[OpioidPatient, ...]
    faults: tuple[Fault, ...]
    minutes: NDArray[np.float64]
    effect: NDArray[np.float64]
    """Effect-site concentration, ng/mL: patients x minutes."""
    ventilation: NDArray[np.float64]
    """L/min."""
    paco2: NDArray[np.float64]
    """mmHg."""
    spo2: NDArray[np.float64]
    """True saturation, %."""
    shown: NDArray[np.float64]
    """What the pump's interlock saw, %."""
    delivered: NDArray[np.float64]
    """ug in the minute."""


def opioid_patients(count: int, seed: int = 0) -> tuple[OpioidPatient, ...]:
    """Random adults: age 20 to 65, body mass index about 25 (sd 4), log-normal sensitivity (cv 30 %, stated
    assumption)."""
    import numpy as np

    rng = np.random.default_rng([seed, 21])
    found = []
    for i in range(count):
        male = bool(rng.integers(2))
        height = float(np.clip(rng.normal(176 if male else 163, 7), 145, 200))
        bmi = float(np.clip(rng.normal(25, 4), 18, 38))
        found.append(
            OpioidPatient(
                f"pca#{i + 1:03d}", float(rng.uniform(20, 65)), min(max(bmi * (height / 100) ** 2, 40.0), 160.0),
                height, male, float(np.clip(np.exp(rng.normal(0, 0.3)), 0.4, 2.5)),
            )
        )  # fmt: skip
    return tuple(found)


def saturation(oxygen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Haemoglobin saturation (%) of an arterial oxygen pressure (mmHg): Severinghaus 1979."""
    import numpy as np

    p = np.maximum(oxygen, 1e-3)
    result: NDArray[np.float64] = 100.0 / (23400.0 / (p**3 + 150.0 * p) + 1.0)
    return result


_PCA_CHANNELS = ("insulin", "bolus", "cgm", "alarm")
"""Channels of :class:`Fault` as this loop reads them: insulin = the infusion rate (ug/min), bolus = the bolus
(ug), cgm =
the oximeter's reading (%), alarm = the interlock."""
_BOUNDS = {"insulin": (0.0, 500.0), "bolus": (0.0, 1000.0), "cgm": (0.0, 100.0), "alarm": (0.0, 1.0)}


def _tampered(
    faults: Sequence[Fault], channel: str, t: float, value: NDArray[np.float64], held: dict[int, NDArray[np.float64]]
) -> NDArray[np.float64]:
    import numpy as np

    for i, f in enumerate(faults):
        if f.channel != channel:
            continue
        if not f.start <= t < f.start + f.duration:
            held[i] = value.copy()
            continue
        low, high = _BOUNDS[channel]
        low, high = max(low, f.limits.low), min(high, f.limits.high)
        m = f.magnitude
        results = {
            "replace": np.full_like(value, m), "add": value + m, "subtract": value - m, "scale": value * m,
            "hold": held.get(i, value), "maximum": np.full_like(value, high), "minimum": np.full_like(value, low),
            "truncate": np.zeros_like(value), "drift": value + m * (t - f.start) / 60.0,
        }  # fmt: skip
        out = results[f.operation]
        value = np.clip(out, low, high)
    return value


def _check(faults: Sequence[Fault], minutes: float) -> None:
    problems = []
    for i, f in enumerate(faults):
        known = (
            f.channel in _PCA_CHANNELS and f.operation not in ("delay", "replay", "drop") and f.trigger.kind == "always"
        )
        if not known:
            problems.append(
                Problem("unsupported-fault", f"fault {i + 1}: the PCA loop has no {f.operation} on {f.channel}",
                        remedy=f"channels: {', '.join(_PCA_CHANNELS)}; no delay, replay, drop or trigger")
            )  # fmt: skip
        if not 0 <= f.start < minutes:
            problems.append(Problem("window-outside-run", f"fault {i + 1} starts outside the run", value=str(f.start)))
        if f.operation in ("replace", "add", "subtract", "scale", "drift") and not math.isfinite(f.magnitude):
            problems.append(Problem("missing-magnitude", f"fault {i + 1} needs a magnitude", value=str(f.magnitude)))
    if problems:
        raise InputError(problems)


def simulate_pca(
    patients: Sequence[OpioidPatient], pump: PcaPump | None = None, faults: Sequence[Fault] = (), *,
    minutes: int = 240, oxygen: Literal["air", "4 L/min"] = "air", step: float = _STEP,
) -> OpioidResult:  # fmt: skip
    """Run the PCA loop for ``minutes`` on all patients at once (deterministic). InputError for faults it cannot run."""
    import numpy as np

    if not patients or minutes < 1:
        raise UsageError("at least one patient and one minute")
    pump = pump or PcaPump()
    _check(faults, minutes)
    from harmpath.patients.kernels.opioid import opioid_minute

    n = len(patients)
    rates = np.array([p.rates() for p in patients])
    c50 = _C50 * np.array([p.sensitivity for p in patients])
    gap = 0.21 * (np.array([p.age for p in patients]) + 2.5)  # Mellemgaard 1966: alveolar-arterial gap, mmHg
    supply = (0.21 if oxygen == "air" else 0.36) * (_BAROMETRIC - _VAPOUR)
    model = np.array(
        [
            _F_GAIN, _KE0_CO2, _KEL_CO2, _HILL, _PACO2, supply, _ALVEOLAR_VENTILATION, _STPD * _OXYGEN_UPTAKE,
            _LUNG_GAS,
            _STPD * _BLOOD_OXYGEN,
        ]
    )  # fmt: skip
    state = np.zeros((n, 8))
    state[:, 4] = state[:, 5] = _PACO2
    state[:, 6] = supply - _STPD * _OXYGEN_UPTAKE / _ALVEOLAR_VENTILATION
    state[:, 7] = 1.0
    last, spent = np.full(n, -1e9), np.zeros(n)
    per_minute = max(round(1.0 / step), 1)
    out = np.zeros((6, n, minutes))
    held: dict[int, NDArray[np.float64]] = {}
    for minute in range(minutes):
        t = float(minute)
        if minute % 60 == 0:
            spent[:] = 0.0
        spo2 = saturation(np.maximum(state[:, 6] - gap, 1.0))
        shown = _tampered(faults, "cgm", t, spo2.copy(), held)
        running = np.ones(n)
        if pump.stop_below_spo2 > 0:
            interlock = _tampered(faults, "alarm", t, (shown < pump.stop_below_spo2).astype(float), held)
            running = (interlock < 0.5).astype(float)
        pressing = (state[:, 3] < pump.sedated_above) & (t % pump.press_every < 1.0) & (t - last >= pump.lockout)
        allowed = pressing & (spent + pump.bolus <= pump.limit_per_hour)
        # The lockout and the hourly limit guard what the pump means to give; tampering comes after them.
        dose = _tampered(faults, "bolus", t, np.where(allowed, pump.bolus, 0.0), held)
        rate = _tampered(faults, "insulin", t, np.full(n, pump.basal), held)
        last = np.where(allowed, t, last)
        given = (dose + rate) * running
        spent += given
        out[:, :, minute] = (state[:, 3], state[:, 7] * _VENTILATION, state[:, 4], spo2, shown, given)
        opioid_minute(state, rates, c50, gap, given, per_minute, model)
    return OpioidResult(tuple(patients), tuple(faults), np.arange(minutes, dtype=float), *out)


def opioid_harm(result: OpioidResult, *, seed: int = 0) -> tuple[MeasurementEvidence, ...]:
    """Shares of patients with SpO2 below 90 and 80 % and with apnoea (below 1 L/min) for a minute or more, with
    intervals."""
    import numpy as np

    total = len(result.patients)
    found = []
    for text, hit in (
        ("SpO2 below 90 %", result.spo2 < 90.0), ("SpO2 below 80 %", result.spo2 < 80.0),
        ("ventilation below 1 L/min", result.ventilation < 1.0), ("PaCO2 above 65 mmHg", result.paco2 > 65.0),
    ):  # fmt: skip
        count = int(hit.any(axis=1).sum())
        low, high = wilson(count, total)
        note = f"{count} of {total} adults with {text} for a minute or more"
        found.append(MeasurementEvidence(f"share {text}", count / total, "1", low, high, total, seed, note))
    lowest = result.spo2.min(axis=1)
    found.append(MeasurementEvidence("lowest SpO2, median", float(np.median(lowest)), "%", None, None, total, seed))
    return tuple(found)
