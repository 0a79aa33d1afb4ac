"""Goals: achieved exactly where the distance is zero, never already there, and composable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harmpath.evasion.goals import (
    AlarmSuppressed,
    All,
    Answer,
    AnyOf,
    ClassChange,
    DoseError,
    ErrorAbove,
    Goal,
    NotDetected,
    Shown,
    TargetClass,
    Thresholds,
    Truly,
    ZoneAtLeast,
)
from harmpath.evasion.profile import RiskWeights, WorstRisk, risk
from harmpath.evasion.zones import clarke, parkes

GLUCOSE: tuple[Goal, ...] = (
    Shown("hypo"),
    Shown("normal"),
    Shown("hyper"),
    Shown("not-hyper"),
    Shown("not-hypo"),
    Truly("hypo") & Shown("hyper"),
    Shown("hypo") | Shown("hyper"),
    ErrorAbove(30.0),
    ErrorAbove(20.0, "benign"),
    ZoneAtLeast("C"),
    ZoneAtLeast("D", "parkes"),
    DoseError(1.0),
    DoseError(1.0, direction=-1),
    DoseError(0.5, direction=0),
    AlarmSuppressed(),
    (Truly("hypo") & Shown("hyper")) | (Truly("hyper") & Shown("hypo")),
)


def answer(shown: object, benign: object = 100.0, truth: object = 100.0, recent: object = False) -> Answer:
    shape = np.atleast_2d(np.asarray(shown, dtype=float)).shape
    fill = [np.broadcast_to(np.asarray(v, dtype=float), shape).copy() for v in (shown, benign, truth)]
    return Answer(*fill, np.broadcast_to(np.asarray(recent), shape[:1]).copy(), np.zeros((shape[0], 1, 1), np.float32))


VALUES = st.one_of(st.sampled_from([40.0, 69.999, 70.0, 125.0, 125.001, 180.0, 400.0]), st.floats(20, 500))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), goal=st.sampled_from(GLUCOSE))
def test_distance_is_zero_exactly_where_achieved_and_eligible_windows_are_not(data: st.DataObject, goal: Goal) -> None:
    shown, benign, truth = (data.draw(arrays(float, (6, 3), elements=VALUES)) for _ in range(3))
    a = answer(shown, benign, truth, data.draw(arrays(bool, 6)))
    distance = goal.distance(a)
    assert (distance >= 0).all()
    assert np.array_equal(goal.achieved(a), goal.applies(a) & (distance == 0))
    start = answer(benign, benign, truth, a.recent)
    assert not (goal.eligible(a) & goal.achieved(start)).any()
    assert not (goal.eligible(a) & ~goal.applies(a)).any()


def test_states_are_strict_and_depend_on_meals() -> None:
    a = answer([[69.9], [70.0], [125.0], [125.1], [180.0], [180.1]])
    assert Shown("hypo").achieved(a).tolist() == [True, False, False, False, False, False]
    assert Shown("hyper").achieved(a).tolist() == [False, False, False, True, True, True]
    fed = answer([[125.1], [180.0], [180.1]], recent=True)
    assert Shown("hyper").achieved(fed).tolist() == [False, False, True]
    other = Shown("hyper", thresholds=Thresholds(fasting=200.0))
    assert other.achieved(a).sum() == 0


def test_distance_falls_towards_the_goal() -> None:
    a = answer([[80.0], [100.0], [120.0], [126.0]])
    assert (np.diff(Shown("hyper").distance(a)) < 0).all()
    higher = answer([[101.0], [130.0], [200.0], [230.0]])
    assert (np.diff(DoseError(2.0).distance(higher)) < 0).all()
    assert (np.diff(ErrorAbove(200.0).distance(higher)) < 0).all()


def test_unknown_truth_is_never_eligible() -> None:
    a = answer([[100.0]], truth=np.nan)
    for goal in (Truly("hypo"), ErrorAbove(1.0), ZoneAtLeast("B"), Truly("normal") & Shown("hyper"), WorstRisk()):
        assert not goal.eligible(a).any()


def test_composition_flattens_and_means_what_it_says() -> None:
    both = Shown("hypo") & Truly("hyper") & ErrorAbove(1.0)
    assert isinstance(both, All)
    assert len(both.goals) == 3
    either = Shown("hypo") | Shown("hyper")
    assert isinstance(either, AnyOf)
    a = answer([[60.0], [100.0], [200.0]], truth=300.0)
    assert both.achieved(a).tolist() == [True, False, False]
    assert either.achieved(a).tolist() == [True, False, True]


def test_classes() -> None:
    benign = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    shown = np.array([[0.3, 0.4, 0.3], [0.0, 0.6, 0.4]])
    a = answer(shown, benign)
    assert ClassChange().achieved(a).tolist() == [True, False]
    assert TargetClass(2).achieved(a).tolist() == [False, False]
    assert TargetClass(1).achieved(a).tolist() == [True, True]
    assert TargetClass(1).eligible(a).tolist() == [True, False]
    score = answer([[0.4], [0.6]], [[0.7], [0.7]])
    assert ClassChange().achieved(score).tolist() == [True, False]
    assert TargetClass(0).achieved(score).tolist() == [True, False]
    assert ClassChange(threshold=0.65).achieved(score).tolist() == [True, True]


def test_dose_error_knows_its_direction() -> None:
    a = answer([[220.0], [120.0]], benign=170.0)
    assert DoseError(0.9).achieved(a).tolist() == [True, False]
    assert DoseError(0.9, direction=-1).achieved(a).tolist() == [False, True]
    assert DoseError(0.9, direction=0).achieved(a).all()
    assert not DoseError(1.0).achieved(a).any()


def test_alarm_that_would_have_been_raised() -> None:
    a = answer([[80.0, 75.0], [80.0, 69.0], [80.0, 75.0]], [[80.0, 60.0], [80.0, 60.0], [90.0, 90.0]])
    assert AlarmSuppressed().achieved(a).tolist() == [True, False, False]
    assert AlarmSuppressed().eligible(a).tolist() == [True, True, False]


class _Spread:
    threshold = 1.0

    def score(self, features: np.ndarray) -> np.ndarray:
        return np.ptp(features[:, :, 0].astype(float), axis=1)


def test_not_detected_makes_the_attacker_adaptive() -> None:
    features = np.zeros((2, 3, 1), np.float32)
    features[1, 1] = 5.0
    a = answer([[200.0], [200.0]])
    a = Answer(a.shown, a.benign, a.truth, a.recent, features)
    goal = Shown("hyper") & NotDetected(_Spread())
    assert goal.achieved(a).tolist() == [True, False]
    assert goal.distance(a)[1] > 0


def test_clarke_zones() -> None:
    # One point in the middle of every region of the published grid (Clarke 1987, figure 1).
    points = [
        (100, 100, 0),
        (60, 50, 0),
        (200, 150, 1),
        (120, 90, 1),
        (100, 250, 2),
        (170, 40, 2),
        (260, 120, 3),
        (50, 120, 3),
        (250, 50, 4),
        (50, 250, 4),
    ]
    for reference, shown, zone in points:
        assert clarke(reference, shown) == zone, (reference, shown)


def test_parkes_zones() -> None:
    points = [
        (100, 100, 0),
        (40, 30, 0),
        (100, 140, 1),
        (200, 150, 1),
        (50, 100, 2),
        (300, 140, 2),
        (60, 200, 3),
        (400, 80, 3),
        (20, 200, 4),
        (49, 549, 4),
        (500, 500, 0),
        (130, 10, 2),
    ]
    for reference, shown, zone in points:
        assert parkes(reference, shown) == zone, (reference, shown)


def test_risk_weighs_the_change_of_state_and_leaves_the_thresholds_out() -> None:
    truth = np.array([[60.0, 100.0, 60.0, 200.0, 200.0, 100.0, 70.0, 60.0]])
    shown = np.array([[200.0, 200.0, 100.0, 60.0, 100.0, 60.0, 200.0, 50.0]])
    got = risk(truth, shown, np.array([False]), RiskWeights())[0]
    assert got.tolist() == [64 * 140**2, 32 * 100**2, 16 * 40**2, 8 * 140**2, 4 * 100**2, 2 * 40**2, 0, 0]
    fed = risk(truth[:, :2], np.array([[150.0, 150.0]]), np.array([True]), RiskWeights())[0]
    assert fed.tolist() == [16 * 90**2, 0]


@pytest.mark.parametrize("goal", GLUCOSE)
def test_goals_are_values(goal: Goal) -> None:
    assert goal == goal
    assert hash(goal) == hash(goal)
