"""The architecture: components and the channels between them, exposed parts and protections visible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harmpath.deliverables.pictures.drawing import Canvas, Card, Legend, Line, Picture, make_card
from harmpath.deliverables.pictures.layered import Arrow, Box, lay_out
from harmpath.deliverables.view import PROTECTION_WORDS, View, words

__all__ = ["architecture_picture", "component_card", "level"]

_LEVEL: Final[dict[str, int]] = {
    "training-environment": 0,
    "external-system": 0,
    "clinician": 1,
    "cloud-service": 1,
    "server": 1,
    "data-store": 1,
    "operator": 1,
    "network-device": 2,
    "ml-engine": 2,
    "controller": 3,
    "mobile-app": 3,
    "desktop-app": 3,
    "gateway": 3,
    "display": 4,
    "sensor": 5,
    "actuator": 5,
    "patient": 6,
}
"""Controllers above what they control, the patient below everything; decides which way along a channel is down."""

_MUCH: Final = 0.2
"""Share of the open attack paths from which on a component is shaded as crossed by many."""

_PEOPLE: Final = frozenset({"patient", "clinician", "operator"})


def level(component: Mapping[str, Any]) -> int:
    """How far down a component belongs by its kind: 0 is the top, the patient is last."""
    return _LEVEL.get(str(component.get("kind")), 3)


def component_card(view: View, component: Mapping[str, Any], href: str) -> Card:
    """A component as a card: name, kind, zone, ML engines, and how many open attack paths go through it."""
    id_, kind = str(component["id"]), str(component.get("kind", ""))
    engines = [e for e in view.listed("ml_engines") if e.get("component") == id_]
    paths = view.exposure[id_]
    host = component.get("host")
    place = view.name(str(component["zone"])) if component.get("zone") else ""
    lines = [
        Line(view.title(id_), size=13, bold=True, lines=3),
        Line(words(kind) + (f" on {view.name(str(host))}" if host else ""), "soft", lines=2),
        Line(place, "soft", lines=2),
        *(Line(f"ML: {view.name(str(e['id']))}", "b ml", lines=2) for e in engines),
        Line(f"on {paths} open attack path{'s' if paths != 1 else ''}" if paths else "", "warn"),
    ]
    css = "engine" if engines or kind == "ml-engine" else "human" if kind in _PEOPLE else "component"
    if paths:
        css = "exposed much" if paths >= _MUCH * len(view.open_paths) else "exposed"
    rank = view.priority.get(id_)
    title = f"{view.name(id_)} ({id_}): {words(kind)}" + (f", on {paths} open attack paths" if paths else "")
    title += f", number {rank} to protect first" if rank else ""
    radius = 22 if kind in _PEOPLE else 6
    badge = str(rank) if rank else ""
    return make_card(
        id_,
        lines,
        css=css,
        radius=radius,
        href=href,
        title=title,
        badge=badge,
        barred=bool(engines) or kind == "ml-engine",
        min_width=110,
    )


def architecture_picture(view: View, links: Mapping[str, str]) -> Picture:
    """Components in layers with the patient at the bottom, each channel a labelled line in its protection's pattern.

    Args:
        view: the assessment.
        links: where each id is shown on the page (``#id``); an id that is not there is drawn without a link.
    """
    components = {str(c["id"]): c for c in view.listed("components")}
    channels = [c for c in view.listed("channels") if c.get("from") in components and c.get("to") in components]
    cards = [component_card(view, c, links.get(id_, "")) for id_, c in components.items()]
    last = {id_ for id_, c in components.items() if c.get("kind") == "patient"}
    arrows: list[Arrow] = []
    for channel in channels:
        up = level(components[channel["from"]]) > level(components[channel["to"]])
        label = f"channel {channel['id']}"
        arrows += [Arrow(str(channel["from"]), label, up), Arrow(label, str(channel["to"]), up)]
        cards.append(_channel_card(view, channel, label, links.get(str(channel["id"]), "")))
    hosts = _lone_hosts(components, channels)
    arrows += [Arrow(hosted, host) for hosted, host in hosts]
    boxes = [Box(c.id, c.width, c.height, "last" if c.id in last else "free") for c in cards]
    placed = lay_out(boxes, arrows, "down", careful=True)
    canvas = Canvas()
    for n, channel in enumerate(channels):
        css = view.protection(channel)
        both = channel.get("direction") == "two-way"
        canvas.route(placed.routes[2 * n], css, start=both, end=False)
        canvas.route(placed.routes[2 * n + 1], css)
    for points in placed.routes[2 * len(channels) :]:
        canvas.route(points, "hosts", end=False)
    for card in cards:
        canvas.card(card, placed.centre[card.id])
    legend = _legend(view, channels) + ([Legend("hosts", "runs on")] if hosts else [])
    return canvas.finish(placed, "System architecture", _description(view, channels), legend)


def _lone_hosts(components: Mapping[str, Any], channels: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Hosted component and host, for hosts that no channel touches: they would float about otherwise."""
    touched = {str(c[end]) for c in channels for end in ("from", "to")}
    pairs = [(id_, str(c["host"])) for id_, c in components.items() if c.get("host") in components]
    return [(hosted, host) for hosted, host in pairs if host not in touched and hosted != host]


def _channel_card(view: View, channel: Mapping[str, Any], card_id: str, href: str) -> Card:
    id_ = str(channel["id"])
    state = view.protection(channel)
    paths, rank = view.exposure[id_], view.priority.get(id_)
    medium = words(str(channel.get("medium", "")))
    lines = [
        Line(view.title(id_), "b", lines=3),
        Line(medium, "soft") if medium.lower() not in view.name(id_).lower() else Line(""),
        Line(f"{paths} open path{'s' if paths != 1 else ''}" if paths else "", "warn", size=10.5),
    ]
    ends = f"{view.name(str(channel['from']))} to {view.name(str(channel['to']))}"
    title = f"Channel {view.name(id_)} ({id_}), {ends}, {medium}: {PROTECTION_WORDS[state]}"
    title += f", on {paths} open attack paths" if paths else ""
    title += f", number {rank} to protect first" if rank else ""
    badge = str(rank) if rank else ""
    return make_card(card_id, lines, css=state, max_width=124, radius=11, href=href, title=title, badge=badge)


def _description(view: View, channels: list[Mapping[str, Any]]) -> str:
    counted = {state: sum(view.protection(c) == state for c in channels) for state in PROTECTION_WORDS}
    states = ", ".join(f"{n} {PROTECTION_WORDS[s]}" for s, n in counted.items() if n)
    exposed = [view.name(str(c["id"])) for c in view.listed("components") if view.exposure[str(c["id"])]]
    on_paths = "; ".join(exposed) or "none"
    parts = f"{len(view.listed('components'))} components and {len(channels)} channels ({states})"
    return f"{parts}. On open attack paths: {on_paths}."


def _legend(view: View, channels: list[Mapping[str, Any]]) -> list[Legend]:
    present = {view.protection(c) for c in channels}
    entries = [Legend(state, text) for state, text in PROTECTION_WORDS.items() if state in present]
    if view.exposure:
        entries.append(Legend("exposed", "on an open attack path", "card"))
        entries.append(Legend("exposed much", "on at least a fifth of them", "card"))
    if view.listed("ml_engines"):
        entries.append(Legend("", "holds an ML engine", "bar"))
    if view.priority:
        entries.append(Legend("", "protect first, in this order", "badge"))
    return entries
