"""Streaming: one falsified series, inside the limits along the stream, chosen without looking ahead."""

from __future__ import annotations

import made_attacks as made
import numpy as np
import pytest

from harmpath.errors import UsageError
from harmpath.evasion.goals import Shown
from harmpath.evasion.limits import Limits, different
from harmpath.evasion.streaming import Stream, StreamResult, attack_stream
from harmpath.evasion.victims.victim import Counted, FunctionVictim


def stream(length: int = 40, begin: int = 20, stretches: int = 5) -> Stream:
    values = np.stack([t.values for t in made.traces(stretches, length, seed=2)])
    return Stream(values, begin, np.full((stretches, length, 2), 100.0), np.zeros((stretches, length), dtype=bool))


def run(s: Stream, limits: Limits) -> StreamResult:
    return attack_stream(s, made.LAYOUT, limits, Shown("hyper"), Counted(FunctionVictim(made.linear)), window=6)


@pytest.mark.parametrize("operations", [{"replace"}, {"replace", "add", "drop"}, {"delay", "replay"}, {"drop"}])
def test_inside_the_limits_along_the_stream(operations: set[str]) -> None:
    s = stream()
    limits = Limits((made.glucose_limits(operations=frozenset(operations), max_step=15.0),), 10, 6)
    found = run(s, limits)
    assert np.array_equal(found.falsified[:, : s.begin], s.values[:, : s.begin], equal_nan=True)
    attacked, past = s.values[:, s.begin :], s.values[:, : s.begin]
    # The series as a whole is one window of the same limits, so the check of windows judges the stream too. True values
    # that the device refused are missing from it; they are no edits of the attacker, but look like withheld ones.
    checked = Limits(
        (made.glucose_limits(operations=frozenset(operations | {"drop"}), max_step=15.0),), 10 + found.refused.max(), 6
    )
    assert checked.allows(attacked, past, found.falsified[:, s.begin :]).all()
    changed = different(s.values, found.falsified).any(axis=2).sum(axis=1)
    assert (found.edits[:, -1] <= 10).all()
    assert (changed <= found.edits[:, -1] + found.refused[:, -1]).all()
    assert found.edits[:, -1].sum() > 0


def test_windows_cut_from_the_series_get_the_answers_reported() -> None:
    s = stream()
    found = run(s, Limits((made.glucose_limits(),), 8))
    assert found.achieved.any()
    for t in range(s.begin, s.values.shape[1]):
        shown = made.linear(made.LAYOUT.compute(found.falsified[:, t - 5 : t + 1]))
        assert np.allclose(shown, found.shown[:, t])
        assert np.array_equal(found.achieved[:, t], found.eligible[:, t] & (shown[:, -1] > 125))


def test_the_future_changes_nothing() -> None:
    whole = stream()
    short = Stream(whole.values[:, :30], whole.begin, whole.truth[:, :30], whole.recent[:, :30])
    limits = Limits((made.glucose_limits(max_step=12.0, operations=frozenset({"replace"}), low=40, high=300),), 10)
    assert np.array_equal(run(whole, limits).falsified[:, :30], run(short, limits).falsified, equal_nan=True)


def test_a_rate_limit_delays_the_success() -> None:
    s = stream()
    free = run(s, Limits((made.glucose_limits(),), 20)).delay()
    slow = run(s, Limits((made.glucose_limits(max_step=6.0),), 20)).delay()
    assert (slow >= free).all()
    assert (slow > free).any()


def test_an_attack_needs_a_window_before_it() -> None:
    with pytest.raises(UsageError, match="step 6 or later"):
        run(stream(begin=3), Limits((made.glucose_limits(),), 2))


def test_nothing_reachable_leaves_the_stream_alone() -> None:
    s = stream()
    found = run(s, Limits((), 5))
    assert np.array_equal(found.falsified, s.values, equal_nan=True)
    assert not found.achieved.any()
