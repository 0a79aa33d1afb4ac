"""Consistency of a device model: ids that exist and are unique, and data that flows from somewhere to somewhere.

Each check is a function in ``CHECKS``, named as its findings are; switch one off with ``checks_off`` in device.yaml.
Completeness of the STPA itself is checked in :mod:`harmpath.stpa`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from harmpath.device.control import DesiredAction, Judgement
from harmpath.device.model import Device
from harmpath.device.project import Project
from harmpath.device.reading import near_miss
from harmpath.device.references import element_paths, references
from harmpath.device.yamltree import Path_, Tree
from harmpath.errors import Problem

__all__ = ["CHECKS", "FATAL", "check", "is_usable"]


def check(project: Project) -> tuple[Problem, ...]:
    """Every consistency problem of the project's device.yaml, in the order of the file."""
    device, tree = project.device, project.tree
    found = [p for name, one in CHECKS.items() if name not in device.checks_off for p in one(device, tree)]
    return tuple(sorted(found, key=lambda p: (p.line or 0, p.column or 0, p.code, p.message)))


FATAL = frozenset({"duplicate-id", "unknown-id", "wrong-kind", "unknown-state", "host-cycle"})
"""Problems that make every further reading meaningless; the others become findings of the assessment."""


def is_usable(problems: tuple[Problem, ...]) -> bool:
    """False when one of the problems makes every further reading of the device meaningless."""
    return not any(p.code in FATAL for p in problems)


def _duplicate_id(device: Device, tree: Tree) -> Iterator[Problem]:
    first: dict[str, Path_] = {}
    for id_, path in element_paths(device):
        if id_ in first:
            line = tree.mark(first[id_])[0]
            said = f"The id '{id_}' is already used on line {line}."
            yield tree.problem(path, "duplicate-id", said, value=id_, remedy="Ids are unique in the whole file.")
        first.setdefault(id_, path)


def _unknown_id(device: Device, tree: Tree) -> Iterator[Problem]:
    known = device.by_id
    for reference in references(device):
        kind = known[reference.id][0] if reference.id in known else None
        if kind is None:
            fitting = [i for i, (k, _) in known.items() if k in reference.kinds or "any" in reference.kinds]
            hint = near_miss(reference.id, fitting) or near_miss(reference.id, list(known))
            wanted = " or ".join(reference.kinds)
            remedy = hint or f"Declare a {wanted} with this id, or correct it."
            said = f"There is no {wanted} with the id '{reference.id}'."
            yield tree.problem(reference.path, "unknown-id", said, value=reference.id, remedy=remedy)
        elif kind not in reference.kinds and "any" not in reference.kinds:
            said = f"'{reference.id}' is a {kind}; here a {' or '.join(reference.kinds)} is meant."
            yield tree.problem(reference.path, "wrong-kind", said, value=reference.id, remedy="Name the right element.")


def _unknown_state(device: Device, tree: Tree) -> Iterator[Problem]:
    for path, variable, state in _state_mentions(device):
        names = [s.id for s in device.variable[variable][1].states] if variable in device.variable else []
        if names and state not in names:
            remedy = near_miss(state, names) or f"Its states are: {', '.join(names)}."
            said = f"The variable '{variable}' has no state '{state}'."
            yield tree.problem(path, "unknown-state", said, value=state, remedy=remedy)


def _state_mentions(device: Device) -> Iterator[tuple[Path_, str, str]]:
    """Path, variable and state of every context that judgements and desired actions are given in."""
    for i, action in enumerate(device.control_actions):
        groups: tuple[tuple[str, tuple[Judgement | DesiredAction, ...]], ...] = (
            ("unsafe", action.unsafe),
            ("desired", action.desired),
        )
        for group, j, item in ((g, j, item) for g, items in groups for j, item in enumerate(items)):
            path: Path_ = ("control_actions", i, group, j)
            single = {"context": item.context, "believed": getattr(item, "believed", {})}
            for key, states in single.items():
                yield from (((*path, key, v), v, state) for v, state in states.items())
            yield from (((*path, "any_of", v), v, s) for v, states in item.any_of.items() for s in states)


def _hazard_without_loss(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, hazard in enumerate(device.hazards):
        if not hazard.losses:
            remedy = "Say which losses it leads to; without one it is not a hazard."
            yield tree.problem(("hazards", i), "hazard-without-loss", f"{hazard.id} leads to no loss.", remedy=remedy)


def _signal_without_source(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, signal in enumerate(device.signals):
        if signal.source is None:
            said = f"Nobody produces the signal '{signal.id}'."
            remedy = "Give the component that measures, computes or enters it as 'source'."
            yield tree.problem(("signals", i), "signal-without-source", said, remedy=remedy)


def _feature_without_signal(device: Device, tree: Tree) -> Iterator[Problem]:
    fed = {feature for signal in device.signals for feature in signal.feeds}
    for i, engine in enumerate(device.ml_engines):
        for j, feature in enumerate(engine.inputs):
            if feature.id not in fed:
                said = f"No signal feeds the ML input '{feature.id}' of '{engine.id}'."
                remedy = "Add it to 'feeds' of the signal it is computed from."
                yield tree.problem(("ml_engines", i, "inputs", j), "feature-without-signal", said, remedy=remedy)


def _action_without_channel(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, action in enumerate(device.control_actions):
        if not action.via:
            said = f"No channel carries the control action '{action.id}'."
            remedy = "Name the channels from its controller to its target in 'via'."
            yield tree.problem(("control_actions", i), "action-without-channel", said, remedy=remedy)


def _component_unreached(device: Device, tree: Tree) -> Iterator[Problem]:
    touched = {end for c in device.channels for end in (c.source, c.target)}
    touched |= {c.host for c in device.components if c.host} | {e.component for e in device.ml_engines}
    for i, component in enumerate(device.components):
        if component.id not in touched and component.host is None:
            said = f"Nothing reaches the component '{component.id}', and it reaches nothing."
            remedy = "Add its channels, say what hosts it, or remove it."
            yield tree.problem(("components", i), "component-unreached", said, remedy=remedy, severity="warning")


def _host_cycle(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, component in enumerate(device.components):
        chain = device.host_chain(component.id)
        last = device.component[chain[-1]].host
        if last == component.id:
            said = f"'{component.id}' runs on itself: {' on '.join([*chain, component.id])}."
            yield tree.problem(("components", i, "host"), "host-cycle", said, remedy="Break the cycle of hosts.")


def _self_channel(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, channel in enumerate(device.channels):
        if channel.source == channel.target:
            said = f"The channel '{channel.id}' leads from '{channel.source}' to itself."
            yield tree.problem(("channels", i), "self-channel", said, remedy="Give it two different ends.")


def _same_machine(device: Device, one: str, other: str) -> bool:
    """True when the two components are one, or one is (transitively) hosted by the other, or both by a third."""
    return bool(set(device.host_chain(one)) & set(device.host_chain(other)))


def _route(device: Device, start: str | None, via: tuple[str, ...], end: str | None) -> str | None:
    """What breaks the route, as text; None when each channel begins where the last one ended."""
    if any(c not in device.channel for c in via) or not via:
        return None
    positions = {start} if start in device.component else None
    for id_ in via:
        channel = device.channel[id_]
        ways = [(channel.source, channel.target)]
        if channel.direction == "two-way":
            ways.append((channel.target, channel.source))
        ends = {b for a, b in ways if positions is None or any(_same_machine(device, p, a) for p in positions if p)}
        if not ends:
            return f"'{id_}' does not start where the one before it ends"
        positions = set(ends)
    if end in device.component and positions and not any(_same_machine(device, p, end) for p in positions if p):
        return f"'{via[-1]}' does not lead to '{end}'"
    return None


def _broken_route(device: Device, tree: Tree) -> Iterator[Problem]:
    remedy = "List the channels in order; each begins at the component (or its host) where the one before it ends."
    routes: list[tuple[Path_, str, str | None, tuple[str, ...], str | None]] = []
    for i, signal in enumerate(device.signals):
        engines = [device.feature[f][0].component for f in signal.feeds if f in device.feature]
        end = engines[0] if engines else None
        routes.append((("signals", i, "via"), signal.id, signal.source, signal.via, end))
    for i, action in enumerate(device.control_actions):
        routes.append((("control_actions", i, "via"), action.id, action.source, action.via, action.target))
    for i, feedback in enumerate(device.feedback):
        routes.append((("feedback", i, "via"), feedback.id, feedback.source, feedback.via, feedback.target))
    for path, id_, start, via, end in routes:
        broken = _route(device, start, via, end)
        if broken:
            yield tree.problem(path, "broken-route", f"The route of '{id_}' is broken: {broken}.", remedy=remedy)
    for (one, two), i in ((pair, i) for i, s in enumerate(device.signals) for pair in pairwise(s.via)):
        if one == two:
            yield tree.problem(
                ("signals", i, "via"), "broken-route", f"'{one}' is listed twice in a row.", remedy=remedy
            )


def _overlapping_states(device: Device, tree: Tree) -> Iterator[Problem]:
    for i, model in enumerate(device.process_models):
        for j, variable in enumerate(model.variables):
            ranged = [s for s in variable.states if s.range]
            for one, two in pairwise(sorted(ranged, key=lambda s: (s.range.low, s.range.high) if s.range else (0, 0))):
                if one.range and two.range and one.range.overlaps(two.range):
                    said = f"States '{one.id}' {one.range} and '{two.id}' {two.range} of '{variable.id}' overlap."
                    path = ("process_models", i, "variables", j, "states")
                    yield tree.problem(path, "overlapping-states", said, remedy="Make one end open, e.g. [54, 70).")


Check = Callable[[Device, Tree], Iterator[Problem]]

CHECKS: dict[str, Check] = {
    "duplicate-id": _duplicate_id,
    "unknown-id": _unknown_id,
    "unknown-state": _unknown_state,
    "hazard-without-loss": _hazard_without_loss,
    "signal-without-source": _signal_without_source,
    "feature-without-signal": _feature_without_signal,
    "action-without-channel": _action_without_channel,
    "component-unreached": _component_unreached,
    "host-cycle": _host_cycle,
    "self-channel": _self_channel,
    "broken-route": _broken_route,
    "overlapping-states": _overlapping_states,
}
"""Name to check, in the order they run."""
