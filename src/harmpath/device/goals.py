"""What an attacker could want of this device.

The meeting point of loss scenarios (top down) and attack paths (bottom up): STPA scenarios name the goals that would
realise them; the attack-path engine says which goals can be reached, and how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harmpath.device.model import Device

__all__ = ["Goal", "GoalKind", "goals_of"]

GoalKind = Literal[
    "falsify-signal",
    "withhold-signal",
    "tamper-model",
    "tamper-output",
    "poison-training",
    "poison-update",
    "forge-action",
    "suppress-action",
]
"""``falsify-signal``: its user receives a value of the attacker's choice. ``withhold-signal``: it comes late or never.
``tamper-model``: parameters or code of the ML engine changed in the field. ``tamper-output``: the model's answer
changed after inference. ``poison-training`` / ``poison-update``: the next model is the attacker's. ``forge-action``: a
control action the controller did not decide. ``suppress-action``: a control action that never arrives (alarms above
all)."""


@dataclass(frozen=True, slots=True, order=True)
class Goal:
    """One thing an attacker could achieve, on one element of the model."""

    kind: GoalKind
    target: str
    """Id of the signal, ML engine, model output or control action."""

    @property
    def id(self) -> str:
        """Stable id, e.g. ``falsify-signal.glucose``."""
        return f"{self.kind}.{self.target}"

    def __str__(self) -> str:
        return self.id


def goals_of(device: Device) -> tuple[Goal, ...]:
    """Every goal that the model of this device gives rise to, sorted."""
    used = {s.id for s in device.signals if s.feeds}
    used.update(signal for model in device.process_models for v in model.variables for signal in v.signals)
    goals = [Goal(kind, s.id) for s in device.signals if s.id in used for kind in _SIGNAL_GOALS]
    goals += [Goal(kind, e.id) for e in device.ml_engines for kind in _ENGINE_GOALS]
    goals += [Goal("tamper-output", o.id) for e in device.ml_engines for o in e.outputs]
    goals += [Goal(kind, a.id) for a in device.control_actions for kind in _ACTION_GOALS]
    return tuple(sorted(set(goals)))


_SIGNAL_GOALS: tuple[GoalKind, ...] = ("falsify-signal", "withhold-signal")
_ENGINE_GOALS: tuple[GoalKind, ...] = ("tamper-model", "poison-training", "poison-update")
_ACTION_GOALS: tuple[GoalKind, ...] = ("forge-action", "suppress-action")
