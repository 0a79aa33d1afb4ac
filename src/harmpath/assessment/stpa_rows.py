"""The part of an assessment that STPA fills: unsafe control actions to loss scenarios, and STPA in depth."""

from __future__ import annotations

from harmpath.assessment.base_rows import EvidenceRow, NotAssessedRow, Row

__all__ = [
    "AiThreatRow",
    "AspectCoverageRow",
    "ClashRow",
    "ConstraintRow",
    "ContextTableRow",
    "FormalScenarioRow",
    "LifecycleLoopRow",
    "LossScenarioRow",
    "MonitorRuleRow",
    "ParameterRow",
    "UnsafeControlActionRow",
]


class ConstraintRow(Row, frozen=True):
    """A system constraint (inverts a hazard) or a controller constraint (inverts an unsafe control action)."""

    id: str
    kind: str
    sentence: str
    inverts: str
    controller: str
    evidence: tuple[EvidenceRow, ...]


class UnsafeControlActionRow(Row, frozen=True):
    """One way in which one control action is unsafe, is not hazardous, or was not judged."""

    id: str
    control_action: str
    source: str
    type: str
    group: str
    context: dict[str, tuple[str, ...]]
    """Process-model variable to the states (any of them) it is really in."""
    believed: dict[str, tuple[str, ...]]
    """Variable to the states the controller believes it to be in."""
    when: str
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    status: str
    """hazardous, not-hazardous or not-assessed."""
    reason: str
    sentence: str
    evidence: tuple[EvidenceRow, ...]


class LossScenarioRow(Row, frozen=True):
    """How an unsafe control action could come about."""

    id: str
    uca: str
    kind: str
    """safety or security."""
    causal_factor: str
    archetype: str
    """Which of the four formal classes: where in the control loop it starts."""
    sentence: str
    elements: tuple[str, ...]
    goals: tuple[str, ...]
    """Attacker goals that would realise it."""
    adversary: tuple[str, ...]
    """What an attacker would do: inject, spoof, tamper, replay, delay, drop ..."""
    false_datum: str
    attack_paths: tuple[str, ...]
    support: str
    """supported (an open path reaches a goal), unsupported (none does), or not-adversarial."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    evidence: tuple[EvidenceRow, ...]


class FormalScenarioRow(Row, frozen=True):
    """One of the four formal classes of scenarios (Thomas 2024) asked of one unsafe control action."""

    id: str
    uca: str
    archetype: str
    """controller-behaviour, feedback-path, control-path or process-behaviour."""
    sentence: str
    refined_by: tuple[str, ...]
    """Loss scenarios of this class; empty where the device's model gives none."""
    supported: int
    """How many of them an open attack path supports."""
    evidence: tuple[EvidenceRow, ...]


class AspectCoverageRow(Row, frozen=True):
    """How many rows of a context table the rules of one of the seven aspects judge."""

    aspect: str
    judged: int | None
    """By the variables alone; null when there are too many regions to count."""
    conditional: int | None
    """Further rows, judged only under a condition in words."""
    total: int
    gaps: tuple[dict[str, str], ...]
    """The first regions that no rule covers: variable to state."""


class ClashRow(Row, frozen=True):
    """Two rules that cannot both hold in the rows they share."""

    kind: str
    """conflict (judged both ways), contradiction (hazardous either way) or desired (desired and hazardous)."""
    rules: tuple[str, ...]
    """The two of them: unsafe control actions; for ``desired`` the first is the place of the desired action."""
    example: dict[str, str]
    """A context in which both apply: variable to state."""


class ContextTableRow(Row, frozen=True):
    """The context table of one control action: how much of it is judged. ``harmpath context`` prints its rows."""

    id: str
    control_action: str
    variables: tuple[str, ...]
    combinations: str
    """full, pairwise or refused."""
    possible: int
    """Rows of the full table."""
    reason: str
    """Why the table is not full; empty when it is."""
    coverage: tuple[AspectCoverageRow, ...]
    clashes: tuple[ClashRow, ...]
    unmatched: tuple[NotAssessedRow, ...]
    """Judgements that match no row."""
    evidence: tuple[EvidenceRow, ...]


class ParameterRow(Row, frozen=True):
    """A bound of a monitor rule that is set per patient."""

    name: str
    default: float
    unit: str


class MonitorRuleRow(Row, frozen=True):
    """A runtime monitor rule generated from one unsafe control action."""

    id: str
    uca: str
    control_action: str
    demand: str
    """must-not, must or must-not-stop."""
    formula: str
    """In signal temporal logic; times in seconds, hyphens of ids as underscores."""
    deadline_s: float
    """For ``must``: seconds within which the action has to come; 0 for at once."""
    parameters: tuple[ParameterRow, ...]
    hazards: tuple[str, ...]
    sentence: str
    evidence: tuple[EvidenceRow, ...]


class LifecycleLoopRow(Row, frozen=True):
    """Who controls one stage of one ML engine's life, and what comes back."""

    id: str
    engine: str
    stage: str
    controllers: tuple[str, ...]
    control_actions: tuple[str, ...]
    feedback: tuple[str, ...]
    unsafe_control_actions: tuple[str, ...]
    status: str
    """analysed, open-loop (controlled, but nothing comes back) or not-assessed (no control action)."""
    reason: str
    evidence: tuple[EvidenceRow, ...]


class AiThreatRow(Row, frozen=True):
    """The answer to one of the seven AI threats of FDA's draft guidance (January 2025), for one ML engine."""

    id: str
    engine: str
    threat: str
    name: str
    status: str
    """addressed, not-applicable or not-assessed (nobody answered)."""
    addressed_by: tuple[str, ...]
    reason: str
    scenarios: tuple[str, ...]
    """Loss scenarios that ask for it."""
    measures: str
    """What usually helps, from the catalogue."""
    evidence: tuple[EvidenceRow, ...]
