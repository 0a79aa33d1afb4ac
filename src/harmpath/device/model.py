"""The device model: one value that every reading of the device starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal, TypeVar

from pydantic import Field

from harmpath.device.control import (
    AiThreatAnswer,
    Assumption,
    ControlAction,
    Feedback,
    Hazard,
    Loss,
    ProcessModel,
    ProcessVariable,
    Responsibility,
    SafetyControl,
    SafetyRequirement,
    SystemConstraint,
    WrittenScenario,
)
from harmpath.device.elements import Channel, Component, Feature, MLEngine, ModelOutput, Signal, Zone
from harmpath.device.values import Element, Id, Ids, Strict, Text
from harmpath.errors import Severity

__all__ = ["Device", "Identity", "OperationalState"]


_T = TypeVar("_T")


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    grouped: dict[str, list[_T]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in grouped.items()}


class OperationalState(Element):
    """A state the device can be in that changes who can do what (e.g. in use, charging, being updated)."""

    description: Text = ""


class Identity(Strict):
    """What the device is and what it is for."""

    name: Text
    manufacturer: Text
    description: Text = ""
    intended_use: Text
    software: Literal["SaMD", "SiMD"] = Field(description="software as, or in, a medical device")
    product_code: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="FDA product code, e.g. NBW")
    regulation: Text | None = Field(None, description="e.g. 21 CFR 862.1345")
    predicates: tuple[str, ...] = Field((), description="510(k), De Novo or PMA numbers")
    operational_states: tuple[OperationalState, ...] = ()


class Device(Strict):
    """Everything that device.yaml says."""

    format: Literal["1"] = Field("1", alias="harmpath", description="version of this file format")
    about: Identity = Field(alias="device")
    losses: tuple[Loss, ...]
    hazards: tuple[Hazard, ...]
    system_constraints: tuple[SystemConstraint, ...] = ()
    zones: tuple[Zone, ...] = ()
    components: tuple[Component, ...]
    channels: tuple[Channel, ...] = ()
    signals: tuple[Signal, ...] = ()
    ml_engines: tuple[MLEngine, ...] = ()
    control_actions: tuple[ControlAction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    process_models: tuple[ProcessModel, ...] = ()
    responsibilities: tuple[Responsibility, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    controls: tuple[SafetyControl, ...] = ()
    loss_scenarios: tuple[WrittenScenario, ...] = ()
    requirements: tuple[SafetyRequirement, ...] = ()
    ai_threats: tuple[AiThreatAnswer, ...] = ()
    checks_off: Ids = Field((), description="consistency checks that are switched off, by id")
    check_severity: dict[Id, Severity] = Field(default_factory=dict, description="check: error, warning or info")

    def elements(self) -> Iterator[tuple[str, Element]]:
        """Every element with an id, with its kind, in the order of the file."""
        for hazard in self.hazards:
            yield "hazard", hazard
            yield from (("sub-hazard", sub) for sub in hazard.sub_hazards)
        groups: tuple[tuple[str, tuple[Element, ...]], ...] = (
            ("loss", self.losses),
            ("system-constraint", self.system_constraints),
            ("zone", self.zones),
            ("component", self.components),
            ("channel", self.channels),
            ("signal", self.signals),
            ("ml-engine", self.ml_engines),
            ("control-action", self.control_actions),
            ("feedback", self.feedback),
            ("responsibility", self.responsibilities),
            ("assumption", self.assumptions),
            ("control", self.controls),
            ("written-scenario", self.loss_scenarios),
            ("requirement", self.requirements),
            ("operational-state", self.about.operational_states),
        )
        for kind, group in groups:
            yield from ((kind, element) for element in group)
        for engine in self.ml_engines:
            yield from (("feature", feature) for feature in engine.inputs)
            yield from (("model-output", output) for output in engine.outputs)
        for model in self.process_models:
            yield from (("process-variable", variable) for variable in model.variables)
        for component in self.components:
            yield from (("interface", interface) for interface in component.interfaces)

    @cached_property
    def by_id(self) -> dict[str, tuple[str, Element]]:
        """Element and kind by id; ids are unique over the whole file (see the check)."""
        return {element.id: (kind, element) for kind, element in self.elements()}

    @cached_property
    def component(self) -> dict[str, Component]:
        """Components by id."""
        return {c.id: c for c in self.components}

    @cached_property
    def channel(self) -> dict[str, Channel]:
        """Channels by id."""
        return {c.id: c for c in self.channels}

    @cached_property
    def signal(self) -> dict[str, Signal]:
        """Signals by id."""
        return {s.id: s for s in self.signals}

    @cached_property
    def hazard(self) -> dict[str, Hazard]:
        """Hazards by id, sub-hazards under their own id as the parent hazard."""
        return {**{h.id: h for h in self.hazards}, **{s.id: h for h in self.hazards for s in h.sub_hazards}}

    @cached_property
    def feature(self) -> dict[str, tuple[MLEngine, Feature]]:
        """Features by id, each with its engine."""
        return {f.id: (engine, f) for engine in self.ml_engines for f in engine.inputs}

    @cached_property
    def output(self) -> dict[str, tuple[MLEngine, ModelOutput]]:
        """Model outputs by id, each with its engine."""
        return {o.id: (engine, o) for engine in self.ml_engines for o in engine.outputs}

    @cached_property
    def variable(self) -> dict[str, tuple[ProcessModel, ProcessVariable]]:
        """Process-model variables by id, each with its model."""
        return {v.id: (model, v) for model in self.process_models for v in model.variables}

    @cached_property
    def models_of(self) -> dict[str, tuple[ProcessModel, ...]]:
        """Process models by controller."""
        return _grouped((m.controller, m) for m in self.process_models)

    @cached_property
    def actions_on(self) -> dict[str, tuple[ControlAction, ...]]:
        """Control actions by target, each group sorted by id."""
        return _grouped((a.target, a) for a in sorted(self.control_actions, key=lambda a: a.id))

    @cached_property
    def engines_in(self) -> dict[str, tuple[MLEngine, ...]]:
        """ML engines by component, each group sorted by id."""
        return _grouped((e.component, e) for e in sorted(self.ml_engines, key=lambda e: e.id))

    @cached_property
    def inputs_of(self) -> dict[str, tuple[tuple[Feature, Signal], ...]]:
        """Features and the signals that feed them, by ML engine, each group sorted by the ids."""
        fed = ((*self.feature[f], s) for s in self.signals for f in s.feeds if f in self.feature)
        unique = {(e.id, f.id, s.id): (e.id, (f, s)) for e, f, s in fed}
        return _grouped(unique[key] for key in sorted(unique))

    def host_chain(self, component: str) -> tuple[str, ...]:
        """The component and what it runs on, innermost first. A cycle of hosts ends where it closes."""
        chain: list[str] = []
        current: str | None = component
        while current is not None and current not in chain and current in self.component:
            chain.append(current)
            current = self.component[current].host
        return tuple(chain)
