"""Attack paths grouped by the attacker's goal, worst first, with what the report shows of each.

What follows from a goal is the same for all its paths, so it is told once, with the goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harmpath.assessment.model import AttackPathRow, AttackScenarioRow, RiskRow
from harmpath.deliverables.pictures.attack_paths import GoalPicture, goal_label, goal_picture
from harmpath.deliverables.view import View, words

__all__ = ["Consequence", "GoalSection", "PathEntry", "goal_sections", "level_rank", "shown_paths"]

_MEASURED: Final = "Simulated patients"
_MOST_PATHS: Final = 10
"""Paths told per goal on the page; CSV has all."""


@dataclass(frozen=True, slots=True)
class PathEntry:
    """One path with its risk and its story."""

    row: AttackPathRow
    risk: RiskRow | None
    scenario: AttackScenarioRow | None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows when the goal is reached, by any of its paths."""

    false_data: tuple[str, ...]
    model_effects: tuple[str, ...]
    actions: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
    """Control action, and each way in which it becomes unsafe, with the ids of the unsafe control actions."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    severities: tuple[str, ...]
    """Of the worst hazard, by the analyst's word."""
    measured_severities: tuple[str, ...]
    measured: tuple[str, ...]
    """What simulated patients suffered, in words; empty where nothing was measured."""


@dataclass(frozen=True, slots=True)
class GoalSection:
    """One goal with its paths."""

    goal: str
    label: str
    target: str
    paths: tuple[PathEntry, ...]
    """Those that the page tells."""
    path_count: int
    open_count: int
    consequence: Consequence
    drawn: GoalPicture | None
    worst: str
    """Highest risk now; empty when none of its paths has a risk."""


def level_rank(view: View) -> dict[str, int]:
    """Risk levels of the matrix, higher is worse."""
    levels = view.assessment.risk_matrix.get("levels") or ()
    return {str(level.get("id")): n for n, level in enumerate(levels, start=1)}


def shown_paths(view: View) -> tuple[AttackPathRow, ...]:
    """The paths that the page tells: the cheapest ten of each goal."""
    return tuple(path for paths in _by_goal(view).values() for path in paths[:_MOST_PATHS])


def goal_sections(view: View, links: Mapping[str, str]) -> tuple[GoalSection, ...]:
    """Goals with their paths: worst risk first, then the cheapest path, then the name."""
    ranks = level_rank(view)
    stories = {story.attack_path: story for story in view.assessment.attack_scenarios}
    sections = [_section(view, paths, stories, ranks, links) for paths in _by_goal(view).values()]
    return tuple(sorted(sections, key=lambda s: _order(s, ranks)))


def _by_goal(view: View) -> dict[str, list[AttackPathRow]]:
    found: dict[str, list[AttackPathRow]] = {}
    for path in view.assessment.attack_paths:
        found.setdefault(path.goal, []).append(path)
    return found


def _section(
    view: View,
    paths: Sequence[AttackPathRow],
    stories: Mapping[str, AttackScenarioRow],
    ranks: Mapping[str, int],
    links: Mapping[str, str],
) -> GoalSection:
    goal, target = paths[0].goal, paths[0].target
    risks = {p.id: next(iter(view.risk_of.get(p.id, ())), None) for p in paths}
    entries = tuple(PathEntry(p, risks[p.id], stories.get(p.id)) for p in paths[:_MOST_PATHS])
    open_ids = {p.id for p in view.open_paths}
    open_paths = [p for p in paths if p.id in open_ids]
    drawn = goal_picture(view, goal, open_paths, links) if open_paths else None
    worst = max((r.risk_after for r in risks.values() if r), key=lambda level: ranks.get(level, 0), default="")
    consequence = _consequence(view, [r for r in risks.values() if r], [e.scenario for e in entries if e.scenario])
    label = goal_label(view, goal, target)
    return GoalSection(goal, label, target, entries, len(paths), len(open_paths), consequence, drawn, worst)


def _consequence(view: View, risks: Sequence[RiskRow], stories: Sequence[AttackScenarioRow]) -> Consequence:
    caused = {uca for risk in risks for uca in risk.unsafe_control_actions}
    actions: dict[str, dict[str, list[str]]] = {}
    for uca in view.assessment.unsafe_control_actions:
        if uca.id in caused:
            actions.setdefault(uca.control_action, {}).setdefault(words(uca.type or uca.group), []).append(uca.id)
    return Consequence(
        _once(part for story in stories for part in story.false_datum.split("; ")),
        _once(story.model_effect for story in stories),
        tuple((action, tuple((way, tuple(ids)) for way, ids in ways.items())) for action, ways in actions.items()),
        _once(hazard for risk in risks for hazard in risk.hazards),
        _once(loss for risk in risks for loss in risk.losses),
        _once(risk.severity for risk in risks),
        _once(risk.measured_severity for risk in risks),
        _once(text for risk in risks for text in risk.because if text.startswith(_MEASURED)),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _order(section: GoalSection, ranks: Mapping[str, int]) -> tuple[bool, int, float, str]:
    cheapest = min(entry.row.cost for entry in section.paths)
    return (not section.open_count, -ranks.get(section.worst, 0), cheapest, section.goal)
