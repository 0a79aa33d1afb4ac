"""STPA in depth as published rows: formal scenarios, context tables, monitor rules, lifecycle loops, AI threats.

Nothing is decided here. What the analysis left open (a rule that cannot be generated, a stage of an ML engine's life
that nobody controls, an AI threat that nobody answered) becomes a row of what was not assessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harmpath.assessment.model import (
    AiThreatRow,
    AspectCoverageRow,
    ClashRow,
    ContextTableRow,
    EvidenceRow,
    FormalScenarioRow,
    LifecycleLoopRow,
    LossScenarioRow,
    MonitorRuleRow,
    NotAssessedRow,
    ParameterRow,
)
from harmpath.assessment.rows import evidence_rows, not_assessed_rows
from harmpath.device.model import Device
from harmpath.evidence import NotAssessed
from harmpath.stpa import StpaAnalysis
from harmpath.stpa.contexts import Clash, ContextTable, Coverage, context_tables
from harmpath.stpa.identity import readable_id
from harmpath.stpa.lifecycle import LifecycleLoop, ThreatAnswer, ai_threat_answers, lifecycle_loops
from harmpath.stpa.monitors import MonitorRule, monitor_rules

__all__ = ["StpaDepth", "stpa_depth"]


@dataclass(frozen=True)
class StpaDepth:
    """The rows, and what was left open."""

    formal_scenarios: tuple[FormalScenarioRow, ...]
    context_tables: tuple[ContextTableRow, ...]
    monitor_rules: tuple[MonitorRuleRow, ...]
    lifecycle_loops: tuple[LifecycleLoopRow, ...]
    ai_threats: tuple[AiThreatRow, ...]
    not_assessed: tuple[NotAssessedRow, ...]


def stpa_depth(device: Device, stpa: StpaAnalysis, loss_scenarios: Iterable[LossScenarioRow]) -> StpaDepth:
    """Every row, each kind sorted as the analysis sorts it.

    Args:
        device: the model.
        stpa: its analysis.
        loss_scenarios: the published loss scenarios; they say which formal scenarios open attack paths support.
    """
    support = {s.id: s.support for s in loss_scenarios}
    rules = monitor_rules(device, stpa)
    loops = lifecycle_loops(device, stpa)
    threats = ai_threat_answers(device, stpa)
    return StpaDepth(
        formal_scenarios=_formal_scenarios(stpa, support),
        context_tables=tuple(_context_table(t) for t in context_tables(device, stpa)),
        monitor_rules=tuple(_monitor_rule(r) for r in rules.rules),
        lifecycle_loops=tuple(_lifecycle_loop(x) for x in loops),
        ai_threats=tuple(_ai_threat(t) for t in threats),
        not_assessed=(
            *not_assessed_rows("monitors", rules.not_generated),
            *not_assessed_rows("lifecycle", map(_uncontrolled, (x for x in loops if x.status == "not-analysed"))),
            *not_assessed_rows("ai-threats", map(_unanswered, (t for t in threats if t.status == "open"))),
        ),
    )


def _formal_scenarios(stpa: StpaAnalysis, support: Mapping[str, str]) -> tuple[FormalScenarioRow, ...]:
    return tuple(
        FormalScenarioRow(
            id=s.id,
            uca=s.uca,
            archetype=s.archetype,
            sentence=s.sentence.text,
            refined_by=s.refined_by,
            supported=sum(support.get(refining) == "supported" for refining in s.refined_by),
            evidence=evidence_rows(s.evidence),
        )
        for s in stpa.formal_scenarios
    )


def _context_table(table: ContextTable) -> ContextTableRow:
    return ContextTableRow(
        id=readable_id("CT", table.control_action),
        control_action=table.control_action,
        variables=table.variables,
        combinations=table.combinations,
        possible=table.possible,
        reason=table.reason,
        coverage=tuple(_aspect(c) for c in table.coverage),
        clashes=tuple(_clash(c) for c in table.clashes),
        unmatched=not_assessed_rows("stpa", table.unmatched),
        evidence=(EvidenceRow(kind="model-element", id=table.control_action, note="its judgements, row by row"),),
    )


def _aspect(coverage: Coverage) -> AspectCoverageRow:
    return AspectCoverageRow(
        aspect=coverage.aspect,
        judged=coverage.judged,
        conditional=coverage.conditional,
        total=coverage.total,
        gaps=coverage.gaps,
    )


def _clash(clash: Clash) -> ClashRow:
    return ClashRow(kind=clash.kind, rules=clash.rules, example=dict(clash.example))


def _monitor_rule(rule: MonitorRule) -> MonitorRuleRow:
    return MonitorRuleRow(
        id=rule.id,
        uca=rule.uca,
        control_action=rule.control_action,
        demand=rule.demand,
        formula=rule.formula,
        deadline_s=rule.deadline_s,
        parameters=tuple(ParameterRow(name=p.name, default=p.default, unit=p.unit) for p in rule.parameters),
        hazards=rule.hazards,
        sentence=rule.sentence.text,
        evidence=evidence_rows(rule.evidence),
    )


def _lifecycle_loop(loop: LifecycleLoop) -> LifecycleLoopRow:
    elements = (loop.engine, *loop.control_actions, *loop.feedback)
    return LifecycleLoopRow(
        id=readable_id("LIFE", loop.engine, loop.stage),
        engine=loop.engine,
        stage=loop.stage,
        controllers=loop.controllers,
        control_actions=loop.control_actions,
        feedback=loop.feedback,
        unsafe_control_actions=loop.unsafe_control_actions,
        status="not-assessed" if loop.status == "not-analysed" else loop.status,
        reason=loop.reason,
        evidence=tuple(EvidenceRow(kind="model-element", id=id_, note=f"stage: {loop.stage}") for id_ in elements),
    )


def _uncontrolled(loop: LifecycleLoop) -> NotAssessed:
    remedy = f"Add a control action with 'stage: {loop.stage}' and 'engine: {loop.engine}'."
    return NotAssessed(readable_id("LIFE", loop.engine, loop.stage), loop.reason, remedy)


def _ai_threat(answer: ThreatAnswer) -> AiThreatRow:
    return AiThreatRow(
        id=readable_id("AI", answer.engine, answer.threat),
        engine=answer.engine,
        threat=answer.threat,
        name=answer.name,
        status="not-assessed" if answer.status == "open" else answer.status,
        addressed_by=answer.addressed_by,
        reason=answer.reason,
        scenarios=answer.scenarios,
        measures=answer.measures,
        evidence=evidence_rows(answer.evidence),
    )


def _unanswered(answer: ThreatAnswer) -> NotAssessed:
    remedy = f"Answer '{answer.threat}' under 'ai_threats': addressed_by, or not_applicable with the reason."
    return NotAssessed(readable_id("AI", answer.engine, answer.threat), f"{answer.name}: {answer.reason}", remedy)
