"""Against published worked examples."""

from __future__ import annotations

import pytest

from harmpath.landscape.evaluate import area_under_curve
from harmpath.landscape.statistics import (
    clopper_pearson,
    kaplan_meier,
    log_rank,
    poisson_rate_interval,
    trend_test,
)

# Freireich et al. 1963 (leukaemia remission, weeks), the classic survival data: 6-MP and placebo.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_SEEN = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_kaplan_meier_on_freireich() -> None:
    steps = kaplan_meier(TREATED, [bool(o) for o in TREATED_SEEN])
    by_time = {s.time: s.survival for s in steps}
    assert by_time[6] == pytest.approx(0.857, abs=5e-4)
    assert by_time[10] == pytest.approx(0.753, abs=5e-4)
    assert by_time[23] == pytest.approx(0.448, abs=5e-4)
    assert all(s.low <= s.survival <= s.high for s in steps)


def test_log_rank_on_freireich() -> None:
    chi, p = log_rank([(TREATED, [bool(o) for o in TREATED_SEEN]), (PLACEBO, [True] * len(PLACEBO))])
    assert chi == pytest.approx(16.79, abs=0.01)
    assert p == pytest.approx(4.17e-5, rel=0.01)


def test_exact_intervals() -> None:
    assert clopper_pearson(0, 10) == (0.0, pytest.approx(0.3085, abs=1e-4))
    assert clopper_pearson(5, 10) == (pytest.approx(0.1871, abs=1e-4), pytest.approx(0.8129, abs=1e-4))
    low, high = poisson_rate_interval(10, 1.0)
    assert (low, high) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.390, abs=1e-3))


def test_trend() -> None:
    z, p = trend_test([1, 5, 9], [20, 20, 20])
    assert z > 2.5
    assert p < 0.01
    assert trend_test([0, 0], [5, 5]) == (0.0, 1.0)
    assert trend_test([3, 3, 3], [10, 10, 10])[0] == pytest.approx(0.0)


def test_area_under_curve_counts_ties_half() -> None:
    assert area_under_curve([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == 0.75
    assert area_under_curve([1, 1], [False, True]) == 0.5
    with pytest.raises(ValueError, match="both"):
        area_under_curve([1.0], [True])
