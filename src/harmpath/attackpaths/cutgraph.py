"""The part of an attack graph that matters for cutting some goals, with what each placement removes from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harmpath.attackpaths.placement import Placement
from harmpath.attackpaths.problem import Problem, Solution

__all__ = ["CutGraph", "PlacementClass"]


@dataclass(frozen=True, slots=True)
class PlacementClass:
    """Placements that remove exactly the same steps of the graph; the first one stands for all."""

    members: tuple[Placement, ...]
    """Cheapest first."""
    cost: int
    """Relative cost of the first one."""
    steps: frozenset[int]
    planned: bool = False
    """True when device.yaml plans the first one already."""


class CutGraph:
    """Usable steps from which the goals can be reached, and the placements that remove some of them."""

    def __init__(self, solution: Solution, goals: Sequence[int]) -> None:
        self._problem = solution.problem
        self._steps = self._relevant(solution, goals)
        self._start = frozenset(solution.problem.start)
        self.classes = self._classes()
        self._class_of: dict[int, list[int]] = defaultdict(list)
        for number, c in enumerate(self.classes):
            for step in sorted(c.steps):
                self._class_of[step].append(number)
        self._out_of: dict[int, list[int]] = defaultdict(list)
        for step in self._steps:
            for fact in self._problem.graph.body[step]:
                self._out_of[fact].append(step)

    @staticmethod
    def _relevant(solution: Solution, goals: Sequence[int]) -> list[int]:
        graph = solution.problem.graph
        seen, stack, steps = set(goals), list(goals), []
        while stack:
            for step in graph.into[stack.pop()]:
                if solution.usable(step):
                    steps.append(step)
                    for fact in graph.body[step]:
                        if fact not in seen:
                            seen.add(fact)
                            stack.append(fact)
        return sorted(steps)

    def _classes(self) -> tuple[PlacementClass, ...]:
        problem: Problem = self._problem
        grounding, graph = problem.grounding, problem.graph
        removed: dict[Placement, set[int]] = defaultdict(set)
        for step in self._steps:
            rule = grounding.rules[grounding.rule[step]]
            element = graph.facts[graph.head[step]][1]
            for placement in problem.placements.removing(rule, grounding.binding(step), element):
                removed[placement].add(step)
        alike: dict[frozenset[int], list[Placement]] = defaultdict(list)
        for placement in sorted(removed):
            alike[frozenset(removed[placement])].append(placement)
        control = problem.placements.control
        planned = {Placement(c.control, e) for c in problem.device.controls if c.status == "planned" for e in c.on}
        classes = []
        for steps, members in alike.items():
            ranked = tuple(sorted(members, key=lambda p: (control[p.control].cost, p not in planned, p)))
            classes.append(PlacementClass(ranked, control[ranked[0].control].cost, steps, ranked[0] in planned))
        return tuple(sorted(classes, key=lambda c: c.members[0]))

    def cutting(self, steps: Sequence[int]) -> list[int]:
        """The classes of which any one removes one of the steps."""
        return sorted({c for s in steps for c in self._class_of.get(s, ())})

    def derive(self, goal: int, chosen: Collection[int]) -> tuple[int, ...] | None:
        """Some derivation of the goal that survives the chosen classes, steps in order; None when there is none."""
        removed = {s for c in chosen for s in self.classes[c].steps}
        graph = self._problem.graph
        by: dict[int, int] = dict.fromkeys(sorted(self._start), -1)
        waiting: dict[int, int] = {}
        queue = sorted(self._start)
        for fact in queue:
            if fact == goal:
                break
            for step in self._out_of.get(fact, ()):
                if step in removed:
                    continue
                left = waiting.get(step, len(graph.body[step])) - 1
                waiting[step] = left
                if not left and graph.head[step] not in by:
                    by[graph.head[step]] = step
                    queue.append(graph.head[step])
        return self._collected(goal, by) if goal in by else None

    def _collected(self, goal: int, by: dict[int, int]) -> tuple[int, ...]:
        steps: dict[int, None] = {}
        stack = [(goal, False)]
        seen: set[int] = set()
        while stack:
            fact, ready = stack.pop()
            step = by[fact]
            if step < 0:
                continue
            if ready:
                steps[step] = None
            elif fact not in seen:
                seen.add(fact)
                stack.append((fact, True))
                stack.extend((f, False) for f in self._problem.graph.body[step])
        return tuple(steps)
