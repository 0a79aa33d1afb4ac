"""The k cheapest derivations of a fact, exactly.

A derivation is a hyperpath: it gives every fact it uses exactly one step, contains no circle, and no step that is not
needed. Its cost is the additive one of :func:`harmpath.attackpaths.hypergraph.cheapest`.

Method: Lawler's partition as Nielsen, Andersen and Pretolani apply it to hyperpaths (Computers & Operations Research
32, 2005), made lazy. A subproblem fixes the steps of a prefix of facts (in a canonical order) and one step of the next
fact. Its lower bound comes from the unconstrained optimum; only when it is the least of all is it solved: by following
the unconstrained best steps when these respect the prefix, else by re-running Knuth's algorithm on those facts alone
whose best derivation the prefix changes (the affected set of Ramalingam and Reps, Journal of Algorithms 21, 1996).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from harmpath.attackpaths.hypergraph import UNREACHED, Best, Hypergraph

__all__ = ["Derivation", "Derivations"]

_Choice = dict[int, int]


@dataclass(frozen=True, slots=True)
class Derivation:
    """One way of reaching a fact."""

    cost: int
    steps: tuple[int, ...]
    """Step numbers; every step after the steps that derive what it needs."""


@dataclass(frozen=True, slots=True)
class _Subproblem:
    prefix: tuple[int, ...]
    """Steps of the first facts in canonical order."""
    fact: int
    """The next fact, whose step is chosen among the options."""
    options: tuple[int, ...]
    """Steps into the fact, cheapest first."""
    position: int
    solution: tuple[int, _Choice] | None = None


class Derivations:
    """Answers questions about one graph whose cheapest derivations are known."""

    def __init__(self, graph: Hypergraph, best: Best, removed: frozenset[int] = frozenset()) -> None:
        self._graph = graph
        self._best = best
        self._removed = removed
        self._options: dict[int, tuple[tuple[int, int], ...]] = {}
        self._dependents: list[list[int]] | None = None

    def cheapest(self, goal: int, k: int) -> tuple[Derivation, ...]:
        """Up to k derivations of the goal, cheapest first; all of them when there are no more."""
        found: list[Derivation] = []
        if self._best.value[goal] >= UNREACHED:
            return ()
        if self._best.step[goal] < 0:
            return (Derivation(0, ()),)
        serial = 0
        first = _Subproblem((), goal, tuple(s for s, _ in self._steps_into(goal)), 0)
        queue: list[tuple[int, int, _Subproblem]] = [(self._best.value[goal], serial, first)]
        while queue and len(found) < k:
            bound, _, problem = heapq.heappop(queue)
            pushed: list[tuple[int, _Subproblem]] = []
            if problem.solution is None:
                sibling = self._next_option(goal, problem)
                pushed += [sibling] if sibling else []
                solved = self._solve(goal, problem)
                if solved and solved[0] > bound:
                    pushed.append(
                        (
                            solved[0],
                            _Subproblem(problem.prefix, problem.fact, problem.options, problem.position, solved),
                        )
                    )
                    solved = None
            else:
                solved = problem.solution
            if solved:
                cost, choice = solved
                found.append(Derivation(cost, self._in_order(goal, choice)))
                pushed += self._children(goal, problem, choice)
            for value, child in pushed:
                serial += 1
                heapq.heappush(queue, (value, serial, child))
        return tuple(found)

    def _steps_into(self, fact: int) -> tuple[tuple[int, int], ...]:
        """Usable steps into a fact with their unconstrained value, cheapest first."""
        found = self._options.get(fact)
        if found is None:
            valued = sorted((self._step_value(s), s) for s in self._graph.into[fact] if s not in self._removed)
            found = self._options[fact] = tuple((s, v) for v, s in valued if v < UNREACHED)
        return found

    def _step_value(self, step: int) -> int:
        value = self._best.value
        total = self._graph.cost[step]
        for fact in self._graph.body[step]:
            total += value[fact]
        return min(total, UNREACHED)

    def _next_option(self, goal: int, problem: _Subproblem) -> tuple[int, _Subproblem] | None:
        position = problem.position + 1
        if position >= len(problem.options):
            return None
        child = _Subproblem(problem.prefix, problem.fact, problem.options, position)
        return self._bound(goal, child), child

    def _children(self, goal: int, problem: _Subproblem, choice: _Choice) -> list[tuple[int, _Subproblem]]:
        """The rest of a solved subproblem, split by the first fact at which a derivation differs from the solution."""
        children = []
        facts = self._canonical(goal, choice)
        steps = tuple(choice[f] for f in facts)
        for index in range(len(problem.prefix) + 1, len(facts)):
            options = tuple(s for s, _ in self._steps_into(facts[index]) if s != steps[index])
            if options:
                child = _Subproblem(steps[:index], facts[index], options, 0)
                children.append((self._bound(goal, child), child))
        return children

    def _canonical(self, goal: int, choice: _Choice) -> list[int]:
        """Facts of a derivation in canonical order: breadth first from the goal, as the steps list them."""
        facts, seen = [goal], {goal}
        for fact in facts:
            for needed in self._graph.body[choice[fact]]:
                if needed not in seen and self._best.step[needed] >= 0:
                    seen.add(needed)
                    facts.append(needed)
        return facts

    def _fixed(self, goal: int, problem: _Subproblem) -> _Choice:
        """The choices of the prefix, by fact."""
        fixed: _Choice = {}
        order, seen = [goal], {goal}
        for fact, step in zip(order, problem.prefix, strict=False):
            fixed[fact] = step
            for needed in self._graph.body[step]:
                if needed not in seen and self._best.step[needed] >= 0:
                    seen.add(needed)
                    order.append(needed)
        return fixed

    def _bound(self, goal: int, problem: _Subproblem) -> int:
        """Lower bound that never falls along the options: the next fact at its option's unconstrained value."""
        value = self._step_value(problem.options[problem.position])
        return self._evaluate(goal, self._fixed(goal, problem), {problem.fact: value}) or UNREACHED

    def _evaluate(self, goal: int, choice: _Choice, leaves: dict[int, int]) -> int | None:
        """Cost of a partial derivation, open facts at their unconstrained value; None when it runs in a circle."""
        known = dict(leaves)
        open_: set[int] = set()
        stack = [goal]
        while stack:
            fact = stack[-1]
            if fact in known:
                stack.pop()
                continue
            if fact not in choice:
                known[fact] = self._best.value[fact]
                stack.pop()
                continue
            body = self._graph.body[choice[fact]]
            waiting = [f for f in body if f not in known]
            if not waiting:
                known[fact] = self._graph.cost[choice[fact]] + sum(known[f] for f in body)
                open_.discard(fact)
                stack.pop()
            elif fact in open_:
                return None
            else:
                open_.add(fact)
                if any(f in open_ for f in waiting):
                    return None
                stack.extend(waiting)
        return known[goal]

    def _solve(self, goal: int, problem: _Subproblem) -> tuple[int, _Choice] | None:
        """The cheapest derivation within a subproblem; None when there is none."""
        fixed = self._fixed(goal, problem)
        fixed[problem.fact] = problem.options[problem.position]
        value = self._evaluate(goal, fixed, {})
        if value is None or value >= UNREACHED:
            return None
        completed = self._follow_best(goal, fixed)
        return (value, completed) if completed is not None else self._resolve(goal, fixed)

    def _follow_best(self, goal: int, fixed: _Choice) -> _Choice | None:
        """The prefix completed with unconstrained best steps; None where these meet a fact fixed otherwise."""
        best = self._best.step
        inside = {f for f, s in fixed.items() if s != best[f]}
        choice = dict(fixed)
        stack = [f for s in fixed.values() for f in self._graph.body[s] if f not in fixed]
        below: set[int] = set()
        while stack:
            fact = stack.pop()
            if fact in below or best[fact] < 0:
                continue
            below.add(fact)
            if fact in inside:
                return None
            choice.setdefault(fact, best[fact])
            stack.extend(self._graph.body[choice[fact]])
        return choice

    def _resolve(self, goal: int, fixed: _Choice) -> tuple[int, _Choice] | None:
        """Knuth's algorithm under the fixed steps, on the facts whose best derivation they change."""
        graph, best = self._graph, self._best
        affected = self._affected([f for f, s in fixed.items() if s != best.step[f]])
        value: dict[int, int] = {}
        chosen: _Choice = {}
        waiting: dict[int, list[int]] = {}
        queue: list[tuple[int, int, int]] = []
        for fact in affected:
            for step in (fixed[fact],) if fact in fixed else graph.into[fact]:
                if step in self._removed:
                    continue
                missing, total = 0, graph.cost[step]
                for needed in graph.body[step]:
                    if needed in affected:
                        missing += 1
                    else:
                        total += best.value[needed]
                if total >= UNREACHED:
                    continue
                if missing:
                    waiting[step] = [missing, total]
                else:
                    queue.append((total, step, fact))
        heapq.heapify(queue)
        while queue and goal not in value:
            cost, step, fact = heapq.heappop(queue)
            if fact in value:
                continue
            value[fact], chosen[fact] = cost, step
            for other in graph.out_of[fact]:
                entry = waiting.get(other)
                if entry is not None:
                    entry[0] -= 1
                    entry[1] += cost
                    if not entry[0] and graph.head[other] not in value:
                        heapq.heappush(queue, (entry[1], other, graph.head[other]))
        return (value[goal], self._collect(goal, chosen)) if goal in value else None

    def _affected(self, changed: list[int]) -> set[int]:
        """Facts whose cheapest derivation uses a changed fact."""
        if self._dependents is None:
            self._dependents = [[] for _ in self._graph.facts]
            for fact, step in enumerate(self._best.step):
                for needed in self._graph.body[step] if step >= 0 else ():
                    self._dependents[needed].append(fact)
        affected, stack = set(changed), list(changed)
        while stack:
            for fact in self._dependents[stack.pop()]:
                if fact not in affected:
                    affected.add(fact)
                    stack.append(fact)
        return affected

    def _collect(self, goal: int, chosen: _Choice) -> _Choice:
        """The choices that the goal's derivation uses; unchanged facts keep their best step."""
        choice: _Choice = {}
        stack = [goal]
        while stack:
            fact = stack.pop()
            if fact in choice or self._best.step[fact] < 0:
                continue
            choice[fact] = chosen.get(fact, self._best.step[fact])
            stack.extend(self._graph.body[choice[fact]])
        return choice

    def _in_order(self, goal: int, choice: _Choice) -> tuple[int, ...]:
        """The steps of a derivation, what is needed first."""
        ordered: list[int] = []
        done: set[int] = set()
        stack = [(goal, False)]
        while stack:
            fact, ready = stack.pop()
            if ready:
                ordered.append(choice[fact])
            elif fact not in done and fact in choice:
                done.add(fact)
                stack.append((fact, True))
                stack.extend((f, False) for f in reversed(self._graph.body[choice[fact]]))
        return tuple(ordered)
