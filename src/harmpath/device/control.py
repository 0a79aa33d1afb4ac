"""The systems-theoretic view: losses, hazards, constraints, control actions, feedback and process models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harmpath.device.values import Element, Id, Ids, Interval, Strict, Text
from harmpath.device.vocabulary import AiThreat, Aspect, ControlActionKind, LifecycleStage, SeverityWord

__all__ = [
    "AiThreatAnswer",
    "Assumption",
    "ControlAction",
    "DesiredAction",
    "Feedback",
    "Hazard",
    "Judgement",
    "Loss",
    "ProcessModel",
    "ProcessVariable",
    "ProcessVariableState",
    "Responsibility",
    "SafetyControl",
    "SafetyRequirement",
    "SubHazard",
    "SystemConstraint",
    "WrittenScenario",
]


class Loss(Element):
    """Something of value to stakeholders that must not be lost (STPA step 1)."""

    kind: Literal["harm", "wrong-diagnosis", "delayed-care", "privacy", "mission", "other"] = "harm"
    description: Text = ""


class SubHazard(Element):
    """A part of a hazard; its losses are a subset of the hazard's."""

    losses: Ids = ()
    description: Text = ""
    severity: SeverityWord | None = None


class Hazard(Element):
    """A system state that, with worst-case conditions, leads to a loss (STPA step 1)."""

    losses: Ids = ()
    severity: SeverityWord = Field(description="of the harm in the worst credible case, ISO 14971 words")
    harm: Text = Field("", description="the harm to the patient, in clinical words")
    description: Text = ""
    constraint: Text = Field("", description="the system constraint; derived by inversion when empty")
    sub_hazards: tuple[SubHazard, ...] = ()


class SystemConstraint(Element):
    """What the system must enforce to prevent hazards; written by hand where the derived one is not enough."""

    hazards: Ids
    description: Text


class Responsibility(Element):
    """What a controller must do so that system constraints hold."""

    controller: Id
    constraints: Ids = Field((), description="system constraints it serves; SC-<hazard> are the derived ones")
    description: Text


class ProcessVariableState(Element):
    """One state a process-model variable can be in."""

    range: Interval | None = None
    adjustable: bool = Field(False, description="its bounds are set per patient; monitors name them as parameters")


class ProcessVariable(Element):
    """What a controller believes about the process it controls."""

    unit: Text = ""
    states: tuple[ProcessVariableState, ...] = ()
    signals: Ids = Field((), description="signals the belief is formed from")
    derivative_of: Id | None = Field(None, description="the variable whose change per minute it is")
    description: Text = ""


class ProcessModel(Strict):
    """A controller's beliefs."""

    controller: Id
    variables: tuple[ProcessVariable, ...]


class Judgement(Strict):
    """The analyst's word on one way a control action can be unsafe.

    Either it is unsafe in a context, and leads to hazards; or it is not hazardous, because.
    """

    type: Aspect
    id: Id | None = Field(None, description="stable id; derived from action, type and context when empty")
    context: dict[Id, Id] = Field(default_factory=dict, description="process-model variable: its actual state")
    any_of: dict[Id, Ids] = Field(default_factory=dict, description="variable: any of these actual states")
    believed: dict[Id, Id] = Field(default_factory=dict, description="variable: the state the controller believes")
    when: Text = Field("", description="context in words, where variables do not say it")
    hazards: Ids = ()
    not_hazardous: Text | None = Field(None, description="because ...")
    note: Text = ""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Judgement:
        if bool(self.hazards) == bool(self.not_hazardous):
            raise ValueError("give either hazards, or not_hazardous with the reason")
        return self


class DesiredAction(Strict):
    """A context in which the action has to be provided, or has to be left out, for the device to do its work."""

    type: Literal["provided", "not-provided"]
    context: dict[Id, Id] = Field(default_factory=dict, description="process-model variable: its state")
    any_of: dict[Id, Ids] = Field(default_factory=dict, description="variable: any of these states")
    note: Text = ""


class ControlAction(Element):
    """What a controller does to the process or to a lower controller."""

    source: Id = Field(alias="from")
    target: Id = Field(alias="to")
    kind: ControlActionKind = "command"
    via: Ids = Field((), description="channels that carry it, in order")
    outputs: Ids = Field((), description="ML outputs it follows from")
    description: Text = ""
    stage: LifecycleStage = Field("use", description="stage of an ML engine's life that the action belongs to")
    engine: Id | None = Field(None, description="the ML engine whose life it is part of")
    variables: Ids = Field((), description="variables of its context table; all of its controller's when empty")
    deadline_s: float | None = Field(None, ge=0, description="seconds within which it must follow its context")
    combinations: Literal["full", "pairwise"] = Field("full", description="rows of its context table")
    desired: tuple[DesiredAction, ...] = ()
    unsafe: tuple[Judgement, ...] = ()


class Feedback(Element):
    """What a controller learns about the process."""

    source: Id = Field(alias="from")
    target: Id = Field(alias="to")
    via: Ids = ()
    signals: Ids = ()
    stage: LifecycleStage = "use"
    engine: Id | None = Field(None, description="the ML engine whose life it is part of")
    description: Text = ""


class Assumption(Element):
    """Something taken as true; the results name the assumptions they rest on."""

    about: Ids = ()
    description: Text


class SafetyRequirement(Element):
    """What the design must do so that a scenario, an unsafe control action or a hazard does not occur."""

    covers: Ids = Field(description="loss scenarios, unsafe control actions, constraints or hazards")
    description: Text
    verified_by: Text = Field("", description="the test, analysis or inspection that shows it")


class WrittenScenario(Element):
    """A loss scenario in the analyst's own words, beside those that are generated."""

    uca: Id | None = Field(None, description="the unsafe control action it explains; none for a scenario without one")
    hazards: Ids = Field((), description="where it names no unsafe control action")
    elements: Ids = Field((), description="where it starts")
    causal_factor: Id | None = Field(None, description="id in the catalogue of causal factors, where one fits")
    description: Text


class AiThreatAnswer(Strict):
    """Where one of the AI-specific threats is addressed, or why it does not apply."""

    threat: AiThreat
    engine: Id | None = Field(None, description="the ML engine; every one when empty")
    addressed_by: Ids = Field((), description="controls, requirements, components or control actions")
    how: Text = ""
    not_applicable: Text | None = Field(None, description="because ...")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> AiThreatAnswer:
        if bool(self.addressed_by) == bool(self.not_applicable):
            raise ValueError("give either addressed_by, or not_applicable with the reason")
        return self


class SafetyControl(Element):
    """A security control that the device has, or that is planned, on some elements."""

    control: Id = Field(description="id in the control catalogue, e.g. mutual-authentication")
    on: Ids
    status: Literal["implemented", "planned"] = "implemented"
    evidence: Text = Field("", description="where its implementation and test are shown")
