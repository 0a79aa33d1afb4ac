"""Each hazard has a scenario that an adversary brings about."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class HazardWithoutAdversary(Check):
    """Each hazard has a scenario that an adversary brings about."""

    id = "hazard-without-adversary"
    severity = "warning"
    title = "Each hazard has a scenario that an adversary brings about."
    why = "Safety and security share hazards; one that no adversary was asked about is not covered by the threat model."
    remedy = "Give its unsafe control actions contexts, signals, channels or ML outputs that an adversary could act on."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        reached = {h for s in subject.security_scenarios for h in s.hazards}
        reached |= {subject.device.hazard[h].id for h in reached if h in subject.device.hazard}
        considered = {h for u in subject.analysis.hazardous for h in u.hazards}
        for hazard in subject.device.hazards:
            if hazard.id in considered and hazard.id not in reached:
                yield Finding(hazard.id, f"No scenario has an adversary bring about {hazard.label}.")
