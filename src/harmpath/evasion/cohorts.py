"""Cohorts: patients grouped by their risk profiles, named by mean risk, with how stable the grouping is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from harmpath.errors import MissingExtraError, UsageError
from harmpath.evasion.profile import PatientRisk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Distance", "Method", "cohort_names", "dtw", "group_patients"]

Method = Literal["hierarchical", "k-means"]
Distance = Literal["features", "dtw"]
MAX_LENGTH = 48
"""Longest series compared by DTW; longer ones are averaged down to it."""


def cohort_names(count: int) -> tuple[str, ...]:
    """Names from the lowest to the highest mean risk."""
    if count == 1:
        return ("all alike",)
    if count == 2:
        return ("less vulnerable", "more vulnerable")
    return ("least vulnerable", *(f"vulnerable, level {i}" for i in range(2, count)), "most vulnerable")


def group_patients(
    risks: Sequence[PatientRisk], profiles: Mapping[str, NDArray[np.float64]], *, count: int = 2,
    method: Method = "hierarchical", distance: Distance = "features", resamples: int = 200, seed: int = 0,
) -> tuple[PatientRisk, ...]:  # fmt: skip
    """The patients with their cohort and its stability.

    Args:
        risks: from ``risk_profiles``.
        profiles: per patient, windows x horizon.
        count: cohorts wanted.
        method: complete linkage on distances, or k-means on features.
        distance: of summary features (log risk: mean, spread, share), or dynamic time warping of risk over time.
        resamples: times that every patient's windows are drawn again and the patients grouped anew.
        seed: of the resampling and of k-means.

    Raises:
        UsageError: fewer patients than cohorts, or k-means asked to use DTW.
        MissingExtraError: scipy or scikit-learn is not installed.
    """
    import numpy as np

    if count < 1 or len(risks) < count:
        raise UsageError(f"{count} cohorts cannot be made of {len(risks)} patients")
    if method == "k-means" and distance == "dtw":
        raise UsageError("k-means works on features; use method 'hierarchical' with DTW")
    names = [r.patient for r in risks]
    series = [profiles[n].mean(axis=1) for n in names]
    labels = _named(_labels(series, count, method, distance, seed), series, count)
    same = np.zeros(len(names))
    rng = np.random.Generator(np.random.PCG64([seed, 11]))
    for _ in range(resamples):
        drawn = [s[_blocks(rng, len(s))] for s in series]
        same += _named(_labels(drawn, count, method, distance, seed), drawn, count) == labels
    words = cohort_names(count)
    stability = same / resamples if resamples else np.full(len(names), np.nan)
    return tuple(
        replace(r, cohort=words[int(label)], stability=float(s) if resamples else None)
        for r, label, s in zip(risks, labels, stability, strict=True)
    )


def _blocks(rng: np.random.Generator, length: int, block: int = 12) -> NDArray[np.int64]:
    """Windows drawn again in runs of ``block``, since neighbours resemble each other."""
    import numpy as np

    starts = rng.integers(0, max(length - block, 0) + 1, -(-length // block))
    result: NDArray[np.int64] = np.minimum((starts[:, None] + np.arange(block)).ravel()[:length], length - 1)
    return result


def _labels(
    series: Sequence[NDArray[np.float64]], count: int, method: Method, distance: Distance, seed: int
) -> NDArray[np.int64]:
    import numpy as np

    if count == 1:
        return np.zeros(len(series), dtype=np.int64)
    try:
        if method == "k-means":
            from sklearn.cluster import KMeans

            found = KMeans(count, n_init=10, random_state=seed).fit_predict(_features(series))
        else:
            from scipy.cluster.hierarchy import fcluster, linkage
            from scipy.spatial.distance import pdist, squareform

            apart = pdist(_features(series)) if distance == "features" else squareform(_all_dtw(series), checks=False)
            found = fcluster(linkage(apart, "complete"), count, "maxclust") - 1
    except ImportError as error:
        raise MissingExtraError("grouping patients", "ml") from error
    return np.asarray(found, dtype=np.int64)


def _named(labels: NDArray[np.int64], series: Sequence[NDArray[np.float64]], count: int) -> NDArray[np.int64]:
    """Labels in the order of the cohorts' mean risk, whatever number the clustering gave them."""
    import numpy as np

    mean = np.array([s.mean() for s in series])
    present = sorted(set(labels.tolist()), key=lambda c: (float(mean[labels == c].mean()), c))
    order = {c: min(i, count - 1) for i, c in enumerate(present)}
    return np.array([order[int(c)] for c in labels], dtype=np.int64)


def _features(series: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Log of mean and 90th percentile, and the share of windows with risk; each to unit spread."""
    import numpy as np

    rows = np.array([[np.log1p(s.mean()), np.log1p(np.quantile(s, 0.9)), (s > 0).mean()] for s in series])
    spread = rows.std(axis=0)
    result: NDArray[np.float64] = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return result


def _all_dtw(series: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """DTW distances of the series, averaged down to one length, on the logarithm of risk."""
    import numpy as np

    length = min(MAX_LENGTH, *(len(s) for s in series))
    short = np.array([[part.mean() for part in np.array_split(np.log1p(s), length)] for s in series])
    first, second = np.triu_indices(len(series), 1)
    table = np.zeros((len(series), len(series)))
    table[first, second] = table[second, first] = dtw(short[first], short[second])
    return table


def dtw(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dynamic time warping distances of pairs of series, a[i] to b[i]; (pairs, length) each.

    The square root of the cheapest sum of squared differences over all alignments (Sakoe and Chiba 1978).
    """
    import numpy as np

    cost = (a[:, :, None] - b[:, None, :]) ** 2
    row = np.cumsum(cost[:, 0], axis=1)
    for i in range(1, a.shape[1]):
        new = np.empty_like(row)
        new[:, 0] = row[:, 0] + cost[:, i, 0]
        for j in range(1, b.shape[1]):
            new[:, j] = cost[:, i, j] + np.minimum(np.minimum(row[:, j], row[:, j - 1]), new[:, j - 1])
        row = new
    result: NDArray[np.float64] = np.sqrt(row[:, -1])
    return result
