"""Traces: recorded or simulated signals of patients, and the windows that a model sees of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harmpath.errors import InputError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Trace", "Windows", "cut", "read_traces"]

MAX_BYTES = 400_000_000
MAX_GAP_STEPS = 100_000
MMOL = 18.016
"""mg/dL per mmol/L of glucose (molar mass 180.16 g/mol)."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One patient's signals on an even grid."""

    patient: str
    values: NDArray[np.float64]
    """(steps, signals); NaN where there is no value."""
    start: float = 0.0
    """Minute of the first step."""


@dataclass(frozen=True, slots=True)
class Windows:
    """What the model sees, with what came before and what truly came after."""

    signals: tuple[str, ...]
    raw: NDArray[np.float64]
    """(n, steps, signals)."""
    past: NDArray[np.float64]
    """(n, before, signals): the steps just before the window; NaN before the trace began."""
    truth: NDArray[np.float64]
    """(n, horizon): what the target did afterwards; NaN unknown."""
    recent: NDArray[np.bool_]
    """(n): a meal (or other marked event) shortly before the end of the window; selects postprandial thresholds."""
    patient: NDArray[np.int64]
    patients: tuple[str, ...]
    end: NDArray[np.int64]
    """Index of the window's last step in its trace."""

    def __len__(self) -> int:
        return len(self.raw)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Windows:
        """Some of the windows."""
        parts = {n: getattr(self, n)[rows] for n in ("raw", "past", "truth", "recent", "patient", "end")}
        return replace(self, **parts)


def read_traces(
    path: Path, signals: Sequence[str], step: float, *, physiological: Mapping[str, tuple[float, float]] | None = None,
    units: Mapping[str, str] | None = None, shown: str = "",
) -> tuple[Trace, ...]:  # fmt: skip
    """Read a CSV with the columns ``patient``, ``minute`` and one per signal id; an empty cell is a missing value.

    Args:
        path: the file.
        signals: the columns wanted, in this order.
        step: minutes of the grid; rows fall on it, and gaps are filled with missing values.
        physiological: per signal, values a living patient can have; used to notice mmol/L taken for mg/dL.
        units: per signal, the unit of the file where it is ``mmol/L`` and mg/dL is meant.
        shown: the file's name in messages.

    Raises:
        InputError: missing columns, not a number, minutes off the grid or not rising, values in another unit.
    """
    shown = shown or path.name
    if not path.is_file():
        raise InputError([Problem("missing-file", "There is no such file of traces.", shown, remedy="Set 'traces'.")])
    if path.stat().st_size > MAX_BYTES:
        raise InputError([Problem("too-large", f"Traces of more than {MAX_BYTES:,} bytes are not read.", shown)])
    problems: list[Problem] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = _rows(csv.DictReader(stream), list(signals), shown, problems)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError([Problem("not-csv", f"Not a CSV file in UTF-8: {error}", shown)]) from error
    traces = [] if problems else [_grid(name, points, step, shown, problems) for name, points in sorted(rows.items())]
    if not rows and not problems:
        problems.append(Problem("no-traces", "The file holds no rows.", shown))
    if problems:
        raise InputError(problems[:50])
    return _converted([t for t in traces if t], signals, units or {}, physiological or {}, shown)


def _rows(
    reader: csv.DictReader[str], signals: list[str], shown: str, problems: list[Problem]
) -> dict[str, list[tuple[int, float, list[float]]]]:
    wanted = ["patient", "minute", *signals]
    missing = [c for c in wanted if c not in (reader.fieldnames or [])]
    if missing:
        said = f"Columns are missing: {', '.join(missing)}; found: {', '.join(reader.fieldnames or []) or 'none'}."
        problems.append(Problem("missing-column", said, shown, 1, remedy=f"Expected: {', '.join(wanted)}."))
        return {}
    found: dict[str, list[tuple[int, float, list[float]]]] = {}
    for row in reader:
        line = reader.line_num
        try:
            values = [float(row[s]) if row[s] not in ("", None) else float("nan") for s in signals]
            point = (line, float(row["minute"]), values)
        except (TypeError, ValueError) as error:
            problems.append(Problem("not-a-number", str(error), shown, line, remedy="Leave missing values empty."))
            if len(problems) >= 50:
                break
            continue
        found.setdefault(row["patient"], []).append(point)
    return found


def _grid(
    name: str, points: list[tuple[int, float, list[float]]], step: float, shown: str, problems: list[Problem]
) -> Trace | None:
    import numpy as np

    minutes = np.array([p[1] for p in points])
    slots = np.rint((minutes - minutes[0]) / step).astype(np.int64)
    off = np.abs(slots * step + minutes[0] - minutes) > 0.1 * step
    falling = np.r_[False, np.diff(slots) <= 0]
    for i in np.flatnonzero(off | falling)[:5]:
        what = "is not later than the one before" if falling[i] else f"is not on the grid of {step:g} minutes"
        said = f"Minute {minutes[i]:g} of patient {name} {what}."
        problems.append(Problem("bad-minute", said, shown, points[i][0], remedy="Resample, or set step_minutes."))
    if (off | falling).any():
        return None
    if slots[-1] + 1 > len(points) + MAX_GAP_STEPS:
        problems.append(Problem("gap", f"Patient {name} has gaps of more than {MAX_GAP_STEPS:,} steps.", shown))
        return None
    values = np.full((slots[-1] + 1, len(points[0][2])), np.nan)
    values[slots] = [p[2] for p in points]
    return Trace(name, values, float(minutes[0]))


def _converted(
    traces: Sequence[Trace], signals: Sequence[str], units: Mapping[str, str],
    physiological: Mapping[str, tuple[float, float]], shown: str,
) -> tuple[Trace, ...]:  # fmt: skip
    """Stated mmol/L becomes mg/dL; an unstated one is asked about, not guessed."""
    import numpy as np

    factors = np.array([MMOL if units.get(s) == "mmol/L" else 1.0 for s in signals])
    traces = [replace(t, values=t.values * factors) for t in traces]
    for i, signal in enumerate(signals):
        low, high = physiological.get(signal, (-np.inf, np.inf))
        present = np.concatenate([t.values[:, i] for t in traces])
        present = present[~np.isnan(present)]
        if len(present) == 0 or low <= np.median(present) <= high:
            continue
        median = float(np.median(present))
        mmol = low <= median * MMOL <= high
        remedy = (
            f"It looks like mmol/L: say so with 'units: {{{signal}: mmol/L}}'." if mmol else "Check unit and column."
        )
        said = f"The median of '{signal}' is {median:g}, outside what a living patient has ({low:g} to {high:g})."
        raise InputError([Problem("wrong-unit", said, shown, value=f"{median:g}", remedy=remedy)])
    return tuple(traces)


def cut(
    traces: Sequence[Trace], signals: Sequence[str], *, steps: int, horizon: int, target: str, stride: int = 1,
    before: int | None = None, event: str = "", event_steps: int = 24,
) -> Windows:  # fmt: skip
    """Cut traces into windows of ``steps`` with the next ``horizon`` values of ``target``.

    Windows without any target value in the last step of the horizon, or without any value of the target inside, are
    left out. ``before`` steps of the past are kept (as many as the window has, when None). ``event`` is a signal whose
    positive values within ``event_steps`` before the window's end mark it (meals: postprandial).
    """
    import numpy as np

    before = steps if before is None else before
    at = list(signals).index(target)
    parts: list[tuple[NDArray[np.float64], ...]] = []
    numbers, ends, marks = [], [], []
    names = tuple(t.patient for t in traces)
    for number, trace in enumerate(traces):
        values = np.concatenate([np.full((before, trace.values.shape[1]), np.nan), trace.values])
        length = len(trace.values)
        last = np.arange(steps - 1, length - horizon, stride)
        if len(last) == 0:
            continue
        inside = last[:, None] + before - np.arange(steps - 1, -1, -1)
        earlier = last[:, None] - steps + 1 + np.arange(before)
        later = last[:, None] + before + 1 + np.arange(horizon)
        raw, truth = values[inside], values[later, at]
        usable = ~np.isnan(raw[:, :, at]).all(axis=1) & ~np.isnan(truth[:, -1])
        parts.append((raw[usable], values[earlier][usable], truth[usable]))
        marks.append(_marks(trace.values, list(signals), event, event_steps)[last][usable])
        numbers.append(np.full(int(usable.sum()), number))
        ends.append(last[usable])
    if not parts:
        said = f"No patient has {steps + horizon} steps in a row."
        raise InputError([Problem("too-short", said, remedy="Give longer traces or a shorter window.")])
    raw, past, truth = (np.concatenate(group) for group in zip(*parts, strict=True))
    return Windows(
        tuple(signals), raw, past, truth, np.concatenate(marks), np.concatenate(numbers), names, np.concatenate(ends)
    )


def _marks(values: NDArray[np.float64], signals: list[str], event: str, steps: int) -> NDArray[np.bool_]:
    import numpy as np

    if not event:
        return np.zeros(len(values), dtype=bool)
    happened = np.cumsum(np.nan_to_num(values[:, signals.index(event)]) > 0)
    earlier = np.r_[np.zeros(min(steps, len(values)), dtype=happened.dtype), happened[:-steps]]
    result: NDArray[np.bool_] = happened > earlier
    return result
