from __future__ import annotations

from hyperpath_oracle import Small, cost, hyperpaths, reachable
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.attackpaths.derivations import Derivations
from harmpath.attackpaths.hypergraph import UNREACHED, Hypergraph, cheapest


@st.composite
def small_graphs(draw: st.DrawFn) -> Small:
    facts = draw(st.integers(3, 7))
    starts = frozenset(range(draw(st.integers(1, 2))))
    step = st.tuples(
        st.integers(0, facts - 1),
        st.frozensets(st.integers(0, facts - 1), min_size=1, max_size=3),
        st.integers(1, 4),
    ).filter(lambda s: s[0] not in s[1] and s[0] not in starts)
    return Small(facts, starts, tuple(draw(st.lists(step, min_size=1, max_size=12))))


def made(small: Small) -> Hypergraph:
    graph = Hypergraph()
    for number in range(small.facts):
        graph.fact(("f", str(number)))
    for head, body, price in small.steps:
        assert graph.add(head, body, price) is not None
    return graph


@settings(max_examples=600, deadline=None)
@given(small_graphs(), st.integers(1, 12))
def test_k_cheapest_equal_brute_force(small: Small, k: int) -> None:
    graph = made(small)
    best = cheapest(graph, sorted(small.start))
    engine = Derivations(graph, best)
    for goal in range(small.facts):
        if goal in small.start:
            continue
        truth = [frozenset(c.values()) for c in hyperpaths(small, goal)]
        costs = sorted(cost(small, goal, c) for c in hyperpaths(small, goal))
        found = engine.cheapest(goal, k)
        assert [d.cost for d in found] == costs[:k]
        sets = [frozenset(d.steps) for d in found]
        assert len(set(sets)) == len(sets), "a derivation is listed once"
        assert set(sets) <= set(truth)
        assert (best.value[goal] < UNREACHED) == (goal in reachable(small)) == bool(truth)


@settings(max_examples=300, deadline=None)
@given(small_graphs())
def test_every_step_comes_after_what_it_needs_and_every_derivation_is_listed(small: Small) -> None:
    graph = made(small)
    engine = Derivations(graph, cheapest(graph, sorted(small.start)))
    for goal in set(range(small.facts)) - small.start:
        found = engine.cheapest(goal, 10_000)
        assert len(found) == sum(1 for _ in hyperpaths(small, goal))
        for derivation in found:
            known = set(small.start)
            for step in derivation.steps:
                head, body, _ = small.steps[step]
                assert body <= known and head not in known
                known.add(head)
            assert goal in known


@settings(max_examples=200, deadline=None)
@given(small_graphs(), st.data())
def test_removed_steps_are_not_used(small: Small, data: st.DataObject) -> None:
    removed = frozenset(data.draw(st.sets(st.integers(0, len(small.steps) - 1))))
    graph = made(small)
    engine = Derivations(graph, cheapest(graph, sorted(small.start), removed), removed)
    left = Small(small.facts, small.start, tuple(s for i, s in enumerate(small.steps) if i not in removed))
    for goal in set(range(small.facts)) - small.start:
        found = engine.cheapest(goal, 10_000)
        assert [d.cost for d in found] == sorted(cost(left, goal, c) for c in hyperpaths(left, goal))
        assert not any(removed & set(d.steps) for d in found)


def test_a_step_that_needs_what_it_gives_is_no_step() -> None:
    graph = Hypergraph()
    fact = graph.fact(("execute", "a"))
    assert graph.add(fact, [fact], 1) is None


def test_a_dead_end_with_many_circles_does_not_stall_the_search() -> None:
    """A goal behind one entry, beside a clique that only leads back: the circles are never enumerated."""
    graph = Hypergraph()
    start = graph.fact(("at", "internet"))
    door = graph.fact(("execute", "door"))
    goal = graph.fact(("execute", "goal"))
    graph.add(door, [start], 1)
    graph.add(goal, [door], 1)
    clique = [graph.fact(("execute", f"n{i}")) for i in range(14)]
    for a in [door, *clique]:
        for b in [door, *clique]:
            if a != b:
                graph.add(b, [a], 1)
    found = Derivations(graph, cheapest(graph, [start])).cheapest(goal, 10)
    assert [d.cost for d in found] == [2]
