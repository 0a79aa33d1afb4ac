"""System constraints: every hazard inverted, or said in the analyst's own words."""

from __future__ import annotations

from harmpath.device.control import Hazard, Loss, SubHazard
from harmpath.device.model import Device
from harmpath.evidence import ElementEvidence
from harmpath.stpa.results import DerivedConstraint, Origin
from harmpath.stpa.sentences import cited, compose

__all__ = ["losses_of", "system_constraints"]


def losses_of(device: Device, hazards: tuple[str, ...]) -> tuple[str, ...]:
    """The losses that any of the hazards (or sub-hazards) can lead to, sorted. Unknown ids are passed over."""
    found: set[str] = set()
    for id_ in hazards:
        kind, element = device.by_id.get(id_, ("", None))
        if kind == "sub-hazard" and isinstance(element, SubHazard) and element.losses:
            found.update(element.losses)
        elif id_ in device.hazard:
            found.update(device.hazard[id_].losses)
    return tuple(sorted(found))


def system_constraints(device: Device) -> tuple[DerivedConstraint, ...]:
    """One constraint for each hazard and sub-hazard, and those written by hand; sorted by id."""
    found = [_inverted(device, hazard, hazard.constraint) for hazard in device.hazards]
    found += [_inverted(device, sub, "") for hazard in device.hazards for sub in hazard.sub_hazards]
    for written in device.system_constraints:
        hazards = tuple(sorted(written.hazards))
        evidence = tuple(ElementEvidence(i) for i in (written.id, *hazards))
        sentence = compose("{text}", text=_full_stop(written.description)).resting_on(written.id, *hazards)
        found.append(DerivedConstraint(written.id, hazards, losses_of(device, hazards), "written", sentence, evidence))
    return tuple(sorted(found, key=lambda c: c.id))


def _inverted(device: Device, hazard: Hazard | SubHazard, own: str) -> DerivedConstraint:
    losses = losses_of(device, (hazard.id,))
    named = [e for e in (device.by_id[i][1] for i in losses if i in device.by_id) if isinstance(e, Loss)]
    consequence = compose(", which can lead to {losses}", losses=cited(named, "loss")) if named else ""
    if own:
        sentence = compose(
            "{own} This prevents {hazard}{then}.",
            own=_full_stop(own),
            hazard=cited([hazard], "hazard"),
            then=consequence,
        )
    else:
        sentence = compose("The system must not come into this state: {hazard}{then}.", hazard=hazard, then=consequence)
    evidence = tuple(ElementEvidence(i) for i in (hazard.id, *losses))
    origin: Origin = "written" if own else "derived"
    return DerivedConstraint(f"SC-{hazard.id}", (hazard.id,), losses, origin, sentence, evidence)


def _full_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
