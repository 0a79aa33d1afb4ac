"""Harm as a figure: consensus measures per patient, compared with the same patient without the attack, with
intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.errors import UsageError
from harmpath.evidence import MeasurementEvidence, NotAssessed
from harmpath.patients.faults import Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.severity import DEFAULT_CRITERIA, SEVERITIES, Criterion, Severity, classify

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harmpath.patients.loop import Result
    from harmpath.patients.people import Population

__all__ = ["Harm", "LaneHarm", "ScenarioHarm", "harm", "measure_lanes", "summarise", "wilson"]

_BOOTSTRAPS = 2000
_Z = 1.959963984540054


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    p, z2 = count / total, _Z * _Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    low = 0.0 if count == 0 else max(middle - half, 0.0)
    return low, 1.0 if count == total else min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class LaneHarm:
    """All measures of one patient in one scenario and world; the row of a campaign's results."""

    scenario: str
    patient: str
    group: str
    replicate: int
    values: Mapping[str, float]
    """``layout.MEASURES``, and: insulin (U), insulin_excess and insulin_lack against the paired baseline (U),
    left_validity_at
    (min), tampered (values), alarm_steps, monitor_steps, first_alarm (min from onset)."""
    severity: Severity | None
    """None when the run left the model's validity before anything could be said."""


@dataclass(frozen=True, slots=True)
class ScenarioHarm:
    """What one scenario does to the population."""

    scenario: Scenario
    severity: Severity | None
    """The worst severity that at least ``severity_share`` of the patients reach."""
    severities: Mapping[str, int]
    """Lanes per severity."""
    evidence: tuple[MeasurementEvidence, ...]
    not_assessed: tuple[NotAssessed, ...]

    def figure(self, what: str) -> MeasurementEvidence:
        """The evidence whose ``what`` starts so; KeyError when there is none."""
        for item in self.evidence:
            if item.what.startswith(what):
                return item
        raise KeyError(what)


@dataclass(frozen=True, slots=True)
class Harm:
    """The harm of every scenario of a run."""

    scenarios: tuple[ScenarioHarm, ...]
    lanes: tuple[LaneHarm, ...]
    within_hours: float
    seed: int

    def __getitem__(self, name: str) -> ScenarioHarm:
        for item in self.scenarios:
            if item.scenario.name == name:
                return item
        raise KeyError(name)


def measure_lanes(result: Result, glucose: str = "plasma") -> dict[str, NDArray[np.float64]]:
    """Every measure of every lane, from the scenario's onset on (see ``LaneHarm.values``)."""
    import numpy as np

    from harmpath.patients.kernels.measure import measure

    lanes = len(result.traces)
    width = lanes // len(result.scenarios)
    onset = np.repeat([int(s.onset) // k.CONTROL_MINUTES for s in result.scenarios], width)
    table = np.full((lanes, len(k.MEASURES)), np.nan)
    measure(result.trace(glucose), onset, table, np.zeros((lanes, 1)))
    values = {name: table[:, i] for i, name in enumerate(k.MEASURES)}
    values["left_validity_at"] = result.left_validity
    values["tampered"] = result.tampered
    values["alarm_steps"] = result.alarms
    after = np.arange(result.steps)[None, :] >= onset[:, None]
    warned = (result.verdicts > 0) & after
    values["monitor_steps"] = warned.sum(axis=1).astype(float)
    first = (warned.argmax(axis=1) - onset) * float(k.CONTROL_MINUTES)
    values["first_alarm"] = np.where(warned.any(axis=1), first, np.nan)
    values |= _insulin(result, width)
    return values


def _insulin(result: Result, width: int) -> dict[str, NDArray[np.float64]]:
    """Insulin delivered, and per step more or less than the same world without faults (NaN without such a scenario)."""
    import numpy as np

    net = result.trace("net")
    basal = np.tile(
        np.repeat([p.basal for p in result.population.patients], result.replicates), len(result.scenarios)
    ) * (k.CONTROL_MINUTES / 60.0)
    delivered = np.nansum(net + basal[:, None], axis=1)
    excess = np.full(len(net), np.nan)
    lack = np.full(len(net), np.nan)
    for index, scenario in enumerate(result.scenarios):
        base = _baseline(result.scenarios, scenario)
        if base is None:
            continue
        mine, theirs = slice(index * width, (index + 1) * width), slice(base * width, (base + 1) * width)
        gap = net[mine] - net[theirs]
        excess[mine] = np.nansum(np.maximum(gap, 0.0), axis=1)
        lack[mine] = np.nansum(np.maximum(-gap, 0.0), axis=1)
    return {"insulin": delivered, "insulin_excess": excess, "insulin_lack": lack}


def _baseline(scenarios: Sequence[Scenario], scenario: Scenario) -> int | None:
    for index, other in enumerate(scenarios):
        if not other.faults and other.initial_glucose == scenario.initial_glucose:
            return index
    return None


def _mean_interval(values: NDArray[np.float64], patient: NDArray[np.int64], seed: int) -> tuple[float, float, float]:
    """Mean and 95 % percentile bootstrap interval over patients (their days stay together)."""
    import numpy as np

    good = np.isfinite(values)
    ids = np.unique(patient[good])
    if len(ids) == 0:
        return math.nan, math.nan, math.nan
    means = np.array([values[good & (patient == i)].mean() for i in ids])
    counts = np.array([(good & (patient == i)).sum() for i in ids], dtype=float)
    draw = np.random.default_rng([seed, 7]).integers(0, len(ids), (_BOOTSTRAPS, len(ids)))
    boot = (means[draw] * counts[draw]).sum(axis=1) / counts[draw].sum(axis=1)
    low, high = np.quantile(boot, [0.025, 0.975])
    return float((means * counts).sum() / counts.sum()), float(low), float(high)


def _share(hit: NDArray[np.bool_], patient: NDArray[np.int64], seed: int) -> tuple[float, float, float]:
    """Share of lanes hit. One lane per patient: Wilson. Several: bootstrap over patients; Wilson over patients at
    0 or 1."""
    import numpy as np

    count, total = int(hit.sum()), len(hit)
    patients = len(np.unique(patient))
    if total == patients or count in (0, total):
        low, high = (
            wilson(patients * count // total if total else 0, patients) if count in (0, total) else wilson(count, total)
        )
        return count / total if total else math.nan, low, high
    return _mean_interval(hit.astype(float), patient, seed)


def harm(
    result: Result,
    *,
    within_hours: float = 4.0,
    criteria: Sequence[Criterion] = DEFAULT_CRITERIA,
    severity_share: float = 0.05,
    glucose: str = "plasma",
) -> Harm:
    """The harm of every scenario of ``result``.

    ``within_hours`` counts from the scenario's earliest onset. The scenario's severity is the worst that at least
    ``severity_share`` of its lanes reach (and at least one lane). Lanes that leave the model's validity are counted up
    to that point, named, and never reported as a glucose figure beyond it.
    """
    if not (within_hours > 0 and 0 < severity_share <= 1):
        raise UsageError("within_hours must be above 0 and severity_share in (0, 1]")
    return summarise(
        result.scenarios, result.population, result.replicates, result.seed, measure_lanes(result, glucose),
        within_hours=within_hours, criteria=criteria, severity_share=severity_share,
    )  # fmt: skip


def summarise(
    scenarios: Sequence[Scenario],
    population: Population,
    replicates: int,
    seed: int,
    values: Mapping[str, NDArray[np.float64]],
    *,
    within_hours: float,
    criteria: Sequence[Criterion],
    severity_share: float,
) -> Harm:
    """Harm from measured lanes (by scenario, then patient, then replicate), as of :func:`measure_lanes`."""
    width = len(population) * replicates
    study = _Study(population, replicates, seed, within_hours, severity_share)
    lanes: list[LaneHarm] = []
    found: list[ScenarioHarm] = []
    for index, scenario in enumerate(scenarios):
        mine = {name: column[index * width : (index + 1) * width] for name, column in values.items()}
        rows = _lane_rows(study, scenario, mine, criteria)
        lanes += rows
        found.append(_summary(study, scenario, rows, mine))
    return Harm(tuple(found), tuple(lanes), within_hours, seed)


@dataclass(frozen=True, slots=True)
class _Study:
    population: Population
    replicates: int
    seed: int
    within_hours: float
    severity_share: float

    @property
    def who(self) -> str:
        """``adults`` when all are of one group, else ``patients``."""
        groups = sorted({p.group for p in self.population.patients})
        plural = {"adult": "adults", "adolescent": "adolescents", "child": "children"}
        return plural.get(groups[0], groups[0]) if len(groups) == 1 else "patients"

    @property
    def unit(self) -> str:
        """What is counted: ``of 30 adults``, or runs of them."""
        total, count = len(self.population), len(self.population) * self.replicates
        return f"of {total} {self.who}" if self.replicates == 1 else f"of {count} runs of {total} {self.who}"


def _lane_rows(
    study: _Study, scenario: Scenario, mine: Mapping[str, NDArray[np.float64]], criteria: Sequence[Criterion]
) -> list[LaneHarm]:
    rows = []
    for i, patient in enumerate(p for p in study.population.patients for _ in range(study.replicates)):
        row = {name: float(column[i]) for name, column in mine.items()}
        severity = classify(row, criteria) if row["minutes"] > 0 else None
        if not math.isnan(row["left_validity_at"]):
            # Glucose at or below 10 or at or above 1000 mg/dL is past what the model knows: the worst word, no figure.
            severity = "catastrophic"
        rows.append(LaneHarm(scenario.name, patient.name, patient.group, i % study.replicates, row, severity))
    return rows


def _summary(
    study: _Study, scenario: Scenario, rows: Sequence[LaneHarm], mine: Mapping[str, NDArray[np.float64]]
) -> ScenarioHarm:
    import numpy as np

    evidence: list[MeasurementEvidence] = []
    total, unit, seed, within_hours = len(rows), study.unit, study.seed, study.within_hours
    patient = np.repeat(np.arange(len(study.population)), study.replicates)
    limit = within_hours * 60.0
    for name, text in (
        ("time_to_54", "below 54 mg/dL"), ("time_to_70", "below 70 mg/dL"), ("time_to_250", "above 250 mg/dL"),
    ):  # fmt: skip
        hit = mine[name] <= limit
        share, low, high = _share(hit, patient, seed)
        note = f"{int(hit.sum())} {unit} {text} within {within_hours:g} h of the onset (95 % interval of the share)"
        evidence.append(
            MeasurementEvidence(f"share {text} within {within_hours:g} h", share, "1", low, high, total, seed, note)
        )
    for name, text, scale, symbol in _FIGURES:
        mean, low, high = _mean_interval(mine[name] * scale, patient, seed)
        if not math.isnan(mean):
            counted = int(np.isfinite(mine[name]).sum())
            note = f"mean of {counted} {unit.partition(' ')[2]}; 95 % interval by bootstrap over patients"
            evidence.append(MeasurementEvidence(text, mean, symbol, low, high, counted, seed, note))
    left = int(np.isfinite(mine["left_validity_at"]).sum())
    gone: tuple[NotAssessed, ...] = ()
    if left:
        gone = (
            NotAssessed(
                f"{scenario.name}: glucose of {left} {unit} after it left 10 to 1000 mg/dL",
                "outside the model's validity; what happens there is not a figure of this model",
                "read these patients as gravely harmed; a shorter attack shows the way there",
            ),
        )
    counts = {s: sum(r.severity == s for r in rows) for s in SEVERITIES}
    reached: Severity | None = None
    cumulative = 0
    for row_severity in reversed(SEVERITIES):
        cumulative += counts[row_severity]
        if cumulative >= max(study.severity_share * total, 1):
            reached = row_severity  # type: ignore[assignment]
            break
    return ScenarioHarm(scenario, reached, counts, tuple(evidence), gone)


_FIGURES = (
    ("below_54", "time below 54 mg/dL", 100.0, "%"), ("below_70", "time below 70 mg/dL", 100.0, "%"),
    ("in_range", "time in range 70-180 mg/dL", 100.0, "%"), ("above_180", "time above 180 mg/dL", 100.0, "%"),
    ("above_250", "time above 250 mg/dL", 100.0, "%"), ("mean", "mean glucose", 1.0, "mg/dL"),
    ("lbgi", "LBGI", 1.0, "1"), ("hbgi", "HBGI", 1.0, "1"),
    ("level_1_events", "hypoglycaemia events, level 1, per run", 1.0, "1"),
    ("level_2_events", "hypoglycaemia events, level 2, per run", 1.0, "1"),
    ("time_to_54", "time to 54 mg/dL where reached", 1.0, "min"),
    ("insulin_excess", "insulin over-delivered against the run without faults", 1.0, "U"),
    ("insulin_lack", "insulin under-delivered against the run without faults", 1.0, "U"),
    ("monitor_steps", "monitor alarms per run", 1.0, "1"),
)  # fmt: skip
