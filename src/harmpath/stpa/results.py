"""What an STPA of a device consists of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from harmpath.device.goals import Goal
from harmpath.device.vocabulary import Aspect
from harmpath.evidence import Evidence, NotAssessed, require_evidence
from harmpath.stpa.sentences import Sentence

__all__ = [
    "Condition",
    "ControllerConstraint",
    "DerivedConstraint",
    "FormalScenario",
    "LossScenario",
    "Rule",
    "ScenarioKind",
    "Status",
    "StpaAnalysis",
    "UnsafeControlAction",
]

Status: TypeAlias = Literal["hazardous", "not-hazardous", "not-assessed"]
ScenarioKind: TypeAlias = Literal["safety", "security"]
Origin: TypeAlias = Literal["derived", "written"]
Rule: TypeAlias = Literal["must", "must-not", "in-time", "in-order", "long-enough", "no-longer"]
"""What a controller constraint demands: the inverse of one aspect of being unsafe."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """A process-model variable is in one of some states."""

    variable: str
    states: tuple[str, ...]
    """Any of these; usually one."""

    def __str__(self) -> str:
        return f"{self.variable}={'|'.join(self.states)}"


@dataclass(frozen=True)
class DerivedConstraint:
    """A system constraint: a hazard (or sub-hazard) inverted, or the analyst's own words."""

    id: str
    """``SC-<hazard>`` for the derived ones; the element's own id for those written by hand."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    origin: Origin
    sentence: Sentence
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        require_evidence(self.id, self.evidence)


@dataclass(frozen=True)
class UnsafeControlAction:
    """One way a control action can be unsafe, judged or not yet judged."""

    id: str
    control_action: str
    source: str
    """The component that provides the action."""
    type: Aspect | None
    """None where the whole group is not assessed."""
    group: str
    """One of the Handbook's four ways of being unsafe."""
    context: tuple[Condition, ...]
    """The actual states that make it unsafe; empty for any state."""
    believed: tuple[Condition, ...]
    """What the controller believes instead, where that matters."""
    when: str
    """The context in the analyst's words, where variables do not say it."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    sentence: Sentence
    evidence: tuple[Evidence, ...]
    status: Status
    reason: str = ""
    """Why it is not hazardous, or why it was not assessed."""
    note: str = ""
    judgement: int | None = None
    """Its place among the judgements of the control action, from 0; None where there is none."""

    def __post_init__(self) -> None:
        require_evidence(self.id, self.evidence)
        if (self.status == "hazardous") != bool(self.hazards):
            raise ValueError(f"{self.id}: hazardous if and only if it names hazards")
        if self.status != "hazardous" and not self.reason:
            raise ValueError(f"{self.id}: {self.status} needs its reason")


@dataclass(frozen=True)
class ControllerConstraint:
    """What a controller must or must not do, so that one unsafe control action does not occur."""

    id: str
    uca: str
    controller: str
    control_action: str
    rule: Rule
    context: tuple[Condition, ...]
    when: str
    hazards: tuple[str, ...]
    sentence: Sentence
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        require_evidence(self.id, self.evidence)


@dataclass(frozen=True)
class LossScenario:
    """How one unsafe control action could come about, or be brought about."""

    id: str
    uca: str
    """Empty for a scenario in the analyst's words that leads to a hazard without an unsafe control action."""
    kind: ScenarioKind
    causal_factor: str
    """Id in the catalogue of causal factors."""
    archetype: str
    """Which of the four formal classes it belongs to: where in the control loop it starts."""
    sentence: Sentence
    elements: tuple[str, ...]
    """The elements where it starts: the signal, channel, engine, controller ..."""
    goals: tuple[Goal, ...]
    """What an attacker would have to achieve; any one of them realises the scenario. Empty for kind ``safety``."""
    adversary: tuple[str, ...]
    """How: inject, spoof, tamper, intercept, replay, delay, drop, disclose."""
    false_datum: str
    """The false value in words, e.g. ``glucose reported high while it is low``; empty where none is involved."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        require_evidence(self.id, self.evidence)
        if self.kind == "security" and not self.goals:
            raise ValueError(f"{self.id}: a security scenario names what the attacker would have to achieve")


@dataclass(frozen=True)
class FormalScenario:
    """One of the four formal classes asked of one unsafe control action, with the loss scenarios that refine it."""

    id: str
    uca: str
    archetype: str
    sentence: Sentence
    refined_by: tuple[str, ...]
    """Loss scenarios of this class; empty where the device's model gives none."""
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        require_evidence(self.id, self.evidence)


@dataclass(frozen=True)
class StpaAnalysis:
    """Everything that STPA says about a device. Sorted by id; the same device gives the same bytes."""

    system_constraints: tuple[DerivedConstraint, ...]
    unsafe_control_actions: tuple[UnsafeControlAction, ...]
    controller_constraints: tuple[ControllerConstraint, ...]
    loss_scenarios: tuple[LossScenario, ...]
    not_assessed: tuple[NotAssessed, ...]
    formal_scenarios: tuple[FormalScenario, ...] = ()

    @cached_property
    def hazardous(self) -> tuple[UnsafeControlAction, ...]:
        """The unsafe control actions that were judged to lead to hazards."""
        return tuple(u for u in self.unsafe_control_actions if u.status == "hazardous")

    @cached_property
    def unsafe_control_action(self) -> dict[str, UnsafeControlAction]:
        """Unsafe control actions by id."""
        return {u.id: u for u in self.unsafe_control_actions}

    @cached_property
    def by_action(self) -> dict[str, tuple[UnsafeControlAction, ...]]:
        """Unsafe control actions, judged or not, by control action."""
        grouped: dict[str, list[UnsafeControlAction]] = {}
        for uca in self.unsafe_control_actions:
            grouped.setdefault(uca.control_action, []).append(uca)
        return {action: tuple(found) for action, found in grouped.items()}

    @cached_property
    def scenarios_of(self) -> dict[str, tuple[LossScenario, ...]]:
        """Loss scenarios by unsafe control action; those without one under an empty id."""
        grouped: dict[str, list[LossScenario]] = {u.id: [] for u in self.hazardous}
        for scenario in self.loss_scenarios:
            grouped.setdefault(scenario.uca, []).append(scenario)
        return {uca: tuple(found) for uca, found in grouped.items()}

    def sentences(self) -> tuple[Sentence, ...]:
        """Every generated sentence, in the order of the results."""
        groups = (
            self.system_constraints,
            self.unsafe_control_actions,
            self.controller_constraints,
            self.loss_scenarios,
            self.formal_scenarios,
        )
        return tuple(item.sentence for group in groups for item in group)
