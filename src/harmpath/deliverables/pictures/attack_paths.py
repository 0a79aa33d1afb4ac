"""Attack-path pictures: from where the attacker starts, step by step, to the goal, the unsafe action, and the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harmpath.assessment.model import AttackPathRow, StepRow, UnsafeControlActionRow
from harmpath.deliverables.pictures.attack_graph import AttackGraph, merge_paths
from harmpath.deliverables.pictures.drawing import Canvas, Card, Legend, Line, Picture, make_card
from harmpath.deliverables.pictures.layered import Arrow, Box, lay_out
from harmpath.deliverables.view import View, words

__all__ = ["GoalPicture", "goal_label", "goal_picture"]

_MOST_ACTIONS: Final = 3
"""Control actions that a picture shows one by one; the text below it names them all."""

_LICENCE: Final[dict[str, tuple[str, str]]] = {
    "missing-protection": ("step-open", "missing protection"),
    "known-vulnerability": ("step-cve", "known vulnerability"),
    "inherent": ("step-inherent", "inherent property"),
}


@dataclass(frozen=True, slots=True)
class GoalPicture:
    """The picture of a goal, and which of its paths are drawn in it."""

    picture: Picture
    paths: tuple[str, ...]


def goal_label(view: View, goal: str, target: str) -> str:
    """``falsify-signal.glucose`` as ``falsify signal: Glucose``."""
    kind = goal.removesuffix(f".{target}")
    return f"{words(kind)}: {view.name(target)}"


def goal_picture(view: View, goal: str, paths: Sequence[AttackPathRow], links: Mapping[str, str]) -> GoalPicture:
    """The cheapest paths to one goal as one graph, and what follows from the goal, left to right.

    Args:
        view: the assessment.
        goal: the goal's id.
        paths: its open paths, cheapest first; at least one.
        links: where each id is shown on the page (``#id``).
    """
    graph = merge_paths(goal, paths)
    cards = [_start_card(key, position) for key, position in graph.starts.items()]
    cards += [_step_card(view, key, step, links) for key, step in graph.steps.items()]
    cards += [
        make_card(g.id, [Line(g.word, "b", 10)], css="gate", min_width=36, radius=9) for g in graph.gates.values()
    ]
    label = goal_label(view, goal, paths[0].target)
    target = links.get(paths[0].target, "")
    cards.append(
        make_card(
            "goal",
            [Line("Attacker's goal", "soft", 10), Line(label, "b", 11.5, lines=3)],
            css="goal",
            max_width=140,
            href=target,
            title=f"Attacker's goal: {label}",
        )
    )
    arrows = [Arrow(source, end) for source, end in graph.arrows]
    harm_cards, harm_arrows = _harm(view, graph, links)
    cards += harm_cards
    arrows += harm_arrows
    placed = lay_out([Box(c.id, c.width, c.height) for c in cards], arrows, "right", layer_gap=28)
    canvas = Canvas()
    for arrow, points in zip(arrows, placed.routes, strict=True):
        canvas.route(points, "harm" if arrow in harm_arrows else "attack")
    for card in cards:
        canvas.card(card, placed.centre[card.id])
    picture = canvas.finish(placed, f"Attack paths: {label}", _description(graph, label), _legend(graph))
    return GoalPicture(picture, tuple(p.id for p in graph.paths))


def _start_card(key: str, position: str) -> Card:
    lines = [Line("Attacker at", "", 10), Line(words(position), "b", 11.5, lines=2)]
    return make_card(
        key, lines, css="start", max_width=110, radius=14, title=f"The attacker starts at: {words(position)}"
    )


def _step_card(view: View, key: str, step: StepRow, links: Mapping[str, str]) -> Card:
    css, licence = _LICENCE.get(step.licence, ("step-inherent", words(step.licence)))
    known = list(dict.fromkeys(view.cve_of.get(v, v) for v in step.vulnerabilities))
    cves = known[0] + (f" and {len(known) - 1} more" if len(known) > 1 else "") if known else ""
    lines = [
        Line(words(step.capability), "b", 11.5, lines=2),
        Line(view.title(step.element), "", 11, lines=3),
        Line(licence, "soft", 10, lines=2),
        Line(cves, "soft", 10, lines=2),
    ]
    return make_card(key, lines, css=css, max_width=136, href=links.get(step.element, ""), title=step.sentence)


def _harm(view: View, graph: AttackGraph, links: Mapping[str, str]) -> tuple[list[Card], list[Arrow]]:
    """Unsafe control actions (grouped by control action; all in one card when many), hazards and losses."""
    risks = [risk for path in graph.paths for risk in view.risk_of.get(path.id, ())]
    caused = {uca for risk in risks for uca in risk.unsafe_control_actions}
    by_action: dict[str, list[UnsafeControlActionRow]] = {}
    for uca in view.assessment.unsafe_control_actions:
        if uca.id in caused:
            by_action.setdefault(uca.control_action, []).append(uca)
    cards: dict[str, Card] = {}
    arrows: dict[Arrow, None] = {}
    groups = [([action], ucas) for action, ucas in by_action.items()]
    if len(groups) > _MOST_ACTIONS:
        groups = [(list(by_action), [uca for ucas in by_action.values() for uca in ucas])]
    for actions, ucas in groups:
        card = _unsafe_card(view, actions, ucas, links)
        cards[card.id] = card
        arrows[Arrow("goal", card.id)] = None
        for hazard in dict.fromkeys(hazard for uca in ucas for hazard in uca.hazards):
            arrows[Arrow(card.id, f"hazard {hazard}")] = None
            _add_hazard(view, hazard, cards, arrows, links)
    return list(cards.values()), list(arrows)


def _unsafe_card(
    view: View, actions: Sequence[str], ucas: Sequence[UnsafeControlActionRow], links: Mapping[str, str]
) -> Card:
    ways = f"{len(ucas)} unsafe way{'s' if len(ucas) != 1 else ''}"
    what = view.title(actions[0]) if len(actions) == 1 else f"{len(actions)} control actions"
    lines = [Line("Unsafe control action", "soft", 10), Line(what, "b", 11, lines=3), Line(ways, "", 10.5)]
    title = "; ".join(view.name(action) for action in actions) + f": {ways}"
    return make_card(f"uca {actions[0]}", lines, css="uca", max_width=140, href=links.get(ucas[0].id, ""), title=title)


def _add_hazard(
    view: View, hazard: str, cards: dict[str, Card], arrows: dict[Arrow, None], links: Mapping[str, str]
) -> None:
    key = f"hazard {hazard}"
    if key in cards:
        return
    _, element = view.by_id.get(hazard, ("", {}))
    lines = [Line(f"Hazard {hazard}", "soft", 10), Line(view.name(hazard), "", 11, lines=4)]
    cards[key] = make_card(
        key, lines, css="hazard", max_width=150, href=links.get(hazard, ""), title=f"{hazard}: {view.name(hazard)}"
    )
    for loss in element.get("losses") or ():
        loss_key = f"loss {loss}"
        if loss_key not in cards:
            lines = [Line(f"Loss {loss}", "soft", 10), Line(view.name(loss), "", 11, lines=4)]
            cards[loss_key] = make_card(
                loss_key, lines, css="loss", max_width=140, href=links.get(loss, ""), title=f"{loss}: {view.name(loss)}"
            )
        arrows[Arrow(key, loss_key)] = None


def _description(graph: AttackGraph, label: str) -> str:
    starts = ", ".join(words(position) for position in dict.fromkeys(graph.starts.values()))
    return f"{len(graph.paths)} attack paths to {label}, from {starts}. Each is told in words in the report."


def _legend(graph: AttackGraph) -> list[Legend]:
    present = {step.licence for step in graph.steps.values()}
    entries = [
        Legend(css, f"step possible through: {text}", "card") for key, (css, text) in _LICENCE.items() if key in present
    ]
    if any(g.word == "AND" for g in graph.gates.values()):
        entries.append(Legend("gate", "AND: all incoming steps needed", "card"))
    if any(g.word == "OR" for g in graph.gates.values()):
        entries.append(Legend("gate", "OR: one incoming step is enough", "card"))
    return entries
