"""What a completeness check is, what it looks at, and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeAlias

from harmpath.device.model import Device
from harmpath.device.references import element_paths
from harmpath.errors import Severity
from harmpath.stpa.contexts import Clash, clashes
from harmpath.stpa.results import LossScenario, StpaAnalysis

__all__ = ["Check", "CheckFinding", "Finding", "Path", "Subject"]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices in device.yaml."""


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Something incomplete or contradictory: which element, why it matters, and how to mend it."""

    check: str
    severity: Severity
    element: str
    path: Path
    """Where in device.yaml; empty when it concerns the file as a whole."""
    message: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check yields; the registry adds what is the same for all its findings."""

    element: str
    message: str
    path: Path | None = None
    """Left out where the element has its own place in the file."""
    remedy: str = ""
    """Left out where the check's own remedy says it."""


@dataclass(frozen=True)
class Subject:
    """What checks look at, with the lookups that several of them need."""

    device: Device
    analysis: StpaAnalysis

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Where each element stands in the file."""
        found: dict[str, Path] = {}
        for id_, path in element_paths(self.device):
            found.setdefault(id_, path)
        return found

    @cached_property
    def judgement_paths(self) -> dict[str, Path]:
        """Where the judgement of each judged unsafe control action stands, or its control action."""
        places: dict[str, Path] = {}
        for i, action in enumerate(self.device.control_actions):
            for uca in self.analysis.by_action.get(action.id, ()):
                judged = () if uca.judgement is None else ("unsafe", uca.judgement)
                places[uca.id] = ("control_actions", i, *judged)
        return places

    @cached_property
    def clashes(self) -> tuple[tuple[int, Clash], ...]:
        """Rules that cannot both hold, each with the index of its control action."""
        actions = enumerate(self.device.control_actions)
        return tuple((i, c) for i, a in actions for c in clashes(self.device, self.analysis, a))

    @cached_property
    def controllers(self) -> tuple[str, ...]:
        """Components that provide a control action, sorted."""
        return tuple(sorted({a.source for a in self.device.control_actions}))

    @cached_property
    def covered(self) -> frozenset[str]:
        """Ids that some safety requirement covers."""
        return frozenset(i for r in self.device.requirements for i in r.covers)

    @cached_property
    def result_ids(self) -> frozenset[str]:
        """Ids of every result of the analysis."""
        found = self.analysis
        groups = (
            found.system_constraints,
            found.unsafe_control_actions,
            found.controller_constraints,
            found.loss_scenarios,
            found.formal_scenarios,
        )
        return frozenset(item.id for group in groups for item in group)

    @cached_property
    def security_scenarios(self) -> tuple[LossScenario, ...]:
        """Scenarios that an adversary brings about."""
        return tuple(s for s in self.analysis.loss_scenarios if s.kind == "security")


class Check(ABC):
    """One completeness check. A subclass in a file of its own in this package is found and run."""

    id: ClassVar[str]
    """As in ``checks_off`` and ``check_severity`` of device.yaml."""
    severity: ClassVar[Severity]
    title: ClassVar[str]
    """What is checked, as a statement that ought to be true."""
    why: ClassVar[str]
    """Why it matters."""
    remedy: ClassVar[str]
    """How to mend it."""

    @abstractmethod
    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
