"""Exact intervals, rates, trends and survival; each with its source. SciPy does the distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "SurvivalStep",
    "clopper_pearson",
    "kaplan_meier",
    "log_rank",
    "poisson_rate_interval",
    "trend_test",
]


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval (Clopper & Pearson, Biometrika 26, 1934)."""
    from scipy.stats import beta

    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def poisson_rate_interval(events: int, exposure: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate, events per unit of exposure (Garwood, Biometrika 28, 1936)."""
    from scipy.stats import chi2

    if exposure <= 0:
        raise ValueError("exposure must be positive")
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(chi2.ppf(tail, 2 * events)) / 2
    return low / exposure, float(chi2.ppf(1 - tail, 2 * events + 2)) / 2 / exposure


@dataclass(frozen=True, slots=True)
class SurvivalStep:
    """The curve just after one event time."""

    time: float
    at_risk: int
    events: int
    survival: float
    low: float
    high: float


def kaplan_meier(times: Sequence[float], observed: Sequence[bool], level: float = 0.95) -> tuple[SurvivalStep, ...]:
    """Product-limit estimate with log(-log) pointwise intervals (Kaplan & Meier 1958; Kalbfleisch & Prentice 1980).

    ``times`` are durations, ``observed`` whether the event happened (False: censored at that time).
    """
    from scipy.stats import norm

    z = float(norm.ppf(1 - (1 - level) / 2))
    pairs = sorted(zip(times, observed, strict=True))
    steps: list[SurvivalStep] = []
    survival, variance, at, n = 1.0, 0.0, 0, len(pairs)
    while at < n:
        time, risk = pairs[at][0], n - at
        end = at
        while end < n and pairs[end][0] == time:
            end += 1
        events = sum(o for _, o in pairs[at:end])
        if events:
            survival *= 1 - events / risk
            variance += events / (risk * (risk - events)) if risk > events else math.inf
            steps.append(SurvivalStep(time, risk, events, survival, *_bounds(survival, variance, z)))
        at = end
    return tuple(steps)


def _bounds(survival: float, variance: float, z: float) -> tuple[float, float]:
    if survival in (0.0, 1.0) or math.isinf(variance):
        return survival, survival
    spread = z * math.sqrt(variance) / math.log(survival)
    return survival ** math.exp(-spread), survival ** math.exp(spread)


def log_rank(groups: Sequence[tuple[Sequence[float], Sequence[bool]]]) -> tuple[float, float]:
    """(chi-square, p) of the log-rank test between groups of (times, observed) (Mantel 1966)."""
    import numpy as np
    from scipy.stats import chi2

    times = np.concatenate([np.asarray(t, float) for t, _ in groups])
    events = np.concatenate([np.asarray(o, bool) for _, o in groups])
    group = np.concatenate([np.full(len(t), i) for i, (t, _) in enumerate(groups)])
    k = len(groups)
    excess, covariance = np.zeros(k), np.zeros((k, k))
    for time in np.unique(times[events]):
        at_risk = np.array([np.sum((times >= time) & (group == g)) for g in range(k)], float)
        failed = np.array([np.sum((times == time) & events & (group == g)) for g in range(k)], float)
        n, d = at_risk.sum(), failed.sum()
        share = at_risk / n
        excess += failed - d * share
        if n > 1:
            covariance += d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
    reduced = excess[:-1]
    statistic = float(reduced @ np.linalg.pinv(covariance[:-1, :-1]) @ reduced)
    return statistic, float(chi2.sf(statistic, k - 1))


def trend_test(counts: Sequence[int], totals: Sequence[int]) -> tuple[float, float]:
    """(z, two-sided p) of the Cochran-Armitage trend in proportions over equally spaced years (Armitage 1955)."""
    from scipy.stats import norm

    n, k = sum(totals), sum(counts)
    if n == 0 or k in (0, n):
        return 0.0, 1.0
    share = k / n
    scores = range(len(counts))
    top = sum(s * (c - t * share) for s, c, t in zip(scores, counts, totals, strict=True))
    first = sum(s * t for s, t in zip(scores, totals, strict=True))
    second = sum(s * s * t for s, t in zip(scores, totals, strict=True))
    variance = share * (1 - share) * (second - first * first / n)
    if variance <= 0:
        return 0.0, 1.0
    z = top / math.sqrt(variance)
    return z, float(2 * norm.sf(abs(z)))
