"""A written loss scenario explains an unsafe control action that was judged hazardous."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ScenarioOfUnknownUca(Check):
    """A written loss scenario explains an unsafe control action that was judged hazardous."""

    id = "scenario-of-unknown-uca"
    severity = "error"
    title = "A written loss scenario explains an unsafe control action that was judged hazardous."
    why = "A scenario that leads to nothing is left out of the results."
    remedy = "Name the id of a hazardous judgement in 'uca', or the hazards it leads to without one."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        known = {u.id for u in subject.analysis.hazardous}
        for i, scenario in enumerate(subject.device.loss_scenarios):
            if scenario.uca and scenario.uca not in known:
                message = f"{scenario.id} explains '{scenario.uca}', which is not a hazardous unsafe control action."
                yield Finding(scenario.id, message, ("loss_scenarios", i, "uca"))
            elif not scenario.uca and not scenario.hazards:
                message = f"{scenario.id} names neither an unsafe control action nor a hazard."
                yield Finding(scenario.id, message, ("loss_scenarios", i))
