"""The typed links between elements and results: each says what its source rests on, and how much it needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from harmpath.device.model import Device
from harmpath.stpa.results import StpaAnalysis

__all__ = ["INVERSE", "Link", "links"]

Need = Literal["each", "some", "none"]
"""``each``: without the target the source cannot be; ``some``: one of this relation's targets has to stay;
``none``: the source stays and says less."""


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """``source`` rests on ``target``."""

    source: str
    relation: str
    target: str
    need: Need


INVERSE: Final[dict[str, str]] = {
    "leads-to": "is-led-to-by",
    "part-of": "has-part",
    "prevents": "is-prevented-by",
    "enforces": "is-enforced-by",
    "assigned-to": "is-responsible-for",
    "provided-by": "provides",
    "acts-on": "is-acted-on-by",
    "carried-by": "carries",
    "follows-from": "is-followed-by",
    "output-of": "has-output",
    "input-of": "has-input",
    "runs-in": "hosts",
    "feeds": "is-fed-by",
    "produced-by": "produces",
    "comes-from": "gives-feedback",
    "informs": "is-informed-by",
    "reports": "is-reported-by",
    "formed-from": "forms",
    "believed-by": "believes",
    "unsafe-form-of": "has-unsafe-form",
    "in-context": "is-context-of",
    "inverts": "is-inverted-by",
    "binds": "is-bound-by",
    "brings-about": "is-brought-about-by",
    "starts-at": "is-start-of",
    "covers": "is-covered-by",
    "protects": "is-protected-by",
    "assumes": "is-assumed-of",
    "connects": "is-connected-by",
}
"""Each relation read the other way."""


def _each(source: str, relation: str, *targets: str | None) -> Iterator[Link]:
    yield from (Link(source, relation, t, "each") for t in targets if t)


def _some(source: str, relation: str, targets: Iterable[str]) -> Iterator[Link]:
    yield from (Link(source, relation, t, "some") for t in targets)


def _also(source: str, relation: str, targets: Iterable[str]) -> Iterator[Link]:
    yield from (Link(source, relation, t, "none") for t in targets)


def links(device: Device, analysis: StpaAnalysis) -> Iterator[Link]:
    """Every link, whether or not both of its ends exist."""
    yield from _purpose(device, analysis)
    yield from _architecture(device)
    yield from _control_structure(device)
    yield from _results(analysis)


def _purpose(device: Device, analysis: StpaAnalysis) -> Iterator[Link]:
    for hazard in device.hazards:
        yield from _also(hazard.id, "leads-to", hazard.losses)
        for sub in hazard.sub_hazards:
            yield from _each(sub.id, "part-of", hazard.id)
            yield from _also(sub.id, "leads-to", sub.losses)
    for constraint in analysis.system_constraints:
        yield from _some(constraint.id, "prevents", constraint.hazards)
    for duty in device.responsibilities:
        yield from _each(duty.id, "assigned-to", duty.controller)
        yield from _also(duty.id, "enforces", duty.constraints)
    for requirement in device.requirements:
        yield from _also(requirement.id, "covers", requirement.covers)
    for control in device.controls:
        yield from _also(control.id, "protects", control.on)
    for assumption in device.assumptions:
        yield from _also(assumption.id, "assumes", assumption.about)


def _architecture(device: Device) -> Iterator[Link]:
    for component in device.components:
        yield from _also(component.id, "runs-in", (component.host,) if component.host else ())
    for channel in device.channels:
        yield from _each(channel.id, "connects", channel.source, channel.target)
    for signal in device.signals:
        yield from _also(signal.id, "produced-by", (signal.source,) if signal.source else ())
        yield from _also(signal.id, "carried-by", signal.via)
        yield from _also(signal.id, "feeds", signal.feeds)
    for engine in device.ml_engines:
        yield from _each(engine.id, "runs-in", engine.component)
        yield from (Link(f.id, "input-of", engine.id, "each") for f in engine.inputs)
        yield from (Link(o.id, "output-of", engine.id, "each") for o in engine.outputs)


def _control_structure(device: Device) -> Iterator[Link]:
    for action in device.control_actions:
        yield from _each(action.id, "provided-by", action.source)
        yield from _each(action.id, "acts-on", action.target)
        yield from _also(action.id, "carried-by", action.via)
        yield from _also(action.id, "follows-from", action.outputs)
    for feedback in device.feedback:
        yield from _each(feedback.id, "comes-from", feedback.source)
        yield from _each(feedback.id, "informs", feedback.target)
        yield from _also(feedback.id, "carried-by", feedback.via)
        yield from _also(feedback.id, "reports", feedback.signals)
    for model in device.process_models:
        for variable in model.variables:
            yield from _each(variable.id, "believed-by", model.controller)
            yield from _also(variable.id, "formed-from", variable.signals)


def _results(analysis: StpaAnalysis) -> Iterator[Link]:
    for uca in analysis.unsafe_control_actions:
        yield from _each(uca.id, "unsafe-form-of", uca.control_action)
        yield from _some(uca.id, "leads-to", uca.hazards)
        yield from _each(uca.id, "in-context", *(c.variable for c in (*uca.context, *uca.believed)))
    for constraint in analysis.controller_constraints:
        yield from _each(constraint.id, "inverts", constraint.uca)
        yield from _each(constraint.id, "binds", constraint.controller)
    for scenario in analysis.loss_scenarios:
        yield from _each(scenario.id, "brings-about", scenario.uca)
        if not scenario.uca:
            yield from _some(scenario.id, "leads-to", scenario.hazards)
        yield from _each(scenario.id, "starts-at", *scenario.elements)
