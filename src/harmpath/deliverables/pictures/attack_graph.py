"""Several attack paths to one goal as one AND/OR graph: steps they share are drawn once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harmpath.assessment.model import AttackPathRow, StepRow

__all__ = ["AttackGraph", "Gate", "merge_paths"]


@dataclass(frozen=True, slots=True)
class Gate:
    """Where several steps meet: all of them are needed (AND), or any one of them will do (OR)."""

    id: str
    word: str


@dataclass
class AttackGraph:
    """Steps by key, gates, and the arrows between them, in the order of the paths."""

    goal: str
    steps: dict[str, StepRow] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    arrows: dict[tuple[str, str], None] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    """Position's node key: position."""
    paths: list[AttackPathRow] = field(default_factory=list)


def merge_paths(goal: str, paths: Sequence[AttackPathRow], *, most_steps: int = 22) -> AttackGraph:
    """Merge the paths of one goal, cheapest first, for as long as the picture stays readable.

    At least one path is always drawn. Two steps are the same when rule, element, capability and everything before
    them are the same.
    """
    graph = AttackGraph(goal)
    ends: dict[str, None] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for path in paths:
        keys = _keys(path)
        new = {key for key in keys.values() if key not in graph.steps}
        if graph.paths and len(graph.steps) + len(new) > most_steps:
            continue
        graph.paths.append(path)
        inner = {required for step in path.steps for required in step.requires}
        for step in path.steps:
            key = keys[step.id]
            before = tuple(dict.fromkeys(keys[r] for r in step.requires if r in keys)) or (_start(graph, path),)
            last = step.id not in inner
            if last and _is_the_goal(step, path) and len(before) == 1 and step.requires:
                ends[before[0]] = None
                continue
            graph.steps.setdefault(key, step)
            needs[key] = before
            if last:
                ends[key] = None
    for key, before in needs.items():
        _connect(graph, before, key, "AND")
    _connect(graph, tuple(ends), "goal", "OR")
    return graph


def _is_the_goal(step: StepRow, path: AttackPathRow) -> bool:
    """A last step that only says that the goal is reached; the goal's own card says so."""
    return step.licence == "inherent" and path.goal == f"{step.capability}.{step.element}"


def _start(graph: AttackGraph, path: AttackPathRow) -> str:
    key = f"start {path.position}"
    graph.starts[key] = path.position
    return key


def _connect(graph: AttackGraph, before: tuple[str, ...], key: str, word: str) -> None:
    """Arrows from what comes before, through a gate when there are several."""
    end = key
    if len(before) > 1:
        gate = Gate(f"{word} {key}", word)
        graph.gates[gate.id] = gate
        graph.arrows[(gate.id, key)] = None
        end = gate.id
    for source in before:
        graph.arrows[(source, end)] = None


def _keys(path: AttackPathRow) -> dict[str, str]:
    """A key for each step that says what it is and everything that it rests on."""
    steps = {step.id: step for step in path.steps}
    known: dict[str, str] = {}

    def key(id_: str, trail: frozenset[str]) -> str:
        if id_ not in known:
            step = steps[id_]
            before = [key(r, trail | {id_}) for r in step.requires if r in steps and r not in trail]
            base = " | ".join([step.rule, step.element, step.capability, step.licence, *sorted(before)])
            known[id_] = base if before else f"{base} | {path.position}"
        return known[id_]

    for id_ in steps:
        key(id_, frozenset())
    short: dict[str, str] = {}
    return {id_: short.setdefault(text, text) for id_, text in known.items()}
