"""Regions of a context space, handled without writing the space out.

A judgement such as "provided, glucose low or falling" stands for every row that fits, however many variables it leaves
open. As a box (for each variable the states it allows) it can be compared and counted exactly even where the full
table would have 10^9 rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Generic, TypeVar

__all__ = ["Box", "Space"]

T = TypeVar("T")

MAX_REGIONS = 100_000
"""Different regions looked at before counting is given up (it takes about a second)."""


class _TooManyRegionsError(Exception):
    """Counting would take too long."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What counting and searching need to know about some boxes, computed once."""

    named: tuple[str, ...]
    masks: dict[str, dict[str, int]]
    full: tuple[int, ...]
    alive: int


@dataclass(frozen=True)
class Box(Generic[T]):
    """A region, and what it is the region of."""

    allowed: Mapping[str, frozenset[str]]
    """States by variable; a variable that is not named may be in any state."""
    value: T

    def meets(self, other: Box[T]) -> bool:
        """True when some row lies in both."""
        small, large = sorted((self.allowed, other.allowed), key=len)
        return all(states & large[v] for v, states in small.items() if v in large)


@dataclass(frozen=True)
class Space:
    """The product of the states of some variables."""

    states: Mapping[str, tuple[str, ...]]

    @cached_property
    def size(self) -> int:
        """Number of rows of the full table."""
        return prod(len(s) for s in self.states.values())

    def fits(self, box: Box[T]) -> bool:
        """True when the box holds at least one row: it names only known variables, with states they have."""
        return all(v in self.states and allowed & set(self.states[v]) for v, allowed in box.allowed.items())

    def masks(self, boxes: Sequence[Box[T]]) -> dict[str, dict[str, int]]:
        """For each variable and state, a bit per box that allows it."""
        every = (1 << len(boxes)) - 1
        masks = {v: dict.fromkeys(states, every) for v, states in self.states.items()}
        for number, box in enumerate(boxes):
            for variable, allowed in box.allowed.items():
                for state in masks.get(variable, {}):
                    if state not in allowed:
                        masks[variable][state] &= ~(1 << number)
        return masks

    def covered(self, boxes: Sequence[Box[T]]) -> int | None:
        """How many rows lie in at least one of the boxes; exact, without building rows.

        None when the boxes cut the space into so many different regions that counting would take too long.
        """
        plan = self._plan(boxes)
        free = prod(len(s) for v, s in self.states.items() if v not in plan.named)
        known: dict[tuple[int, int], int] = {}

        def count(index: int, alive: int) -> int:
            if not alive:
                return 0
            if alive & plan.full[index]:
                return prod(len(self.states[v]) for v in plan.named[index:])
            key = (index, alive)
            if key not in known:
                if len(known) >= MAX_REGIONS:
                    raise _TooManyRegionsError
                below = plan.masks[plan.named[index]].values()
                known[key] = sum(count(index + 1, alive & mask) for mask in below)
            return known[key]

        try:
            return count(0, plan.alive) * free
        except _TooManyRegionsError:
            return None

    def gaps(self, boxes: Sequence[Box[T]], limit: int = 20) -> tuple[dict[str, str], ...]:
        """Regions that no box covers, each as the states that lead into it; the first ``limit`` found, in order."""
        plan = self._plan(boxes)
        found: list[dict[str, str]] = []
        solid: set[tuple[int, int]] = set()

        def walk(index: int, alive: int, chosen: dict[str, str]) -> bool:
            """True when a gap was found below; regions known to be covered are not entered again."""
            if len(found) >= limit or len(solid) >= MAX_REGIONS:
                return True
            if not alive:
                found.append(chosen)
                return True
            if alive & plan.full[index] or (index, alive) in solid:
                return False
            variable = plan.named[index]
            below = [walk(index + 1, alive & m, {**chosen, variable: s}) for s, m in plan.masks[variable].items()]
            if not any(below):
                solid.add((index, alive))
            return any(below)

        walk(0, plan.alive, {})
        return tuple(found)

    def _plan(self, boxes: Sequence[Box[T]]) -> _Plan:
        named = self._named(boxes)
        full = tuple(self._full_from(named[i:], boxes) for i in range(len(named) + 1))
        alive = sum(1 << i for i, box in enumerate(boxes) if self.fits(box))
        return _Plan(tuple(named), self.masks(boxes), full, alive)

    def _named(self, boxes: Sequence[Box[T]]) -> list[str]:
        """Variables that some box restricts; the others cannot make a difference."""
        return [v for v in self.states if any(v in box.allowed for box in boxes)]

    @staticmethod
    def _full_from(variables: Sequence[str], boxes: Sequence[Box[T]]) -> int:
        """A bit per box that restricts none of the variables: once alive here, it covers everything below."""
        return sum(1 << i for i, box in enumerate(boxes) if not any(v in box.allowed for v in variables))
