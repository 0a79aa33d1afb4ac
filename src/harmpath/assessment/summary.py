"""What a reader should know first: the risks by level, and what to protect first, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from harmpath.assessment.matrix import Matrix
from harmpath.assessment.model import (
    AttackPathRow,
    LossScenarioRow,
    MatchRow,
    RiskRow,
    Summary,
    UnsafeControlActionRow,
)
from harmpath.device.elements import Channel
from harmpath.device.model import Device

__all__ = ["summarise"]

FIRST = 3
"""How many channels to name."""


def summarise(
    device: Device,
    matrix: Matrix,
    risks: Sequence[RiskRow],
    paths: Sequence[AttackPathRow],
    ucas: Sequence[UnsafeControlActionRow],
    scenarios: Sequence[LossScenarioRow],
    matches: Sequence[MatchRow],
    titles: Mapping[str, str],
) -> Summary:
    """The first page of the report, from rows that exist."""
    first = _protect_first(device, matrix, risks, paths, titles)
    levels = {
        when: dict(sorted(Counter(getattr(r, f"risk_{when}") for r in risks).items()))
        for when in ("before", "after", "planned")
    }
    counts = {
        "components": len(device.components),
        "channels": len(device.channels),
        "unsafe control actions": sum(u.status == "hazardous" for u in ucas),
        "ways not yet judged": sum(u.status == "not-assessed" for u in ucas),
        "loss scenarios": len(scenarios),
        "loss scenarios supported by an attack path": sum(s.support == "supported" for s in scenarios),
        "known vulnerabilities": len({m.cve for m in matches if not m.condition}),
        "known vulnerabilities that need a condition": len({m.cve for m in matches if m.condition}),
        "known exploited vulnerabilities": len({m.cve for m in matches if m.known_exploited}),
        "attack paths": len(paths),
        "open attack paths": sum(p.open for p in paths),
        "risks not acceptable": sum(r.acceptability == "not acceptable" for r in risks),
    }
    return Summary(
        headline=_headline(device, matrix, risks),
        protect_first=tuple(c.id for c, _ in first),
        protect_because=tuple(reason for _, reason in first),
        counts=counts,
        risks_by_level=levels,
    )


def _headline(device: Device, matrix: Matrix, risks: Sequence[RiskRow]) -> str:
    name = device.about.name
    if not risks:
        return f"No attack path to a hazard of {name} was found within what was assessed."
    bad = [r for r in risks if r.acceptability == "not acceptable"]
    worst = max((r.risk_after for r in risks), key=matrix.rank)
    planned = [r for r in risks if matrix.acceptability(r.risk_planned) == "not acceptable"]
    said = (
        f"{len(bad)} of {len(risks)} risks of {name} are not acceptable with the controls it has; the worst is {worst}."
    )
    if bad and not planned:
        return said + " With the recommended controls none remains."
    if bad:
        return said + f" With the recommended controls {len(planned)} {'remains' if len(planned) == 1 else 'remain'}."
    return f"All {len(risks)} risks of {name} are acceptable with the controls it has; the worst is {worst}."


def _protect_first(
    device: Device,
    matrix: Matrix,
    risks: Sequence[RiskRow],
    paths: Sequence[AttackPathRow],
    titles: Mapping[str, str],
) -> list[tuple[Channel, str]]:
    """Channels by what protecting them would cut: the worst risks that no earlier choice cuts, then how easy they are.

    A channel counts for a path only if a control on that channel would remove one of the path's steps; a channel that
    false data merely passes is not where to protect. Greedy, so that the second channel is the one that matters most
    once the first is protected.
    """
    path_of = {p.id: p for p in paths if p.open}
    stoppable = {p.id: {at for step in p.steps for at in step.removed_at} for p in path_of.values()}
    left = {r.attack_path: r for r in risks if r.attack_path in path_of and matrix.rank(r.risk_after) >= 0}
    order = matrix.file.exploitability
    cells = [(rank, n) for rank in range(len(matrix.file.levels) - 1, -1, -1) for n in range(len(order) - 1, -1, -1)]
    chosen: list[tuple[Channel, str]] = []
    while left and len(chosen) < FIRST:
        ranked = []
        for channel in device.channels:
            cut = [r for p, r in left.items() if channel.id in stoppable[p]]
            if cut:
                tally = Counter((matrix.rank(r.risk_after), order.index(r.exploitability_after)) for r in cut)
                key = tuple(tally.get(cell, 0) for cell in cells)
                cheapest = min(path_of[r.attack_path].cost for r in cut)
                ranked.append((key, -cheapest, channel.id, channel, cut))
        if not ranked:
            break
        _, _, _, best, cut = max(ranked, key=lambda r: r[:3])
        chosen.append((best, _because(device, matrix, best, cut, path_of, titles, earlier=bool(chosen))))
        for risk in cut:
            del left[risk.attack_path]
    return chosen


def _because(
    device: Device,
    matrix: Matrix,
    channel: Channel,
    cut: Sequence[RiskRow],
    paths: Mapping[str, AttackPathRow],
    titles: Mapping[str, str],
    *,
    earlier: bool,
) -> str:
    worst = max((r.risk_after for r in cut), key=matrix.rank)
    count = sum(r.risk_after == worst for r in cut)
    ends = f"{device.component[channel.source].label} to {device.component[channel.target].label}"
    helping = Counter(
        control for r in cut for step in paths[r.attack_path].steps for control in step.removed_at.get(channel.id, ())
    )
    remedies = "; or ".join(titles[c] for c in sorted(helping, key=lambda c: (-helping[c], c))[:2])
    gaps = [
        f"{name.replace('_', ' ')} {level}"
        for name, level in channel.protections.model_dump().items()
        if level in ("none", "weak", "unknown")
    ]
    hazards = sorted({h for r in cut for h in r.hazards if h in {one.id for one in device.hazards}})
    starts = sorted({paths[r.attack_path].position for r in cut})
    plural = "s" if count != 1 else ""
    more = "further " if earlier else ""
    return (
        f"{channel.label} ({ends}): protecting it ({remedies}) cuts "
        f"{count} {more}{worst} risk{plural} ({', '.join(hazards)}) from {', '.join(starts)}. "
        f"Its protections now: {', '.join(gaps) or 'strong, but not against all of these'}."
    )
