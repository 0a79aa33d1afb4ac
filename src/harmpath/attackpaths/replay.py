"""An independent check of published paths: replay every step by the rules and the model alone.

Nothing here is shared with the engine: conditions are looked up one at a time in the device model, with no relation
tables, no graph and no search. What the engine publishes and this module refuses is a defect in one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harmpath.attackpaths.results import AttackPath, Step
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.atoms import Atom
from harmpath.catalogue.rules import AttackRule
from harmpath.catalogue.vocabulary import MACHINE_MEDIA, PEOPLE
from harmpath.device.elements import Channel, Component, MLEngine, Signal
from harmpath.device.model import Device

__all__ = ["check_path", "condition_holds"]


def check_path(
    path: AttackPath, device: Device, vulnerabilities: Sequence[KnownVulnerability], rules: Sequence[AttackRule]
) -> tuple[str, ...]:
    """What is wrong with a path, as sentences; nothing when every step follows from the rules and the model."""
    by_id = {r.id: r for r in rules}
    wrong: list[str] = []
    gained: dict[tuple[str, str], str] = {}
    for step in path.steps:
        rule = by_id.get(step.rule)
        if rule is None:
            wrong.append(f"{step.id}: there is no rule '{step.rule}'")
            continue
        wrong += [f"{step.id}: {w}" for w in _check_step(step, rule, device, vulnerabilities, gained)]
        if (step.gains, step.element) in gained:
            wrong.append(f"{step.id}: {step.gains} on {step.element} is gained twice")
        gained[step.gains, step.element] = step.id
    wrong += _check_whole(path)
    return tuple(wrong)


def _check_step(
    step: Step,
    rule: AttackRule,
    device: Device,
    vulnerabilities: Sequence[KnownVulnerability],
    gained: Mapping[tuple[str, str], str],
) -> list[str]:
    binding = dict(step.binding)
    wrong = [f"'{a}' does not hold" for a in rule.when if not condition_holds(a, binding, device, vulnerabilities)]
    needed = {(a.predicate, _value(a.arguments[0], binding)) for a in rule.given}
    if needed != set(step.given):
        wrong.append("it does not name exactly the capabilities that its rule needs")
    for capability, element in sorted(needed):
        if capability == "at":
            if element not in step.positions:
                wrong.append(f"it needs the position {element}, which it does not name")
        elif (capability, element) not in gained:
            wrong.append(f"it needs {capability} on {element}, which nothing before it gives")
        elif gained[capability, element] not in step.requires:
            wrong.append(f"it does not name the step that gives {capability} on {element}")
    heads = {(binding.get(a.predicate, a.predicate), _value(a.arguments[0], binding)) for a in rule.gains}
    if (step.gains, step.element) not in heads:
        wrong.append(f"its rule does not give {step.gains} on {step.element}")
    return wrong


def _check_whole(path: AttackPath) -> list[str]:
    wrong = []
    if not path.steps or (path.steps[-1].gains, path.steps[-1].element) != (path.goal.kind, path.goal.target):
        wrong.append(f"the last step does not reach {path.goal}")
    used = {r for s in path.steps for r in s.requires}
    wrong += [f"{s.id} is not needed" for s in path.steps[:-1] if s.id not in used]
    totals: dict[str, int] = {}
    for step in path.steps:
        totals[step.id] = step.cost + sum(totals.get(r, 0) for r in step.requires)
    if path.steps and totals[path.steps[-1].id] != path.cost:
        wrong.append(f"its cost is {totals[path.steps[-1].id]}, not {path.cost}")
    return wrong


def _value(argument: str | frozenset[str], binding: Mapping[str, str]) -> str:
    if isinstance(argument, str):
        return binding.get(argument, "?")
    return min(argument)


def condition_holds(
    atom: Atom, binding: Mapping[str, str], device: Device, vulnerabilities: Sequence[KnownVulnerability]
) -> bool:
    """Whether one condition of a rule holds in the model for what its variables stand for."""
    values = [{binding.get(a, "?")} if isinstance(a, str) else set(a) for a in atom.arguments]
    if atom.predicate == "vulnerable":
        return any(_is_vulnerable(v, values) for v in vulnerabilities)
    subject = min(values[0])
    second = values[1] if len(values) > 1 else set()
    if atom.predicate == "weak":
        return any(_level(device, subject, p) in ("none", "weak", "unknown") for p in second)
    if atom.predicate == "link":
        return _linked(device, subject, min(values[1]), min(values[2]))
    if atom.predicate == "debug-port":
        return subject in ("jtag", "serial")
    tables: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...] = (
        (_COMPONENT, device.component),
        (_CHANNEL, device.channel),
        (_OTHER, _others(device)),
    )
    for table, elements in tables:
        test = table.get(atom.predicate)
        if test is not None:
            return subject in elements and test(device, elements[subject], second)
    raise ValueError(f"the checker does not know the condition '{atom.predicate}'")


def _is_vulnerable(v: KnownVulnerability, values: Sequence[set[str]]) -> bool:
    element, position, privileges, interaction, gain = values
    return (
        v.element in element
        and v.position in position
        and v.privileges in privileges
        and v.user_interaction in interaction
        and bool(gain & set(v.gains))
    )


def _level(device: Device, element: str, protection: str) -> str:
    if element in device.component:
        c = device.component[element]
        if protection == "update_authenticity":
            own = [c.update.authenticity] if c.update else []
            models = [e.update.authenticity for e in device.ml_engines if e.component == element and e.update]
            stated = own or models or ["unknown"]
            return next((level for level in stated if level in ("none", "unknown", "weak")), stated[0])
        return str(getattr(c.protections, protection, "strong"))
    if element in device.channel:
        return str(getattr(device.channel[element].protections, protection, "strong"))
    engine = next((e for e in device.ml_engines if e.id == element), None)
    if engine is not None and protection == "training_integrity":
        return engine.training.data_integrity
    if engine is not None and protection == "update_authenticity" and engine.update:
        return engine.update.authenticity
    return "strong"


def _zone(device: Device, component: Component) -> str:
    kinds: dict[str, str] = {z.id: z.kind for z in device.zones}
    chain = [device.component[c].zone for c in device.host_chain(component.id)]
    return next((kinds[z] for z in chain if z is not None and z in kinds), "unknown")


def _host(device: Device, c: Component) -> str | None:
    return c.host if c.host in device.component and c.host != c.id else None


def _machine(device: Device, component: str) -> bool:
    return component in device.component and device.component[component].kind not in PEOPLE


def _senders(c: Channel) -> set[str]:
    return {c.source, c.target} if c.direction == "two-way" else {c.source}


def _receivers(c: Channel) -> set[str]:
    return {c.source, c.target} if c.direction == "two-way" else {c.target}


def _linked(device: Device, sender: str, receiver: str, channel: str) -> bool:
    c = device.channel.get(channel)
    if c is None or c.medium in ("human-reading", "human-entry", "body-contact", "removable-media"):
        return False
    both = sender != receiver and _machine(device, sender) and _machine(device, receiver)
    return both and {sender, receiver} == {c.source, c.target} and sender in _senders(c)


def _origin(device: Device, component: str, channel: str) -> bool:
    """True when the component makes some of what the channel carries, or the model does not say what that is."""
    sources = [s.source for s in device.signals if channel in s.via]
    sources += [a.source for a in device.control_actions if channel in a.via]
    open_ends = [c.update.via for c in device.components if c.update]
    open_ends += [e.update.via for e in device.ml_engines if e.update]
    open_ends += [e.training.via for e in device.ml_engines]
    return not sources or any(channel in via for via in open_ends) or component in sources


def _users(device: Device, signal: str) -> set[str]:
    fed = {f for s in device.signals if s.id == signal for f in s.feeds}
    users = {e.component for e in device.ml_engines if fed & {f.id for f in e.inputs}}
    return users | {m.controller for m in device.process_models for v in m.variables if signal in v.signals}


def _relies(device: Device, component: str, signal: Signal) -> bool:
    """True for a machine that uses the signal, and for the one that shows it to a person who does."""
    for user in _users(device, signal.id) & set(device.component):
        showing = [c for c in reversed(signal.via) if c in device.channel and device.channel[c].target == user]
        showing = [c for c in showing if device.channel[c].source in device.component]
        relying = user if _machine(device, user) or not showing else device.channel[showing[0]].source
        if component == relying:
            return True
    return False


def _outside(device: Device, source: str | None, via: Sequence[str]) -> bool:
    """True when the source is at no end of the channels."""
    channels = [device.channel[v] for v in via if v in device.channel]
    return all(source not in (c.source, c.target) for c in channels)


def _others(device: Device) -> dict[str, Any]:
    """Signals, engines, outputs and control actions by id."""
    found: dict[str, Any] = {s.id: s for s in device.signals}
    found |= {e.id: e for e in device.ml_engines}
    found |= {o.id: o for e in device.ml_engines for o in e.outputs}
    return found | {a.id: a for a in device.control_actions}


def _update_via(device: Device, holder: Component | MLEngine) -> set[str]:
    return set(holder.update.via) & set(device.channel) if holder.update else set()


def _update_source(device: Device, holder: Component | MLEngine) -> set[str]:
    source = holder.update.source if holder.update else None
    return {source} & set(device.component) if source else set()


_COMPONENT: dict[str, Callable[[Device, Component, set[str]], bool]] = {
    "machine": lambda d, c, _: _machine(d, c.id),
    "kind": lambda d, c, w: c.kind in w,
    "owner": lambda d, c, w: c.owner in w,
    "zone": lambda d, c, w: _zone(d, c) in w,
    "access": lambda d, c, w: c.physical_access in w,
    "hosted": lambda d, c, w: _machine(d, c.id) and _host(d, c) in w,
    "platform": lambda d, c, w: _machine(d, c.id) and (_host(d, c) or c.id) in w,
    "interface": lambda d, c, w: any(i.active and i.kind in w for i in c.interfaces),
    "third-party-technology": lambda d, c, _: _machine(d, c.id) and bool(c.technologies),
    "sends": lambda d, c, w: any(v in d.channel and c.id in _senders(d.channel[v]) for v in w),
    "receives": lambda d, c, w: any(v in d.channel and c.id in _receivers(d.channel[v]) for v in w),
    "originates": lambda d, c, w: any(
        c.id in _senders(d.channel[v]) and _origin(d, c.id, v) for v in w if v in d.channel
    ),
    "forwards": lambda d, c, w: any(
        c.id in _senders(d.channel[v]) and not _origin(d, c.id, v) for v in w if v in d.channel
    ),
    "uses": lambda d, c, w: any(c.id in _users(d, s) for s in w),
    "relies": lambda d, c, w: any(_relies(d, c.id, s) for s in d.signals if s.id in w),
    "updatable": lambda d, c, _: c.update is not None,
    "updates-over": lambda d, c, w: bool(_update_via(d, c) & w),
    "updates-from": lambda d, c, w: bool(_update_source(d, c) & w),
}
_CHANNEL: dict[str, Callable[[Device, Channel, set[str]], bool]] = {
    "channel": lambda d, c, _: True,
    "medium": lambda d, c, w: c.medium in w,
    "machine-medium": lambda d, c, _: c.medium in MACHINE_MEDIA,
    "end": lambda d, c, w: bool({c.source, c.target} & w & set(d.component)),
    "carries": lambda d, c, w: any(s.id in w and c.id in s.via for s in d.signals),
}
_OTHER: dict[str, Callable[[Device, Any, set[str]], bool]] = {
    "source": lambda d, s, w: getattr(s, "source", None) in w,
    "unrouted": lambda d, s, w: getattr(s, "source", None) in w and _outside(d, s.source, s.via),
    "engine": lambda d, e, w: getattr(e, "component", None) in w,
    "engine-updates-over": lambda d, e, w: isinstance(e, MLEngine) and bool(_update_via(d, e) & w),
    "engine-updates-from": lambda d, e, w: isinstance(e, MLEngine) and bool(_update_source(d, e) & w),
    "trains-over": lambda d, e, w: isinstance(e, MLEngine) and bool(set(e.training.via) & set(d.channel) & w),
    "trains-at": lambda d, e, w: isinstance(e, MLEngine) and e.training.component in w,
    "trained-on-outside-data": lambda d, e, _: isinstance(e, MLEngine),
    "output-of": lambda d, o, w: any(e.id in w and o in e.outputs for e in d.ml_engines),
    "output-over": lambda d, o, w: any(o.id in a.outputs and set(a.via) & w for a in d.control_actions),
    "action-over": lambda d, a, w: bool(set(a.via) & w),
    "action-from": lambda d, a, w: a.source in w,
    "action-to": lambda d, a, w: a.target in w,
    "action-unrouted": lambda d, a, w: a.source in w and _outside(d, a.source, a.via),
    "action-kind": lambda d, a, w: a.kind in w,
}
