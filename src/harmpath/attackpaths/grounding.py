"""From rules and relations to the AND/OR graph: every way in which a rule applies to this device.

A rule's conditions on the model are joined relation by relation over indices, so that the work is proportional to
what applies; attackers' positions are facts like any other and are never multiplied in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harmpath.attackpaths.hypergraph import Hypergraph
from harmpath.attackpaths.relations import Relations
from harmpath.catalogue.atoms import Atom
from harmpath.catalogue.rules import AttackRule

__all__ = ["Grounding", "ground"]

_Index = dict[tuple[str, ...], list[tuple[str, ...]]]
_Tests = tuple[tuple[int, frozenset[str]], ...]
CostOf = Callable[[AttackRule, dict[str, str]], int]


@dataclass(frozen=True, slots=True)
class Grounding:
    """The graph, and for every step the rule and the values of the rule's variables."""

    graph: Hypergraph
    rules: tuple[AttackRule, ...]
    rule: list[int]
    """Per step: index into rules."""
    values: list[tuple[str, ...]]
    """Per step: values in the order of ``variables`` of its rule."""
    variables: tuple[tuple[str, ...], ...]
    """Per rule: its variables."""

    def binding(self, step: int) -> dict[str, str]:
        """What the variables of the step's rule stand for."""
        return dict(zip(self.variables[self.rule[step]], self.values[step], strict=True))


class _Indices:
    """Relations selected and indexed as a join needs them, made when first asked for and kept."""

    def __init__(self, relations: Relations, domains: dict[str, list[tuple[str, ...]]]) -> None:
        self._relations = dict(relations)
        self._domains = domains
        self._made: dict[tuple[object, ...], _Index] = {}

    def rows(self, name: str) -> list[tuple[str, ...]]:
        """The rows of a relation. ``any component|channel`` is every element of these kinds."""
        if name not in self._relations and name.startswith("any "):
            kinds = name.removeprefix("any ").split("|")
            self._relations[name] = [row for kind in kinds for row in self._domains[kind]]
        return self._relations.get(name, [])

    def index(self, name: str, key: tuple[int, ...], free: tuple[int, ...], tests: _Tests) -> _Index:
        """Rows that pass the tests, by the arguments in ``key``, reduced to the arguments in ``free``."""
        asked = (name, key, free, tests)
        made = self._made.get(asked)
        if made is None:
            rows = self.rows(name)
            for position, words in tests:
                rows = [r for r in rows if r[position] in words]
            grouped: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
            for row in rows:
                grouped.setdefault(tuple([row[p] for p in key]), {})[tuple([row[p] for p in free])] = None
            made = self._made[asked] = {k: list(g) for k, g in grouped.items()}
        return made


def ground(
    rules: Sequence[AttackRule], relations: Relations, elements: dict[str, list[str]], cost_of: CostOf
) -> Grounding:
    """Every application of every rule.

    Args:
        rules: sorted by id; the order fixes the numbering of steps.
        relations: see :func:`harmpath.attackpaths.relations.relations_of`.
        elements: ids by kind of element, for variables that no relation binds.
        cost_of: cost of a step from its rule and binding, at least 1; without a licence the binding does not matter.
    """
    indices = _Indices(relations, {kind: [(e,) for e in ids] for kind, ids in elements.items()})
    result = Grounding(Hypergraph(), tuple(rules), [], [], tuple(_variables(r) for r in rules))
    for number, rule in enumerate(rules):
        rows = _one_witness(rule, result.variables[number], sorted(set(_join(rule, result.variables[number], indices))))
        _add_steps(result, number, rule, rows, cost_of)
    return result


def _one_witness(rule: AttackRule, variables: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """One row for each way the rule applies: values that only show that a condition is met do not make another step."""
    if not rule.witnesses:
        return rows
    kept = [i for i, v in enumerate(variables) if v not in rule.witnesses]
    first: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in rows:
        first.setdefault(tuple([row[i] for i in kept]), row)
    return list(first.values())


def _variables(rule: AttackRule) -> tuple[str, ...]:
    return tuple(sorted(rule.sorts))


def _join(rule: AttackRule, variables: tuple[str, ...], indices: _Indices) -> list[tuple[str, ...]]:
    """Values of the rule's variables for which all its conditions on the model hold."""
    slots: dict[str, int] = {}
    rows: list[tuple[str, ...]] = [()]
    waiting = list(rule.when) + [
        Atom("any " + "|".join(sorted(rule.sorts[v])), (v,))
        for v in variables
        if not any(v in a.variables for a in rule.when)
    ]
    while waiting and rows:
        atom = min(waiting, key=lambda a: _preference(a, slots, indices))
        waiting.remove(atom)
        rows = _extend(rows, atom, slots, indices)
    order = [slots.get(v, -1) for v in variables]
    return [tuple(row[i] for i in order) for row in rows]


def _preference(atom: Atom, slots: dict[str, int], indices: _Indices) -> tuple[int, int, int]:
    """Join next what shares most with what is known, then what is smallest."""
    free = sum(1 for v in atom.variables if v not in slots)
    shared = sum(1 for v in atom.variables if v in slots)
    return (0 if shared or not slots else 1, free, len(indices.rows(atom.predicate)))


def _extend(rows: list[tuple[str, ...]], atom: Atom, slots: dict[str, int], indices: _Indices) -> list[tuple[str, ...]]:
    keyed = [(p, slots[a]) for p, a in enumerate(atom.arguments) if isinstance(a, str) and a in slots]
    free = [(p, a) for p, a in enumerate(atom.arguments) if isinstance(a, str) and a not in slots]
    tests = tuple((p, a) for p, a in enumerate(atom.arguments) if not isinstance(a, str))
    table = indices.index(atom.predicate, tuple(p for p, _ in keyed), tuple(p for p, _ in free), tests)
    for offset, (_, variable) in enumerate(free):
        slots[variable] = len(rows[0]) + offset
    if len(keyed) == 1:
        only = keyed[0][1]
        return [row + more for row in rows for more in table.get((row[only],), ())]
    sources = [s for _, s in keyed]
    return [row + more for row in rows for more in table.get(tuple([row[s] for s in sources]), ())]


def _add_steps(result: Grounding, number: int, rule: AttackRule, rows: list[tuple[str, ...]], cost_of: CostOf) -> None:
    graph, variables = result.graph, result.variables[number]
    given = [(a.predicate, _slot(a.arguments[0], variables)) for a in rule.given]
    gains = [(_slot(a.predicate, variables), _slot(a.arguments[0], variables)) for a in rule.gains]
    constant = None if rule.licences or not rows else cost_of(rule, {})
    for row in rows:
        body = [graph.fact((p, row[s] if isinstance(s, int) else s)) for p, s in given]
        cost = cost_of(rule, dict(zip(variables, row, strict=True))) if constant is None else constant
        heads = dict.fromkeys(
            (row[p] if isinstance(p, int) else p, row[s] if isinstance(s, int) else s) for p, s in gains
        )
        for head in heads:
            if graph.add(graph.fact(head), body, cost) is not None:
                result.rule.append(number)
                result.values.append(row)


def _slot(argument: str | frozenset[str], variables: tuple[str, ...]) -> int | str:
    """Where in a row the argument's value stands; a constant stands for itself."""
    if isinstance(argument, str) and argument in variables:
        return variables.index(argument)
    return argument if isinstance(argument, str) else next(iter(argument))
