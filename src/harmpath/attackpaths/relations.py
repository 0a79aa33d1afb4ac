"""The device model as relations: what the conditions of attack rules are matched against.

Every relation of :data:`harmpath.catalogue.atoms.RELATIONS` is a sorted list of tuples of ids and words. What the
model leaves out or gets wrong (no zone, an unknown id, a circle of hosts) makes a relation smaller, never an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.atoms import CAPABILITIES
from harmpath.catalogue.vocabulary import MACHINE_MEDIA, PEOPLE
from harmpath.device.elements import Channel, Component, Signal
from harmpath.device.model import Device

__all__ = ["WEAK", "Relations", "level_of", "relations_of", "zone_kind"]

Relations = dict[str, list[tuple[str, ...]]]

WEAK = frozenset({"none", "weak", "unknown"})
"""Levels that license a step. Unknown counts as absent, and is reported as not assessed."""

_PORTS = ("jtag", "serial")
_NO_LINK = frozenset({"human-reading", "human-entry", "body-contact", "removable-media"})


def relations_of(device: Device, vulnerabilities: Sequence[KnownVulnerability]) -> Relations:
    """Every relation of the device and its known vulnerabilities, sorted."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name, row in _rows(device, vulnerabilities):
        found[name].add(row)
    return {name: sorted(rows) for name, rows in sorted(found.items())}


_Row = tuple[str, tuple[str, ...]]


def _rows(device: Device, vulnerabilities: Sequence[KnownVulnerability]) -> Iterator[_Row]:
    for component in device.components:
        yield from _of_component(device, component)
    origins = _origins(device)
    for channel in device.channels:
        yield from _of_channel(device, channel, origins.get(channel.id))
    yield from (("debug-port", (port,)) for port in _PORTS)
    yield from _of_signals(device)
    yield from _of_engines(device)
    yield from _of_actions(device)
    for vulnerability in vulnerabilities:
        yield from _of_vulnerability(device, vulnerability)


def zone_kind(device: Device, component: str) -> str:
    """Kind of the zone the component or the nearest host with a zone is in; ``unknown`` when none says."""
    kinds = {z.id: z.kind for z in device.zones}
    for step in device.host_chain(component):
        zone = device.component[step].zone
        if zone is not None and zone in kinds:
            return kinds[zone]
    return "unknown"


def _of_component(device: Device, c: Component) -> Iterator[_Row]:
    yield "kind", (c.id, c.kind)
    yield "owner", (c.id, c.owner)
    yield "zone", (c.id, zone_kind(device, c.id))
    yield "access", (c.id, c.physical_access)
    if c.kind in PEOPLE:
        return
    yield "machine", (c.id,)
    hosted = c.host is not None and c.host in device.component and c.host != c.id
    yield "platform", (c.id, str(c.host) if hosted else c.id)
    if hosted:
        yield "hosted", (c.id, str(c.host))
    yield from (("interface", (c.id, i.kind)) for i in c.interfaces if i.active)
    if c.technologies:
        yield "third-party-technology", (c.id,)
    yield from (("weak", (c.id, name)) for name, level in _levels(c) if level in WEAK)
    if level_of(device, c.id, "update_authenticity") in WEAK:
        yield "weak", (c.id, "update_authenticity")
    if c.update is not None:
        yield "updatable", (c.id,)
        yield from (("updates-over", (c.id, via)) for via in c.update.via if via in device.channel)
        if c.update.source in device.component:
            yield "updates-from", (c.id, str(c.update.source))


def _levels(element: Component | Channel) -> Iterator[tuple[str, str]]:
    """Every protection of an element with its level."""
    yield from ((name, str(getattr(element.protections, name))) for name in type(element.protections).model_fields)


def level_of(device: Device, element: str, protection: str) -> str:
    """The level that the model states for a protection of a component, channel or ML engine; ``unknown`` if none."""
    component, channel = device.component.get(element), device.channel.get(element)
    if component is not None and protection == "update_authenticity":
        return component.update.authenticity if component.update else _model_updates(device, element)
    holder = component or channel
    if holder is not None:
        return str(getattr(holder.protections, protection, "unknown"))
    for engine in device.ml_engines:
        if engine.id == element:
            if protection == "training_integrity":
                return engine.training.data_integrity
            return engine.update.authenticity if engine.update else "unknown"
    return "unknown"


def _origins(device: Device) -> dict[str, set[str]]:
    """Where what a channel carries comes from, for the channels of which the model says what they carry."""
    found: dict[str, set[str]] = defaultdict(set)
    carried = [(s.via, s.source) for s in device.signals] + [(a.via, a.source) for a in device.control_actions]
    for vias, source in carried:
        for via in vias:
            found[via].add(source or "")
    updates = [c.update for c in device.components] + [e.update for e in device.ml_engines]
    for vias in [u.via for u in updates if u] + [e.training.via for e in device.ml_engines]:
        for via in vias:
            found.pop(via, None)
    return found


def _model_updates(device: Device, component: str) -> str:
    """How well updates of the models in a component are authenticated: the worst of them, ``unknown`` if none is."""
    stated = [e.update.authenticity for e in device.ml_engines if e.component == component and e.update]
    return next((level for level in ("none", "unknown", "weak", *stated) if level in stated), "unknown")


def _of_channel(device: Device, c: Channel, origins: set[str] | None) -> Iterator[_Row]:
    yield "channel", (c.id,)
    yield "medium", (c.id, c.medium)
    if c.medium in MACHINE_MEDIA:
        yield "machine-medium", (c.id,)
    yield from (("weak", (c.id, name)) for name, level in _levels(c) if level in WEAK)
    pairs = [(c.source, c.target)] + ([(c.target, c.source)] if c.direction == "two-way" else [])
    for sender, receiver in pairs:
        known = [e for e in (sender, receiver) if e in device.component]
        yield from (("end", (c.id, e)) for e in known)
        if sender in known:
            yield "sends", (sender, c.id)
            yield "originates" if origins is None or sender in origins else "forwards", (sender, c.id)
        if receiver in known:
            yield "receives", (receiver, c.id)
        machines = all(device.component[e].kind not in PEOPLE for e in known)
        if len(set(known)) == 2 and machines and c.medium not in _NO_LINK:
            yield "link", (sender, receiver, c.id)


def _ends(device: Device, channels: Sequence[str]) -> set[str]:
    found = (device.channel[c] for c in channels if c in device.channel)
    return {end for c in found for end in (c.source, c.target)}


def _relying(device: Device, signal: Signal, user: str) -> str:
    """The user itself; for a person, the machine that shows them the value, which can say that it is old."""
    if device.component[user].kind not in PEOPLE:
        return user
    for channel in (device.channel[via] for via in reversed(signal.via) if via in device.channel):
        if channel.target == user and channel.source in device.component:
            return channel.source
    return user


def _of_signals(device: Device) -> Iterator[_Row]:
    beliefs: dict[str, set[str]] = defaultdict(set)
    for model in device.process_models:
        for variable in model.variables:
            for signal in variable.signals:
                beliefs[signal].add(model.controller)
    for s in device.signals:
        yield from (("carries", (via, s.id)) for via in s.via if via in device.channel)
        if s.source in device.component:
            yield "source", (s.id, str(s.source))
            if s.source not in _ends(device, s.via):
                yield "unrouted", (s.id, str(s.source))
        users = beliefs[s.id] | {device.feature[f][0].component for f in s.feeds if f in device.feature}
        known = [user for user in users if user in device.component]
        yield from (("uses", (user, s.id)) for user in known)
        yield from (("relies", (_relying(device, s, user), s.id)) for user in known)


def _of_engines(device: Device) -> Iterator[_Row]:
    for e in device.ml_engines:
        if e.component in device.component:
            yield "engine", (e.id, e.component)
        yield from (("output-of", (o.id, e.id)) for o in e.outputs)
        yield "trained-on-outside-data", (e.id,)
        yield from (("trains-over", (e.id, via)) for via in e.training.via if via in device.channel)
        if e.training.component in device.component:
            yield "trains-at", (e.id, str(e.training.component))
        if e.training.data_integrity in WEAK:
            yield "weak", (e.id, "training_integrity")
        if e.update is not None:
            yield from (("engine-updates-over", (e.id, via)) for via in e.update.via if via in device.channel)
            if e.update.source in device.component:
                yield "engine-updates-from", (e.id, str(e.update.source))
            if e.update.authenticity in WEAK:
                yield "weak", (e.id, "update_authenticity")


def _of_actions(device: Device) -> Iterator[_Row]:
    for a in device.control_actions:
        yield "action-kind", (a.id, a.kind)
        over = [via for via in a.via if via in device.channel]
        yield from (("action-over", (a.id, via)) for via in over)
        yield from (("output-over", (o, via)) for o in a.outputs if o in device.output for via in over)
        if a.source in device.component:
            yield "action-from", (a.id, a.source)
            if a.source not in _ends(device, a.via):
                yield "action-unrouted", (a.id, a.source)
        if a.target in device.component:
            yield "action-to", (a.id, a.target)


def _of_vulnerability(device: Device, v: KnownVulnerability) -> Iterator[_Row]:
    kind = "component" if v.element in device.component else "channel" if v.element in device.channel else None
    if kind == "component" and device.component[v.element].kind in PEOPLE:
        return
    for gain in v.gains:
        if kind in CAPABILITIES[gain][0]:
            yield "vulnerable", (v.element, v.position, v.privileges, v.user_interaction, gain)
