"""Random: one to three random moves on the authentic window, again and again; the base line of every other search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.ranking import all_moves
from harmpath.evasion.streams import integers

__all__ = ["RandomSearch"]


@dataclass(frozen=True, slots=True)
class RandomSearch:
    """Draws until the queries are used up; windows that are achieved are left alone."""

    name: ClassVar[str] = "random"
    level_count: int = 12
    rounds: int = 10_000
    """Most draws; draws outside the limits cost no query."""
    idle: int = 50
    """Draws in a row that cost no query anywhere before it gives up."""

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """All moves; nothing is learned."""
        return all_moves(attack, self.level_count)

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Draw moves for each open window."""
        import numpy as np

        idle = 0
        for number in range(self.rounds if plan else 0):
            rows = attack.open()
            if len(rows) == 0 or idle >= self.idle:
                return
            draw = integers(attack.seed, attack.ids[rows], number, len(plan), 3)
            count = integers(attack.seed + 1, attack.ids[rows], number, 3)[:, 0]
            state = attack.windows.raw[rows]
            for k in range(3):
                more = count >= k
                state[more] = attack.moved_each(plan, draw[more, k], rows[more], state[more])
            idle = idle + 1 if np.isinf(attack.attempt(rows, state)).all() else 0
