"""Context tables: every combination of process-model states, judged for all seven aspects by rules over many rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal, get_args

from harmpath.device.control import ControlAction, DesiredAction, Judgement
from harmpath.device.model import Device
from harmpath.device.vocabulary import Aspect
from harmpath.evidence import NotAssessed
from harmpath.stpa.boxes import Box, Space
from harmpath.stpa.pairwise import pairwise_rows
from harmpath.stpa.results import StpaAnalysis, UnsafeControlAction

__all__ = [
    "MAX_ROWS",
    "Clash",
    "ContextTable",
    "Coverage",
    "Row",
    "Verdict",
    "clashes",
    "context_table",
    "context_tables",
    "unmatched_rules",
]

MAX_ROWS = 20_000
"""A table with more rows is reduced to pairwise; nobody reads further than this either."""

MAX_PAIRWISE_CELLS = 250_000
"""Number of state pairs above which even the pairwise table is refused."""

ASPECTS: tuple[Aspect, ...] = get_args(Aspect)

Decision = Literal["hazardous", "not-hazardous", "depends", "conflict", "not-assessed"]
"""``depends``: hazardous only under a condition in words; ``conflict``: judged both ways."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say about one aspect in one row."""

    aspect: Aspect
    decision: Decision
    rules: tuple[str, ...]
    """Ids of the unsafe control actions (or recorded non-hazards) that cover the row."""
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One combination of states."""

    states: tuple[str, ...]
    """One state for each variable of the table, in its order."""
    verdicts: tuple[Verdict, ...]
    """One for each of the seven aspects."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the full table the rules of one aspect judge; counted exactly, whatever rows were built."""

    aspect: Aspect
    judged: int | None
    """Rows with a verdict that rests on the variables alone; None when there are too many regions to count."""
    conditional: int | None
    """Further rows judged only under a condition in words."""
    total: int
    gaps: tuple[dict[str, str], ...]
    """The first regions that no rule covers."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two rules that cannot both hold in the rows they share."""

    kind: Literal["conflict", "contradiction", "desired"]
    """``conflict``: one aspect judged both ways. ``contradiction``: providing and not providing are both hazardous.
    ``desired``: what is desired is also judged hazardous."""
    rules: tuple[str, str]
    example: tuple[tuple[str, str], ...]
    """A context in which both apply: variable and state."""


@dataclass(frozen=True)
class ContextTable:
    """The context table of one control action."""

    control_action: str
    variables: tuple[str, ...]
    combinations: Literal["full", "pairwise", "refused"]
    possible: int
    """Rows of the full table, counted before anything was built."""
    reason: str
    """Why the table is not full; empty when it is."""
    rows: tuple[Row, ...]
    coverage: tuple[Coverage, ...]
    clashes: tuple[Clash, ...]
    unmatched: tuple[NotAssessed, ...]
    """Rules that match no row, with the reason."""


def context_tables(device: Device, analysis: StpaAnalysis, limit: int = MAX_ROWS) -> tuple[ContextTable, ...]:
    """The context table of every control action, sorted by its id."""
    return tuple(context_table(device, analysis, a, limit) for a in sorted(device.control_actions, key=lambda a: a.id))


def context_table(device: Device, analysis: StpaAnalysis, action: ControlAction, limit: int = MAX_ROWS) -> ContextTable:
    """Count the combinations, judge them by the rules, and build the rows as far as that is sensible."""
    space, boxes = _space(device, analysis, action)
    fitting = [b for b in boxes if space.fits(b)]
    chosen, reason, kept = _rows(space, fitting, action, limit)
    return ContextTable(
        control_action=action.id,
        variables=tuple(space.states),
        combinations=kept,
        possible=space.size,
        reason=reason,
        rows=tuple(_judged_rows(space, fitting, chosen)),
        coverage=tuple(_coverage(space, fitting)),
        clashes=tuple(_clashes(space, fitting, action)),
        unmatched=tuple(_unmatched(space, boxes)),
    )


def clashes(device: Device, analysis: StpaAnalysis, action: ControlAction) -> tuple[Clash, ...]:
    """Rules of the action that cannot both hold; no row is built."""
    space, boxes = _space(device, analysis, action)
    return tuple(_clashes(space, [b for b in boxes if space.fits(b)], action))


def unmatched_rules(device: Device, analysis: StpaAnalysis, action: ControlAction) -> tuple[NotAssessed, ...]:
    """Rules of the action that match no row, with the reason; no row is built."""
    return tuple(_unmatched(*_space(device, analysis, action)))


def _space(
    device: Device, analysis: StpaAnalysis, action: ControlAction
) -> tuple[Space, list[Box[UnsafeControlAction]]]:
    rules = (u for u in analysis.by_action.get(action.id, ()) if u.type is not None)
    return Space(_states(device, action)), [_box(u) for u in rules]


def _states(device: Device, action: ControlAction) -> dict[str, tuple[str, ...]]:
    """States by variable: those the action names, or all of its controller's and those its judgements name."""
    own = [v.id for m in device.models_of.get(action.source, ()) for v in m.variables]
    items: tuple[Judgement | DesiredAction, ...] = (*action.unsafe, *action.desired)
    mentioned = sorted({v for i in items for v in (*i.context, *i.any_of)})
    names = dict.fromkeys((*(action.variables or own), *(() if action.variables else mentioned)))
    found = {n: tuple(s.id for s in device.variable[n][1].states) for n in names if n in device.variable}
    return {n: states for n, states in found.items() if states}


def _box(uca: UnsafeControlAction) -> Box[UnsafeControlAction]:
    return Box({c.variable: frozenset(c.states) for c in uca.context}, uca)


def _rows(
    space: Space, boxes: list[Box[UnsafeControlAction]], action: ControlAction, limit: int
) -> tuple[list[tuple[str, ...]], str, Literal["full", "pairwise", "refused"]]:
    if not space.states:
        return [], "no process-model variable with states applies", "refused"
    if space.size <= limit and action.combinations == "full":
        return list(product(*space.states.values())), "", "full"
    cells = sum(len(a) * len(b) for a, b in combinations(space.states.values(), 2))
    if cells > MAX_PAIRWISE_CELLS:
        reason = f"{space.size:,} combinations and {cells:,} pairs of states; leave out variables with 'variables'"
        return [], reason, "refused"
    rows = set(pairwise_rows(space.states)) | {_representative(space, box) for box in boxes}
    rank = [{s: i for i, s in enumerate(states)} for states in space.states.values()]
    ordered = sorted(rows, key=lambda row: [r[s] for r, s in zip(rank, row, strict=True)])
    asked = "as asked" if action.combinations == "pairwise" else f"at most {limit:,} are built"
    reason = f"{space.size:,} combinations, {asked}; every pair of states and every rule has a row"
    return ordered, reason, "pairwise"


def _representative(space: Space, box: Box[UnsafeControlAction]) -> tuple[str, ...]:
    """One row that the rule covers."""
    return tuple(next(s for s in states if s in box.allowed.get(v, states)) for v, states in space.states.items())


def _judged_rows(space: Space, boxes: list[Box[UnsafeControlAction]], rows: list[tuple[str, ...]]) -> Iterator[Row]:
    masks = list(space.masks(boxes).values())
    cache: dict[int, tuple[Verdict, ...]] = {}
    for states in rows:
        alive = (1 << len(boxes)) - 1
        for mask, state in zip(masks, states, strict=True):
            alive &= mask[state]
        if alive not in cache:
            matching = [box.value for i, box in enumerate(boxes) if alive >> i & 1]
            cache[alive] = tuple(_verdict(aspect, matching) for aspect in ASPECTS)
        yield Row(states, cache[alive])


def _verdict(aspect: Aspect, matching: list[UnsafeControlAction]) -> Verdict:
    rules = [u for u in matching if u.type == aspect]
    hazards = tuple(sorted({h for u in rules for h in u.hazards}))
    sure = {u.status for u in rules if not u.when}
    if sure == {"hazardous", "not-hazardous"}:
        decision: Decision = "conflict"
    elif "hazardous" in sure:
        decision = "hazardous"
    elif any(u.status == "hazardous" for u in rules):
        decision = "depends"
    elif "not-hazardous" in sure:
        decision = "not-hazardous"
    else:
        decision = "depends" if rules else "not-assessed"
    return Verdict(aspect, decision, tuple(sorted(u.id for u in rules)), hazards)


def _coverage(space: Space, boxes: list[Box[UnsafeControlAction]]) -> Iterator[Coverage]:
    for aspect in ASPECTS:
        of_aspect = [b for b in boxes if b.value.type == aspect]
        judged = space.covered([b for b in of_aspect if not b.value.when])
        either = space.covered(of_aspect)
        conditional = None if judged is None or either is None else either - judged
        yield Coverage(aspect, judged, conditional, space.size, space.gaps(of_aspect))


def _clashes(space: Space, boxes: list[Box[UnsafeControlAction]], action: ControlAction) -> Iterator[Clash]:
    """Pairs of rules that cannot both hold where they meet; rules with a condition in words are left to people."""
    sure = sorted((b for b in boxes if not b.value.when), key=lambda b: b.value.id)
    for one, two in combinations(sure, 2):
        kind = _clash(one.value, two.value)
        if kind and one.meets(two):
            yield Clash(kind, (one.value.id, two.value.id), _example(space, one, two))
    for number, wish in enumerate(action.desired):
        allowed = {**{v: frozenset((s,)) for v, s in wish.context.items()}}
        allowed |= {v: frozenset(s) for v, s in wish.any_of.items()}
        for box in sure:
            wanted = Box(allowed, box.value)
            hazardous = box.value.type == wish.type and box.value.status == "hazardous"
            if hazardous and space.fits(wanted) and wanted.meets(box):
                yield Clash("desired", (f"{action.id}.desired.{number}", box.value.id), _example(space, wanted, box))


def _clash(one: UnsafeControlAction, two: UnsafeControlAction) -> Literal["conflict", "contradiction"] | None:
    if one.type == two.type and {one.status, two.status} == {"hazardous", "not-hazardous"}:
        return "conflict"
    blind = one.believed or two.believed  # what is provided follows from a false belief, and is another thing
    if {one.type, two.type} == {"provided", "not-provided"} and one.status == two.status == "hazardous" and not blind:
        return "contradiction"
    return None


def _example(space: Space, one: Box[UnsafeControlAction], two: Box[UnsafeControlAction]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for variable, states in space.states.items():
        allowed = one.allowed.get(variable, frozenset(states)) & two.allowed.get(variable, frozenset(states))
        if variable in one.allowed or variable in two.allowed:
            found[variable] = next(s for s in states if s in allowed)
    return tuple(found.items())


def _unmatched(space: Space, boxes: list[Box[UnsafeControlAction]]) -> Iterator[NotAssessed]:
    for box in boxes:
        for variable, allowed in box.allowed.items():
            if variable not in space.states:
                known = ", ".join(space.states) or "none"
                reason = f"the rule names '{variable}', which is not a variable of the table ({known})"
                yield NotAssessed(box.value.id, reason, f"Add '{variable}' to the process model or to 'variables'.")
            elif not allowed & set(space.states[variable]):
                reason = f"'{variable}' is never {' or '.join(sorted(allowed))}, so that the rule matches no row"
                yield NotAssessed(box.value.id, reason, f"Its states are: {', '.join(space.states[variable])}.")
