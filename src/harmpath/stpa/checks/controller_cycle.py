"""Controllers do not command one another in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ControllerCycle(Check):
    """Controllers do not command one another in a circle."""

    id = "controller-cycle"
    severity = "warning"
    title = "Controllers do not command one another in a circle."
    why = "In a circle nobody has the last word: each can undo the other's action, and responsibility cannot be placed."
    remedy = "Decide which controls which, and model the way back as feedback."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for cycle in cycles(subject):
            message = f"Controllers command one another in a circle: {' -> '.join([*cycle, cycle[0]])}."
            yield Finding(cycle[0], message)


def cycles(subject: Subject) -> list[list[str]]:
    """One cycle for each group of controllers that reach one another, from its first id; iterative, so that depth is no
    limit."""
    edges: dict[str, list[str]] = {}
    for action in subject.device.control_actions:
        edges.setdefault(action.source, []).append(action.target)
    groups = (g for g in _components(edges) if len(g) > 1 or g[0] in edges.get(g[0], []))
    return sorted(_shortest(edges, set(group)) for group in groups)


def _shortest(edges: dict[str, list[str]], group: set[str]) -> list[str]:
    """The shortest way from the group's first member back to it."""
    start = min(group)
    came: dict[str, str] = {}
    queue = [start]
    for node in queue:
        for after in sorted(edges.get(node, [])):
            if after == start:
                way = [node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if after in group and after not in came:
                came[after] = node
                queue.append(after)
    return [start]


def _components(edges: dict[str, list[str]]) -> list[list[str]]:
    """Strongly connected components (Kosaraju), each sorted."""
    order: list[str] = []
    seen: set[str] = set()
    for root in sorted(edges):
        stack = [(root, iter(sorted(edges.get(root, []))))] if root not in seen else []
        seen.add(root)
        while stack:
            node, after = stack[-1]
            following = next((n for n in after if n not in seen), None)
            if following is None:
                order.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(sorted(edges.get(following, [])))))
    back: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            back.setdefault(target, []).append(source)
    found: list[list[str]] = []
    placed: set[str] = set()
    for root in reversed(order):
        group, queue = [], [root]
        while queue:
            node = queue.pop()
            if node not in placed:
                placed.add(node)
                group.append(node)
                queue.extend(back.get(node, []))
        if group:
            found.append(sorted(group))
    return found
