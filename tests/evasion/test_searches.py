"""Every search: stays inside the Reach, repeats by seed, gains by budget, and never beats exhaustive search."""

from __future__ import annotations

from itertools import pairwise

import made_attacks as made
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.errors import UsageError
from harmpath.evasion.attack import run_search
from harmpath.evasion.goals import AlarmSuppressed, ErrorAbove, Shown, Truly
from harmpath.evasion.limits import Limits, different
from harmpath.evasion.searches import SEARCHES, Exhaustive
from harmpath.evasion.traces import Trace, cut

NAMES = sorted(SEARCHES)
OPERATIONS = ("replace", "add", "drop", "delay", "replay")


@st.composite
def some_limits(draw: st.DrawFn) -> Limits:
    operations = frozenset(draw(st.sets(st.sampled_from(OPERATIONS), min_size=1)))
    glucose = made.glucose_limits(
        operations=operations,
        low=draw(st.sampled_from([20.0, 90.0])),
        high=draw(st.sampled_from([200.0, 400.0])),
        resolution=draw(st.sampled_from([0.0, 1.0, 5.0])),
        max_step=draw(st.sampled_from([12.0, 20.0, float("inf")])),
    )
    signals = (glucose, made.dose_limits()) if draw(st.booleans()) else (glucose,)
    return Limits(signals, draw(st.integers(1, 6)), draw(st.integers(1, 5)))


def inside_by_hand(limits: Limits, raw: np.ndarray, past: np.ndarray, best: np.ndarray) -> None:
    """The limits again, one cell after the other, written independently of Limits.allows."""
    assert different(raw, best).sum() <= limits.max_edits
    reached = {s.index: s for s in limits.signals}
    for column in range(raw.shape[1]):
        whole = np.concatenate([past[:, column], raw[:, column]])
        lived = np.concatenate([past[:, column], best[:, column]])
        touched = []
        for t in range(len(raw)):
            old, new, at = raw[t, column], best[t, column], len(past) + t
            if old == new or (np.isnan(old) and np.isnan(new)):
                continue
            touched.append(at)
            s = reached[column]
            if np.isnan(new):
                assert "drop" in s.operations
                continue
            assert s.low - 1e-6 <= new <= s.high + 1e-6
            forged = ("add" if np.isnan(old) else "replace") in s.operations
            on_grid = s.resolution == 0 or abs(new / s.resolution - round(new / s.resolution)) < 1e-6
            earlier = whole[max(0, at - limits.max_lag) : at]
            assert (forged and on_grid) or (s.operations & {"delay", "replay"} and new in earlier)
        if not touched or not np.isfinite(reached[column].max_step):
            continue
        seen = [i for i in range(len(lived)) if not np.isnan(lived[i])]
        for a, b in pairwise(seen):
            if b >= len(past) and any(a <= i <= b for i in touched):
                assert abs(lived[b] - lived[a]) <= reached[column].max_step * (b - a) + 1e-5


@pytest.mark.parametrize("name", [n for n in NAMES if n != "exhaustive"])
@settings(max_examples=8, deadline=None)
@given(limits=some_limits(), seed=st.integers(0, 10_000))
def test_results_are_inside_the_reach(name: str, limits: Limits, seed: int) -> None:
    w = made.windows(steps=6, patients=1, length=40, seed=seed)
    found = run_search(made.attack(w, limits, queries=60, seed=seed), SEARCHES[name]())
    for i in range(len(w)):
        inside_by_hand(limits, w.raw[i], w.past[i], found.best[i])
    assert (found.queries <= 60).all()
    shown = made.linear(made.LAYOUT.compute(found.best))
    assert np.allclose(found.shown, shown, rtol=0, atol=1e-9)
    high = np.where(w.recent, 180.0, 125.0)
    assert np.array_equal(found.achieved, found.eligible & (shown[:, -1] > high))


@pytest.mark.parametrize("operations", [{"replace"}, {"replace", "drop"}, {"drop", "delay"}])
@pytest.mark.parametrize("name", [n for n in NAMES if n != "exhaustive"])
def test_exhaustive_is_never_beaten_on_a_small_grid(name: str, operations: set[str]) -> None:
    w = made.windows(steps=3, patients=2, length=30, seed=4)
    # The resolution leaves five values, so that the grid of exhaustive search holds everything the others can do.
    limits = Limits((made.glucose_limits(operations=frozenset(operations), low=40, high=200, resolution=40.0),), 2, 3)
    whole = run_search(made.attack(w, limits, queries=10_000), Exhaustive(level_count=5))
    found = run_search(made.attack(w, limits, queries=300), SEARCHES[name]())
    assert not (found.achieved & ~whole.achieved).any()
    both = found.achieved & whole.achieved
    assert (whole.edits[both] <= found.edits[both]).all()
    assert whole.achieved.any() or "replace" not in operations


@pytest.mark.parametrize("name", NAMES)
def test_more_queries_never_do_worse(name: str) -> None:
    w = made.windows(steps=5, patients=2, seed=7)
    limits = Limits((made.glucose_limits(max_step=15.0), made.dose_limits()), 3)
    search = SEARCHES[name](level_count=3) if name == "exhaustive" else SEARCHES[name]()
    rows = [run_search(made.attack(w, limits, queries=q), search) for q in (1, 5, 25, 200)]
    for less, more in pairwise(rows):
        assert not (less.achieved & ~more.achieved).any()
        assert (more.edits[less.achieved] <= less.edits[less.achieved]).all()
        assert np.array_equal(less.first[less.achieved], more.first[less.achieved])


@pytest.mark.parametrize("name", NAMES)
def test_seed_reproduces_to_the_byte(name: str) -> None:
    w = made.windows(steps=4, patients=1, length=30)
    once, again = (run_search(made.attack(w, queries=40, seed=3), SEARCHES[name]()) for _ in range(2))
    assert once.best.tobytes() == again.best.tobytes()
    assert once.queries.tobytes() == again.queries.tobytes()


@pytest.mark.parametrize("name", ["annealing", "evolutionary", "random"])
def test_another_seed_draws_other_candidates(name: str) -> None:
    w = made.windows(steps=6, patients=2)
    runs = [
        run_search(made.attack(w, goal=ErrorAbove(290.0, "benign"), queries=20, seed=s), SEARCHES[name]())
        for s in (1, 2)
    ]
    assert not np.array_equal(runs[0].best, runs[1].best, equal_nan=True)


@pytest.mark.parametrize("name", ["annealing", "evolutionary", "random"])
def test_a_window_draws_the_same_whatever_is_attacked_along(name: str) -> None:
    w = made.windows(steps=5, patients=2, seed=5)
    whole = made.attack(w, queries=30)
    search = SEARCHES[name]()
    plan = search.plan(whole)
    first, part = whole.part(slice(0, len(w))), whole.part(slice(10, 30))
    search.run(first, plan)
    search.run(part, plan)
    assert np.array_equal(first.best[10:30], part.best, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_reach_that_allows_nothing_finds_nothing_and_asks_nothing(name: str) -> None:
    found = run_search(made.attack(limits=Limits((), 4)), SEARCHES[name]())
    assert not found.achieved.any()
    assert found.queries.sum() == 0
    assert found.planning == 0


@pytest.mark.parametrize("name", NAMES)
def test_goals_that_hold_without_attack_or_make_no_sense_are_not_attacked(name: str) -> None:
    goal = Shown("hyper") & Truly("hypo")
    found = run_search(made.attack(goal=goal), SEARCHES[name]())
    w = made.windows()
    assert not found.eligible[~(w.truth[:, -1] < 70)].any()
    assert found.queries[~found.eligible].sum() == 0


def test_coordinate_needs_fewer_queries_than_random() -> None:
    w = made.windows(steps=12, patients=4, length=120)
    limits = Limits((made.glucose_limits(high=300.0),), 12)
    smart, blind = (run_search(made.attack(w, limits, queries=100), SEARCHES[n]()) for n in ("coordinate", "random"))
    assert smart.achieved.sum() >= blind.achieved.sum()
    assert smart.first[smart.achieved].mean() < blind.first[blind.achieved].mean()


def test_fewer_edits_are_looked_for() -> None:
    # One late value suffices for the linear forecast; the search starts with whole ends of windows.
    w = made.windows(steps=8, patients=2, length=60)
    limits = Limits((made.glucose_limits(operations=frozenset({"replace"})),), 8)
    found = run_search(made.attack(w, limits, queries=200), SEARCHES["coordinate"]())
    exact = run_search(made.attack(w, Limits(limits.signals, 1), queries=200), Exhaustive(level_count=8))
    assert (found.edits[exact.achieved & found.achieved] == 1).mean() > 0.9


def test_suppressing_an_alarm() -> None:
    w = made.windows(steps=4)
    goal = AlarmSuppressed(below=95.0)
    found = run_search(made.attack(w, goal=goal), SEARCHES["beam"]())
    assert 0 < found.eligible.sum() < len(w)
    assert found.achieved.sum() == found.eligible.sum()
    assert (found.shown[found.achieved].min(axis=1) >= 95.0).all()
    assert (found.benign[found.eligible].min(axis=1) < 95.0).all()


def test_exhaustive_says_when_there_is_too_much() -> None:
    w = made.windows(steps=12)
    with pytest.raises(UsageError, match="more than 1,000 combinations"):
        run_search(made.attack(w, Limits((made.glucose_limits(),), 6)), Exhaustive(most=1000))


def test_progress_and_query_counts_agree_with_the_victim() -> None:
    attack = made.attack()
    seen: list[tuple[int, int]] = []
    before = attack.victim.queries
    found = run_search(attack, SEARCHES["beam"](), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(attack.windows), len(attack.windows))
    assert attack.victim.queries - before == found.queries.sum() + found.planning


ODD = {
    "constant": np.full((40, 2), 100.0),
    "one window": np.full((9, 2), 100.0),
    "mostly missing": np.where(np.arange(40)[:, None] % 5 > 0, np.nan, 100.0) * np.ones((1, 2)),
}


@pytest.mark.parametrize("kind", sorted(ODD))
@pytest.mark.parametrize("name", [n for n in NAMES if n != "exhaustive"])
@pytest.mark.filterwarnings("error")
def test_odd_traces(name: str, kind: str) -> None:
    w = cut([Trace("a", ODD[kind])], made.SIGNALS, steps=6, horizon=3, target="glucose")
    unbounded = made.glucose_limits(low=-np.inf, high=np.inf, resolution=0.0)
    for signal in (made.glucose_limits(max_step=15.0, operations=frozenset(OPERATIONS)), unbounded):
        limits = Limits((signal,), 3)
        found = run_search(made.attack(w, limits, queries=30), SEARCHES[name]())
        for i in range(len(w)):
            inside_by_hand(limits, w.raw[i], w.past[i], found.best[i])
