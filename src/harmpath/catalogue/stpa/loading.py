"""Reads the YAML files of this folder; each entry is checked on the way in."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

__all__ = [
    "AiThreatEntry",
    "Anchor",
    "CausalFactor",
    "ScenarioClass",
    "ai_threat_entries",
    "causal_factors",
    "read_entries",
    "scenario_classes",
]

Anchor = Literal[
    "controller",
    "human-controller",
    "machine-controller",
    "engine",
    "engine-input",
    "output",
    "variable",
    "human-variable",
    "machine-variable",
    "blind-variable",
    "signal",
    "sensor",
    "source",
    "feedback-channel",
    "control-channel",
    "actuator",
    "process",
    "rival",
    "training",
    "model-update",
    "installed-engine",
    "trained-engine",
]
"""The place in the control loop that a causal factor is asked of; one scenario per place that the device has."""

Aspect = Literal[
    "not-provided", "provided", "too-early", "too-late", "wrong-order", "stopped-too-soon", "applied-too-long"
]

Adversary = Literal["inject", "spoof", "tamper", "intercept", "replay", "delay", "drop", "disclose"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str


class ScenarioClass(_Entry):
    """One of the four formal classes of loss scenarios: where in the control loop it starts."""

    number: int
    question: str
    """What to ask to find scenarios of this class."""
    safe_decision: bool
    """True where the controller decides as it should and something after it goes wrong."""
    sentence: str
    """The scenario in general; places in braces are filled from the unsafe control action."""


class CausalFactor(_Entry):
    """A way in which unsafe control comes about, or is brought about."""

    kind: Literal["safety", "security"]
    scenario_class: str
    anchor: Anchor
    aspects: tuple[Aspect, ...] = ()
    """Aspects it can cause; empty for all."""
    sentence: str
    """The cause, as a clause after "because"; places in braces are filled from the device."""
    false_datum: str = ""
    goals: tuple[str, ...] = ()
    """Kinds of attacker goals that would realise it."""
    adversary: tuple[Adversary, ...] = ()
    source: str
    """Where the factor is described."""


class AiThreatEntry(_Entry):
    """One of the seven AI-specific threats, and under which causal factors it is asked."""

    description: str
    factors: tuple[str, ...]
    measures: str


_T = TypeVar("_T", bound=BaseModel)


def read_entries(file: str, kind: type[_T]) -> tuple[_T, ...]:
    """The entries of one shipped file, in its order.

    Raises:
        pydantic.ValidationError: the shipped file is wrong (a defect of harmpath).
    """
    text = (resources.files(__package__) / file).read_text(encoding="utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return TypeAdapter(tuple[kind, ...]).validate_python(yaml.load(text, Loader=loader))  # type: ignore[valid-type]  # noqa: S506


@cache
def scenario_classes() -> dict[str, ScenarioClass]:
    """The formal classes by id."""
    return {c.id: c for c in read_entries("scenario_classes.yaml", ScenarioClass)}


@cache
def causal_factors() -> tuple[CausalFactor, ...]:
    """Every causal factor and failure mode of learned controllers, in the order of the files."""
    return read_entries("causal_factors.yaml", CausalFactor) + read_entries("ml_failure_modes.yaml", CausalFactor)


@cache
def ai_threat_entries() -> tuple[AiThreatEntry, ...]:
    """The seven AI-specific threats, in the order of the guidance."""
    return read_entries("ai_threats.yaml", AiThreatEntry)
