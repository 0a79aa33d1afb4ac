"""All tables, in the order of the report."""

from __future__ import annotations

from harmpath.deliverables.tables import cuts, model, security, stpa, stpa_depth
from harmpath.deliverables.tables.table import Table
from harmpath.deliverables.view import View

__all__ = ["all_tables"]

_MAKERS = (
    model.sources,
    model.gaps,
    model.not_assessed,
    security.attack_paths,
    security.attack_steps,
    security.reach,
    security.risks,
    cuts.cut_sets,
    security.controls,
    stpa.losses,
    stpa.hazards,
    stpa.constraints,
    stpa.unsafe_control_actions,
    stpa_depth.context_tables,
    stpa_depth.context_clashes,
    stpa_depth.context_gaps,
    stpa_depth.scenario_classes_asked,
    stpa_depth.formal_scenarios,
    stpa.causal_factors,
    stpa.loss_scenarios,
    stpa_depth.monitor_rules,
    stpa_depth.ai_threats,
    stpa_depth.lifecycle_loops,
    security.technologies,
    security.matches,
    security.unmatched,
    model.proposals,
    security.precedents,
    model.components,
    model.channels,
    model.signals,
    model.elements,
    model.decisions,
    model.findings,
    model.traces,
)


def all_tables(view: View) -> dict[str, Table]:
    """Every table by id."""
    made = (make(view) for make in _MAKERS)
    return {t.id: t for t in made}
