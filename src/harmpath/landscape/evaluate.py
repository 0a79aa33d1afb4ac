"""Figures of merit of the classifier, with counts and exact intervals; plain Python, so they can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harmpath.landscape.statistics import clopper_pearson

__all__ = ["Detection", "area_under_curve", "detection", "macro_f1"]


@dataclass(frozen=True, slots=True)
class Detection:
    """A yes/no question against its truth."""

    true_positive: int
    false_negative: int
    true_negative: int
    false_positive: int

    @property
    def sensitivity(self) -> float:
        """Share of the positives found."""
        return self.true_positive / max(1, self.true_positive + self.false_negative)

    @property
    def specificity(self) -> float:
        """Share of the negatives left alone."""
        return self.true_negative / max(1, self.true_negative + self.false_positive)

    @property
    def precision(self) -> float:
        """Share of the found that are positive."""
        return self.true_positive / max(1, self.true_positive + self.false_positive)

    def sensitivity_interval(self) -> tuple[float, float]:
        """95 % Clopper-Pearson interval."""
        return clopper_pearson(self.true_positive, self.true_positive + self.false_negative)

    def specificity_interval(self) -> tuple[float, float]:
        """95 % Clopper-Pearson interval."""
        return clopper_pearson(self.true_negative, self.true_negative + self.false_positive)

    def precision_interval(self) -> tuple[float, float]:
        """95 % Clopper-Pearson interval."""
        return clopper_pearson(self.true_positive, self.true_positive + self.false_positive)


def detection(said: Sequence[bool], truth: Sequence[bool]) -> Detection:
    """Count the four cells."""
    pairs = list(zip(said, truth, strict=True))
    return Detection(
        sum(s and t for s, t in pairs),
        sum(not s and t for s, t in pairs),
        sum(not s and not t for s, t in pairs),
        sum(s and not t for s, t in pairs),
    )


def area_under_curve(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """Probability that a positive scores above a negative, ties counting half (Mann-Whitney U)."""
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    ranks, at = [0.0] * len(scores), 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        for i in order[at:end]:
            ranks[i] = (at + end + 1) / 2
        at = end
    positives = sum(truth)
    negatives = len(truth) - positives
    if not positives or not negatives:
        raise ValueError("both classes are needed")
    total = sum(r for r, t in zip(ranks, truth, strict=True) if t)
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def macro_f1(said: Sequence[str], truth: Sequence[str], classes: Sequence[str]) -> tuple[float, dict[str, float]]:
    """(unweighted mean of F1 over ``classes``, F1 per class)."""
    each: dict[str, float] = {}
    for name in classes:
        hit = sum(s == name == t for s, t in zip(said, truth, strict=True))
        claimed, real = sum(s == name for s in said), sum(t == name for t in truth)
        each[name] = 2 * hit / (claimed + real) if claimed + real else 0.0
    return sum(each.values()) / len(classes), each
