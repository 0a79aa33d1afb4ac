"""From the values of the lower floors to the rows of the published assessment; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable

from harmpath.assessment.model import (
    ConstraintRow,
    CoverageRow,
    EvidenceRow,
    LossScenarioRow,
    NotAssessedRow,
    SourceRow,
    UnsafeControlActionRow,
)
from harmpath.evidence import (
    Coverage,
    DocumentEvidence,
    ElementEvidence,
    Evidence,
    MeasurementEvidence,
    NotAssessed,
    RecordEvidence,
)
from harmpath.stpa import Condition, StpaAnalysis

__all__ = [
    "constraint_rows",
    "coverage_row",
    "evidence_rows",
    "loss_scenario_rows",
    "not_assessed_rows",
    "uca_rows",
]


def evidence_rows(evidence: Iterable[Evidence]) -> tuple[EvidenceRow, ...]:
    """Evidence as published."""
    return tuple(_evidence(e) for e in evidence)


def _evidence(e: Evidence) -> EvidenceRow:
    if isinstance(e, ElementEvidence):
        return EvidenceRow(kind=e.kind, id=e.id, note=e.note)
    if isinstance(e, RecordEvidence):
        return EvidenceRow(kind=e.kind, id=e.id, source=e.source, as_of=e.as_of, note=e.note)
    if isinstance(e, DocumentEvidence):
        return EvidenceRow(kind=e.kind, source=e.document, text=e.text, page=e.page, start=e.start, end=e.end)
    if isinstance(e, MeasurementEvidence):
        return EvidenceRow(
            kind=e.kind, id=e.what, value=e.value, unit=e.unit, low=e.low, high=e.high, n=e.n, seed=e.seed, note=e.note
        )
    return EvidenceRow(kind=e.kind, source=e.catalogue, id=e.id, note=e.note)


def not_assessed_rows(reading: str, items: Iterable[NotAssessed]) -> tuple[NotAssessedRow, ...]:
    """What one reading did not look at, without repeats."""
    rows = (NotAssessedRow(subject=i.subject, reason=i.reason, remedy=i.remedy, reading=reading) for i in items)
    return tuple(dict.fromkeys(rows))


def coverage_row(coverage: Coverage) -> CoverageRow:
    """Coverage as published."""
    sources = tuple(
        SourceRow(
            source=s.source,
            as_of=s.as_of,
            records=s.records,
            by_year={str(year): n for year, n in sorted(s.by_year.items())},
            note=s.note,
        )
        for s in coverage.sources
    )
    missing = not_assessed_rows("data", coverage.missing)
    return CoverageRow(statement=coverage.statement(), sources=sources, missing=missing)


def _conditions(conditions: Iterable[Condition]) -> dict[str, tuple[str, ...]]:
    return {c.variable: c.states for c in conditions}


def uca_rows(stpa: StpaAnalysis) -> tuple[UnsafeControlActionRow, ...]:
    """Unsafe control actions, those judged not hazardous and those not judged among them."""
    return tuple(
        UnsafeControlActionRow(
            id=u.id,
            control_action=u.control_action,
            source=u.source,
            type=u.type or "",
            group=u.group,
            context=_conditions(u.context),
            believed=_conditions(u.believed),
            when=u.when,
            hazards=u.hazards,
            losses=u.losses,
            status=u.status,
            reason=u.reason,
            sentence=u.sentence.text,
            evidence=evidence_rows(u.evidence),
        )
        for u in stpa.unsafe_control_actions
    )


def constraint_rows(stpa: StpaAnalysis) -> tuple[ConstraintRow, ...]:
    """System constraints, then controller constraints."""
    system = tuple(
        ConstraintRow(
            id=c.id,
            kind="system",
            sentence=c.sentence.text,
            inverts=c.hazards[0] if c.hazards else "",
            controller="",
            evidence=evidence_rows(c.evidence),
        )
        for c in stpa.system_constraints
    )
    controller = tuple(
        ConstraintRow(
            id=c.id,
            kind="controller",
            sentence=c.sentence.text,
            inverts=c.uca,
            controller=c.controller,
            evidence=evidence_rows(c.evidence),
        )
        for c in stpa.controller_constraints
    )
    return system + controller


def loss_scenario_rows(stpa: StpaAnalysis, paths_of_goal: dict[str, tuple[str, ...]]) -> tuple[LossScenarioRow, ...]:
    """Loss scenarios, each joined to the open attack paths that reach one of its goals (by goal id)."""
    rows = []
    for s in stpa.loss_scenarios:
        goals = tuple(g.id for g in s.goals)
        paths = tuple(dict.fromkeys(p for g in goals for p in paths_of_goal.get(g, ())))
        rows.append(
            LossScenarioRow(
                id=s.id,
                uca=s.uca,
                kind=s.kind,
                causal_factor=s.causal_factor,
                archetype=s.archetype,
                sentence=s.sentence.text,
                elements=s.elements,
                goals=goals,
                adversary=s.adversary,
                false_datum=s.false_datum,
                attack_paths=paths,
                support="not-adversarial" if not goals else "supported" if paths else "unsupported",
                hazards=s.hazards,
                losses=s.losses,
                evidence=evidence_rows(s.evidence),
            )
        )
    return tuple(rows)
