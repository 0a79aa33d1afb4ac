"""The tables of an STPA as values; :mod:`rendering` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harmpath.device.model import Device
from harmpath.stpa.contexts import ContextTable, context_tables
from harmpath.stpa.lifecycle import ai_threat_answers, lifecycle_loops
from harmpath.stpa.monitors import monitor_rules
from harmpath.stpa.results import Condition, StpaAnalysis

__all__ = ["Table", "context_table_as_table", "stpa_tables"]


@dataclass(frozen=True)
class Table:
    """A named table of text."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def stpa_tables(device: Device, analysis: StpaAnalysis) -> tuple[Table, ...]:
    """Every table of the analysis, in the order of the method."""
    return (
        _losses(device),
        _hazards(device),
        _constraints(analysis),
        _responsibilities(device),
        _unsafe_control_actions(analysis),
        _controller_constraints(analysis),
        _scenarios(analysis),
        _formal_scenarios(analysis),
        *(context_table_as_table(device, t) for t in context_tables(device, analysis) if t.rows),
        _monitors(device, analysis),
        _lifecycle(device, analysis),
        _threats(device, analysis),
        _not_assessed(analysis),
    )


def _joined(ids: Iterable[str]) -> str:
    return ", ".join(ids)


def _conditions(conditions: Iterable[Condition]) -> str:
    return "; ".join(f"{c.variable} = {' or '.join(c.states)}" for c in conditions)


def _losses(device: Device) -> Table:
    rows = tuple((x.id, x.label, x.kind) for x in sorted(device.losses, key=lambda x: x.id))
    return Table("losses", "Losses", ("id", "loss", "kind"), rows)


def _hazards(device: Device) -> Table:
    rows: list[tuple[str, ...]] = []
    for hazard in sorted(device.hazards, key=lambda h: h.id):
        rows.append((hazard.id, hazard.label, "", hazard.severity, _joined(hazard.losses)))
        for sub in hazard.sub_hazards:
            severity = sub.severity or hazard.severity
            rows.append((sub.id, sub.label, hazard.id, severity, _joined(sub.losses or hazard.losses)))
    return Table("hazards", "Hazards", ("id", "hazard", "part of", "severity", "losses"), tuple(rows))


def _constraints(analysis: StpaAnalysis) -> Table:
    rows = tuple((c.id, c.sentence.text, _joined(c.hazards), c.origin) for c in analysis.system_constraints)
    return Table("system-constraints", "System constraints", ("id", "constraint", "hazards", "origin"), rows)


def _responsibilities(device: Device) -> Table:
    duties = sorted(device.responsibilities, key=lambda r: r.id)
    rows = tuple((r.id, r.controller, r.description, _joined(r.constraints)) for r in duties)
    return Table("responsibilities", "Responsibilities", ("id", "controller", "responsibility", "constraints"), rows)


def _unsafe_control_actions(analysis: StpaAnalysis) -> Table:
    columns = ("id", "source", "control action", "type", "context", "believed", "in words", "status", "hazards",
               "reason", "sentence", "note")  # fmt: skip
    rows = tuple(
        (u.id, u.source, u.control_action, u.type or u.group, _conditions(u.context), _conditions(u.believed), u.when,
         u.status, _joined(u.hazards), u.reason, u.sentence.text, u.note)
        for u in analysis.unsafe_control_actions
    )  # fmt: skip
    return Table("unsafe-control-actions", "Unsafe control actions", columns, rows)


def _controller_constraints(analysis: StpaAnalysis) -> Table:
    rows = tuple((c.id, c.controller, c.sentence.text, c.rule, c.uca) for c in analysis.controller_constraints)
    columns = ("id", "controller", "constraint", "rule", "unsafe control action")
    return Table("controller-constraints", "Controller constraints", columns, rows)


def _scenarios(analysis: StpaAnalysis) -> Table:
    columns = ("id", "unsafe control action", "kind", "class", "causal factor", "scenario", "starts at", "adversary",
               "false datum", "attacker goals", "hazards", "losses")  # fmt: skip
    rows = tuple(
        (s.id, s.uca, s.kind, s.archetype, s.causal_factor, s.sentence.text, _joined(s.elements), _joined(s.adversary),
         s.false_datum, _joined(g.id for g in s.goals), _joined(s.hazards), _joined(s.losses))
        for s in analysis.loss_scenarios
    )  # fmt: skip
    return Table("loss-scenarios", "Loss scenarios", columns, rows)


def _formal_scenarios(analysis: StpaAnalysis) -> Table:
    columns = ("id", "unsafe control action", "class", "scenario", "refined by")
    rows = tuple((s.id, s.uca, s.archetype, s.sentence.text, _joined(s.refined_by)) for s in analysis.formal_scenarios)
    return Table("formal-scenarios", "Formal scenarios", columns, rows)


def context_table_as_table(device: Device, table: ContextTable) -> Table:
    """A context table: a column for each variable, and one for each of the seven aspects."""
    aspects = tuple(v.aspect for v in table.rows[0].verdicts) if table.rows else ()
    names = {v: {s.id: s.label for s in device.variable[v][1].states} for v in table.variables}
    rows = tuple(
        (
            *(names[v].get(s, s) for v, s in zip(table.variables, row.states, strict=True)),
            *(f"{v.decision}: {_joined(v.hazards)}" if v.hazards else v.decision for v in row.verdicts),
        )
        for row in table.rows
    )
    kept = "" if table.combinations == "full" else f" ({table.reason})"
    title = f"Context table of {table.control_action}{kept}"
    return Table(f"context-{table.control_action}", title, (*table.variables, *aspects), rows)


def _monitors(device: Device, analysis: StpaAnalysis) -> Table:
    rules = monitor_rules(device, analysis)
    rows = [
        (r.id, r.uca, r.control_action, r.formula,
         _joined(f"{p.name} = {p.default:g} {p.unit}".strip() for p in r.parameters), r.sentence.text)
        for r in rules.rules
    ]  # fmt: skip
    rows += [("", n.subject, "", "", "", f"not generated: {n.reason}") for n in rules.not_generated]
    columns = ("id", "unsafe control action", "control action", "formula", "parameters", "sentence")
    return Table("monitor-rules", "Monitor rules", columns, tuple(rows))


def _lifecycle(device: Device, analysis: StpaAnalysis) -> Table:
    columns = ("ML engine", "stage", "controllers", "control actions", "feedback", "unsafe control actions", "status",
               "reason")  # fmt: skip
    rows = tuple(
        (x.engine, x.stage, _joined(x.controllers), _joined(x.control_actions), _joined(x.feedback),
         _joined(x.unsafe_control_actions), x.status, x.reason)
        for x in lifecycle_loops(device, analysis)
    )  # fmt: skip
    return Table("lifecycle", "Lifecycle loops of ML engines", columns, rows)


def _threats(device: Device, analysis: StpaAnalysis) -> Table:
    columns = ("ML engine", "threat", "status", "addressed by", "reason", "scenarios", "measures")
    rows = tuple(
        (a.engine, a.name, a.status, _joined(a.addressed_by), a.reason, str(len(a.scenarios)), a.measures)
        for a in ai_threat_answers(device, analysis)
    )
    return Table("ai-threats", "AI threats", columns, rows)


def _not_assessed(analysis: StpaAnalysis) -> Table:
    rows = tuple((n.subject, n.reason, n.remedy) for n in analysis.not_assessed)
    return Table("not-assessed", "Not assessed", ("subject", "reason", "remedy"), rows)
