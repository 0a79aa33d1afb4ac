"""Runtime monitor rules in signal temporal logic, generated from unsafe control actions with a context.

A rule says of every moment: in this context, this action must not be given, or must follow in time. The shape is that
of the context-aware monitors of Zhou et al., DSN 2021 (arXiv 2104.02545); bounds that are set per patient stay named
parameters, as there. :mod:`harmpath.stpa.traces` evaluates the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

from harmpath.device.control import ControlAction, ProcessVariable, ProcessVariableState
from harmpath.device.model import Device
from harmpath.device.values import Interval
from harmpath.device.vocabulary import Aspect
from harmpath.evidence import ElementEvidence, Evidence, NotAssessed
from harmpath.stpa.identity import readable_id
from harmpath.stpa.results import Condition, StpaAnalysis, UnsafeControlAction
from harmpath.stpa.sentences import Sentence

__all__ = ["Clause", "MonitorRule", "MonitorRules", "Parameter", "monitor_rules"]

Demand = Literal["must-not", "must", "must-not-stop"]

_DEMAND: dict[Aspect, Demand] = {
    "provided": "must-not",
    "too-early": "must-not",
    "applied-too-long": "must-not",
    "not-provided": "must",
    "too-late": "must",
    "stopped-too-soon": "must-not-stop",
}


def symbol(id_: str) -> str:
    """The id as a formula can name it: a hyphen would read as a minus."""
    return id_.replace("-", "_").replace(".", "_")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bound that is set per patient."""

    name: str
    """As the rule's formula names it, e.g. ``iob_high``."""
    default: float
    unit: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A variable lies in one of some ranges, or is in one of some named states."""

    variable: str
    ranges: tuple[Interval, ...] = ()
    """Merged where they touch; the outermost ends of the variable's states are open."""
    states: tuple[str, ...] = ()
    """Named states, for a variable that has no ranges."""
    names: tuple[tuple[str, str], ...] = ()
    """For each range the parameter names of its lower and upper bound; empty where the bound is fixed."""

    def formula(self) -> str:
        """The clause as a formula over the variable."""
        if self.states:
            parts = [f"({symbol(self.variable)} == '{s}')" for s in self.states]
        else:
            pairs = zip(self.ranges, self.names, strict=True)
            parts = [_range_formula(symbol(self.variable), r, n) for r, n in pairs]
        return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})"


@dataclass(frozen=True)
class MonitorRule:
    """One rule that a monitor checks at every sample."""

    id: str
    uca: str
    control_action: str
    demand: Demand
    context: tuple[Clause, ...]
    deadline_s: float
    """For ``must``: seconds within which the action has to come; 0 for at once."""
    parameters: tuple[Parameter, ...]
    hazards: tuple[str, ...]
    formula: str
    """The rule in signal temporal logic; times in seconds."""
    sentence: Sentence
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class MonitorRules:
    """The rules, and the unsafe control actions that no rule can watch, with the reason."""

    rules: tuple[MonitorRule, ...]
    not_generated: tuple[NotAssessed, ...]


def monitor_rules(device: Device, analysis: StpaAnalysis) -> MonitorRules:
    """A rule for each hazardous unsafe control action whose context and aspect can be watched; sorted by id."""
    actions = {a.id: a for a in device.control_actions}
    constraints = {c.uca: c.sentence for c in analysis.controller_constraints}
    rules: list[MonitorRule] = []
    missing: list[NotAssessed] = []
    for uca in analysis.hazardous:
        reason = _obstacle(device, actions[uca.control_action], uca)
        if reason:
            missing.append(NotAssessed(uca.id, reason[0], reason[1]))
        else:
            rules.append(_rule(device, actions[uca.control_action], uca, constraints.get(uca.id, uca.sentence)))
    return MonitorRules(tuple(rules), tuple(missing))


def _obstacle(device: Device, action: ControlAction, uca: UnsafeControlAction) -> tuple[str, str] | None:
    """Why no rule can be generated, and what to do about it; None when one can."""
    if uca.when:
        return "its context is partly in words", "Say it with process-model variables and their states."
    if not uca.context:
        return "it has no context in variables", "Name the process-model states in which it is unsafe."
    if uca.type == "wrong-order":
        return "the order of two actions cannot be seen from one action's trace", "Model the earlier action as a state."
    if uca.type == "too-late" and action.deadline_s is None:
        return "nothing says how late is too late", f"Give 'deadline_s' of {action.id}."
    for condition in uca.context:
        if condition.variable not in device.variable:
            return f"'{condition.variable}' is not a process-model variable", "Add it to the process model."
        known = {s.id: s for s in device.variable[condition.variable][1].states}
        if any(s not in known for s in condition.states):
            return f"'{condition}' names a state that does not exist", "Correct the state."
        ranged = {known[s].range is not None for s in condition.states}
        if len(ranged) > 1:
            return f"only some states of '{condition.variable}' have a range", "Give every state a range, or none."
    return None


def _rule(device: Device, action: ControlAction, uca: UnsafeControlAction, sentence: Sentence) -> MonitorRule:
    assert uca.type is not None
    demand = _DEMAND[uca.type]
    deadline = action.deadline_s or 0.0
    built = [_clause(device.variable[c.variable][1], c) for c in uca.context]
    clauses = tuple(clause for clause, _ in built)
    context = " & ".join(c.formula() for c in clauses)
    evidence = tuple(ElementEvidence(i) for i in (action.id, *(c.variable for c in clauses)))
    return MonitorRule(
        id=readable_id("MON", uca.id),
        uca=uca.id,
        control_action=action.id,
        demand=demand,
        context=clauses,
        deadline_s=deadline if demand == "must" else 0.0,
        parameters=tuple(p for _, parameters in built for p in parameters),
        hazards=uca.hazards,
        formula=f"G({context} -> {_consequence(action.id, demand, deadline)})",
        sentence=sentence,
        evidence=evidence,
    )


def _consequence(action_id: str, demand: Demand, deadline: float) -> str:
    action = symbol(action_id)
    if demand == "must-not":
        return f"!{action}"
    if demand == "must-not-stop":
        return f"(Y {action} -> {action})"
    return f"F[0,{deadline:g}] {action}" if deadline else action


def _clause(variable: ProcessVariable, condition: Condition) -> tuple[Clause, tuple[Parameter, ...]]:
    chosen = [s for s in variable.states if s.id in condition.states]
    if any(s.range is None for s in chosen):
        return Clause(variable.id, states=condition.states), ()
    merged = list(_merged(variable, chosen))
    names: list[tuple[str, str]] = []
    parameters: list[Parameter] = []
    for number, (interval, soft_low, soft_high) in enumerate(merged):
        suffix = f"_{number + 1}" if len(merged) > 1 else ""
        low = f"{symbol(variable.id)}_low{suffix}" if soft_low and isfinite(interval.low) else ""
        high = f"{symbol(variable.id)}_high{suffix}" if soft_high and isfinite(interval.high) else ""
        names.append((low, high))
        parameters += [Parameter(low, interval.low, variable.unit)] if low else []
        parameters += [Parameter(high, interval.high, variable.unit)] if high else []
    return Clause(variable.id, tuple(i for i, _, _ in merged), (), tuple(names)), tuple(parameters)


def _merged(variable: ProcessVariable, chosen: list[ProcessVariableState]) -> Iterator[tuple[Interval, bool, bool]]:
    """Ranges of the chosen states, merged where they touch, with whether each end is set per patient.

    The lowest and the highest end of all states are opened: a value beyond what was thought of is at least as extreme.
    """
    ends = [s.range for s in variable.states if s.range]
    bottom, top = min(r.low for r in ends), max(r.high for r in ends)
    pieces = sorted(((s.range, s.adjustable) for s in chosen if s.range), key=lambda p: (p[0].low, p[0].high))
    low, low_closed, soft_low = pieces[0][0].low, pieces[0][0].low_closed, pieces[0][1]
    last, soft_high = pieces[0]
    for interval, soft in (*pieces[1:], (None, False)):
        touches = interval is not None and interval.low <= last.high and (interval.low_closed or last.high_closed)
        if interval is None or not touches:
            opened_low = -inf if low == bottom else low
            opened_high = inf if last.high == top else last.high
            yield Interval(opened_low, opened_high, low_closed, last.high_closed), soft_low, soft_high
            if interval is None:
                return
            low, low_closed, soft_low = interval.low, interval.low_closed, soft
        if not touches or (interval.high, interval.high_closed) >= (last.high, last.high_closed):
            last, soft_high = interval, soft


def _range_formula(variable: str, interval: Interval, names: tuple[str, str]) -> str:
    parts: list[str] = []
    if isfinite(interval.low) and interval.low == interval.high:
        return f"({variable} == {names[0] or f'{interval.low:g}'})"
    if isfinite(interval.low):
        parts.append(f"({variable} {'>=' if interval.low_closed else '>'} {names[0] or f'{interval.low:g}'})")
    if isfinite(interval.high):
        parts.append(f"({variable} {'<=' if interval.high_closed else '<'} {names[1] or f'{interval.high:g}'})")
    return " & ".join(parts) if parts else "true"
