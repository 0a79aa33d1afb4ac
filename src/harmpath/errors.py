"""What every failure says: where, what, and what to do next.

The tree::

    HarmpathError                 base; exit code 2
    ├── InputError                one or more Problems in files that came from outside
    ├── UsageError                the command was called in a way that cannot work
    ├── StoreError                the local store of public records is missing, damaged or busy
    ├── SourceError               a remote source did not answer as it should
    ├── OutputError               a result could not be written
    └── MissingExtraError         the feature needs an optional dependency
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

__all__ = [
    "HarmpathError",
    "InputError",
    "MissingExtraError",
    "OutputError",
    "Problem",
    "Severity",
    "SourceError",
    "StoreError",
    "UsageError",
]


def _shown(value: str, limit: int = 80) -> str:
    """The value as one printable line; control characters escaped so that a terminal cannot be driven by input."""
    text = value if value.isprintable() else value.encode("unicode_escape").decode("ascii")
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place of one file."""

    code: str
    """Stable short name, e.g. ``unknown-id``; what a program matches on."""
    message: str
    """What is wrong, as one sentence."""
    file: str = ""
    """The file as the user named it; empty when no file is involved."""
    line: int | None = None
    """1-based line, when known."""
    column: int | None = None
    """1-based column, when known."""
    value: str | None = None
    """The offending value as written."""
    remedy: str = ""
    """What to do about it."""
    severity: Severity = "error"

    @property
    def where(self) -> str:
        """``file:line:column`` as far as known, in the form that editors turn into a link."""
        parts = [self.file] + [str(n) for n in (self.line, self.column) if n is not None]
        return ":".join(p for p in parts if p)

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        value = f" (found: {_shown(self.value)})" if self.value is not None else ""
        remedy = f"\n    {self.remedy}" if self.remedy else ""
        return f"{head}{self.severity}[{self.code}] {_shown(self.message, 400)}{value}{remedy}"


class HarmpathError(Exception):
    """Base of every error harmpath raises on purpose. ``diagnostics()`` says what to do next."""

    exit_code = 2

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def diagnostics(self) -> str:
        """The message and, on the next line, what the user can do about it."""
        return f"{self.message}\n    {self.remedy}" if self.remedy else self.message


class InputError(HarmpathError):
    """Files from outside that could not be used; carries every Problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("an InputError needs at least one Problem")
        super().__init__("\n".join(str(p) for p in self.problems))


class UsageError(HarmpathError):
    """The command or function was called in a way that cannot work."""


class StoreError(HarmpathError):
    """The local store of public records is missing, damaged, too new, or busy."""


class SourceError(HarmpathError):
    """A remote source refused, failed, or answered with something other than what it documents."""


class OutputError(HarmpathError):
    """A result could not be written; nothing half-written is left behind."""


class MissingExtraError(HarmpathError):
    """The feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the optional dependencies [{extra}].", remedy=f"pip install 'harmpath[{extra}]'"
        )
        self.extra = extra
