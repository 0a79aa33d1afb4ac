"""From the reach of open attack paths to measured attacks on the device's own model, and back to the paths as evidence.

A project keeps what was measured in ``measurements/evasion.json``, so that an assessment rests on it without attacking
the model again; where the paths to a signal have changed since, the figures are left out and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harmpath import __version__
from harmpath.assessment.knowledge import known_vulnerabilities
from harmpath.assessment.measurements import read_record, write_record
from harmpath.assessment.model import EvidenceRow
from harmpath.assessment.technologies import collect
from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.reach import Reach
from harmpath.device.project import Project
from harmpath.evidence import NotAssessed

if TYPE_CHECKING:
    from harmpath.evasion import EvasionResult
    from harmpath.evasion.outcome import Group

__all__ = ["EVASION", "GoalMeasured", "MeasuredEvasion", "measured_by_path", "reach_of_project", "record_of", "write"]

EVASION = "measurements/evasion.json"


class GoalMeasured(msgspec.Struct, frozen=True, kw_only=True):
    """How often one goal was reached."""

    goal: str
    name: str
    whole: EvidenceRow
    """With every reachable signal."""
    paths: dict[str, EvidenceRow]
    """With the signals that one attack path falsifies, by the path's id."""


class MeasuredEvasion(msgspec.Struct, frozen=True, kw_only=True):
    """What attacks on the model found."""

    schema: str = "harmpath-evasion-1"
    harmpath: str
    engine: str
    model: str
    reachable: bool
    reason: str
    windows: int
    patients: int
    seed: int
    rmse: float | None
    """Of the model without any attack, in the unit of its target."""
    goals: tuple[GoalMeasured, ...]


def reach_of_project(project: Project, store: Path | None, verdicts: Mapping[str, str]) -> tuple[Reach, ...]:
    """What the open attack paths can do to each ML input, with the controls the device has.

    Raises:
        InputError: a file of the project is wrong.
        StoreError: the store that was named cannot be opened.
    """
    knowledge = known_vulnerabilities(project, collect(project, verdicts).rows, store, verdicts)
    return analyse(project.device, knowledge.licensing, controls="existing", k=5).reach


def record_of(result: EvasionResult) -> MeasuredEvasion:
    """The result as a project keeps it."""
    goals = tuple(
        GoalMeasured(
            goal=g.goal,
            name=g.name,
            whole=EvidenceRow(
                kind=g.evidence.kind, id=g.evidence.what, value=g.evidence.value, unit=g.evidence.unit,
                low=g.evidence.low, high=g.evidence.high, n=g.evidence.n, seed=g.evidence.seed, note=g.evidence.note,
            ),
            paths={group.name: _path_row(group, g.name, result.seed) for group in g.by_path if group.share.n},
        )
        for g in result.goals
    )  # fmt: skip
    return MeasuredEvasion(
        harmpath=__version__,
        engine=result.engine,
        model=result.model,
        reachable=result.reachable,
        reason=result.reason,
        windows=result.windows,
        patients=result.patients,
        seed=result.seed,
        rmse=result.accuracy.rmse if result.accuracy else None,
        goals=goals,
    )


def _path_row(group: Group, name: str, seed: int) -> EvidenceRow:
    share = group.share
    return EvidenceRow(
        kind="measurement", id=name, value=share.value, unit="share of windows", low=share.low, high=share.high,
        n=share.n, seed=seed, note=f"false {', '.join(group.signals)}",
    )  # fmt: skip


def write(project: Project, record: MeasuredEvasion) -> Path:
    """Keep the record in the project folder."""
    return write_record(project, EVASION, record)


def measured_by_path(
    project: Project, open_paths: set[str]
) -> tuple[dict[str, tuple[EvidenceRow, ...]], list[NotAssessed]]:
    """What was measured, by attack path, for the paths that are still there; the rest is out of date and said.

    Raises:
        InputError: the project's record is not one.
    """
    record = read_record(project, EVASION, MeasuredEvasion, "harmpath evade PROJECT --record")
    remedy = "harmpath evade PROJECT --record"
    if record is None:
        said = "What the reachable false data does to the model was not measured."
        return {}, [NotAssessed("measured attacks on the model", said, remedy)]
    found: dict[str, list[EvidenceRow]] = {}
    stale: set[str] = set()
    for goal in record.goals:
        for path, row in goal.paths.items():
            if path in open_paths:
                found.setdefault(path, []).append(row)
            else:
                stale.add(path)
    left_out = [
        NotAssessed("measured attacks on the model", f"{len(stale)} measured paths are no longer open.", remedy)
    ]
    return {path: tuple(rows) for path, rows in found.items()}, left_out if stale else []
