"""Every place in a device file that names something else by id, with the kinds of thing it may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harmpath.device.elements import Update
from harmpath.device.model import Device
from harmpath.device.yamltree import Path_

__all__ = ["Reference", "element_paths", "references"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One id written where another element is meant."""

    path: Path_
    """Where in the file."""
    id: str
    kinds: tuple[str, ...]
    """Kinds that make sense here."""


def _many(path: Path_, ids: tuple[str, ...], *kinds: str) -> Iterator[Reference]:
    for number, one in enumerate(ids):
        yield Reference((*path, number), one, kinds)


def _one(path: Path_, one: str | None, *kinds: str) -> Iterator[Reference]:
    if one is not None:
        yield Reference(path, one, kinds)


def _update(path: Path_, update: Update | None) -> Iterator[Reference]:
    if update:
        yield from _many((*path, "update", "via"), update.via, "channel")
        yield from _one((*path, "update", "source"), update.source, "component")


def references(device: Device) -> Iterator[Reference]:
    """Every reference, in the order of the file."""
    yield from _hazards(device)
    yield from _architecture(device)
    yield from _engines(device)
    yield from _control(device)


def _hazards(device: Device) -> Iterator[Reference]:
    for i, hazard in enumerate(device.hazards):
        yield from _many(("hazards", i, "losses"), hazard.losses, "loss")
        for j, sub in enumerate(hazard.sub_hazards):
            yield from _many(("hazards", i, "sub_hazards", j, "losses"), sub.losses, "loss")
    for i, constraint in enumerate(device.system_constraints):
        yield from _many(("system_constraints", i, "hazards"), constraint.hazards, "hazard", "sub-hazard")


def _architecture(device: Device) -> Iterator[Reference]:
    for i, component in enumerate(device.components):
        path: Path_ = ("components", i)
        yield from _one((*path, "zone"), component.zone, "zone")
        yield from _one((*path, "host"), component.host, "component")
        yield from _update(path, component.update)
    for i, channel in enumerate(device.channels):
        yield from _one(("channels", i, "from"), channel.source, "component")
        yield from _one(("channels", i, "to"), channel.target, "component")
    for i, signal in enumerate(device.signals):
        yield from _one(("signals", i, "source"), signal.source, "component")
        yield from _many(("signals", i, "via"), signal.via, "channel")
        yield from _many(("signals", i, "feeds"), signal.feeds, "feature")


def _engines(device: Device) -> Iterator[Reference]:
    for i, engine in enumerate(device.ml_engines):
        path: Path_ = ("ml_engines", i)
        yield from _one((*path, "component"), engine.component, "component")
        yield from _one((*path, "training", "component"), engine.training.component, "component")
        yield from _many((*path, "training", "via"), engine.training.via, "channel")
        yield from _update(path, engine.update)


def _control(device: Device) -> Iterator[Reference]:
    for i, action in enumerate(device.control_actions):
        path: Path_ = ("control_actions", i)
        yield from _one((*path, "from"), action.source, "component")
        yield from _one((*path, "to"), action.target, "component")
        yield from _many((*path, "via"), action.via, "channel")
        yield from _many((*path, "outputs"), action.outputs, "model-output")
        for j, judgement in enumerate(action.unsafe):
            yield from _many((*path, "unsafe", j, "hazards"), judgement.hazards, "hazard", "sub-hazard")
            for key in ("context", "any_of", "believed"):
                for variable in getattr(judgement, key):
                    yield Reference((*path, "unsafe", j, key, variable), variable, ("process-variable",))
        for j, desired in enumerate(action.desired):
            for key in ("context", "any_of"):
                for variable in getattr(desired, key):
                    yield Reference((*path, "desired", j, key, variable), variable, ("process-variable",))
        yield from _many((*path, "variables"), action.variables, "process-variable")
        yield from _one((*path, "engine"), action.engine, "ml-engine")
    for i, feedback in enumerate(device.feedback):
        yield from _one(("feedback", i, "from"), feedback.source, "component")
        yield from _one(("feedback", i, "to"), feedback.target, "component")
        yield from _many(("feedback", i, "via"), feedback.via, "channel")
        yield from _many(("feedback", i, "signals"), feedback.signals, "signal")
        yield from _one(("feedback", i, "engine"), feedback.engine, "ml-engine")
    for i, model in enumerate(device.process_models):
        yield from _one(("process_models", i, "controller"), model.controller, "component")
        for j, variable_ in enumerate(model.variables):
            place: Path_ = ("process_models", i, "variables", j)
            yield from _many((*place, "signals"), variable_.signals, "signal")
            yield from _one((*place, "derivative_of"), variable_.derivative_of, "process-variable")
    for i, duty in enumerate(device.responsibilities):
        yield from _one(("responsibilities", i, "controller"), duty.controller, "component")
    for i, assumption in enumerate(device.assumptions):
        yield from _many(("assumptions", i, "about"), assumption.about, "any")
    for i, control in enumerate(device.controls):
        yield from _many(("controls", i, "on"), control.on, "component", "channel", "signal", "ml-engine")
    for i, scenario in enumerate(device.loss_scenarios):
        yield from _many(("loss_scenarios", i, "hazards"), scenario.hazards, "hazard", "sub-hazard")
        yield from _many(("loss_scenarios", i, "elements"), scenario.elements, "any")
    for i, answer in enumerate(device.ai_threats):
        yield from _one(("ai_threats", i, "engine"), answer.engine, "ml-engine")
        yield from _many(("ai_threats", i, "addressed_by"), answer.addressed_by, "any")


_LISTS = {
    "hazards": "hazards",
    "losses": "losses",
    "system_constraints": "system_constraints",
    "zones": "zones",
    "components": "components",
    "channels": "channels",
    "signals": "signals",
    "ml_engines": "ml_engines",
    "control_actions": "control_actions",
    "feedback": "feedback",
    "responsibilities": "responsibilities",
    "assumptions": "assumptions",
    "controls": "controls",
    "loss_scenarios": "loss_scenarios",
    "requirements": "requirements",
}


def element_paths(device: Device) -> Iterator[tuple[str, Path_]]:
    """Id and path of every element that has an id, in the order of the file; an id given twice appears twice."""
    for attribute, key in _LISTS.items():
        for i, element in enumerate(getattr(device, attribute)):
            yield element.id, (key, i, "id")
    for i, hazard in enumerate(device.hazards):
        yield from ((s.id, ("hazards", i, "sub_hazards", j, "id")) for j, s in enumerate(hazard.sub_hazards))
    for i, component in enumerate(device.components):
        yield from ((f.id, ("components", i, "interfaces", j, "id")) for j, f in enumerate(component.interfaces))
    for i, engine in enumerate(device.ml_engines):
        yield from ((f.id, ("ml_engines", i, "inputs", j, "id")) for j, f in enumerate(engine.inputs))
        yield from ((o.id, ("ml_engines", i, "outputs", j, "id")) for j, o in enumerate(engine.outputs))
    for i, model in enumerate(device.process_models):
        yield from ((v.id, ("process_models", i, "variables", j, "id")) for j, v in enumerate(model.variables))
    for i, state in enumerate(device.about.operational_states):
        yield state.id, ("device", "operational_states", i, "id")
