"""Attack paths grouped by the attacker's goal, worst first, with what the report shows of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harmpath.assessment.model import AttackPathRow, AttackScenarioRow, RiskRow
from harmpath.deliverables.pictures.attack_paths import GoalPicture, goal_label, goal_picture
from harmpath.deliverables.view import View

__all__ = ["GoalSection", "PathEntry", "goal_sections", "level_rank"]


@dataclass(frozen=True, slots=True)
class PathEntry:
    """One path with its risk and its story."""

    row: AttackPathRow
    risk: RiskRow | None
    scenarios: tuple[AttackScenarioRow, ...]


@dataclass(frozen=True, slots=True)
class GoalSection:
    """One goal with all its paths."""

    goal: str
    label: str
    target: str
    paths: tuple[PathEntry, ...]
    open_count: int
    drawn: GoalPicture | None
    worst: str
    """Highest risk now; empty when none of its paths has a risk."""


def level_rank(view: View) -> dict[str, int]:
    """Risk levels of the matrix, higher is worse."""
    levels = view.assessment.risk_matrix.get("levels") or ()
    return {str(level.get("id")): n for n, level in enumerate(levels, start=1)}


def goal_sections(view: View, links: Mapping[str, str]) -> tuple[GoalSection, ...]:
    """Goals with their paths: worst risk first, then the cheapest path, then the name."""
    ranks = level_rank(view)
    stories: dict[str, list[AttackScenarioRow]] = {}
    for story in view.assessment.attack_scenarios:
        stories.setdefault(story.attack_path, []).append(story)
    by_goal: dict[str, list[AttackPathRow]] = {}
    for path in view.assessment.attack_paths:
        by_goal.setdefault(path.goal, []).append(path)
    open_ids = {p.id for p in view.open_paths}
    sections = []
    for goal, paths in by_goal.items():
        entries = tuple(
            PathEntry(p, next(iter(view.risk_of.get(p.id, ())), None), tuple(stories.get(p.id, ()))) for p in paths
        )
        open_paths = [p for p in paths if p.id in open_ids]
        drawn = goal_picture(view, goal, open_paths, links) if open_paths else None
        worst = max((e.risk.risk_after for e in entries if e.risk), key=lambda v: ranks.get(v, 0), default="")
        label = goal_label(view, goal, paths[0].target)
        sections.append(GoalSection(goal, label, paths[0].target, entries, len(open_paths), drawn, worst))
    return tuple(sorted(sections, key=lambda s: _order(s, ranks)))


def _order(section: GoalSection, ranks: Mapping[str, int]) -> tuple[bool, int, float, str]:
    cheapest = min(entry.row.cost for entry in section.paths)
    return (not section.open_count, -ranks.get(section.worst, 0), cheapest, section.goal)
