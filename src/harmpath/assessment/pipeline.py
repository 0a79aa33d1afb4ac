"""The whole analysis of one project, in the order in which a device flows through the house.

device.yaml, SBOMs -> technologies -> known vulnerabilities; device -> STPA; both -> attack paths -> reach; joined in
goals -> scenarios -> risks -> controls that cut them. One way, no going back; the same input gives the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harmpath import __version__
from harmpath.assessment.checking import completeness
from harmpath.assessment.controls import plan_controls
from harmpath.assessment.decisions import Decision, applied, read_decisions, verdicts
from harmpath.assessment.evading import measured_by_path
from harmpath.assessment.joining import consequences
from harmpath.assessment.knowledge import joined_coverage, known_vulnerabilities
from harmpath.assessment.matrix import read_matrix
from harmpath.assessment.model import Assessment, FindingRow
from harmpath.assessment.paths import derive_paths, unjoined
from harmpath.assessment.precedents import find_precedents
from harmpath.assessment.references import broken_references, ids_of
from harmpath.assessment.risks import risk_rows
from harmpath.assessment.rows import (
    constraint_rows,
    coverage_row,
    loss_scenario_rows,
    not_assessed_rows,
    uca_rows,
)
from harmpath.assessment.scenarios import attack_scenarios
from harmpath.assessment.simulating import measured_by_signal
from harmpath.assessment.stpa_depth import stpa_depth
from harmpath.assessment.summary import summarise
from harmpath.assessment.technologies import collect
from harmpath.assessment.traces import trace_rows
from harmpath.device.check import check, is_usable
from harmpath.device.project import Project
from harmpath.errors import InputError, Problem

__all__ = ["SCHEMA", "assess"]

SCHEMA = "harmpath-assessment-1"


def assess(project: Project, *, store: Path | None = None, paths_per_goal: int = 5) -> Assessment:
    """Everything harmpath says about a project.

    Args:
        project: an opened project folder.
        store: the local store of public records; the default one when None. It need not exist.
        paths_per_goal: how many attack paths to list for each goal, cheapest first.

    Raises:
        InputError: the model does not hang together, or a file of the project is wrong.
        StoreError: the store that was named cannot be used.
    """
    from harmpath.stpa import analyse as analyse_stpa

    problems = check(project)
    if not is_usable(problems):
        raise InputError(p for p in problems if p.severity == "error")
    device, matrix = project.device, read_matrix(project.folder)
    decisions = read_decisions(project.decisions_file)
    verdict = verdicts(decisions)

    technologies = collect(project, verdict)
    knowledge = known_vulnerabilities(project, technologies.rows, store, verdict)
    stpa = analyse_stpa(device)
    joined = consequences(device, stpa)
    paths = derive_paths(device, knowledge, paths_per_goal, verdict)
    plan = plan_controls(device, knowledge, joined, paths, paths_per_goal)
    loss_scenarios = loss_scenario_rows(stpa, paths.open_by_goal)
    scenarios = attack_scenarios(device, paths.rows, joined, plan.titles, knowledge.matches)
    measured, not_measured = measured_by_signal(project, paths.reach)
    attacked, not_attacked = measured_by_path(project, {p.id for p in paths.rows if p.open})
    risks = risk_rows(paths.rows, joined, matrix, plan.exploitability, verdict, measured, attacked)
    ucas = uca_rows(stpa)
    depth = stpa_depth(device, stpa, loss_scenarios)
    precedents, record_coverage = find_precedents(device, technologies.rows, loss_scenarios, store)
    coverage = joined_coverage(knowledge.coverage, record_coverage)
    summary = summarise(device, matrix, risks, paths.rows, ucas, loss_scenarios, knowledge.matches, plan.titles)

    assessment = Assessment(
        schema=SCHEMA,
        harmpath=__version__,
        device=device.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        summary=summary,
        coverage=coverage_row(coverage),
        not_assessed=(
            *not_assessed_rows("stpa", stpa.not_assessed),
            *depth.not_assessed,
            *not_assessed_rows("vulnerabilities", (*technologies.not_assessed, *knowledge.not_assessed)),
            *not_assessed_rows("attack-paths", (*paths.not_assessed, *unjoined(device, joined))),
            *not_assessed_rows("landscape", record_coverage.missing),
            *not_assessed_rows("patients", not_measured),
            *not_assessed_rows("evasion", not_attacked),
        ),
        technologies=technologies.rows,
        proposals=technologies.proposals,
        matches=knowledge.matches,
        unmatched=knowledge.unmatched,
        unsafe_control_actions=ucas,
        constraints=constraint_rows(stpa),
        loss_scenarios=loss_scenarios,
        formal_scenarios=depth.formal_scenarios,
        context_tables=depth.context_tables,
        monitor_rules=depth.monitor_rules,
        lifecycle_loops=depth.lifecycle_loops,
        ai_threats=depth.ai_threats,
        attack_paths=paths.rows,
        attack_scenarios=scenarios,
        reach=paths.reach,
        risks=risks,
        risk_matrix=matrix.to_json(),
        controls=plan.controls,
        cut_sets=plan.cut_sets,
        precedents=precedents,
        traces=(),
        decisions=(),
        findings=_findings(project, (*problems, *completeness(project, stpa), *technologies.findings)),
    )
    return _closed(project, assessment, decisions)


def _closed(project: Project, a: Assessment, decisions: Sequence[Decision]) -> Assessment:
    """The assessment with its traces and decisions; its promise about references is kept or the run fails."""
    known = {*ids_of(project.device, a), *(m.cve for m in a.matches)}
    closed = msgspec.structs.replace(a, traces=trace_rows(project.device, a), decisions=applied(decisions, known))
    broken = broken_references(project.device, closed)
    if broken:
        raise AssertionError("an assessment names what it does not hold: " + "; ".join(broken[:5]))
    return closed


def _findings(project: Project, problems: Sequence[Problem]) -> tuple[FindingRow, ...]:
    folder = f"{project.folder.as_posix()}/"
    return tuple(
        FindingRow(
            check=p.code,
            severity=p.severity,
            element=p.value or "",
            where=p.where.removeprefix(folder),
            message=p.message,
            remedy=p.remedy,
        )
        for p in problems
    )
