"""Brute force over small hypergraphs: every hyperpath by trying everything; shares nothing with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Small:
    """A hypergraph as plain tuples: facts 0..n-1, the start facts, steps (head, body, cost)."""

    facts: int
    start: frozenset[int]
    steps: tuple[tuple[int, frozenset[int], int], ...]


def reachable(g: Small, removed: frozenset[int] = frozenset()) -> set[int]:
    known = set(g.start)
    while True:
        new = {h for i, (h, b, _) in enumerate(g.steps) if i not in removed and b <= known} - known
        if not new:
            return known
        known |= new


def hyperpaths(g: Small, goal: int) -> Iterator[dict[int, int]]:
    """Every way to give each needed fact one step without a circle and without a step that is not needed."""

    def extend(choice: dict[int, int], open_: list[int]) -> Iterator[dict[int, int]]:
        todo = [f for f in open_ if f not in choice and f not in g.start]
        if not todo:
            if acyclic(choice):
                yield dict(choice)
            return
        fact = todo[0]
        for i, (head, body, _) in enumerate(g.steps):
            if head == fact:
                choice[fact] = i
                yield from extend(choice, todo[1:] + sorted(body))
                del choice[fact]

    def acyclic(choice: dict[int, int]) -> bool:
        done = set(g.start)
        while True:
            new = {f for f, i in choice.items() if f not in done and g.steps[i][1] <= done}
            if not new:
                return set(choice) <= done
            done |= new

    yield from extend({}, [goal])


def cost(g: Small, goal: int, choice: dict[int, int]) -> int:
    if goal not in choice:
        return 0
    _, body, own = g.steps[choice[goal]]
    return own + sum(cost(g, f, choice) for f in body)
