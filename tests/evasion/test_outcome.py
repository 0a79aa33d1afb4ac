"""Intervals, cohorts and their names, random streams."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harmpath.errors import UsageError
from harmpath.evasion.cohorts import cohort_names, dtw, group_patients
from harmpath.evasion.outcome import wilson
from harmpath.evasion.profile import PatientRisk
from harmpath.evasion.streams import integers, uniforms


def test_wilson_agrees_with_published_figures() -> None:
    # Newcombe, Statistics in Medicine 1998;17:857-872, table I, method 3.
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        share = wilson(hits, n)
        assert (share.low, share.high) == pytest.approx((low, high), abs=5e-5)
    assert (wilson(20, 20).high, wilson(0, 0).low, wilson(0, 0).high) == (1.0, 0.0, 1.0)
    assert math.isnan(wilson(0, 0).value)


def test_wilson_covers_on_average() -> None:
    n, exact = 50, []
    for p in np.linspace(0.05, 0.95, 37):
        inside = [k for k in range(n + 1) if wilson(k, n).low <= p <= wilson(k, n).high]
        exact.append(sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in inside))
    assert np.mean(exact) == pytest.approx(0.95, abs=0.01)
    assert min(exact) > 0.88


def _patients(levels: dict[str, float], spread: float = 0.05) -> tuple[tuple[PatientRisk, ...], dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    profiles = {n: np.maximum(level * (1 + spread * rng.normal(size=(60, 3))), 0) for n, level in levels.items()}
    return tuple(PatientRisk(n, 60, float(p.mean()), 0.0, 1.0, "") for n, p in profiles.items()), profiles


@pytest.mark.parametrize(
    ("method", "distance"), [("hierarchical", "features"), ("hierarchical", "dtw"), ("k-means", "features")]
)
def test_cohorts_are_named_by_risk_whatever_the_order(method: str, distance: str) -> None:
    levels = {"a": 900.0, "b": 10.0, "c": 1000.0, "d": 12.0, "e": 11.0}
    for names in ("abcde", "edcba", "cbeda"):
        risks, profiles = _patients({n: levels[n] for n in names})
        found = group_patients(risks, profiles, method=method, distance=distance, resamples=10)
        assert {r.patient for r in found if r.cohort == "more vulnerable"} == {"a", "c"}
        assert all(r.stability == 1.0 for r in found)


def test_a_patient_between_two_cohorts_is_unstable() -> None:
    risks, profiles = _patients({"a": 10.0, "b": 11.0, "between": 100.0, "d": 1000.0, "e": 1100.0}, spread=3.0)
    found = {r.patient: r.stability for r in group_patients(risks, profiles, resamples=60)}
    assert found["between"] is not None
    assert found["between"] <= min(v for v in (found["a"], found["e"]) if v is not None)
    assert found["between"] < 1.0


def test_cohorts_need_patients() -> None:
    risks, profiles = _patients({"a": 1.0})
    with pytest.raises(UsageError):
        group_patients(risks, profiles, count=2)
    assert group_patients(risks, profiles, count=1)[0].cohort == "all alike"
    assert cohort_names(3) == ("least vulnerable", "vulnerable, level 2", "most vulnerable")


def test_dtw_by_its_definition() -> None:
    def by_hand(a: np.ndarray, b: np.ndarray) -> float:
        table = np.full((len(a) + 1, len(b) + 1), np.inf)
        table[0, 0] = 0.0
        for i in range(len(a)):
            for j in range(len(b)):
                table[i + 1, j + 1] = (a[i] - b[j]) ** 2 + min(table[i, j], table[i, j + 1], table[i + 1, j])
        return float(np.sqrt(table[-1, -1]))

    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(4, 9)), rng.normal(size=(4, 7))
    assert dtw(a, b) == pytest.approx([by_hand(x, y) for x, y in zip(a, b, strict=True)])
    assert dtw(np.array([[1.0, 1, 2, 2]]), np.array([[1.0, 2, 2, 2]]))[0] == 0


def test_streams_are_uniform_and_apart() -> None:
    ids = np.arange(2000)
    u = uniforms(1, ids, 0, 20)
    assert ((u >= 0) & (u < 1)).all()
    assert np.abs(np.histogram(u, 20, (0, 1))[0] / u.size - 0.05).max() < 0.005
    others = [uniforms(2, ids, 0, 20), uniforms(1, ids, 1, 20), uniforms(1, ids + 2000, 0, 20)]
    for other in others:
        assert abs(np.corrcoef(u.ravel(), other.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(u[:, 0], u[:, 1])[0, 1]) < 0.08
    assert np.array_equal(uniforms(1, ids[5:9], 0, 20), u[5:9])
    drawn = integers(1, ids, 3, 7, 4)
    assert set(drawn.ravel().tolist()) == set(range(7))
