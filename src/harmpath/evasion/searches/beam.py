"""Beam: the best few states of each window are carried on, move by move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.ranking import ranked_moves, trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Beam"]


@dataclass(frozen=True, slots=True)
class Beam:
    """At each depth every kept state is tried with the most promising moves; ``width`` of the results are kept."""

    name: ClassVar[str] = "beam"
    width: int = 4
    depth: int = 3
    branch: int = 16
    """Moves tried per state."""
    level_count: int = 6
    pilot: int = 32
    shrink: bool = True
    """Take changes back afterwards that are not needed."""

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """The moves, most promising first."""
        return ranked_moves(attack, self.level_count, self.pilot)[: self.branch]

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Go down the depths with all open windows at once."""
        import numpy as np

        rows = attack.open()
        states = attack.windows.raw[rows][:, None]
        start = attack.before[rows][:, None]
        for _ in range(self.depth if plan else 0):
            if len(rows) == 0:
                break
            n, kept = states.shape[:2]
            at = np.repeat(rows, kept)
            flat = states.reshape(n * kept, *states.shape[2:])
            made, distances = [], []
            for move in plan:
                candidates = attack.moved(move, at, flat)
                made.append(candidates.reshape(n, kept, *states.shape[2:]))
                distances.append(attack.attempt(at, candidates).reshape(n, kept))
            pool = np.concatenate([states, *made], axis=1)
            score = np.concatenate([start, *distances], axis=1)
            states, start = _best(pool, score, self.width)
            going = attack.eligible[rows] & (attack.first[rows] == 0) & (attack.queries[rows] < attack.max_queries)
            rows, states, start = rows[going], states[going], start[going]
        if self.shrink:
            trim(attack)


def _best(
    pool: NDArray[np.float64], score: NDArray[np.float64], width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    order = np.argsort(score, axis=1, kind="stable")
    chosen = order[:, :width]
    take = np.arange(len(chosen))[:, None]
    return pool[take, chosen], score[take, chosen]
