"""The AND/OR graph of an attack: facts (capability on element) and steps (one head fact from all of its body facts).

``cheapest`` is Knuth's generalisation of Dijkstra's algorithm (D. E. Knuth, Information Processing Letters 6, 1977):
one pass over the graph finds at once which facts can be reached and the cost of the cheapest derivation of each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["UNREACHED", "Best", "Fact", "Hypergraph", "cheapest"]

Fact = tuple[str, str]
"""Capability and the id of the element (or the word of the position) it is held on."""

UNREACHED: Final = 1 << 60
"""Value of a fact that no derivation reaches."""


@dataclass(slots=True)
class Hypergraph:
    """Facts and steps by number, with their adjacency. Grown once, then only read."""

    facts: list[Fact] = field(default_factory=list)
    number: dict[Fact, int] = field(default_factory=dict)
    head: list[int] = field(default_factory=list)
    body: list[tuple[int, ...]] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    into: list[list[int]] = field(default_factory=list)
    """Steps by the fact they derive."""
    out_of: list[list[int]] = field(default_factory=list)
    """Steps by each fact they need."""

    def fact(self, fact: Fact) -> int:
        """The number of a fact, a new one when it is new."""
        found = self.number.get(fact)
        if found is None:
            found = self.number[fact] = len(self.facts)
            self.facts.append(fact)
            self.into.append([])
            self.out_of.append([])
        return found

    def add(self, head: int, body: Iterable[int], cost: int) -> int | None:
        """Add a step; None when it would need what it derives. ``cost`` is at least 1."""
        needs = tuple(sorted(set(body)))
        if head in needs:
            return None
        step = len(self.head)
        self.head.append(head)
        self.body.append(needs)
        self.cost.append(cost)
        self.into[head].append(step)
        for fact in needs:
            self.out_of[fact].append(step)
        return step


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest derivation of every fact."""

    value: list[int]
    """Cost per fact; UNREACHED where there is none; 0 for what the attacker starts with."""
    step: list[int]
    """The last step of the cheapest derivation per fact; -1 where there is none."""
    order: list[int]
    """Facts in the order they were settled (cheapest first)."""


def cheapest(graph: Hypergraph, start: Sequence[int], removed: frozenset[int] | set[int] = frozenset()) -> Best:
    """Cheapest derivation of every fact from the start facts, without the removed steps.

    The cost of a derivation is its last step's cost plus the costs of its body facts' derivations (a fact used by two
    steps is paid for by each; see the decision record on the semantics of attack paths).
    """
    value = [UNREACHED] * len(graph.facts)
    step = [-1] * len(graph.facts)
    settled = bytearray(len(graph.facts))
    missing = [len(b) for b in graph.body]
    total = list(graph.cost)
    order: list[int] = []
    queue = [(0, -1, fact) for fact in sorted(set(start))]
    head, out_of = graph.head, graph.out_of
    while queue:
        cost, last, fact = heapq.heappop(queue)
        if settled[fact]:
            continue
        settled[fact] = 1
        value[fact], step[fact] = cost, last
        order.append(fact)
        for other in out_of[fact]:
            missing[other] -= 1
            total[other] += cost
            if not missing[other] and other not in removed and not settled[head[other]]:
                target = head[other]
                if total[other] < value[target] or (total[other] == value[target] and other < step[target]):
                    value[target], step[target] = total[other], other
                    heapq.heappush(queue, (total[other], other, target))
    return Best(value, step, order)
