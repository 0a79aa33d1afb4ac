"""Moves in order of promise, learned on a few windows: the order in which they help windows not yet helped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harmpath.evasion.attack import Attack
from harmpath.evasion.moves import Move, move_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["all_moves", "ranked_moves", "trim"]


def all_moves(attack: Attack, level_count: int = 6) -> tuple[Move, ...]:
    """The table of moves for the attack's limits and windows."""
    return move_table(attack.limits, attack.windows.raw, attack.windows.past.shape[1], level_count=level_count)


def ranked_moves(attack: Attack, level_count: int = 6, pilot: int = 32) -> tuple[Move, ...]:
    """All moves, the most promising first.

    Every move is tried alone on ``pilot`` eligible windows, evenly spread. Then moves are taken one by one, each time
    the one that leaves the smallest mean distance over the pilot windows when each keeps its best move so far.
    The idea of learning an order of edges is URET's lookup table (Eykholt et al., USENIX Security 2023).
    """
    import numpy as np

    moves = all_moves(attack, level_count)
    eligible = np.flatnonzero(attack.eligible)
    if not moves or len(eligible) == 0:
        return moves
    rows = eligible[np.linspace(0, len(eligible) - 1, min(pilot, len(eligible))).astype(np.int64)]
    trial = Attack(
        attack.windows.take(rows), attack.layout, attack.limits, attack.goal, attack.victim, max_queries=len(moves),
        seed=attack.seed, benign=attack.benign[rows],
    )  # fmt: skip
    every = np.arange(len(rows))
    tried = [trial.attempt(every, trial.moved(m, every, trial.windows.raw)) for m in moves]
    start = trial.before
    table = np.minimum(np.stack(tried), start)
    return tuple(moves[i] for i in _cover(table, start, np.array([m.cells for m in moves])))


def _cover(table: NDArray[np.float64], start: NDArray[np.float64], cells: NDArray[np.int64]) -> list[int]:
    """Order of the rows of ``table`` (moves x windows) by what each adds; ties: fewer cells, then table order."""
    import numpy as np

    left, order, best = list(range(len(table))), [], start.copy()
    # A success is worth more than any approach.
    worth = np.where(table == 0, -1.0, table / (1.0 + table))
    best = np.where(best == 0, -1.0, best / (1.0 + best))
    while left:
        score = np.minimum(worth[left], best).mean(axis=1)
        if score.min() >= best.mean() - 1e-12:
            rest = worth[left].mean(axis=1)
            order += [left[i] for i in np.lexsort((np.array(left), cells[left], np.round(rest, 12)))]
            break
        pick = left[int(np.lexsort((np.array(left), cells[left], np.round(score, 12)))[0])]
        order.append(pick)
        best = np.minimum(best, worth[pick])
        left.remove(pick)
    return order


def trim(attack: Attack) -> None:
    """Fewer edits for windows that are achieved: parts of the changes are taken back, halves first, then ever smaller.

    What is left is the smallest that this search knows, not a proven minimum (only exhaustive search proves one).
    """
    import numpy as np

    parts = 2
    while True:
        rows = np.flatnonzero(attack.achieved & (attack.edits > 1) & (attack.queries < attack.max_queries))
        rows = rows[attack.edits[rows] * 2 > parts]
        if len(rows) == 0:
            return
        for part in range(parts):
            # Each window's own part of its changes, counted through signals and steps.
            state, original = attack.best[rows], attack.windows.raw[rows]
            changed = (state != original) & ~(np.isnan(state) & np.isnan(original))
            flat = changed.transpose(0, 2, 1).reshape(len(rows), -1)
            place = (np.cumsum(flat, axis=1) - 1) * parts // np.maximum(flat.sum(axis=1, keepdims=True), 1)
            back = flat & (place == part)
            back = back.reshape(len(rows), state.shape[2], state.shape[1]).transpose(0, 2, 1)
            attack.attempt(rows, np.where(back, original, state))
        parts *= 2
