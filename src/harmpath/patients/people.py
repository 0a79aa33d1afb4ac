"""The virtual patients: published parameter sets, checked against physiology, with their therapy profiles."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal

from harmpath.errors import InputError, Problem
from harmpath.patients.kernels import layout as k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ISF_RULES", "PLANTS", "Patient", "Population", "patient_table", "population"]

Plant = Literal["uva-padova-2008", "kanderian-2009"]
PLANTS: Mapping[str, tuple[str, int]] = {
    "uva-padova-2008": ("uva_padova_2008.csv", k.UVA),
    "kanderian-2009": ("kanderian_2009.csv", k.MINIMAL),
}
IsfRule = Literal["1700-rule", "questionnaire"]
ISF_RULES: tuple[str, ...] = ("1700-rule", "questionnaire")
"""How a correction factor is set: 1700 / total daily insulin (Davidson et al. 2008), or the value of the table."""

# Generous physiological ranges: a parameter outside is a typing error or another unit, not a patient.
_RANGES: Mapping[str, tuple[float, float]] = {
    "BW": (5.0, 300.0), "kabs": (0.001, 5.0), "kmax": (0.001, 1.0), "kmin": (0.0005, 0.5), "b": (0.0, 0.999),
    "d": (0.001, 0.999), "f": (0.3, 1.0), "Vg": (0.8, 4.0), "k1": (0.001, 0.5), "k2": (0.001, 2.0), "kp1": (0.5, 40.0),
    "kp2": (0.0, 0.1), "kp3": (0.0, 0.2), "ki": (0.001, 0.1), "ke1": (0.0, 0.01), "ke2": (100.0, 900.0),
    "Fsnc": (0.1, 4.0), "Vm0": (0.1, 60.0), "Vmx": (0.0, 1.0), "Km0": (50.0, 700.0), "p2u": (0.001, 0.3),
    "Ib": (10.0, 400.0), "Vi": (0.01, 0.3), "m1": (0.01, 1.0), "m2": (0.01, 2.0), "m4": (0.01, 1.0), "m30": (0.01, 1.0),
    "ka1": (0.0001, 0.1), "ka2": (0.001, 0.2), "kd": (0.001, 0.2), "ksc": (0.01, 1.0), "u2ss": (0.2, 10.0),
    "CR": (1.0, 60.0), "CF": (2.0, 400.0), "age": (1.0, 110.0), "TDI": (2.0, 250.0),
    "CI": (100.0, 5000.0), "tau1": (5.0, 300.0), "tau2": (2.0, 300.0), "VG": (20.0, 800.0), "p2": (0.001, 0.2),
    "EGP": (0.1, 6.0), "GEZI": (0.0, 0.05), "SI": (1e-6, 0.01), "tau_sen": (0.5, 60.0),
}  # fmt: skip
_MINIMAL_MEAL_MINUTES = 40.0
"""Peak of glucose appearance after a mixed meal in the minimal model; Kanderian 2009 identified it per meal, 20-70
min."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One virtual patient: the plant's parameters and initial state, and the therapy that a clinic would have set."""

    name: str
    group: str
    """adult, adolescent or child."""
    parameters: tuple[float, ...]
    initial: tuple[float, ...]
    basal: float
    """U/h that keeps the fasting steady state."""
    carb_ratio: float
    """g of carbohydrate covered by 1 U."""
    correction: float
    """mg/dL that 1 U lowers, as in the patient's questionnaire."""
    daily_insulin: float
    """Total daily insulin, U."""
    weight: float
    age: float


@dataclass(frozen=True, slots=True)
class Population:
    """Patients of one plant, in table order."""

    plant: str
    patients: tuple[Patient, ...]
    source: str

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def plant_code(self) -> int:
        """The plant's number in the kernels."""
        return PLANTS[self.plant][1]

    @property
    def names(self) -> tuple[str, ...]:
        """The patients' names."""
        return tuple(p.name for p in self.patients)

    def parameters(self) -> NDArray[np.float64]:
        """Parameters and propagators, patients x ``layout.PARAMETERS``."""
        import numpy as np

        from harmpath.patients.kernels.cascade import PROPAGATOR, propagators

        table = np.zeros((len(self.patients), k.PARAMETERS))
        for row, patient in zip(table, self.patients, strict=True):
            row[: len(patient.parameters)] = patient.parameters
        if self.plant_code == k.UVA:
            table[:, k.PROPAGATOR_AT : k.PROPAGATOR_AT + PROPAGATOR] = propagators(table)
        return table

    def initial_states(self, glucose: float | None = None) -> NDArray[np.float64]:
        """Lane state rows at time 0; ``glucose`` (mg/dL) moves the glucose compartments to another starting value."""
        import numpy as np

        rows = np.zeros((len(self.patients), k.LANE_STATE))
        rows[:, : k.STATES] = [p.initial for p in self.patients]
        if glucose is not None:
            plasma = rows[:, 3] / self.volumes()
            for i in (3, 4, 12):
                rows[:, i] *= glucose / plasma
        return rows

    def volumes(self) -> NDArray[np.float64]:
        """What divides a glucose state to give mg/dL (dL/kg in the UVA/Padova model, 1 in the minimal model)."""
        import numpy as np

        if self.plant_code == k.MINIMAL:
            return np.ones(len(self.patients))
        return np.array([p.parameters[k.VG] for p in self.patients])

    def profiles(self, isf_rule: IsfRule = "1700-rule", target: float = 120.0) -> NDArray[np.float64]:
        """Therapy profiles, patients x ``layout.PROFILE``: basal U/h, g/U, mg/dL/U, target mg/dL, U/day, kg."""
        import numpy as np

        return np.array(
            [
                (
                    p.basal, p.carb_ratio, p.correction if isf_rule == "questionnaire" else 1700.0 / p.daily_insulin,
                    target, p.daily_insulin, p.weight,
                )
                for p in self.patients
            ]
        )  # fmt: skip

    def select(self, names: Sequence[str]) -> Population:
        """The named patients, groups included ("adult"), in table order; InputError for an unknown name."""
        known = {p.name for p in self.patients} | {p.group for p in self.patients}
        problems = [
            Problem("unknown-patient", f"no patient or group {n!r} in {self.plant}", value=n,
                    remedy=f"use one of: {', '.join(sorted(known))}")
            for n in names if n not in known
        ]  # fmt: skip
        if problems:
            raise InputError(problems)
        chosen = tuple(p for p in self.patients if p.name in names or p.group in names)
        return Population(self.plant, chosen, self.source)


def patient_table(rows: Iterable[Mapping[str, str]], plant: Plant, file: str = "") -> tuple[Patient, ...]:
    """Read parameter rows (as of a CSV file) into patients.

    Raises InputError, with one Problem per cell, when a column is missing, not a number, or outside physiology.
    """
    problems: list[Problem] = []
    patients = []
    names: set[str] = set()
    for line, row in enumerate(rows, start=2):
        values = _numbers(row, plant, file, line, problems)
        name = row.get("name") or ""
        if not name or name in names:
            problems.append(Problem("bad-name", "a patient needs a name of its own", file, line, value=name))
        names.add(name)
        if values is not None:
            patients.append(
                _uva_patient(name, values) if plant == "uva-padova-2008" else _minimal_patient(name, values)
            )
    if not patients and not problems:
        problems.append(Problem("no-patients", "the table holds no patient", file))
    if problems:
        raise InputError(problems)
    return tuple(patients)


def _numbers(
    row: Mapping[str, str], plant: str, file: str, line: int, problems: list[Problem]
) -> dict[str, float] | None:
    columns: tuple[str, ...]
    if plant == "uva-padova-2008":
        columns = (*(f"x0_{i}" for i in range(1, 14)), *k.UVA_PARAMETERS, "CR", "CF", "age", "TDI")
    else:
        columns = ("BW", "TDI", "CI", "tau1", "tau2", "VG", "p2", "EGP", "GEZI", "SI", "tau_sen")
    values: dict[str, float] = {}
    before = len(problems)
    for column in columns:
        text = row.get(column)
        try:
            value = float(text if text is not None else "")
        except ValueError:
            problems.append(Problem("not-a-number", f"{column} is not a number", file, line, value=text))
            continue
        low, high = _RANGES.get(column, (0.0, 10000.0))
        if column == "SI" or column == "GEZI":
            low = 0.0
        if not (math.isfinite(value) and low <= value <= high):
            problems.append(
                Problem("outside-physiology", f"{column} is outside {low:g} to {high:g}", file, line, value=text,
                        remedy="check the unit and the column")
            )  # fmt: skip
        values[column] = value
    return values if len(problems) == before else None


def _uva_patient(name: str, v: Mapping[str, float]) -> Patient:
    return Patient(
        name=name, group=name.partition("#")[0], parameters=tuple(v[c] for c in k.UVA_PARAMETERS),
        initial=tuple(v[f"x0_{i}"] for i in range(1, 14)), basal=v["u2ss"] * v["BW"] / 6000.0 * 60.0,
        carb_ratio=v["CR"], correction=v["CF"], daily_insulin=v["TDI"], weight=v["BW"], age=v["age"],
    )  # fmt: skip


def _minimal_patient(name: str, v: Mapping[str, float], fasting: float = 120.0) -> Patient:
    """The basal rate is the one that keeps ``fasting`` mg/dL; ratios follow the 500 and 1700 rules."""
    effect = max(v["EGP"] / fasting - v["GEZI"], 1e-5)
    concentration = effect / v["SI"] if v["SI"] > 0 else 0.0
    basal = concentration * v["CI"] * 60.0 / 1e6
    parameters = (
        v["BW"], v["CI"], v["tau1"], v["tau2"], v["VG"], v["p2"], v["EGP"], v["GEZI"], v["SI"], v["tau_sen"],
        _MINIMAL_MEAL_MINUTES, basal,
    )  # fmt: skip
    start = [0.0] * k.STATES
    start[3] = start[12] = fasting
    start[5] = start[10] = concentration
    start[6] = effect
    return Patient(
        name=name, group="adult", parameters=parameters, initial=tuple(start), basal=basal,
        carb_ratio=500.0 / v["TDI"], correction=1700.0 / v["TDI"], daily_insulin=v["TDI"], weight=v["BW"], age=40.0,
    )  # fmt: skip


def population(
    *names: str, plant: Plant = "uva-padova-2008", rows: Iterable[Mapping[str, str]] | None = None
) -> Population:
    """The shipped patients of ``plant``, or those of ``rows``; ``names`` selects patients or whole groups.

    Example: ``population("adult")``, ``population("adult#001", "child")``, ``population(plant="kanderian-2009")``.
    Raises InputError for unknown names or parameters outside physiology.
    """
    if plant not in PLANTS:
        raise InputError(
            [Problem("unknown-plant", f"no plant {plant!r}", value=plant, remedy=f"use one of: {', '.join(PLANTS)}")]
        )
    file = PLANTS[plant][0]
    if rows is None:
        text = resources.files("harmpath.patients").joinpath(f"data/{file}").read_text(encoding="utf-8")
        rows = csv.DictReader(text.splitlines())
        source = f"{file} (see data/SOURCES.md)"
    else:
        source = "given rows"
    whole = Population(plant, patient_table(rows, plant, file), source)
    return whole.select(names) if names else whole
