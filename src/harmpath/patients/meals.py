"""What patients eat and how they handle advice: random days by seed, or a fixed plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harmpath.errors import InputError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FixedMeal", "MealPlan", "User"]

# Chance, earliest, latest, mean and sd of the hour, mean and sd of the amount (g): breakfast, snack, lunch, snack,
# dinner,
# snack. The random scenario of simglucose (MIT); the patients are exercise-free.
_SLOTS = (
    (0.95, 5.0, 9.0, 7.0, 1.0, 45.0, 10.0),
    (0.30, 9.0, 10.0, 9.5, 0.5, 10.0, 5.0),
    (0.95, 10.0, 14.0, 12.0, 1.0, 70.0, 10.0),
    (0.30, 14.0, 16.0, 15.0, 0.5, 10.0, 5.0),
    (0.95, 16.0, 20.0, 18.0, 1.0, 80.0, 10.0),
    (0.30, 20.0, 23.0, 21.5, 0.5, 10.0, 5.0),
)
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class FixedMeal:
    """A meal at the same time every day."""

    hour: float
    grams: float
    announced: float | None = None
    """What the patient tells the device (g); the true amount when not given, 0 for a forgotten meal."""


@dataclass(frozen=True, slots=True)
class MealPlan:
    """Random daily meals, or fixed ones when ``fixed`` is given (an empty ``fixed`` with ``random=False`` is
    fasting)."""

    random: bool = True
    fixed: tuple[FixedMeal, ...] = ()
    group_scale: Mapping[str, float] = field(default_factory=lambda: {"adult": 1.0, "adolescent": 1.0, "child": 0.6})
    """Meal size by age group; 0.6 for children is a stated assumption (their energy need is about 60 % of an
    adult's)."""

    def __post_init__(self) -> None:
        problems = [
            Problem("bad-meal", "a meal needs 0 <= hour < 24 and 0 to 300 g", value=f"{m.hour} h, {m.grams} g",
                    remedy="carbohydrate is never negative")
            for m in self.fixed
            if not (0 <= m.hour < 24 and 0 <= m.grams <= 300 and (m.announced is None or 0 <= m.announced <= 300))
        ]  # fmt: skip
        problems += [
            Problem("bad-scale", "a meal scale must be 0 to 5", value=f"{g}: {v}")
            for g, v in self.group_scale.items() if not 0 <= v <= 5
        ]  # fmt: skip
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class User:
    """How a person treats advice and alarms."""

    follows: float = 1.0
    """Chance that advice (a bolus for a meal) is followed at all."""
    delays: float = 0.0
    """Chance that followed advice is carried out ``delay_minutes`` late."""
    delay_minutes: float = 30.0
    forgets: float = 0.0
    """Chance that a meal is not announced."""
    counting_cv: float = 0.0
    """Relative error (sd) of counted carbohydrate; adults err by about 20 % (Brazeau et al. 2013)."""
    rescue_grams: float = 16.0
    """Fast carbohydrate eaten after a low-glucose alarm (the rule of 15); 0: alarms are not acted upon."""
    alarm_below: float = 70.0
    """mg/dL at which the receiver sounds its low alarm; 0 switches it off."""
    rescue_delay: float = 10.0
    """Minutes from alarm to eating."""
    asleep: tuple[float, float] = (23.0, 7.0)
    """From and until which hour the person sleeps."""
    wakes: bool = True
    """Whether an alarm wakes the person."""

    def __post_init__(self) -> None:
        for name in ("follows", "delays", "forgets"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError([Problem("bad-chance", f"{name} must be 0 to 1", value=str(getattr(self, name)))])
        if min(self.delay_minutes, self.counting_cv, self.rescue_grams, self.alarm_below, self.rescue_delay) < 0:
            raise InputError([Problem("bad-user", "a user's delays, errors and amounts must not be negative")])


def realise_meals(
    plan: MealPlan,
    user: User,
    groups: Sequence[str],
    generators: Sequence[np.random.Generator],
    days: int,
    start_hour: float,
) -> NDArray[np.float64]:
    """Meals per world: worlds x (minute, g eaten, g announced, steps of delay or -1) x meals, padded with minute
    1e9."""
    import numpy as np

    slots = len(_SLOTS) if plan.random else 0
    width = max(days * (slots + len(plan.fixed)), 1)
    out = np.zeros((len(groups), 4, width))
    out[:, 0] = _NEVER
    if plan.random and generators:
        _random_meals(out[:, :, : days * slots], generators, days, start_hour)
    for i, meal in enumerate(sorted(plan.fixed, key=lambda m: m.hour)):
        at = days * slots + i * days + np.arange(days)
        minute = (math.floor(((meal.hour - start_hour) % 24.0) * 60.0 + 0.5)) + 1440.0 * np.arange(days)
        out[:, 0, at], out[:, 1, at] = minute, meal.grams
        out[:, 2, at] = meal.grams if meal.announced is None else meal.announced
    scale = np.array([plan.group_scale.get(g, 1.0) for g in groups])
    out[:, 1] *= scale[:, None]
    out[:, 2] *= scale[:, None]
    _behave(out, user, generators)
    order = np.argsort(out[:, 0], axis=1, kind="stable")
    result: NDArray[np.float64] = np.take_along_axis(out, order[:, None, :], axis=2)
    return result


def _random_meals(
    out: NDArray[np.float64], generators: Sequence[np.random.Generator], days: int, start_hour: float
) -> None:
    import numpy as np
    from scipy.special import ndtr, ndtri

    chance, low, high, mean, sd, grams, grams_sd = (np.array(c) for c in zip(*_SLOTS, strict=True))
    draw = np.stack([g.random((3, days, len(_SLOTS))) for g in generators])
    eaten = draw[:, 0] < chance
    a, b = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    hour = mean + sd * ndtri(a + draw[:, 1] * (b - a))
    amount = np.maximum(np.rint(grams + grams_sd * ndtri(np.clip(draw[:, 2], 1e-12, 1 - 1e-12))), 0.0)
    minute = np.floor(((hour - start_hour) % 24.0) * 60.0) + 1440.0 * np.arange(days)[None, :, None]
    out[:, 0] = np.where(eaten, minute, _NEVER).reshape(len(out), -1)
    out[:, 1] = np.where(eaten, amount, 0.0).reshape(len(out), -1)
    out[:, 2] = out[:, 1]


def _behave(out: NDArray[np.float64], user: User, generators: Sequence[np.random.Generator]) -> None:
    """Forgotten, miscounted, ignored and delayed: drawn for every meal whether used or not, so that runs stay
    paired."""
    import numpy as np

    if (user.forgets, user.counting_cv, user.delays) == (0.0, 0.0, 0.0) and user.follows == 1.0:
        return
    width = out.shape[2]
    chance = np.stack([g.random((3, width)) for g in generators])
    deviate = np.stack([g.standard_normal(width) for g in generators])
    out[:, 2] *= np.maximum(1.0 + user.counting_cv * deviate, 0.0)
    out[:, 2] = np.where(chance[:, 0] < user.forgets, 0.0, np.rint(out[:, 2]))
    late = np.ceil(user.delay_minutes / 5.0)
    out[:, 3] = np.where(chance[:, 1] >= user.follows, -1.0, np.where(chance[:, 2] < user.delays, late, 0.0))
