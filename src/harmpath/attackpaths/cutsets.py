"""The smallest or cheapest sets of control placements that leave no path to a set of goals, exactly.

Implicit hitting sets (Moreno-Centeno and Karp, Operations Research 61, 2013): a mixed-integer program proposes the
best set that hits every path found so far; the fixpoint either finds a path that survives, which becomes a new
constraint, or proves the set. All derivations count, not only the k that are published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harmpath.attackpaths.analysis import Controls, placements_for
from harmpath.attackpaths.cutgraph import CutGraph
from harmpath.attackpaths.derivations import Derivation
from harmpath.attackpaths.placement import Placement
from harmpath.attackpaths.problem import Problem, Solution, problem_for
from harmpath.attackpaths.results import AttackPath
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.attackpaths.writing import path_of
from harmpath.catalogue.controls import SecurityControl, security_controls
from harmpath.catalogue.rules import AttackRule, attack_rules
from harmpath.catalogue.vocabulary import POSITIONS
from harmpath.device.goals import Goal
from harmpath.device.model import Device

__all__ = ["CutSet", "CutSets", "Objective", "Uncuttable", "cut_sets"]

Objective = Literal["smallest", "cheapest"]

_MAX_ROUNDS = 2000
"""Bound on how often the program is solved; what is then unproved is said so."""


@dataclass(frozen=True, slots=True)
class CutSet:
    """A set of placements that leaves no path; without any one of them some path remains."""

    placements: tuple[Placement, ...]
    cost: int
    """Sum of the relative costs of its controls (ordinal, see the control catalogue)."""
    equivalents: tuple[tuple[Placement, ...], ...]
    """Per placement, others that would do the same for these goals."""


@dataclass(frozen=True, slots=True)
class Uncuttable:
    """A goal that some path reaches whatever controls are placed: residual risk."""

    goal: Goal
    reason: str
    path: AttackPath
    """A path no step of which any control of the catalogue removes."""


@dataclass(frozen=True, slots=True)
class CutSets:
    """The answer for a set of goals."""

    goals: tuple[Goal, ...]
    """The goals that the sets cut off."""
    objective: Objective
    sets: tuple[CutSet, ...]
    """Best first; none of them contains another."""
    uncuttable: tuple[Uncuttable, ...]
    already_cut: tuple[Goal, ...]
    """Goals that are not reached in the first place."""
    complete: bool
    """False when the search was stopped before n sets were found or shown not to exist."""
    candidates: int
    """How many placements remove anything on the way to these goals."""


def cut_sets(
    device: Device,
    vulnerabilities: Sequence[KnownVulnerability],
    goals: Sequence[Goal],
    objective: Objective = "smallest",
    n: int = 5,
    *,
    controls: Controls = "none",
    positions: Sequence[str] = POSITIONS,
    rules: Sequence[AttackRule] | None = None,
    catalogue: Sequence[SecurityControl] | None = None,
) -> CutSets:
    """Up to n alternative sets of placements, best first, that cut every path to every goal that can be cut.

    Args:
        device: the model.
        vulnerabilities: known vulnerabilities of its components and channels.
        goals: what must not be reached, e.g. the goals that lead to one hazard.
        objective: ``smallest`` number of placements (ties by cost) or ``cheapest`` (ties by number); what device.yaml
            plans already is preferred where that decides nothing.
        n: how many alternatives.
        controls: what is in place already; the sets come on top of it.
        positions: attacker positions to start from.
        rules: attack rules; the shipped ones when None.
        catalogue: security controls; the shipped ones when None.
    """
    used_rules = attack_rules() if rules is None else tuple(sorted(rules, key=lambda r: r.id))
    used_controls = security_controls() if catalogue is None else tuple(catalogue)
    problem = problem_for(device, vulnerabilities, used_rules, used_controls, positions)
    return cuts_of(problem.solve(placements_for(device, controls)), goals, objective, n)


def cuts_of(solution: Solution, goals: Sequence[Goal], objective: Objective = "smallest", n: int = 5) -> CutSets:
    """:func:`cut_sets` for a problem that is already solved."""
    reached = {g: f for g in sorted(set(goals)) if solution.reached(g) and (f := solution.goal_fact(g)) is not None}
    graph = CutGraph(solution, sorted(reached.values()))
    everything = range(len(graph.classes))
    left = {goal: graph.derive(fact, everything) for goal, fact in reached.items()}
    cuttable = {goal: fact for goal, fact in reached.items() if left[goal] is None}
    found, complete = _enumerate(graph, sorted(cuttable.values()), objective, n)
    return CutSets(
        goals=tuple(cuttable),
        objective=objective,
        sets=tuple(_cut_set(graph, chosen) for chosen in found),
        uncuttable=tuple(_uncuttable(solution.problem, g, steps) for g, steps in left.items() if steps is not None),
        already_cut=tuple(g for g in sorted(set(goals)) if g not in reached),
        complete=complete,
        candidates=sum(len(c.members) for c in graph.classes),
    )


def _enumerate(graph: CutGraph, goals: list[int], objective: Objective, n: int) -> tuple[list[list[int]], bool]:
    if not goals:
        return [], True
    program = _Program(graph, objective)
    found: list[list[int]] = []
    for _ in range(_MAX_ROUNDS):
        if len(found) >= n:
            return found, True
        chosen = program.best()
        if chosen is None:
            return found, True
        surviving = [(g, d) for g in goals if (d := graph.derive(g, chosen)) is not None]
        if surviving:
            for goal, derivation in surviving:
                program.hit(_narrowed(graph, goal, derivation))
        else:
            found.append(chosen)
            program.exclude(chosen)
    return found, False


def _narrowed(graph: CutGraph, goal: int, derivation: tuple[int, ...]) -> list[int]:
    """A smallest-by-inclusion set of classes of which every cut needs one.

    The classes that do not touch the derivation leave the goal reachable together; as many more as possible are added
    to them, and every cut needs one of the rest.
    """
    rest = graph.cutting(derivation)
    kept_out = [c for c in range(len(graph.classes)) if c not in set(rest)]
    for candidate in list(rest):
        if len(rest) > 1 and graph.derive(goal, [*kept_out, candidate]) is not None:
            kept_out.append(candidate)
            rest.remove(candidate)
    return rest


def _weights(graph: CutGraph, objective: Objective) -> list[int]:
    """Weights whose sum orders sets by number then cost, or cost then number, then by how many are not planned yet."""
    planned = [int(c.planned) for c in graph.classes]
    last = 1 + sum(planned)
    first = [1 if objective == "smallest" else c.cost for c in graph.classes]
    second = [c.cost if objective == "smallest" else 1 for c in graph.classes]
    lower = [last * s - p for s, p in zip(second, planned, strict=True)]
    large = 1 + sum(last * s for s in second)
    return [large * f + low for f, low in zip(first, lower, strict=True)]


class _Program:
    """The hitting-set program over the placement classes."""

    def __init__(self, graph: CutGraph, objective: Objective) -> None:
        import highspy

        class Quiet(highspy.Highs):
            """HiGHS without its banner, which its constructor prints when callbacks are enabled (HiGHS issue 2749)."""

            def enableCallbacks(self) -> None:
                self.setOptionValue("output_flag", False)
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        self._highs: Any = Quiet()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("threads", 1)
        self._highs.setOptionValue("mip_rel_gap", 0.0)
        self._highs.setOptionValue("mip_abs_gap", 0.5)
        self._optimal = highspy.HighsModelStatus.kOptimal
        weights = _weights(graph, objective)
        self._variables = [self._highs.addBinary(obj=float(w)) for w in weights]

    def hit(self, classes: list[int]) -> None:
        """At least one of these."""
        self._highs.addConstr(sum(self._variables[c] for c in classes) >= 1)

    def exclude(self, classes: list[int]) -> None:
        """Not all of these together."""
        self._highs.addConstr(sum(self._variables[c] for c in classes) <= len(classes) - 1)

    def best(self) -> list[int] | None:
        """The best set under the constraints so far; None when there is none."""
        self._highs.run()
        if self._highs.getModelStatus() != self._optimal:
            return None
        values = self._highs.getSolution().col_value
        return [i for i in range(len(self._variables)) if values[i] > 0.5]


def _cut_set(graph: CutGraph, chosen: list[int]) -> CutSet:
    classes = [graph.classes[c] for c in chosen]
    classes.sort(key=lambda c: c.members[0])
    return CutSet(
        tuple(c.members[0] for c in classes), sum(c.cost for c in classes), tuple(c.members[1:] for c in classes)
    )


def _uncuttable(problem: Problem, goal: Goal, steps: tuple[int, ...]) -> Uncuttable:
    cost = sum(problem.graph.cost[s] for s in steps)
    path = path_of(problem, goal, Derivation(cost, steps))
    entry = path.steps[0]
    reason = f"No control of the catalogue removes any of its {len(steps)} steps, starting with: {entry.title}."
    return Uncuttable(goal, reason, path)
