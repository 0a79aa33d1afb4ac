"""Detectors: trained without the future, judged by counts, and evaded only by an attacker who knows of them."""

from __future__ import annotations

import made_attacks as made
import numpy as np
import pytest

from harmpath.errors import UsageError
from harmpath.evasion.attack import Attack, Attempts, run_search
from harmpath.evasion.detectors import (
    Cusum,
    Detector,
    Forest,
    Neighbours,
    OutOfRange,
    RateOfChange,
    Residual,
    evaluate,
    split_by_time,
)
from harmpath.evasion.detectors.detector import average_precision
from harmpath.evasion.goals import Goal, NotDetected, Shown
from harmpath.evasion.limits import Limits
from harmpath.evasion.searches import Beam
from harmpath.evasion.victims.victim import Counted, FunctionVictim

WATCHFUL = (RateOfChange, Residual, Cusum, Neighbours, Forest)
W = made.windows(steps=8, patients=4, length=300, seed=1)
FEATURES = made.LAYOUT.compute(W.raw)


def attack(goal: Goal) -> Attempts:
    limits = Limits((made.glucose_limits(operations=frozenset({"replace"})),), 8)
    job = Attack(W, made.LAYOUT, limits, goal, Counted(FunctionVictim(made.linear)), max_queries=200, seed=1)
    return run_search(job, Beam(depth=3))


def test_split_shares_no_sample_and_leaves_nobody_out() -> None:
    split = split_by_time(W)
    assert not (split.train & split.test).any()
    for p in range(4):
        mine = W.patient == p
        assert W.end[mine & split.train].max() < (W.end[mine & split.test] - 7).min()
        assert split.test[mine].any()
    some = split_by_time(W, train_patients=["p1"])
    assert set(W.patient[some.train]) == {1}
    assert np.array_equal(some.test, split.test)


def test_the_forest_ranks_gross_changes_better_than_chance() -> None:
    # Rare doses and missing values are as odd to it as a wrong hour: it ranks better than chance, no more.
    split = split_by_time(W)
    detector = Forest()
    detector.fit(FEATURES[split.train], 0.05)
    gross = FEATURES[split.test].copy()
    gross[:, :, 0] = 390.0
    result = evaluate(detector, FEATURES[split.test], gross)
    assert result.average_precision > 0.6  # half of the windows are falsified
    assert result.recall.value > result.false_alarms.value


@pytest.mark.parametrize("kind", [k for k in WATCHFUL if k is not Forest])
def test_crude_attacks_are_noticed_at_few_false_alarms(kind: type[Detector]) -> None:
    split = split_by_time(W)
    detector = kind()
    detector.fit(FEATURES[split.train], 0.01)
    found = attack(Shown("hyper"))
    hit = found.achieved & split.test
    result = evaluate(detector, FEATURES[split.test], made.LAYOUT.compute(found.best[hit]))
    assert result.recall.n == hit.sum() > 20
    assert result.recall.value > 0.6
    assert result.false_alarms.value < 0.15
    assert result.average_precision > result.recall.n / (result.recall.n + split.test.sum())
    assert 0 < result.f1 <= 1


def test_an_attacker_who_knows_the_detector_evades_it() -> None:
    split = split_by_time(W)
    detector = Neighbours()
    detector.fit(FEATURES[split.train], 0.001)
    blind = attack(Shown("hyper"))
    knowing = attack(Shown("hyper") & NotDetected(detector))
    assert knowing.achieved.any()
    seen = detector.alarms(made.LAYOUT.compute(blind.best[blind.achieved])).mean()
    assert seen > 0.5
    assert not detector.alarms(made.LAYOUT.compute(knowing.best[knowing.achieved])).any()
    assert knowing.achieved.sum() < blind.achieved.sum()


def test_rules_by_hand() -> None:
    glucose = np.array([[100, 104, 0, 116, 110, 450], [100, 100, 100, 100, 100, 100]], dtype=np.float32)
    features = np.zeros((2, 6, 3), np.float32)
    features[:, :, 0] = glucose
    assert OutOfRange().score(features).tolist() == [50, 0]
    assert RateOfChange().score(features).tolist() == [340, 0]
    assert Residual().score(features).tolist() == [346, 0]
    assert Cusum(spread=100.0).score(features).tolist() == pytest.approx([2.96, 0])


def test_threshold_is_the_share_of_false_alarms_asked_for() -> None:
    for kind in WATCHFUL:
        detector = kind()
        detector.fit(FEATURES, 0.05)
        assert detector.alarms(FEATURES).mean() <= 0.05


def test_average_precision_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    for _ in range(20):
        truth = (rng.random(60) < 0.3).astype(float)
        truth[0] = 1.0
        scores = np.round(rng.normal(size=60) + truth, 1)
        assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))


def test_bad_use_is_said() -> None:
    with pytest.raises(UsageError, match="no window to learn from"):
        Forest().fit(FEATURES[:0])
    with pytest.raises(UsageError, match="one of the two is missing"):
        evaluate(OutOfRange(), FEATURES, FEATURES[:0])
