"""Exhaustive: every combination of values in up to ``max_edits`` cells; for small grids, and to judge the others by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, ClassVar

from harmpath.errors import UsageError
from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import levels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Exhaustive"]

_Cell = tuple[int, int]
_Option = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Exhaustive:
    """Tries all combinations, fewest edits first; what it finds needs the fewest edits on its grid."""

    name: ClassVar[str] = "exhaustive"
    level_count: int = 4
    """Values per cell over the range of a signal."""
    most: int = 200_000
    """Largest number of combinations per window."""
    block: int = 256

    def plan(self, attack: Attack) -> list[tuple[tuple[_Cell, ...], tuple[_Option, ...]]]:
        """All combinations, in order; UsageError when there are too many."""
        options = self._options(attack)
        cells = [(i, t) for i in range(len(options)) for t in range(attack.windows.raw.shape[1])]
        found: list[tuple[tuple[_Cell, ...], tuple[_Option, ...]]] = []
        for edits in range(1, min(attack.limits.max_edits, len(cells)) + 1):
            for chosen in combinations(cells, edits):
                found += [(chosen, values) for values in product(*(options[i] for i, _ in chosen))]
                if len(found) > self.most:
                    raise UsageError(
                        f"exhaustive search over more than {self.most:,} combinations per window",
                        remedy="Lower max_edits or level_count, shorten the window, or use another search.",
                    )
        return found

    def run(self, attack: Attack, plan: list[tuple[tuple[_Cell, ...], tuple[_Option, ...]]]) -> None:
        """Try them in blocks; a window that is achieved is done after its block, which holds its fewest edits."""
        import numpy as np

        sizes = [len(chosen) for chosen, _ in plan]
        start = 0
        while start < len(plan):
            end = start + 1
            while end < len(plan) and end - start < self.block and sizes[end] == sizes[start]:
                end += 1
            open_rows = np.flatnonzero(
                attack.eligible & (attack.queries < attack.max_queries)
                & (~attack.achieved | (attack.edits >= sizes[start]))
            )  # fmt: skip
            if len(open_rows) == 0:
                return
            for rows in np.array_split(open_rows, max(1, len(open_rows) // 256)):
                made = [self._made(attack, rows, *plan[i]) for i in range(start, end)]
                attack.attempt(np.tile(rows, len(made)), np.concatenate(made))
            start = end

    def _options(self, attack: Attack) -> list[tuple[_Option, ...]]:
        result = []
        for s in attack.limits.signals:
            values = levels(s, attack.windows.raw[:, :, s.index], self.level_count) if s.forges else ()
            found: list[_Option] = [("level", v) for v in values]
            if "drop" in s.operations:
                found.append(("drop", 0.0))
            if s.repeats:
                most = min(attack.limits.max_lag, attack.windows.past.shape[1] or attack.windows.raw.shape[1] - 1)
                found += [("lag", float(k)) for k in range(1, most + 1)]
            result.append(tuple(found))
        return result

    def _made(
        self, attack: Attack, rows: NDArray[np.int64], cells: tuple[_Cell, ...], values: tuple[_Option, ...]
    ) -> NDArray[np.float64]:
        original = attack.windows.raw[rows]
        past = attack.windows.past[rows]
        out = original.copy()
        for (i, t), (kind, amount) in zip(cells, values, strict=True):
            index = attack.limits.signals[i].index
            if kind == "level":
                out[:, t, index] = amount
            elif kind == "drop":
                out[:, t, index] = math.nan
            else:
                at = t - int(amount)
                source = original if at >= 0 else past
                out[:, t, index] = source[:, at, index] if -at <= past.shape[1] else original[:, t, index]
        return out
