"""What the readers of FDA's files share: bounded opening, delimited text, dates, and the quarantine.

A reader yields :class:`Row` values and reports what it could not use to a :class:`Quarantine`: a whole record when it
is unusable, a single field when only that field is (the record is then kept with the field unknown).
"""

from __future__ import annotations

import bz2
import csv
import io
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from harmpath.errors import InputError, Problem

__all__ = [
    "MAX_BYTES",
    "Columns",
    "Quarantine",
    "Rejected",
    "Row",
    "delimited",
    "fda_date",
    "open_bytes",
    "text_of",
    "yes_no",
]

Row: TypeAlias = dict[str, object]


class Columns(dict[str, list[Any]]):
    """Many rows at once, by column; what the reader of a very large source yields instead of rows."""


MAX_BYTES = 4 << 30
"""Unpacked size above which a file is refused (the largest MAUDE year file unpacks to about 2 GB)."""
MAX_FIELD = 1 << 20
_KEPT_REJECTS = 1000
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {m: i for i, m in enumerate(_MONTH_NAMES, 1)}
_DATE_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$"), "ymd"),
    (re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?: .*)?$"), "ymd"),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?$"), "mdy"),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})$"), "mdy"),
    (re.compile(r"([A-Za-z]{3})[a-z]*[ .-]+(\d{1,2}),?[ -]+(\d{4})$"), "mdy"),
    (re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{2,4})$"), "dmy"),
)
FIRST_YEAR = 1976
"""Medical Device Amendments; no record of a device can be older."""
LAST_YEAR = 2035


@dataclass(frozen=True, slots=True)
class Rejected:
    """One record or field that was set aside."""

    line: int
    reason: str
    """Stable short name: ``column-count``, ``bad-date``, ``duplicate-key`` ..."""
    value: str
    whole_record: bool


@dataclass
class Quarantine:
    """What one file gave that could not be used; every one counted, the first thousand kept."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[Rejected] = field(default_factory=list)
    records: int = 0
    """Whole records set aside."""

    def add(self, line: int, reason: str, value: str, *, whole_record: bool) -> None:
        """Set one record or field aside."""
        self.counts[reason] += 1
        self.records += whole_record
        if len(self.kept) < _KEPT_REJECTS:
            self.kept.append(Rejected(line, reason, value[:200], whole_record))


class _Bounded(io.RawIOBase):
    """A stream that refuses to unpack more than ``limit`` bytes."""

    def __init__(self, source: IO[bytes], limit: int, file: str) -> None:
        self._source, self._left, self._file = source, limit, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except (EOFError, OSError, lzma.LZMAError) as error:
            said = f"The compressed file is damaged or cut short: {error}"
            raise InputError([Problem("damaged-archive", said, self._file, remedy="Download it again.")]) from error
        self._left -= len(data)
        if self._left < 0:
            said = f"The file unpacks to more than {MAX_BYTES:,} bytes."
            raise InputError([Problem("too-large", said, self._file)])
        buffer[: len(data)] = data
        return len(data)


def open_bytes(path: Path) -> IO[bytes]:
    """The unpacked bytes of a plain, .xz or .bz2 file, bounded."""
    source: IO[bytes]
    if path.suffix == ".xz":
        source = cast("IO[bytes]", lzma.open(path))  # noqa: SIM115 - the caller closes it
    elif path.suffix == ".bz2":
        source = cast("IO[bytes]", bz2.open(path))  # noqa: SIM115 - the caller closes it
    else:
        source = path.open("rb")
    bounded: Any = _Bounded(source, MAX_BYTES, str(path))
    return cast("IO[bytes]", io.BufferedReader(bounded, 1 << 20))


def text_of(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, str]]:
    """Numbered lines as text: UTF-8, and a line that is not UTF-8 as Windows-1252, counted."""
    with open_bytes(path) as stream:
        for number, raw in enumerate(stream, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                quarantine.counts["not-utf-8"] += 1
                line = raw.decode("cp1252", "replace")
            yield number, line


def delimited(
    path: Path, quarantine: Quarantine, delimiter: str = ",", *, quoted: bool = True
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a delimited file by column name, with their line; a row with another number of cells is set aside.

    Column names are lower case with single underscores. FDA's own '|' files are not quoted; a missing trailing cell
    is allowed there only when the file's own last columns are empty by habit (it is then counted).
    """
    csv.field_size_limit(MAX_FIELD)
    line_of = [0]

    def lines() -> Iterator[str]:
        for number, line in text_of(path, quarantine):
            line_of[0] = number
            yield line.replace("\x00", "")

    if quoted:
        reader = csv.reader(lines(), delimiter=delimiter)
    else:
        reader = csv.reader(lines(), delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
    try:
        names = [_column(n) for n in next(reader)]
    except StopIteration:
        raise InputError([Problem("empty-file", "The file holds no line.", str(path))]) from None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            quarantine.add(line_of[0], "unreadable-row", str(error), whole_record=True)
            continue
        if not cells:
            continue
        if len(cells) < len(names) and not quoted and len(cells) >= len(names) // 3:
            quarantine.counts["short-row-padded"] += 1
            cells += [""] * (len(names) - len(cells))
        if len(cells) != len(names):
            found = f"{len(cells)} cells instead of {len(names)}: {delimiter.join(cells)}"
            quarantine.add(line_of[0], "column-count", found, whole_record=True)
            continue
        yield line_of[0], dict(zip(names, cells, strict=True))


def _column(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def fda_date(value: str, quarantine: Quarantine, line: int) -> date | None:
    """A date in any of the forms FDA's files use; an impossible or absurd one is unknown, and counted."""
    day, usable = _date(value)
    if not usable:
        quarantine.add(line, "bad-date", value.strip(), whole_record=False)
    return day


@lru_cache(maxsize=1 << 16)
def _date(value: str) -> tuple[date | None, bool]:
    """(the date, whether the value was usable or rightly empty)."""
    value = value.strip().replace("\xa0", " ")
    if not value or value in ("*", "NI", "UNK"):
        return None, True
    for form, order in _DATE_FORMS:
        found = form.match(value)
        if not found:
            continue
        parts = dict(zip(order, found.groups(), strict=True))
        try:
            month = _MONTHS.get(parts["m"].lower()) or int(parts["m"])
            year = int(parts["y"])
            year += (2000 if year < 70 else 1900) if len(parts["y"]) == 2 else 0
            day = date(year, month, int(parts["d"]))
        except ValueError:
            break
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day, True
        break
    return None, False


_YES_NO = {"Y": True, "N": False, "": None}


def yes_no(value: str) -> bool | None:
    """Y/N as a truth value; anything else is unknown."""
    if value in _YES_NO:
        return _YES_NO[value]
    return {"y": True, "yes": True, "n": False, "no": False}.get(value.strip().lower())
