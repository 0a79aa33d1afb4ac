"""From glucose to ISO 14971 severity words: explicit, shown, and the manufacturer's to change.

The words are those of ISO/TR 24971:2020, table 3 (negligible, minor, serious, critical, catastrophic). The criteria are
harmpath's default reading of the consensus on hypo- and hyperglycaemia (Battelino et al., Lancet Diabetes Endocrinol
2023; International Hypoglycaemia Study Group 2017) and belong into the manufacturer's risk management file, whatever
they are set to. A model of glucose does not show unconsciousness or death: the two upper words rest on proxies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from harmpath.errors import InputError, Problem
from harmpath.patients.kernels.layout import MEASURES

__all__ = ["DEFAULT_CRITERIA", "SEVERITIES", "Criterion", "Severity", "classify"]

Severity = Literal["negligible", "minor", "serious", "critical", "catastrophic"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
Comparison = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One sufficient condition for a severity; any criterion of the worst word met decides."""

    severity: Severity
    measure: str
    """A name of ``kernels.measure.MEASURES``."""
    comparison: Comparison
    value: float
    why: str = ""
    """The clinical reading behind it."""

    def __post_init__(self) -> None:
        if (
            self.severity not in SEVERITIES
            or self.measure not in MEASURES
            or self.comparison not in ("<", "<=", ">", ">=")
        ):
            raise InputError(
                [
                    Problem(
                        "bad-severity-criterion", "a criterion needs a severity, a known measure and a comparison",
                        value=f"{self.severity}: {self.measure} {self.comparison}",
                        remedy=f"severities: {', '.join(SEVERITIES)}; measures: {', '.join(MEASURES)}",
                    )
                ]
            )  # fmt: skip

    def met(self, measures: Mapping[str, float]) -> bool:
        """Whether one patient's measures meet it (NaN never does)."""
        actual = measures[self.measure]
        if self.comparison == "<":
            return actual < self.value
        if self.comparison == "<=":
            return actual <= self.value
        return actual > self.value if self.comparison == ">" else actual >= self.value

    def __str__(self) -> str:
        return f"{self.severity}: {self.measure} {self.comparison} {self.value:g}"


DEFAULT_CRITERIA: tuple[Criterion, ...] = (
    Criterion("catastrophic", "minimum", "<", 20.0, "below 20 mg/dL: coma, seizures; death is possible untreated"),
    Criterion("critical", "minimum", "<", 40.0, "below 40 mg/dL: severe neuroglycopenia, help of others needed"),
    Criterion("critical", "longest_below_54", ">=", 120.0, "two hours below 54 mg/dL: prolonged level 2"),
    Criterion("critical", "maximum", ">", 500.0, "above 500 mg/dL: hyperosmolar or ketoacidotic emergency likely"),
    Criterion("serious", "level_2_events", ">=", 1.0, "15 minutes below 54 mg/dL: level 2, needs action at once"),
    Criterion("serious", "above_250", ">=", 0.25, "a quarter of the time above 250 mg/dL: risk of ketoacidosis"),
    Criterion("minor", "level_1_events", ">=", 1.0, "15 minutes below 70 mg/dL: level 1, treated by eating"),
    Criterion(
        "minor", "above_250", ">=", 0.05, "more than 5 % of the time above 250 mg/dL: misses the consensus target"
    ),
)


def classify(measures: Mapping[str, float], criteria: Sequence[Criterion] = DEFAULT_CRITERIA) -> Severity:
    """The worst severity of which one criterion is met; negligible when none is."""
    found: Severity = "negligible"
    for criterion in criteria:
        if SEVERITIES.index(criterion.severity) > SEVERITIES.index(found) and criterion.met(measures):
            found = criterion.severity
    return found
