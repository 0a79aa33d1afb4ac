"""What to do about it: the controls a device has, those planned, and the smallest sets that cut what remains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harmpath.assessment.joining import Consequence
from harmpath.assessment.knowledge import Knowledge
from harmpath.assessment.model import ControlRow, CutSetRow, EvidenceRow
from harmpath.assessment.paths import Paths, control_id
from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.cutsets import CutSet, CutSets, cut_sets
from harmpath.attackpaths.placement import SYSTEM, Placement
from harmpath.catalogue.controls import SecurityControl, security_controls
from harmpath.device.model import Device

__all__ = ["ControlPlan", "plan_controls"]

ALTERNATIVES = 3
"""How many alternative sets to list for each hazard. For all hazards together there is one: sets of dozens of controls
that differ in few of them help nobody to choose."""


@dataclass(frozen=True)
class ControlPlan:
    """Controls in place, planned and recommended, and what they leave."""

    controls: tuple[ControlRow, ...]
    cut_sets: tuple[CutSetRow, ...]
    exploitability: dict[str, str]
    """Exploitability by path id with every control of the plan in place; a path that is not there is cut."""
    titles: dict[str, str]
    """Name of every security control of the catalogue."""


def plan_controls(
    device: Device, knowledge: Knowledge, joined: Mapping[str, Consequence], paths: Paths, k: int
) -> ControlPlan:
    """The recommended set is the smallest that, on top of the implemented controls, cuts every path to a hazard."""
    catalogue = {c.id: c for c in security_controls()}
    goals = {goal.id: goal for goal in (p.goal for p in paths.after.paths) if goal.id in joined}
    overall = cut_sets(device, knowledge.licensing, tuple(goals.values()), "smallest", 1, controls="existing")
    recommended = overall.sets[0].placements if overall.sets else ()
    placed = _placed(device)
    planned = {p for p, status in placed.items() if status == "planned"}
    plan = tuple(sorted({*paths.after.controls, *planned, *recommended}))
    left = analyse(device, knowledge.licensing, controls=plan, k=k)
    rows = [_cut_row("all", "", overall, number, found) for number, found in _numbered(overall)]
    for hazard in device.hazards:
        mine = {hazard.id, *(s.id for s in hazard.sub_hazards)}
        wanted = [goal for id_, goal in goals.items() if mine & set(joined[id_].hazards)]
        if wanted:
            found = cut_sets(device, knowledge.licensing, wanted, "cheapest", ALTERNATIVES, controls="existing")
            rows += [_cut_row(hazard.id, hazard.id, found, number, one) for number, one in _numbered(found)]
    named = dict.fromkeys(recommended, "recommended") | placed
    named |= {p: "alternative" for r in rows for p in r[1] if p not in named}
    return ControlPlan(
        controls=tuple(_control(p, status, catalogue.get(p.control), paths) for p, status in sorted(named.items())),
        cut_sets=tuple(r[0] for r in rows),
        exploitability={p.id: p.exploitability.level for p in left.paths},
        titles={c.id: c.title for c in catalogue.values()},
    )


def _placed(device: Device) -> dict[Placement, str]:
    return {Placement(c.control, element): c.status for c in device.controls for element in c.on}


def _numbered(found: CutSets) -> list[tuple[int, CutSet | None]]:
    """The sets, or one empty entry that says what cannot be cut."""
    return list(enumerate(found.sets, 1)) or ([(1, None)] if found.uncuttable or found.goals else [])


def _cut_row(
    name: str, hazard: str, found: CutSets, number: int, chosen: CutSet | None
) -> tuple[CutSetRow, tuple[Placement, ...]]:
    placements = chosen.placements if chosen else ()
    reasons = [f"{u.goal.id}: {u.reason}" for u in found.uncuttable]
    if not found.complete:
        reasons.append("The search was stopped before it was shown that no further set exists.")
    row = CutSetRow(
        id=f"CUT-{name}-{number}",
        hazard=hazard or "all",
        goals=tuple(g.id for g in found.goals),
        objective=found.objective,
        controls=tuple(control_id(p) for p in placements),
        cost=chosen.cost if chosen else 0,
        uncuttable=tuple(u.goal.id for u in found.uncuttable),
        reason=" ".join(reasons),
    )
    return row, placements


def _control(placement: Placement, status: str, control: SecurityControl | None, paths: Paths) -> ControlRow:
    every = {path.id: path for path in (*paths.before.paths, *paths.after.paths)}
    cuts = tuple(id_ for id_, path in sorted(every.items()) if any(placement in s.removed_by for s in path.steps))
    references = control.ids.model_dump(by_alias=True) if control else {}
    element = "" if placement.element == SYSTEM else placement.element
    return ControlRow(
        id=control_id(placement),
        control=placement.control,
        title=control.title if control else placement.control,
        category=control.category if control else "",
        element=element,
        status=status,
        requirement=control.requires if control else "The control is not in the catalogue; it removes no step.",
        acceptance=control.acceptance if control else "",
        cuts=cuts,
        references={name: tuple(ids) for name, ids in references.items() if ids},
        evidence=(EvidenceRow(kind="catalogue-entry", source="security-controls", id=placement.control),),
    )
