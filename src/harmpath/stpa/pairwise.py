"""Rows in which every pair of states of two variables occurs together at least once.

Greedy construction in the order of the variables (in-parameter-order, Lei and Tai 1998): deterministic, not minimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product

__all__ = ["pairwise_rows"]

Row = dict[str, str]


def pairwise_rows(states: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Rows over the variables in their order, such that each pair of states of two variables is in some row."""
    order = sorted(states, key=lambda v: -len(states[v]))
    if len(order) < 2:
        return tuple((s,) for v in order for s in states[v])
    rows: list[Row] = [dict(zip(order[:2], pair, strict=True)) for pair in product(states[order[0]], states[order[1]])]
    for index in range(2, len(order)):
        _grow(rows, order[:index], order[index], states)
    filled = {tuple(row.get(v, states[v][0]) for v in states) for row in rows}
    rank = {v: {s: i for i, s in enumerate(options)} for v, options in states.items()}
    return tuple(sorted(filled, key=lambda row: [rank[v][s] for v, s in zip(states, row, strict=True)]))


def _grow(rows: list[Row], before: list[str], variable: str, states: Mapping[str, tuple[str, ...]]) -> None:
    """Extend the rows by one variable: first along the rows, then with new rows for the pairs still missing."""
    missing = {(v, s, t) for v in before for s in states[v] for t in states[variable]}
    for row in rows:
        best = max(states[variable], key=lambda t: sum((v, row[v], t) in missing for v in before if v in row))
        row[variable] = best
        missing -= {(v, row[v], best) for v in before if v in row}
    for v, s, t in sorted(missing):
        host = next((r for r in rows if r.get(variable, t) == t and r.get(v, s) == s), None)
        if host is None:
            host = {}
            rows.append(host)
        host[v], host[variable] = s, t


def covers_all_pairs(rows: tuple[tuple[str, ...], ...], states: Mapping[str, tuple[str, ...]]) -> bool:
    """True when every pair of states of two variables occurs in some row."""
    names = list(states)
    return all(
        {(row[i], row[j]) for row in rows} == set(product(states[names[i]], states[names[j]]))
        for i, j in combinations(range(len(names)), 2)
    )
