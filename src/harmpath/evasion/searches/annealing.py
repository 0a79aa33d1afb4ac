"""Simulated annealing: a walk by random moves that also accepts steps back, ever fewer of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.ranking import all_moves, trim
from harmpath.evasion.streams import integers, uniforms

__all__ = ["Annealing"]


@dataclass(frozen=True, slots=True)
class Annealing:
    """One walk per window; a step back of ``d`` is accepted with probability exp(-d / temperature)."""

    name: ClassVar[str] = "annealing"
    steps: int = 200
    hot: float = 0.3
    """First temperature, as a share of the distance without attack."""
    cooling: float = 0.97
    restart: float = 0.1
    """Chance of a step that starts again from the authentic window."""
    level_count: int = 12
    shrink: bool = True

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """All moves; nothing is learned."""
        return all_moves(attack, self.level_count)

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Walk."""
        import numpy as np

        state, at = attack.windows.raw.copy(), attack.before.copy()
        heat = self.hot * np.where(np.isfinite(at), at, 1.0)
        for number in range(self.steps if plan else 0):
            rows = attack.open()
            if len(rows) == 0:
                break
            chosen = integers(attack.seed, attack.ids[rows], number, len(plan))[:, 0]
            chance = uniforms(attack.seed + 1, attack.ids[rows], number, 2)
            again = chance[:, 0] < self.restart
            start = np.where(again[:, None, None], attack.windows.raw[rows], state[rows])
            candidates = attack.moved_each(plan, chosen, rows, start)
            found = attack.attempt(rows, candidates)
            with np.errstate(invalid="ignore", over="ignore"):
                accept = np.isfinite(found) & (
                    chance[:, 1] < np.exp(-np.maximum(found - at[rows], 0.0) / np.maximum(heat[rows], 1e-12))
                )
            taken = rows[accept]
            state[taken], at[taken] = candidates[accept], found[accept]
            heat *= self.cooling
        if self.shrink:
            trim(attack)
