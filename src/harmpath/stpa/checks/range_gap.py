"""The ranges of a variable's states leave no hole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harmpath.stpa.checks.interface import Check, Finding, Subject


class RangeGap(Check):
    """The ranges of a variable's states leave no hole."""

    id = "range-gap"
    severity = "warning"
    title = "The ranges of a variable's states leave no hole."
    why = "A value between two states belongs to no context; a monitor built from them is silent exactly there."
    remedy = "Let each range begin where the one before it ends."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for _, variable in subject.device.variable.values():
            ranges = sorted((s.range for s in variable.states if s.range), key=lambda r: (r.low, r.high))
            for one, two in pairwise(ranges):
                open_point = one.high == two.low and not (one.high_closed or two.low_closed)
                if one.high < two.low or open_point:
                    message = f"{variable.label}: nothing lies between {one} and {two}."
                    yield Finding(variable.id, message)
