"""A trace from comma-separated text: a column ``time_s``, one for each variable, one for each control action."""

from __future__ import annotations

import csv
import io
from math import isfinite, nan

from harmpath.errors import InputError, Problem, UsageError
from harmpath.stpa.traces import Trace

__all__ = ["MAX_SAMPLES", "trace_from_csv"]

MAX_SAMPLES = 1_000_000
TIME = "time_s"


def trace_from_csv(text: str, file: str) -> Trace:
    """Read a trace. An empty cell is a missing sample; a word is the name of a state.

    Raises:
        InputError: no header, no ``time_s``, a row of another length, times that do not rise, too many samples.
    """
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        if TIME not in header or len(set(header)) != len(header):
            said = f"The first line must name the columns once each, one of them '{TIME}'."
            raise InputError([Problem("trace-header", said, file, 1, 1, ",".join(header)[:80])])
        columns: dict[str, list[float | str]] = {name: [] for name in header}
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                said = f"The row has {len(row)} cells; the header has {len(header)}."
                raise InputError([Problem("trace-row", said, file, rows.line_num)])
            if len(columns[TIME]) >= MAX_SAMPLES:
                raise InputError([Problem("too-large", f"At most {MAX_SAMPLES:,} samples are read.", file)])
            for name, cell in zip(header, row, strict=True):
                columns[name].append(_value(cell))
            now = columns[TIME][-1]
            if isinstance(now, str) or not isfinite(now):
                raise InputError([Problem("trace-time", "The time must be a number.", file, rows.line_num)])
    except csv.Error as error:
        raise InputError([Problem("trace-csv", f"Not readable as CSV: {error}.", file, rows.line_num)]) from error
    times = tuple(float(t) for t in columns.pop(TIME))
    try:
        return Trace(times, columns)
    except UsageError as error:
        raise InputError([Problem("trace-time", error.message, file, remedy="Sort the rows by time.")]) from error


def _value(cell: str) -> float | str:
    text = cell.strip()
    if not text:
        return nan
    try:
        return float(text)
    except ValueError:
        return text
