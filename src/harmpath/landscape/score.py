"""From texts to log-odds and the words that made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmpath.landscape.weights import EARLY, HEADS, Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MUTE_WORDS = """a an and are as at be been by can could did do does during for from had has have if in into is it its
may might no not of on only or other some such than that the their then there these they this to under used using was
were when where which while will with within would 0"""
_MUTE = frozenset(_MUTE_WORDS.split())
"""Words that may carry weight but tell a reader nothing; never shown as a deciding phrase on their own."""

__all__ = ["Features", "Scores", "features", "score", "top_phrases"]


@dataclass(frozen=True)
class Features:
    """What the classifier sees of a batch of texts."""

    rows: NDArray[np.int64]
    """Text index of every distinct (text, term), ascending."""
    terms: NDArray[np.int64]
    values: NDArray[np.float64]
    """TF-IDF, each text scaled to unit length."""
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    """Where the term first stands in its text."""
    hits: NDArray[np.float64]
    """shape (texts, lists): log(1 + hits)."""
    early: NDArray[np.float64]
    """shape (texts, lists): 1 / (1 + first start / EARLY); 0 without a hit."""


@dataclass(frozen=True)
class Scores:
    """Log-odds per text and question."""

    features: Features
    values: NDArray[np.float64]
    """shape (texts, heads), in the order of HEADS."""


def features(texts: Sequence[str], weights: Weights) -> Features:
    """The features of a batch; sublinear term frequency (1 + log tf) times idf, unit length."""
    import numpy as np

    found = weights.vocabulary.find(texts)
    size = len(weights.terms)
    key = found.text * size + found.term
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    new = np.flatnonzero(np.diff(ordered, prepend=-1))
    tf = np.diff(np.append(new, len(ordered)))
    pick = order[new]
    rows, terms = found.text[pick], found.term[pick]
    raw = (1.0 + np.log(tf)) * weights.idf[terms]
    norm = np.sqrt(np.bincount(rows, raw * raw, minlength=len(texts)))
    norm[norm == 0] = 1.0
    hits, early = _lists(found.text, found.term, found.start, len(texts), weights)
    return Features(rows, terms, raw / norm[rows], found.start[pick], found.end[pick], hits, early)


def _lists(
    text: NDArray[np.int64], term: NDArray[np.int64], start: NDArray[np.int64], count: int, weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    offsets, members = weights.membership
    width = len(weights.list_names)
    many = (offsets[1:] - offsets[:-1])[term]
    keep = np.flatnonzero(many)
    repeat = many[keep]
    at = np.repeat(keep, repeat)
    within = np.arange(len(at)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    cell = text[at] * width + members[offsets[term[at]] + within]
    hits = np.log1p(np.bincount(cell, minlength=count * width)).reshape(count, width)
    order = np.argsort(-start[at], kind="stable")
    first = np.full(count * width, -1.0)
    first[cell[order]] = start[at][order]
    early = np.where(first < 0, 0.0, 1.0 / (1.0 + np.maximum(first, 0.0) / EARLY)).reshape(count, width)
    return hits, early


def score(texts: Sequence[str], weights: Weights) -> Scores:
    """Log-odds of every question for every text."""
    import numpy as np

    seen = features(texts, weights)
    values = seen.hits @ weights.count_weight + seen.early @ weights.early_weight + weights.intercept
    used = weights.weight[seen.terms]
    for head in range(len(HEADS)):
        values[:, head] += np.bincount(seen.rows, seen.values * used[:, head], minlength=len(texts))
    return Scores(seen, values)


def top_phrases(
    texts: Sequence[str], scores: Scores, weights: Weights, wanted: Sequence[int], heads: Sequence[int], most: int = 3
) -> dict[int, tuple[str, ...]]:
    """For every wanted text the (at most ``most``) phrases that spoke loudest for its given head, in reading order."""
    import numpy as np

    head_of = np.full(len(texts), -1)
    head_of[list(wanted)] = list(heads)
    seen = scores.features
    mine = np.flatnonzero(head_of[seen.rows] >= 0)
    gain = seen.values[mine] * weights.weight[seen.terms[mine], head_of[seen.rows[mine]]]
    telling = (gain > 0) & _telling(weights)[seen.terms[mine]]
    mine, gain = mine[telling], gain[telling]
    order = np.lexsort((seen.start[mine], -gain, seen.rows[mine]))
    chosen: dict[int, list[tuple[int, int]]] = {int(w): [] for w in wanted}
    rows, starts, ends = (a[mine][order].tolist() for a in (seen.rows, seen.start, seen.end))
    for row, start, end in zip(rows, starts, ends, strict=True):
        spans = chosen[row]
        if len(spans) < most and all(end <= s or start >= e for s, e in spans):
            spans.append((start, end))
    return {row: tuple(texts[row][s:e] for s, e in sorted(spans)) for row, spans in chosen.items()}


def _telling(weights: Weights) -> NDArray[np.bool_]:
    """Which terms mean something to a reader."""
    import numpy as np

    known = _TELLING.get(id(weights))
    if known is None:
        known = np.array([not set(t.split()) <= _MUTE and len(t) > 2 for t in weights.terms])
        _TELLING.clear()
        _TELLING[id(weights)] = known
    return known


_TELLING: dict[int, NDArray[np.bool_]] = {}
