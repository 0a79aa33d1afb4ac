"""From the reach of open attack paths to simulated patients, and from their harm back to the paths as evidence.

A signal says in device.yaml which channel of the simulated loop it stands for (``simulated_as``); what the open paths
can do to it becomes scenarios within the bounds, the rate and the period of its reach. A project keeps the measured
harm in ``measurements/simulation.json``, so that an assessment rests on it without running the simulation again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from harmpath.assessment.measurements import read_record, write_record
from harmpath.assessment.model import EvidenceRow, ReachRow
from harmpath.assessment.rows import evidence_rows
from harmpath.device.project import Project
from harmpath.device.values import Interval, Rate
from harmpath.errors import InputError, Problem
from harmpath.evidence import NotAssessed

if TYPE_CHECKING:
    from harmpath.assessment.model import Assessment
    from harmpath.patients import Campaign, SimulationSpec
    from harmpath.patients.faults import Operation

__all__ = [
    "MEASURED",
    "MeasuredHarm",
    "SignalHarm",
    "harm_of",
    "harm_sentence",
    "measured_by_signal",
    "read_measured",
    "simulation_spec",
    "write_measured",
]

MEASURED = "measurements/simulation.json"


class SignalHarm(msgspec.Struct, frozen=True, kw_only=True):
    """What false values of one signal do to the simulated patients, in the worst scenario tried."""

    signal: str
    scenario: str
    severity: str
    """ISO 14971 word, by the criteria of the campaign; empty when no patient reached one."""
    evidence: tuple[EvidenceRow, ...]


class MeasuredHarm(msgspec.Struct, frozen=True, kw_only=True):
    """The measured harm that a project keeps."""

    schema: str = "harmpath-simulation-1"
    harmpath: str
    seed: int
    patients: tuple[str, ...]
    days: int
    reach: dict[str, str]
    """Per signal, the reach that was simulated, as one line; when it has changed, the figures are out of date."""
    signals: tuple[SignalHarm, ...]


def simulation_spec(project: Project, a: Assessment) -> tuple[SimulationSpec, tuple[NotAssessed, ...]]:
    """The campaign of a project: its simulation.yaml, with a scenario for each thing its open paths can do.

    Raises:
        InputError: simulation.yaml is wrong, or there is nothing to simulate.
        MissingExtraError: the [sim] dependencies are not installed.
    """
    from harmpath.patients import SimulationSpec, load_spec, reach_scenarios

    path = project.folder / "simulation.yaml"
    spec = load_spec(path, path.name) if path.exists() else SimulationSpec()
    scenarios = list(spec.scenarios)
    left_out: list[NotAssessed] = []
    for signal in project.device.signals:
        reach = _reach_of(a.reach, signal.id)
        if reach is None:
            continue
        if signal.simulated_as is None:
            said = "It stands for no channel of the simulated loop."
            left_out.append(NotAssessed(signal.id, said, "Set simulated_as on the signal in device.yaml."))
            continue
        operations, bounds, rate, period = reach
        scenarios += reach_scenarios(
            signal.id,
            signal.simulated_as,
            cast("tuple[Operation, ...]", operations),
            low=bounds.low,
            high=bounds.high,
            rate_per_minute=rate,
            period=period,
        )
    if not scenarios:
        remedy = "No open path reaches a signal that is simulated; set simulated_as, or give scenarios yourself."
        raise InputError(
            [Problem("nothing-to-simulate", "There is nothing to simulate.", "simulation.yaml", remedy=remedy)]
        )
    return spec.model_copy(update={"scenarios": tuple(scenarios)}).check(), tuple(left_out)


_Reached = tuple[tuple[str, ...], Interval, float, float]
"""Operations, bounds, largest change per minute, minutes between two values."""


def _reach_of(rows: Sequence[ReachRow], signal: str) -> _Reached | None:
    """What open paths can do to a signal, read from the reach of an input it feeds."""
    for row in rows:
        if signal in row.signals and row.operations:
            bounds = Interval.parse(row.bounds) if row.bounds else Interval(float("-inf"), float("inf"))
            rate = Rate.parse(row.max_rate).per_second * 60 if row.max_rate else float("inf")
            period = float(row.period.split()[0]) / 60 if row.period else 0.0
            return row.operations, bounds, rate, period
    return None


def _line(reached: _Reached) -> str:
    operations, bounds, rate, period = reached
    change = "" if rate == float("inf") else f"; at most {rate:g} per min"
    return f"{', '.join(operations)} within {bounds}{change}" + (f"; every {period:g} min" if period else "")


def harm_of(project: Project, a: Assessment, campaign: Campaign) -> MeasuredHarm:
    """The worst of each signal's scenarios, with its evidence."""
    from harmpath.patients import SEVERITIES

    order: dict[str | None, int] = {None: -1, **{word: n for n, word in enumerate(SEVERITIES)}}
    worst: dict[str, SignalHarm] = {}
    rank: dict[str, tuple[int, float]] = {}
    reach: dict[str, str] = {}
    for signal in project.device.signals:
        reached = _reach_of(a.reach, signal.id)
        if signal.simulated_as is None or reached is None:
            continue
        reach[signal.id] = _line(reached)
        for one in campaign.harm.scenarios:
            if one.scenario.path != signal.id:
                continue
            key = (order[one.severity], max((e.value for e in one.evidence), default=0.0))
            if signal.id not in rank or key > rank[signal.id]:
                rank[signal.id] = key
                worst[signal.id] = SignalHarm(
                    signal=signal.id,
                    scenario=one.scenario.name,
                    severity=one.severity or "",
                    evidence=evidence_rows(one.evidence),
                )
    return MeasuredHarm(
        harmpath=a.harmpath,
        seed=campaign.seed,
        patients=campaign.spec.patients,
        days=campaign.spec.days,
        reach=reach,
        signals=tuple(worst[s] for s in sorted(worst)),
    )


def write_measured(project: Project, harm: MeasuredHarm) -> Path:
    """Keep the measured harm in the project folder."""
    return write_record(project, MEASURED, harm)


def read_measured(project: Project) -> MeasuredHarm | None:
    """The measured harm that the project keeps; None when it keeps none.

    Raises:
        InputError: the file is not what ``harmpath simulate --record`` writes.
    """
    return read_record(project, MEASURED, MeasuredHarm, "harmpath simulate PROJECT --record")


def measured_by_signal(project: Project, rows: Sequence[ReachRow]) -> tuple[dict[str, SignalHarm], list[NotAssessed]]:
    """Measured harm by signal, where the reach is still the one that was simulated; the rest is out of date.

    Raises:
        InputError: the project's record of measured harm is not one.
    """
    measured = read_measured(project)
    if measured is None:
        said = "The severity of harm is the analyst's word, not a measured figure."
        return {}, [NotAssessed("simulated patients", said, "harmpath simulate PROJECT --record")]
    current: dict[str, SignalHarm] = {}
    stale: list[NotAssessed] = []
    for one in measured.signals:
        reached = _reach_of(rows, one.signal)
        if reached is not None and measured.reach.get(one.signal) == _line(reached):
            current[one.signal] = one
        else:
            said = "Its reach has changed since patients were simulated; the figures were left out."
            stale.append(NotAssessed(f"simulated patients: {one.signal}", said, "harmpath simulate PROJECT --record"))
    return current, stale


def harm_sentence(harm: SignalHarm) -> str:
    """The harm of one signal in a sentence, with the largest share of patients and its interval."""
    shares = [e for e in harm.evidence if e.kind == "measurement" and e.value and e.id.startswith("share")]
    worst = max(shares, key=lambda e: e.value or 0.0, default=None)
    said = f"Simulated patients, worst of what the reach allows ({harm.scenario}): severity {harm.severity or 'none'}"
    if worst is None or worst.value is None:
        return f"{said}."
    interval = f", interval {worst.low:.0%} to {worst.high:.0%}" if worst.low is not None and worst.high else ""
    return f"{said}; {worst.id}: {worst.value:.0%} of {worst.n} (seed {worst.seed}{interval})."
