"""STPA knowledge as data: causal factors, the formal classes of scenarios, failure modes of learned controllers."""

from harmpath.catalogue.stpa.loading import (
    Anchor,
    CausalFactor,
    ScenarioClass,
    causal_factors,
    scenario_classes,
)

__all__ = ["Anchor", "CausalFactor", "ScenarioClass", "causal_factors", "scenario_classes"]
