"""The assessment: everything harmpath says about one device, as values that print and exchange formats are made from.

This is what ``assessment.json`` holds; its JSON Schema is derived from these classes. Every ``id`` is unique in the
file, and every field that names other things holds ids that exist in it (see :mod:`harmpath.assessment.references`).
"""

from __future__ import annotations

from typing import Any

from harmpath.assessment.base_rows import EvidenceRow, NotAssessedRow, Row
from harmpath.assessment.stpa_rows import (
    AiThreatRow,
    AspectCoverageRow,
    ClashRow,
    ConstraintRow,
    ContextTableRow,
    FormalScenarioRow,
    LifecycleLoopRow,
    LossScenarioRow,
    MonitorRuleRow,
    ParameterRow,
    UnsafeControlActionRow,
)

__all__ = [
    "AiThreatRow",
    "AspectCoverageRow",
    "Assessment",
    "AttackPathRow",
    "AttackScenarioRow",
    "ClashRow",
    "ConstraintRow",
    "ContextTableRow",
    "ControlRow",
    "CoverageRow",
    "CutSetRow",
    "DecisionRow",
    "EvidenceRow",
    "FindingRow",
    "FormalScenarioRow",
    "LifecycleLoopRow",
    "LossScenarioRow",
    "MatchRow",
    "MonitorRuleRow",
    "NotAssessedRow",
    "ParameterRow",
    "PrecedentRow",
    "ProposalRow",
    "ReachRow",
    "RiskRow",
    "SourceRow",
    "StepRow",
    "Summary",
    "TechnologyRow",
    "TraceRow",
    "UnmatchedRow",
    "UnsafeControlActionRow",
]


class SourceRow(Row, frozen=True):
    """What one source holds."""

    source: str
    as_of: str
    records: int
    by_year: dict[str, int]
    note: str


class CoverageRow(Row, frozen=True):
    """What the data behind the assessment covers."""

    statement: str
    sources: tuple[SourceRow, ...]
    missing: tuple[NotAssessedRow, ...]


class TechnologyRow(Row, frozen=True):
    """A technology on a component or channel, and where the device's maker says so."""

    id: str
    element: str
    name: str
    version: str | None
    vendor: str | None
    cpe: str | None
    purl: str | None
    supported_until: str | None
    origin: str
    """``device.yaml`` or the SBOM file it was read from."""
    evidence: tuple[EvidenceRow, ...]


class ProposalRow(Row, frozen=True):
    """A technology that a document of the project names and the model does not; it waits for the analyst's word."""

    id: str
    name: str
    version: str | None
    vendor: str | None
    category: str
    cpe: str | None
    component: str
    """What the document binds it to, in its own words."""
    decision: str
    """``accepted`` makes it a technology of the device."""
    evidence: tuple[EvidenceRow, ...]


class MatchRow(Row, frozen=True):
    """A known vulnerability of a technology of this device, with the reason."""

    id: str
    technology: str
    element: str
    cve: str
    confidence: str
    """exact, range, conditional, alias or name-only."""
    because: tuple[str, ...]
    condition: str
    """For a conditional match: what has to be true."""
    cvss_version: str
    cvss_vector: str
    cvss_score: float | None
    severity: str
    epss: float | None
    epss_percentile: float | None
    known_exploited: bool
    weaknesses: tuple[str, ...]
    gains: tuple[str, ...]
    """Capabilities the attacker gains; empty when unknown."""
    position: str
    decision: str
    evidence: tuple[EvidenceRow, ...]


class UnmatchedRow(Row, frozen=True):
    """A technology for which no vulnerability could be looked up, or none was found, with the reason."""

    technology: str
    reason: str
    nearest: tuple[str, ...]


class StepRow(Row, frozen=True):
    """One step of an attack path."""

    id: str
    rule: str
    sentence: str
    element: str
    """Where something is gained."""
    binding: dict[str, str]
    """What the variables of the rule stand for."""
    capability: str
    licence: str
    """What allows it: missing-protection, known-vulnerability, inherent."""
    requires: tuple[str, ...]
    """Ids of the steps of this path that must come before."""
    vulnerabilities: tuple[str, ...]
    """Matches of which any one licenses the step, the easiest for the attacker first; at most five vulnerabilities."""
    more_vulnerabilities: int
    """How many further vulnerabilities of the element would license it."""
    techniques: dict[str, tuple[str, ...]]
    """Ids by framework: cwe, capec, attack-ics, emb3d, atlas."""
    cost: float
    removed_by: tuple[str, ...]
    """Security controls that would remove it."""
    removed_at: dict[str, tuple[str, ...]]
    """For each element on which one of them would: which."""
    evidence: tuple[EvidenceRow, ...]


class AttackPathRow(Row, frozen=True):
    """A derivation of an attacker goal, cheapest first within its goal."""

    id: str
    goal: str
    target: str
    position: str
    """Where the attacker starts."""
    elements: tuple[str, ...]
    steps: tuple[StepRow, ...]
    cost: float
    exploitability: str
    """very-low, low, moderate, high or very-high."""
    exploitability_because: tuple[str, ...]
    vulnerabilities: tuple[str, ...]
    open: bool
    """False when existing controls remove one of its steps."""
    cut_by: tuple[str, ...]
    decision: str
    evidence: tuple[EvidenceRow, ...]


class ReachRow(Row, frozen=True):
    """What the open attack paths can do to one input of an ML engine."""

    id: str
    engine: str
    feature: str
    signals: tuple[str, ...]
    operations: tuple[str, ...]
    bounds: str
    max_rate: str
    period: str
    attack_paths: tuple[str, ...]
    reason: str
    """Why the bounds are what they are, or why nothing reaches it."""


class AttackScenarioRow(Row, frozen=True):
    """The story of one path and the unsafe control actions it can cause, generated from values alone."""

    id: str
    attack_path: str
    entry: str
    position: str
    preconditions: tuple[str, ...]
    steps: tuple[str, ...]
    false_datum: str
    model_effect: str
    unsafe_control_actions: tuple[str, ...]
    unsafe_action: str
    hazard: str
    loss: str
    mitigations: tuple[str, ...]
    ids: dict[str, tuple[str, ...]]
    """For each sentence above (``entry``, ``steps.0``, ...), the ids it rests on."""


class RiskRow(Row, frozen=True):
    """The risk of one attack path: exploitability against severity of harm, before and after controls."""

    id: str
    attack_path: str
    scenario: str
    unsafe_control_actions: tuple[str, ...]
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    severity: str
    """Of the worst hazard, by the analyst's word."""
    measured_severity: str
    """Of what simulated patients suffered within the reach of the path's signal; empty when not measured."""
    security_impact: str
    """Integrity, availability or confidentiality of what, and how much."""
    exploitability_before: str
    risk_before: str
    exploitability_after: str
    risk_after: str
    exploitability_planned: str
    risk_planned: str
    """With the planned controls and the recommended cut set."""
    acceptability: str
    because: tuple[str, ...]
    decision: str
    evidence: tuple[EvidenceRow, ...]


class ControlRow(Row, frozen=True):
    """A security control on an element: existing, planned or recommended."""

    id: str
    control: str
    title: str
    category: str
    element: str
    status: str
    """implemented, planned or recommended."""
    requirement: str
    acceptance: str
    cuts: tuple[str, ...]
    """Attack paths it cuts."""
    references: dict[str, tuple[str, ...]]
    evidence: tuple[EvidenceRow, ...]


class CutSetRow(Row, frozen=True):
    """A smallest set of control placements that cuts every path to a hazard, or what cannot be cut."""

    id: str
    hazard: str
    """The hazard whose goals it cuts; ``all`` for every hazard."""
    goals: tuple[str, ...]
    objective: str
    controls: tuple[str, ...]
    cost: float
    uncuttable: tuple[str, ...]
    reason: str


class TraceRow(Row, frozen=True):
    """A directed, typed link between two ids."""

    source: str
    relation: str
    target: str


class DecisionRow(Row, frozen=True):
    """The analyst's word on a finding."""

    finding: str
    verdict: str
    reason: str
    by: str
    date: str
    status: str
    """``applied``, or ``orphaned`` when the finding is no longer there."""


class FindingRow(Row, frozen=True):
    """A consistency or completeness finding about the model itself."""

    check: str
    severity: str
    element: str
    where: str
    message: str
    remedy: str


class PrecedentRow(Row, frozen=True):
    """A recall, adverse event or advisory of devices like this one."""

    id: str
    source: str
    title: str
    date: str
    relation: str
    """Why it counts as a precedent: same product code, predicate, manufacturer, component or technology."""
    scenarios: tuple[str, ...]
    """Loss scenarios it is an instance of; empty: not yet in the analysis."""
    evidence: tuple[EvidenceRow, ...]


class Summary(Row, frozen=True):
    """What a reader should know first."""

    headline: str
    protect_first: tuple[str, ...]
    """Channels and components to protect first, each an element id, most important first."""
    protect_because: tuple[str, ...]
    """One sentence for each, in the same order."""
    counts: dict[str, int]
    risks_by_level: dict[str, dict[str, int]]
    """For before, after and planned: number of risks per level."""


class Assessment(Row, frozen=True):
    """Everything."""

    schema: str
    harmpath: str
    """Version of harmpath that made it."""
    device: dict[str, Any]
    """The device model as in device.yaml."""
    summary: Summary
    coverage: CoverageRow
    not_assessed: tuple[NotAssessedRow, ...]
    technologies: tuple[TechnologyRow, ...]
    proposals: tuple[ProposalRow, ...]
    matches: tuple[MatchRow, ...]
    unmatched: tuple[UnmatchedRow, ...]
    unsafe_control_actions: tuple[UnsafeControlActionRow, ...]
    constraints: tuple[ConstraintRow, ...]
    loss_scenarios: tuple[LossScenarioRow, ...]
    formal_scenarios: tuple[FormalScenarioRow, ...]
    context_tables: tuple[ContextTableRow, ...]
    monitor_rules: tuple[MonitorRuleRow, ...]
    lifecycle_loops: tuple[LifecycleLoopRow, ...]
    ai_threats: tuple[AiThreatRow, ...]
    attack_paths: tuple[AttackPathRow, ...]
    attack_scenarios: tuple[AttackScenarioRow, ...]
    reach: tuple[ReachRow, ...]
    risks: tuple[RiskRow, ...]
    risk_matrix: dict[str, Any]
    """The matrix used, so that a reader can check every level."""
    controls: tuple[ControlRow, ...]
    cut_sets: tuple[CutSetRow, ...]
    precedents: tuple[PrecedentRow, ...]
    traces: tuple[TraceRow, ...]
    decisions: tuple[DecisionRow, ...]
    findings: tuple[FindingRow, ...]
