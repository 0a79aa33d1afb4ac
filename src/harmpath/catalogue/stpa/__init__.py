"""STPA knowledge as data: causal factors, the formal classes of scenarios, failure modes of learned controllers."""

from harmpath.catalogue.stpa.loading import (
    AiThreatEntry,
    Anchor,
    CausalFactor,
    ScenarioClass,
    ai_threat_entries,
    causal_factors,
    scenario_classes,
)

__all__ = [
    "AiThreatEntry",
    "Anchor",
    "CausalFactor",
    "ScenarioClass",
    "ai_threat_entries",
    "causal_factors",
    "scenario_classes",
]
