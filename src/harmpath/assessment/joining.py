"""Where top down meets bottom up: which unsafe control actions, hazards and losses an attack path can bring about.

A loss scenario names the attacker goals that would realise it; an attack path reaches one goal. They meet there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harmpath.device.model import Device
from harmpath.stpa import LossScenario, StpaAnalysis, UnsafeControlAction
from harmpath.stpa.scenarios import as_arrived

__all__ = ["Consequence", "consequences"]

_ON_ACTIONS = ("forge-action", "suppress-action")
"""The controller decides as it should; what it believes plays no part."""
_ON_DATA = ("falsify-signal", "withhold-signal", "tamper-output")
"""The goals that put a false datum on their own target; no other attack falsifies one."""


@dataclass(frozen=True)
class Consequence:
    """What reaching one goal can lead to."""

    goal: str
    scenarios: tuple[LossScenario, ...]
    ucas: tuple[UnsafeControlAction, ...]
    """Those it brings about; where the goal is the action itself, in the words of what arrives, not of a belief."""
    hazards: tuple[str, ...]
    losses: tuple[str, ...]
    severities: dict[str, str]
    """Severity of harm by hazard, ISO 14971 words; a sub-hazard without its own takes its parent's."""

    @property
    def false_data(self) -> tuple[str, ...]:
        """The false values in words, one for each way in which they mislead; none where no datum is the goal."""
        if self.goal.split(".", 1)[0] not in _ON_DATA:
            return ()
        return tuple(dict.fromkeys(s.false_datum for s in self.scenarios if s.false_datum))


def consequences(device: Device, stpa: StpaAnalysis) -> dict[str, Consequence]:
    """Consequence by goal id, for every goal that some loss scenario names."""
    by_goal: dict[str, list[LossScenario]] = {}
    for scenario in stpa.loss_scenarios:
        for goal in scenario.goals:
            by_goal.setdefault(goal.id, []).append(scenario)
    return {goal: _consequence(device, stpa, goal, found) for goal, found in sorted(by_goal.items())}


def _consequence(device: Device, stpa: StpaAnalysis, goal: str, found: list[LossScenario]) -> Consequence:
    severity = _severities(device)
    ucas = [stpa.unsafe_control_action[u] for u in dict.fromkeys(s.uca for s in found)]
    if goal.split(".", 1)[0] in _ON_ACTIONS:
        ucas = [replace(u, believed=(), sentence=as_arrived(device, u)) for u in ucas]
    hazards = _sorted(h for u in ucas for h in u.hazards)
    return Consequence(
        goal=goal,
        scenarios=tuple(found),
        ucas=tuple(ucas),
        hazards=hazards,
        losses=_sorted(loss for u in ucas for loss in u.losses),
        severities={h: severity[h] for h in hazards},
    )


def _severities(device: Device) -> dict[str, str]:
    words: dict[str, str] = {}
    for hazard in device.hazards:
        words[hazard.id] = hazard.severity
        words.update({sub.id: sub.severity or hazard.severity for sub in hazard.sub_hazards})
    return words


def _sorted(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(items)))
