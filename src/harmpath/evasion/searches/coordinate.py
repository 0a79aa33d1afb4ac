"""Coordinate: few queries. One promising move at a time, one query each, until it works; then fewer edits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.ranking import ranked_moves, trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Coordinate"]


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Moves are tried in the order learned on the pilot windows, first alone, then on the best state found so far."""

    name: ClassVar[str] = "coordinate"
    alone: int = 32
    """Moves tried on the authentic window."""
    passes: int = 3
    """Times that all of them are then tried on the best state."""
    level_count: int = 6
    pilot: int = 32
    shrink: bool = True

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """The moves, most promising first."""
        return ranked_moves(attack, self.level_count, self.pilot)[: self.alone]

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Try, combine, shorten."""
        import numpy as np

        by: dict[int, Move] = {}
        solved = np.full(len(attack.eligible), -1)
        for number, move in enumerate(plan):
            rows = attack.open()
            attack.attempt(rows, attack.moved(move, rows, attack.windows.raw[rows]))
            solved[rows[attack.achieved[rows]]] = number
            by[number] = move
        for _ in range(self.passes):
            for move in plan:
                rows = attack.open()
                attack.attempt(rows, attack.moved(move, rows, attack.best[rows]))
        if self.shrink:
            for number in np.unique(solved[solved >= 0]):
                for strong in self._stronger(attack, by[int(number)]):
                    self._shorten(attack, strong, np.flatnonzero(solved == number))
            trim(attack)

    def _stronger(self, attack: Attack, move: Move) -> tuple[Move, ...]:
        """The move, with the extreme level on its side of the middle; a strong value needs fewer steps."""
        s = attack.limits.signals[move.signal]
        if move.kind not in ("level", "offset") or not math.isfinite(s.high - s.low):
            return (move,)
        up = move.amount > (0.0 if move.kind == "offset" else (s.low + s.high) / 2)
        strong = replace(move, kind="level", amount=s.high if up else s.low)
        return (strong,) if strong == move else (move, strong)

    def _shorten(self, attack: Attack, move: Move, at: NDArray[np.int64]) -> None:
        """The same move on a shorter end of its stretch, by bisection; each window has its own bounds."""
        import numpy as np

        at = at[attack.edits[at] > 1]
        low, high = np.full(len(at), 1), np.minimum(attack.edits[at], move.cells)  # shortest untried; known enough
        while True:
            middle = (low + high) // 2
            live = low < high
            if not live.any():
                return
            for cells in np.unique(middle[live]):
                these = live & (middle == cells)
                shorter = replace(move, first=move.last - int(cells) + 1)
                asked = at[these]
                works = attack.attempt(asked, attack.moved(shorter, asked, attack.windows.raw[asked])) == 0
                high[these] = np.where(works, cells, high[these])
                low[these] = np.where(works, low[these], cells + 1)
