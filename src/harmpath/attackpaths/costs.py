"""What a step costs the attacker, and how exploitable a whole path is: points and levels from one explicit table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.rules import AttackRule
from harmpath.catalogue.scales import ExploitabilityScale, Level

__all__ = ["Exploitability", "StepMetrics", "metrics_of", "path_exploitability", "step_cost", "vulnerability_cost"]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """Exploitability of one step in the words of CVSS v3.1."""

    attack_vector: str
    attack_complexity: str
    privileges_required: str
    user_interaction: str


@dataclass(frozen=True, slots=True)
class Exploitability:
    """How exploitable a path is: an ordinal level with every reason that moved it there. Not a probability."""

    level: Level
    reasons: tuple[str, ...]


def vulnerability_cost(scale: ExploitabilityScale, v: KnownVulnerability) -> int:
    """Points of a step licensed by the vulnerability."""
    p = scale.points
    cost = p.licence["vulnerability"] + p.AV[v.position] + p.AC["high" if v.complexity == "high" else "low"]
    cost += p.PR[v.privileges] + p.UI[v.user_interaction]
    if v.exploited:
        cost += p.known_exploited
    if v.epss is not None and v.epss >= p.epss.threshold:
        cost += p.epss.points
    return max(1, cost)


def step_cost(scale: ExploitabilityScale, rule: AttackRule, weak_protections: int) -> int:
    """Points of a step licensed by missing protections or by an inherent property.

    ``weak_protections`` counts those among its licences that are there but weak.
    """
    if rule.metrics is None:
        raise ValueError(f"rule {rule.id} takes its metrics from a vulnerability")
    p, m = scale.points, rule.metrics
    licence = p.licence["missing-protection" if rule.licences else "inherent"]
    cost = licence + p.AV[m.AV] + p.AC[m.AC] + p.PR[m.PR] + p.UI[m.UI] + p.weak_protection * weak_protections
    return max(1, cost)


def metrics_of(rule: AttackRule, vulnerabilities: Sequence[KnownVulnerability]) -> StepMetrics:
    """The metrics of a step: the rule's own, or those of the cheapest vulnerability."""
    if rule.metrics is not None:
        return StepMetrics(rule.metrics.AV, rule.metrics.AC, rule.metrics.PR, rule.metrics.UI)
    v = vulnerabilities[0]
    return StepMetrics(v.position, v.complexity, v.privileges, v.user_interaction)


def path_exploitability(
    scale: ExploitabilityScale,
    positions: Sequence[str],
    metrics: Sequence[StepMetrics],
    vulnerabilities: Sequence[Sequence[KnownVulnerability]],
) -> Exploitability:
    """The level of a path, from its positions, its steps' metrics and, per step that uses any, its vulnerabilities."""
    levels, adjust = scale.levels, scale.adjust
    place = min(levels.index(scale.start[p]) for p in positions)
    hardest = next(p for p in positions if levels.index(scale.start[p]) == place)
    reasons = [f"starts at '{levels[place]}' for an attacker of position {hardest}"]
    lines = [
        (adjust.high_complexity, any(m.attack_complexity == "high" for m in metrics), "a step has high complexity"),
        (adjust.privileges, any(m.privileges_required == "high" for m in metrics), "a step needs high privileges"),
        (
            adjust.user_interaction,
            any(m.user_interaction == "required" for m in metrics),
            "a step needs a person to act",
        ),
        (adjust.several_positions, len(positions) > 1, f"needs {len(positions)} positions"),
        (adjust.long.levels, len(metrics) >= adjust.long.steps, f"has {len(metrics)} steps"),
        (
            adjust.known_exploited,
            bool(vulnerabilities) and all(group[0].exploited for group in vulnerabilities),
            "every vulnerability it uses is known to be exploited",
        ),
    ]
    for change, applies, why in lines:
        if applies and change:
            place += change
            reasons.append(f"{'up' if change > 0 else 'down'} {abs(change)}: {why}")
    return Exploitability(levels[max(0, min(place, len(levels) - 1))], tuple(reasons))
