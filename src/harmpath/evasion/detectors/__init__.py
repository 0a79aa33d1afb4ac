"""Detectors: what could notice a falsified window, one idea per file, and how well each does."""

from __future__ import annotations

from harmpath.evasion.detectors.detector import Detector, Evaluation, Split, evaluate, split_by_time
from harmpath.evasion.detectors.learned import Forest, Neighbours
from harmpath.evasion.detectors.rules import Cusum, OutOfRange, RateOfChange, Residual

__all__ = [
    "Cusum",
    "Detector",
    "Evaluation",
    "Forest",
    "Neighbours",
    "OutOfRange",
    "RateOfChange",
    "Residual",
    "Split",
    "evaluate",
    "split_by_time",
]
