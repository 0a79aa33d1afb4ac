"""An attack: windows, limits, goal and victim, with the board on which every candidate of every search is entered.

A search only proposes. The board checks the limits, counts queries per window, refuses what is over the budget, asks
the victim, and keeps the best candidate of each window. So no search can step outside the Reach or hide a query, and
with more queries none can end worse: what it proposes does not depend on the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from harmpath.errors import UsageError
from harmpath.evasion.goals import Answer, Goal
from harmpath.evasion.layout import Layout
from harmpath.evasion.limits import Limits, different
from harmpath.evasion.moves import Move, apply
from harmpath.evasion.traces import Windows
from harmpath.evasion.victims.victim import Counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Attack", "Attempts", "Search", "run_search"]

CHUNK = 4096
"""Windows attacked together; fixed, so that results do not depend on memory or machine."""


class Attack:
    """A batch of windows under attack and the best found for each.

    Attributes:
        best: the best windows so far (n, steps, signals); the authentic ones where nothing was found.
        distance: of the best, by the goal; 0 where achieved.
        edits, size: cells changed in the best, and the sum of their changes in units of the signals' ranges.
        queries: asked per window. ``first``: queries at the first success, 0 where there is none.
    """

    def __init__(
        self, windows: Windows, layout: Layout, limits: Limits, goal: Goal, victim: Counted, *, max_queries: int,
        seed: int = 0, ids: NDArray[np.int64] | None = None, benign: NDArray[np.float64] | None = None,
    ) -> None:  # fmt: skip
        import numpy as np

        if max_queries < 1:
            raise UsageError("max_queries must be at least 1")
        n = len(windows)
        self.windows, self.layout, self.limits, self.goal, self.victim = windows, layout, limits, goal, victim
        self.max_queries, self.seed = max_queries, seed
        self.ids = np.arange(n) if ids is None else ids
        authentic = layout.compute(windows.raw)
        self.benign = victim.predict(authentic) if benign is None else benign
        start = Answer(self.benign, self.benign, windows.truth, windows.recent, authentic)
        self.eligible = goal.eligible(start)
        self.before = np.where(goal.applies(start), goal.distance(start), np.inf)
        """Distance without any attack."""
        self.best = windows.raw.copy()
        self.shown = self.benign.copy()
        """The victim's answer to the best."""
        self.distance = np.where(self.eligible, self.before, np.inf)
        self.edits = np.zeros(n, dtype=np.int64)
        self.size = np.zeros(n)
        self.queries = np.zeros(n, dtype=np.int64)
        self.first = np.zeros(n, dtype=np.int64)
        self._width = np.array([_width(limits, i, windows.raw) for i in range(windows.raw.shape[2])])

    @property
    def achieved(self) -> NDArray[np.bool_]:
        """Windows in which the attack works."""
        return self.first > 0

    def open(self) -> NDArray[np.int64]:
        """Eligible windows that are not achieved and have queries left."""
        import numpy as np

        return np.flatnonzero(self.eligible & (self.first == 0) & (self.queries < self.max_queries))

    def attempt(self, rows: NDArray[np.int64], candidates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Enter candidates (m, steps, signals) for the windows ``rows`` (m; a window may come several times).

        Returns the distance of each: infinite where it is outside the limits, changes nothing, or is over the budget;
        such candidates cost no query.
        """
        import numpy as np

        result = np.full(len(rows), np.inf)
        original = self.windows.raw[rows]
        fine = self.eligible[rows] & self.limits.allows(original, self.windows.past[rows], candidates)
        changed = different(original, candidates)
        fine &= changed.any(axis=(1, 2))
        kept = np.flatnonzero(fine)
        number = self.queries[rows[kept]] + _rank(rows[kept]) + 1
        kept, number = kept[number <= self.max_queries], number[number <= self.max_queries]
        if len(kept) == 0:
            return result
        at = rows[kept]
        features = self.layout.compute(candidates[kept])
        shown = self.victim.predict(features)
        w = self.windows
        distance = self.goal.distance(Answer(shown, self.benign[at], w.truth[at], w.recent[at], features))
        np.maximum.at(self.queries, at, number)
        result[kept] = distance
        self._enter(at, candidates[kept], shown, distance, number, original[kept], changed[kept])
        return result

    def _enter(
        self, at: NDArray[np.int64], candidates: NDArray[np.float64], shown: NDArray[np.float64],
        distance: NDArray[np.float64], number: NDArray[np.int64], original: NDArray[np.float64],
        changed: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        import numpy as np

        done = distance == 0
        edits = changed.sum(axis=(1, 2))
        size = (_sizes(original, candidates, changed) / self._width).sum(axis=(1, 2))
        early = np.full(len(self.first), np.iinfo(np.int64).max)
        np.minimum.at(early, at[done], number[done])
        fresh = (self.first == 0) & (early < np.iinfo(np.int64).max)
        was_done = self.first > 0
        # An achieved candidate: fewest edits, then smallest size. One that is not: smallest distance.
        key = (number, np.where(done, size, 0.0), np.where(done, edits, 0), np.where(done, 0.0, distance), at)
        order = np.lexsort(key)
        lead = order[np.r_[True, at[order][1:] != at[order][:-1]]]
        row = at[lead]
        better = np.where(
            was_done[row],
            done[lead] & _smaller(edits[lead], size[lead], self.edits[row], self.size[row]),
            distance[lead] < self.distance[row],
        )
        self.first[fresh] = early[fresh]
        row, lead = row[better], lead[better]
        self.best[row], self.shown[row], self.distance[row] = candidates[lead], shown[lead], distance[lead]
        self.edits[row], self.size[row] = edits[lead], size[lead]

    def moved(self, move: Move, rows: NDArray[np.int64], state: NDArray[np.float64]) -> NDArray[np.float64]:
        """``state`` of the windows ``rows`` after a move."""
        import numpy as np

        return self.moved_each((move,), np.zeros(len(rows), dtype=np.int64), rows, state)

    def moved_each(
        self, moves: tuple[Move, ...], chosen: NDArray[np.int64], rows: NDArray[np.int64], state: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The same with a move for each window, ``moves[chosen]``."""
        return apply(self.limits, moves, chosen, state, self.windows.raw[rows], self.windows.past[rows])

    def part(self, rows: slice) -> Attack:
        """A fresh attack on some of the windows, with their own random streams."""
        return Attack(
            self.windows.take(rows), self.layout, self.limits, self.goal, self.victim, max_queries=self.max_queries,
            seed=self.seed, ids=self.ids[rows], benign=self.benign[rows],
        )  # fmt: skip


def _width(limits: Limits, index: int, raw: NDArray[np.float64]) -> float:
    """The range of a signal's values: that of the limits where finite, else that of the data."""
    import numpy as np

    for s in limits.signals:
        if s.index == index and np.isfinite(s.high - s.low) and s.high > s.low:
            return s.high - s.low
    present = raw[:, :, index][~np.isnan(raw[:, :, index])]
    return float(np.ptp(present)) or 1.0 if len(present) else 1.0


def _smaller(
    edits: NDArray[np.int64], size: NDArray[np.float64], than: NDArray[np.int64], than_size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (edits < than) | ((edits == than) & (size < than_size))
    return result


def _sizes(
    original: NDArray[np.float64], candidates: NDArray[np.float64], changed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Size of each change; a value added or withheld has none and counts as an edit only."""
    import numpy as np

    return np.where(changed, np.nan_to_num(np.abs(candidates - original)), 0.0)


def _rank(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many earlier entries name the same window."""
    import numpy as np

    if len(rows) == 0:
        return rows
    order = np.argsort(rows, kind="stable")
    in_order = rows[order]
    starts = np.r_[True, in_order[1:] != in_order[:-1]]
    place = np.arange(len(rows))
    rank = np.empty_like(rows)
    rank[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return rank


class Search(Protocol):
    """A way of looking for the candidate that works. Adding one is adding a file."""

    name: ClassVar[str]

    def plan(self, attack: Attack) -> Any:
        """What it learns once about all windows together (moves in order of promise); may ask the victim."""
        ...

    def run(self, attack: Attack, plan: Any) -> None:
        """Propose candidates by ``attack.attempt``, independently of ``attack.max_queries``."""
        ...


@dataclass(frozen=True, slots=True)
class Attempts:
    """What a search found, one row per window."""

    search: str
    seed: int
    eligible: NDArray[np.bool_]
    achieved: NDArray[np.bool_]
    edits: NDArray[np.int64]
    """Of the best found; the fewest known where achieved."""
    size: NDArray[np.float64]
    queries: NDArray[np.int64]
    first: NDArray[np.int64]
    """Queries at the first success; 0 where there was none."""
    best: NDArray[np.float64]
    """Falsified raw windows (authentic ones where nothing was found)."""
    shown: NDArray[np.float64]
    """The model's answer to them."""
    benign: NDArray[np.float64]
    planning: int
    """Queries that went into the plan, on a sample of the windows."""


def run_search(attack: Attack, search: Search, progress: Callable[[int, int], None] | None = None) -> Attempts:
    """Run a search over all windows, chunk by chunk; the attack's own board is left as it is.

    Args:
        attack: the whole attack.
        search: how to look.
        progress: called with windows done and in all.
    """
    import numpy as np

    names = ("achieved", "edits", "size", "queries", "first", "best", "shown")
    n, before = len(attack.windows), attack.victim.queries
    plan = search.plan(attack)
    planning = attack.victim.queries - before
    parts: list[list[Any]] = []
    for start in range(0, n, CHUNK):
        part = attack.part(slice(start, min(start + CHUNK, n)))
        search.run(part, plan)
        parts.append([getattr(part, name) for name in names])
        if progress:
            progress(min(start + CHUNK, n), n)
    if parts:
        found = {name: np.concatenate(group) for name, group in zip(names, zip(*parts, strict=True), strict=True)}
    else:
        found = {name: getattr(attack, name) for name in names}
    return Attempts(search.name, attack.seed, attack.eligible, benign=attack.benign, planning=planning, **found)
