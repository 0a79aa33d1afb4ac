"""Attack paths and reach as published: derived without controls and with those the device has, then joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from harmpath.assessment.joining import Consequence
from harmpath.assessment.knowledge import Knowledge
from harmpath.assessment.model import AttackPathRow, ReachRow, StepRow
from harmpath.assessment.rows import evidence_rows
from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.placement import SYSTEM, Placement, existing_placements
from harmpath.attackpaths.reach import Reach
from harmpath.attackpaths.results import AttackAnalysis, AttackPath, Step
from harmpath.catalogue.controls import security_controls
from harmpath.device.elements import Channel, Component
from harmpath.device.goals import goals_of
from harmpath.device.model import Device
from harmpath.evidence import CatalogueEvidence, ElementEvidence, Evidence, NotAssessed, RecordEvidence

__all__ = ["Paths", "control_id", "derive_paths", "unjoined"]

T = TypeVar("T", Component, Channel)

NAMED = 5
"""How many of the vulnerabilities that license a step are named, the easiest for the attacker first. A phone's
operating system can have a thousand; any one of them is enough, and all are in the table of matches."""


@dataclass(frozen=True)
class Paths:
    """The paths of a device, and what they were made from."""

    rows: tuple[AttackPathRow, ...]
    reach: tuple[ReachRow, ...]
    not_assessed: tuple[NotAssessed, ...]
    before: AttackAnalysis
    after: AttackAnalysis

    @property
    def open_by_goal(self) -> dict[str, tuple[str, ...]]:
        """Ids of the open paths by goal id."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            if row.open:
                found.setdefault(row.goal, []).append(row.id)
        return {goal: tuple(ids) for goal, ids in found.items()}


def control_id(placement: Placement) -> str:
    """Id of a control on an element in the assessment."""
    return f"C-{placement.control}.{placement.element}"


def derive_paths(device: Device, knowledge: Knowledge, k: int, verdicts: Mapping[str, str]) -> Paths:
    """The k cheapest paths to each goal, without the device's controls and with them.

    Without them, the protections that they raise count as absent too: device.yaml states what is there, with the
    controls in place. A path that the controls cut stays in the list as cut, with what cuts it.
    """
    before = analyse(_without_controls(device), knowledge.licensing, controls="none", k=k)
    after = analyse(device, knowledge.licensing, controls="existing", k=k)
    still_open = {p.id for p in after.paths}
    every = {p.id: p for p in chain(before.paths, after.paths)}
    rows = tuple(
        _row(path, knowledge, path.id in still_open, after.controls, verdicts)
        for path in sorted(every.values(), key=lambda p: (p.goal, p.cost, p.id))
    )
    reach = tuple(_reach(r) for r in after.reach)
    return Paths(rows, reach, _not_assessed(before, after), before, after)


def _without_controls(device: Device) -> Device:
    """The device as it would be had none of its implemented controls been built."""
    raised: dict[str, set[str]] = {}
    raises = {c.id: c.raises for c in security_controls()}
    for placement in existing_placements(device):
        raised.setdefault(placement.element, set()).update(raises.get(placement.control, ()))
    components = tuple(_lowered(c, raised.get(c.id)) for c in device.components)
    channels = tuple(_lowered(c, raised.get(c.id)) for c in device.channels)
    return device.model_copy(update={"components": components, "channels": channels})


def _lowered(element: T, protections: set[str] | None) -> T:
    """The element with some of its protections absent; one that is not applicable stays so."""
    stated = element.protections
    present = [p for p in sorted(protections or ()) if getattr(stated, p, "not-applicable") != "not-applicable"]
    if not present:
        return element
    return element.model_copy(update={"protections": stated.model_copy(update=dict.fromkeys(present, "none"))})


def _row(
    path: AttackPath, knowledge: Knowledge, is_open: bool, existing: tuple[Placement, ...], verdicts: Mapping[str, str]
) -> AttackPathRow:
    cutting = set() if is_open else {p for s in path.steps for p in s.removed_by if p in existing}
    steps = tuple(_step(s, knowledge) for s in path.steps)
    return AttackPathRow(
        id=path.id,
        goal=path.goal.id,
        target=path.goal.target,
        position=" and ".join(path.positions),
        elements=path.elements,
        steps=steps,
        cost=path.cost,
        exploitability=path.exploitability.level,
        exploitability_because=path.exploitability.reasons,
        vulnerabilities=tuple(dict.fromkeys(m for s in steps for m in s.vulnerabilities)),
        open=is_open,
        cut_by=tuple(control_id(p) for p in sorted(cutting)),
        decision=verdicts.get(path.id, ""),
        evidence=tuple(dict.fromkeys(e for s in steps for e in s.evidence if e.kind == "model-element"))
        or tuple(dict.fromkeys(e for s in steps for e in s.evidence)),
    )


def _step(step: Step, knowledge: Knowledge) -> StepRow:
    return StepRow(
        id=step.id,
        rule=step.rule,
        sentence=step.sentence,
        element=step.element,
        binding=dict(step.binding),
        capability=step.gains,
        licence="known-vulnerability" if step.licence == "vulnerability" else step.licence,
        requires=step.requires,
        vulnerabilities=_matches(step, knowledge),
        more_vulnerabilities=max(0, len(step.vulnerabilities) - NAMED),
        techniques=dict(step.techniques),
        cost=step.cost,
        removed_by=tuple(sorted({p.control for p in step.removed_by})),
        removed_at=_by_place(step),
        evidence=evidence_rows(_evidence(step)),
    )


def _evidence(step: Step) -> list[Evidence]:
    """The step's evidence, without that of vulnerabilities it does not name."""
    unnamed = set(step.vulnerabilities[NAMED:])
    kept: list[Evidence] = []
    skipping = False
    for e in step.evidence:
        if isinstance(e, RecordEvidence):
            skipping = e.id in unnamed
        elif not (isinstance(e, CatalogueEvidence) and e.catalogue == "weaknesses"):
            skipping = False
        if not skipping:
            kept.append(e)
    return kept


def _by_place(step: Step) -> dict[str, tuple[str, ...]]:
    places: dict[str, list[str]] = {}
    for placement in sorted(step.removed_by):
        if placement.element != SYSTEM:
            places.setdefault(placement.element, []).append(placement.control)
    return {place: tuple(controls) for place, controls in sorted(places.items())}


def _matches(step: Step, knowledge: Knowledge) -> tuple[str, ...]:
    """The matches behind the named vulnerabilities of a step: those on an element that the step involves."""
    involved = [step.element, *(value for _, value in step.binding)]
    found = (
        knowledge.match_of.get((cve, e), ()) for cve in step.vulnerabilities[:NAMED] for e in dict.fromkeys(involved)
    )
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def _reach(reach: Reach) -> ReachRow:
    found = (e for s in reach.per_signal for e in s.limited_by if isinstance(e, (ElementEvidence, CatalogueEvidence)))
    limits = [f"{e.id} {e.note}".strip() for e in found]
    unlimited = "Nothing checks the values beyond what the receiver accepts." if reach.signals else ""
    reason = reach.reason or (f"Limited by {', '.join(dict.fromkeys(limits))}." if limits else unlimited)
    return ReachRow(
        id=f"REACH-{reach.feature}",
        engine=reach.engine,
        feature=reach.feature,
        signals=reach.signals,
        operations=reach.operations,
        bounds=str(reach.bounds) if reach.bounds else "",
        max_rate=str(reach.max_rate) if reach.max_rate else "",
        period=f"{reach.period:g} s" if reach.period else "",
        attack_paths=reach.paths,
        reason=reason,
    )


def _not_assessed(before: AttackAnalysis, after: AttackAnalysis) -> tuple[NotAssessed, ...]:
    """What was left open, and the goals that nothing reaches: a result with its reason, not silence."""
    unreached = (
        NotAssessed(
            u.goal.id, f"No attack path was found. {u.reason}", "A protection that is wrongly stated hides paths."
        )
        for u in before.unreachable
    )
    return tuple(dict.fromkeys((*before.not_assessed, *after.not_assessed, *unreached)))


def unjoined(device: Device, joined: Mapping[str, Consequence]) -> tuple[NotAssessed, ...]:
    """Goals that no loss scenario names: what reaching them would lead to was not analysed."""
    remedy = "Judge the control actions that it can influence, with the variable it falsifies in their context."
    return tuple(
        NotAssessed(goal.id, "No loss scenario names this goal, so its paths have no risk.", remedy)
        for goal in goals_of(device)
        if goal.id not in joined
    )
