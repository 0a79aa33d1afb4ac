"""The control structure: who acts on whom (down) and what they learn back (up), threatened actions marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from harmpath.deliverables.pictures.architecture import component_card, level
from harmpath.deliverables.pictures.drawing import Canvas, Card, Legend, Line, Picture, make_card
from harmpath.deliverables.pictures.layered import Arrow, Box, lay_out
from harmpath.deliverables.view import View

__all__ = ["control_structure_picture"]


def control_structure_picture(view: View, links: Mapping[str, str]) -> Picture:
    """Controllers above what they control; control actions run down, feedback runs up.

    Args:
        view: the assessment.
        links: where each id is shown on the page (``#id``).
    """
    components = {str(c["id"]): c for c in view.listed("components")}
    flows = [(flow, "act") for flow in view.listed("control_actions")] + [(f, "back") for f in view.listed("feedback")]
    flows = [(f, css) for f, css in flows if f.get("from") in components and f.get("to") in components]
    involved = {str(f[end]) for f, _ in flows for end in ("from", "to")}
    cards = [component_card(view, c, links.get(id_, "")) for id_, c in components.items() if id_ in involved]
    unsafe, threatened = _unsafe(view)
    arrows: list[Arrow] = []
    for flow, css in flows:
        id_ = str(flow["id"])
        down = level(components[flow["to"]]) - level(components[flow["from"]])
        up = down < 0 or (down == 0 and css == "back")
        label = f"flow {id_}"
        arrows += [Arrow(str(flow["from"]), label, up), Arrow(label, str(flow["to"]), up)]
        cards.append(_flow_card(view, flow, label, css == "back", unsafe[id_], threatened[id_], links.get(id_, "")))
    last = {id_ for id_ in involved if components[id_].get("kind") == "patient"}
    boxes = [Box(c.id, c.width, c.height, "last" if c.id in last else "free") for c in cards]
    placed = lay_out(boxes, arrows, "down", careful=True)
    canvas = Canvas()
    for n, (_, css) in enumerate(flows):
        canvas.route(placed.routes[2 * n], css, end=False)
        canvas.route(placed.routes[2 * n + 1], css)
    for card in cards:
        canvas.card(card, placed.centre[card.id])
    return canvas.finish(placed, "Control structure", _description(view, flows, threatened), _legend(threatened))


def _unsafe(view: View) -> tuple[Counter[str], Counter[str]]:
    """Per control action: hazardous unsafe control actions, and those of them that an open attack path can cause."""
    can_cause = {
        uca for path in view.open_paths for risk in view.risk_of.get(path.id, ()) for uca in risk.unsafe_control_actions
    }
    rows = [u for u in view.assessment.unsafe_control_actions if u.status == "hazardous"]
    return Counter(u.control_action for u in rows), Counter(u.control_action for u in rows if u.id in can_cause)


def _flow_card(
    view: View, flow: Mapping[str, Any], card_id: str, back: bool, unsafe: int, threatened: int, href: str
) -> Card:
    id_ = str(flow["id"])
    said = ""
    if unsafe:
        said = f"{unsafe} unsafe way{'s' if unsafe != 1 else ''}"
    attack = f"{threatened} by attack" if threatened else ""
    lines = [Line(view.title(id_), "b", lines=3), Line(said, "soft", size=10.5), Line(attack, "warn", size=10.5)]
    kind = "Feedback" if back else "Control action"
    ends = f"{view.name(str(flow['from']))} to {view.name(str(flow['to']))}"
    title = f"{kind} {view.name(id_)} ({id_}), {ends}"
    title += (
        f": {unsafe} unsafe control actions, {threatened} of them can be caused by an open attack path"
        if unsafe
        else ""
    )
    css = "feedback" if back else "threatened" if threatened else "action"
    return make_card(card_id, lines, css=css, max_width=140, radius=11, href=href, title=title)


def _description(view: View, flows: list[tuple[Mapping[str, Any], str]], threatened: Counter[str]) -> str:
    actions = sum(css == "act" for _, css in flows)
    names = "; ".join(view.name(id_) for id_ in sorted(threatened)) or "none"
    feedback = len(flows) - actions
    return f"{actions} control actions and {feedback} feedback paths. Threatened by an open attack path: {names}."


def _legend(threatened: Counter[str]) -> list[Legend]:
    entries = [
        Legend("act", "control action"),
        Legend("back", "feedback"),
        Legend("", "holds an ML engine", "bar"),
        Legend("exposed", "on an open attack path", "card"),
        Legend("exposed much", "on at least a fifth of them", "card"),
    ]
    if threatened:
        entries.append(Legend("threatened", "can be made unsafe by an attack", "card"))
    return entries
