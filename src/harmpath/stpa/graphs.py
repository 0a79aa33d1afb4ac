"""Small graph algorithms that are iterative, so that neither depth nor cycles in a model are a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["shortest_cycle", "strong_components"]

Edges = Mapping[str, Sequence[str]]


def strong_components(edges: Edges) -> list[list[str]]:
    """Groups of nodes that reach one another, each sorted; a group comes after every group it leads to (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[list[str]] = []
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(edges.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        waiting.add(root)
        while work:
            node, after = work[-1]
            for target in after:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    waiting.add(target)
                    work.append((target, iter(edges.get(target, ()))))
                    break
                if target in waiting:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = [stack.pop()]
                    while group[-1] != node:
                        group.append(stack.pop())
                    waiting.difference_update(group)
                    found.append(sorted(group))
    return found


def shortest_cycle(edges: Edges, group: set[str]) -> list[str]:
    """The shortest way from the group's first member back to it; only that member when there is none."""
    start = min(group)
    came: dict[str, str] = {}
    queue = [start]
    for node in queue:
        for after in sorted(edges.get(node, ())):
            if after == start:
                way = [node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if after in group and after not in came:
                came[after] = node
                queue.append(after)
    return [start]
