"""The explicit tables that turn a step's metrics into points and a path into an ordinal exploitability level."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harmpath.catalogue.loading import load_mapping

__all__ = ["ExploitabilityScale", "Level", "exploitability_scale"]

Level = Literal["very-low", "low", "moderate", "high", "very-high"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EpssPoints(_Strict):
    """From which EPSS score on a vulnerability is cheaper, and by how much."""

    threshold: float
    points: int


class Points(_Strict):
    """Points per step; their sum, at least 1, is the step's cost."""

    licence: dict[Literal["inherent", "missing-protection", "vulnerability"], int]
    weak_protection: int
    AV: dict[Literal["network", "adjacent", "local", "physical"], int]
    AC: dict[Literal["low", "high"], int]
    PR: dict[Literal["none", "low", "high"], int]
    UI: dict[Literal["none", "required"], int]
    known_exploited: int
    epss: EpssPoints


class LongPath(_Strict):
    """How many steps make a path long, and by how many levels that moves it."""

    steps: int
    levels: int


class Adjustments(_Strict):
    """By how many levels each property of a path moves it."""

    high_complexity: int
    privileges: int
    user_interaction: int
    several_positions: int
    long: LongPath
    known_exploited: int


class ExploitabilityScale(_Strict):
    """The whole table; see exploitability.yaml for what each line means."""

    points: Points
    levels: tuple[Level, ...]
    start: dict[str, Level]
    adjust: Adjustments


@cache
def exploitability_scale() -> ExploitabilityScale:
    """The table that harmpath ships."""
    return load_mapping(resources.files("harmpath.catalogue") / "exploitability.yaml", ExploitabilityScale)
