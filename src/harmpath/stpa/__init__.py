"""STPA and STPA-Sec: unsafe control actions, the constraints that invert them, and how they could come about."""

from harmpath.stpa.analysis import analyse
from harmpath.stpa.results import (
    Condition,
    ControllerConstraint,
    DerivedConstraint,
    FormalScenario,
    LossScenario,
    StpaAnalysis,
    UnsafeControlAction,
)
from harmpath.stpa.sentences import Sentence

__all__ = [
    "Condition",
    "ControllerConstraint",
    "DerivedConstraint",
    "FormalScenario",
    "LossScenario",
    "Sentence",
    "StpaAnalysis",
    "UnsafeControlAction",
    "analyse",
]
