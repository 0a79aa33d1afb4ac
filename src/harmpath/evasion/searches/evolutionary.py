"""Evolutionary: a small population per window; children cross two parents in time and take one random move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move
from harmpath.evasion.searches.ranking import all_moves, trim
from harmpath.evasion.streams import integers, uniforms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Evolutionary"]


@dataclass(frozen=True, slots=True)
class Evolutionary:
    """Parents are the better of two drawn; the best of parents and children live on."""

    name: ClassVar[str] = "evolutionary"
    size: int = 12
    generations: int = 12
    mutation: float = 0.8
    level_count: int = 12
    shrink: bool = True

    def plan(self, attack: Attack) -> tuple[Move, ...]:
        """All moves; nothing is learned."""
        return all_moves(attack, self.level_count)

    def run(self, attack: Attack, plan: tuple[Move, ...]) -> None:
        """Breed."""
        import numpy as np

        rows = attack.open()
        if len(rows) == 0 or not plan:
            return
        shape = attack.windows.raw.shape[1:]
        people = np.repeat(attack.windows.raw[rows][:, None], self.size, axis=1)
        fitness = np.repeat(attack.before[rows][:, None], self.size, axis=1)
        for generation in range(self.generations):
            children = self._children(attack, plan, rows, people, fitness, generation)
            flat = children.reshape(-1, *shape)
            found = attack.attempt(np.repeat(rows, self.size), flat).reshape(len(rows), self.size)
            pool, score = np.concatenate([people, children], axis=1), np.concatenate([fitness, found], axis=1)
            order = np.argsort(score, axis=1, kind="stable")[:, : self.size]
            take = np.arange(len(rows))[:, None]
            people, fitness = pool[take, order], score[take, order]
            going = (attack.first[rows] == 0) & (attack.queries[rows] < attack.max_queries)
            rows, people, fitness = rows[going], people[going], fitness[going]
            if len(rows) == 0:
                break
        if self.shrink:
            trim(attack)

    def _children(
        self, attack: Attack, plan: tuple[Move, ...], at: NDArray[np.int64], adults: NDArray[np.float64],
        fit: NDArray[np.float64], generation: int,
    ) -> NDArray[np.float64]:  # fmt: skip
        import numpy as np

        n, size, steps = len(at), self.size, adults.shape[2]
        ids = attack.ids[at]
        drawn = integers(attack.seed, ids, 4 * generation, size, 4 * size).reshape(n, size, 4)
        take = np.arange(n)[:, None]
        first = np.where(fit[take, drawn[:, :, 0]] <= fit[take, drawn[:, :, 1]], drawn[:, :, 0], drawn[:, :, 1])
        second = np.where(fit[take, drawn[:, :, 2]] <= fit[take, drawn[:, :, 3]], drawn[:, :, 2], drawn[:, :, 3])
        cut = integers(attack.seed, ids, 4 * generation + 1, steps + 1, size)
        early = np.arange(steps)[None, None, :] < cut[:, :, None]
        children = np.where(early[..., None], adults[take, first], adults[take, second])
        flat = children.reshape(n * size, steps, adults.shape[3])
        mutate = uniforms(attack.seed, ids, 4 * generation + 2, size).ravel() < self.mutation
        chosen = integers(attack.seed, ids, 4 * generation + 3, len(plan), size).ravel()
        each = np.repeat(at, size)
        flat[mutate] = attack.moved_each(plan, chosen[mutate], each[mutate], flat[mutate])
        return flat.reshape(children.shape)
