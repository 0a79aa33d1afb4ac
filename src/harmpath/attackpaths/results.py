"""What the attack-path engine answers with: steps, paths, what cannot be reached and why, and what was not assessed."""

from __future__ import annotations

from dataclasses import dataclass

from harmpath.attackpaths.costs import Exploitability, StepMetrics
from harmpath.attackpaths.placement import Placement
from harmpath.attackpaths.reach import Reach
from harmpath.device.goals import Goal
from harmpath.evidence import Evidence, NotAssessed, require_evidence

__all__ = ["AttackAnalysis", "AttackPath", "Counts", "Step", "Unreachable"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: what the attacker does, what it needs, what it gives, and why nothing stops it."""

    id: str
    """Stable, derived from the rule and the elements."""
    rule: str
    title: str
    sentence: str
    """What the attacker does, with the ids of the elements."""
    element: str
    """The element on which something is gained."""
    gains: str
    """The capability gained (or the goal reached)."""
    positions: tuple[str, ...]
    """Where the attacker has to be for this step and those before it."""
    given: tuple[tuple[str, str], ...]
    """Capabilities (capability, element) that the step needs."""
    requires: tuple[str, ...]
    """Ids of the steps that give them; positions are given from the start."""
    binding: tuple[tuple[str, str], ...]
    """What the variables of the rule stand for."""
    licence: str
    """``missing-protection``, ``vulnerability`` or ``inherent``."""
    evidence: tuple[Evidence, ...]
    vulnerabilities: tuple[str, ...]
    """Ids of the known vulnerabilities of which any one licenses the step, cheapest for the attacker first."""
    techniques: tuple[tuple[str, tuple[str, ...]], ...]
    """Framework (cwe, capec, attack-ics, emb3d, atlas) and ids."""
    cost: int
    metrics: StepMetrics
    removed_by: tuple[Placement, ...]
    """Placements of controls of which any one removes the step."""

    def __post_init__(self) -> None:
        require_evidence(f"attack step {self.id}", self.evidence)


@dataclass(frozen=True, slots=True)
class AttackPath:
    """One derivation of a goal."""

    id: str
    """Stable, derived from the goal and the steps, e.g. ``AP-falsify-signal.glucose-3f9a1c``."""
    goal: Goal
    cost: int
    """Points by the exploitability table; lower is easier. An order, not a probability."""
    positions: tuple[str, ...]
    """Where the attacker has to be; one, as a rule."""
    steps: tuple[Step, ...]
    """Every step after those that give what it needs; the last one reaches the goal."""
    elements: tuple[str, ...]
    """Components, channels and other elements that it touches, in order."""
    vulnerabilities: tuple[str, ...]
    exploitability: Exploitability

    @property
    def position(self) -> str:
        """The position the path starts from."""
        return self.positions[0]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A goal that no derivation reaches, with the reason."""

    goal: Goal
    reason: str
    kept_out_by: tuple[Evidence, ...] = ()
    """What stands in the way on the easiest path that would exist without any protection."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of the analysis."""

    rules: int
    rules_applied: int
    facts: int
    facts_reached: int
    steps: int
    steps_removed: int
    goals: int
    goals_reached: int


@dataclass(frozen=True, slots=True)
class AttackAnalysis:
    """Everything the engine found out about one device under one set of controls."""

    paths: tuple[AttackPath, ...]
    """Sorted by goal, then cost."""
    reach: tuple[Reach, ...]
    """One per input feature of every ML engine."""
    unreachable: tuple[Unreachable, ...]
    not_assessed: tuple[NotAssessed, ...]
    controls: tuple[Placement, ...]
    """The controls taken as in place."""
    counts: Counts

    def of(self, goal: Goal) -> tuple[AttackPath, ...]:
        """The paths to a goal, cheapest first."""
        return tuple(p for p in self.paths if p.goal == goal)
