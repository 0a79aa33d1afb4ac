"""Monitor rules evaluated over recorded traces: verdict, robustness and violations at every sample.

Quantitative semantics of signal temporal logic (Donze and Maler, 2010): the robustness of ``x < c`` is ``c - x``, of a
conjunction the least of its parts, of an implication the greater of consequence and negated context. Actions are
propositions, with robustness plus or minus infinity; so the robustness of a rule is finite exactly where the action
decides, and says how far the context was from making it unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

from harmpath.device.model import Device
from harmpath.device.values import Interval
from harmpath.errors import UsageError
from harmpath.stpa.monitors import Clause, MonitorRule

__all__ = ["Trace", "Verdicts", "evaluate"]

Column = Sequence[float | str]


@dataclass(frozen=True)
class Trace:
    """Samples over time: variables by id (numbers, or names of states), control actions by id (above 0: given)."""

    time_s: tuple[float, ...]
    """Rising times in seconds."""
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        if any(b <= a for a, b in zip(self.time_s, self.time_s[1:], strict=False)):
            raise UsageError("The times of a trace must rise.")
        for name, column in self.columns.items():
            if len(column) != len(self.time_s):
                raise UsageError(f"'{name}' has {len(column)} samples, but there are {len(self.time_s)} times.")

    def with_derivatives(self, device: Device) -> Trace:
        """The trace with a column for each variable that is the change per minute of another, where it has none."""
        added: dict[str, Column] = {}
        for _, variable in device.variable.values():
            of = variable.derivative_of
            if of is not None and of in self.columns and variable.id not in self.columns:
                added[variable.id] = _per_minute(self.time_s, [float(x) for x in self.columns[of]])
        return Trace(self.time_s, {**self.columns, **added})


@dataclass(frozen=True)
class Verdicts:
    """What one rule says of a trace."""

    rule: str
    robustness: tuple[float, ...]
    """At each sample; below zero where the rule is broken, infinite where the action decides nothing."""
    violations: tuple[int, ...]
    """Samples at which the rule is broken."""
    undecided: tuple[int, ...]
    """Samples with a value missing (not a number), or whose deadline lies beyond the end of the trace."""

    @property
    def least(self) -> float:
        """The least robustness over the trace."""
        return min(self.robustness, default=inf)


def evaluate(
    rules: Sequence[MonitorRule], trace: Trace, parameters: Mapping[str, Mapping[str, float]] | None = None
) -> tuple[Verdicts, ...]:
    """Each rule over the trace. ``parameters``: by rule id, values of its named bounds instead of the defaults.

    Raises:
        UsageError: a variable or action that a rule names is not in the trace.
    """
    return tuple(_evaluate(rule, trace, (parameters or {}).get(rule.id, {})) for rule in rules)


def _evaluate(rule: MonitorRule, trace: Trace, values: Mapping[str, float]) -> Verdicts:
    for name in (rule.control_action, *(c.variable for c in rule.context)):
        if name not in trace.columns:
            raise UsageError(f"The trace has no column '{name}', which {rule.id} needs.")
    clauses = [_bound(clause, values) for clause in rule.context]
    given = [float(x) > 0 for x in trace.columns[rule.control_action]]
    robustness: list[float] = []
    violations: list[int] = []
    undecided: list[int] = []
    for i in range(len(trace.time_s)):
        values_now = [trace.columns[c.variable][i] for c in clauses]
        if any(_absent(v) for v in values_now):
            robustness.append(inf)
            undecided.append(i)
            continue
        inside = [_in_clause(c, v) for c, v in zip(clauses, values_now, strict=True)]
        holds, margin = all(h for h, _ in inside), min(m for _, m in inside)
        met = _met(rule, trace, given, i)
        if met is None and holds:
            undecided.append(i)
        elif holds and met is False:
            violations.append(i)
        robustness.append(inf if met in (True, None) else -margin)
    return Verdicts(rule.id, tuple(robustness), tuple(violations), tuple(undecided))


def _met(rule: MonitorRule, trace: Trace, given: Sequence[bool], i: int) -> bool | None:
    """Whether what the rule demands is so at sample i; None when the trace ends before the deadline."""
    if rule.demand == "must-not":
        return not given[i]
    if rule.demand == "must-not-stop":
        return i == 0 or not given[i - 1] or given[i]
    until = trace.time_s[i] + rule.deadline_s
    for j in range(i, len(given)):
        if trace.time_s[j] > until:
            return False
        if given[j]:
            return True
    return False if trace.time_s[-1] >= until else None


def _bound(clause: Clause, values: Mapping[str, float]) -> Clause:
    """The clause with the patient's own bounds in the place of the defaults."""
    ranges = tuple(
        Interval(values.get(low, r.low), values.get(high, r.high), r.low_closed, r.high_closed)
        for r, (low, high) in zip(clause.ranges, clause.names, strict=True)
    )
    return Clause(clause.variable, ranges, clause.states, clause.names)


def _absent(value: float | str) -> bool:
    return isinstance(value, float) and isnan(value)


def _in_clause(clause: Clause, value: float | str) -> tuple[bool, float]:
    """Whether the value fits, and by how much (negative: by how much it does not)."""
    if clause.states:
        fits = value in clause.states
        return fits, inf if fits else -inf
    number = float(value)
    margins = [min(number - r.low, r.high - number) for r in clause.ranges]
    return any(number in r for r in clause.ranges), max(margins)


def _per_minute(times: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    """Change per minute since the sample before; the first sample takes the second one's."""
    changes = list(_changes(times, values))
    return (changes[0], *changes) if changes else tuple(0.0 for _ in values)


def _changes(times: Sequence[float], values: Sequence[float]) -> Iterator[float]:
    for i in range(1, len(values)):
        yield (values[i] - values[i - 1]) / (times[i] - times[i - 1]) * 60
