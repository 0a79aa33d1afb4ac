"""Greedy: always the move that helps most; a beam of width 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.beam import Beam

__all__ = ["Greedy"]


@dataclass(frozen=True, slots=True)
class Greedy:
    """Tries the most promising moves on the best state of each window and keeps the best, up to ``depth`` times."""

    name: ClassVar[str] = "greedy"
    depth: int = 4
    branch: int = 24
    level_count: int = 6
    pilot: int = 32
    shrink: bool = True

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """The moves, most promising first."""
        return self._beam().plan(attack)

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Run the narrow beam."""
        self._beam().run(attack, plan)

    def _beam(self) -> Beam:
        return Beam(1, self.depth, self.branch, self.level_count, self.pilot, self.shrink)
