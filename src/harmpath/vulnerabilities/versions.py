"""Order versions as NVD, vendors and package ecosystems write them.

CPE gives no order of versions. The generic order here compares runs of digits as numbers and runs of letters as
text, left to right: ``1.9 < 1.10``, ``1.0.2 < 1.0.2k``, ``2.4 < 2.4a``, ``7.2 < 7.2p1``; words for pre-releases come
before the release (``1.0-rc1 < 1.0``); trailing zeros do not count (``5 = 5.0``). Package ecosystems have orders of
their own, taken from the ``univers`` library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["Interval", "VersionKey", "ecosystem_key", "interval", "is_unknown", "literal_key", "version_key"]

VersionKey: TypeAlias = tuple[tuple[int, int, str], ...]

_TOKEN = re.compile(r"\d+|[a-z]+")
_PRE = {
    "dev": 0,
    "snapshot": 0,
    "nightly": 0,
    "alpha": 1,
    "beta": 2,
    "milestone": 3,
    "pre": 4,
    "preview": 4,
    "prerelease": 4,
    "rc": 5,
    "cr": 5,
    "candidate": 5,
}
_SAME = frozenset({"final", "ga", "release", "lts", "stable"})
_END = (0, 0, "")
_UNKNOWN = frozenset({"", "*", "any", "unknown", "unspecified", "n/a", "na", "none", "tbd", "various", "latest"})
_RANGE = re.compile(
    r"(?:(?P<sign>>=|<=|>|<|≥|≤)\s*(?P<bound>[\w.+\-]+))"
    r"|(?:(?P<prefix>[\w.\-]*\d)\.(?:x|\*)(?:\.(?:x|\*))*)"
    r"|(?:(?P<from>[\w.\-]*\d[\w.\-]*)\s*(?:\+|,?\s*(?:or|and)\s+(?:above|later|newer|higher|up)))"
    r"|(?:(?P<to>[\w.\-]*\d[\w.\-]*)\s*,?\s*(?:or|and)\s+(?:below|earlier|older|lower|prior))",
    re.I,
)


def is_unknown(version: str) -> bool:
    """Whether the text states no version at all."""
    return version.strip().lower() in _UNKNOWN


@lru_cache(maxsize=131072)
def version_key(version: str) -> VersionKey:
    """The key by which versions without an ecosystem are ordered."""
    text = version.lower()
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    if tokens and tokens[0][0] == "v":
        tokens = tokens[1:]
    key: list[tuple[int, int, str]] = []
    for place, (word, _, end) in enumerate(tokens):
        if word.isdigit():
            key.append((2, int(word[:4000]), ""))
            continue
        follows = place + 1 < len(tokens) and tokens[place + 1][0].isdigit() and tokens[place + 1][1] == end
        before = place > 0 and tokens[place - 1][0].isdigit() and tokens[place - 1][2] == tokens[place][1]
        rank = _PRE.get(word)
        if rank is None and word in ("a", "b") and follows and before:
            rank = 1 if word == "a" else 2
        if word in _SAME:
            continue
        _drop_zeros(key)
        key.append((-1, rank, "") if rank is not None else (1, 0, word))
    _drop_zeros(key)
    return (*key, _END)


@lru_cache(maxsize=131072)
def literal_key(version: str) -> tuple[str, ...]:
    """What two versions that are written alike have in common: ``5``, ``5.0`` and ``v5.0`` are one, ``1.02`` and
    ``1.2`` are two, for there are makers who number so."""
    text = version.lower()
    if text[:1] == "v" and text[1:2].isdigit():
        text = text[1:]
    pieces = text.split(".") if text.replace(".", "").isalnum() else re.split(r"[^a-z0-9]+", text)
    while len(pieces) > 1 and pieces[-1] in ("0", ""):
        pieces.pop()
    return tuple(pieces)


def _drop_zeros(key: list[tuple[int, int, str]]) -> None:
    while len(key) > 1 and key[-1] == (2, 0, "") and key[-2][0] == 2:
        key.pop()


@dataclass(frozen=True, slots=True)
class Interval:
    """The versions that a text means: one version, or all between two bounds (None leaves a side open)."""

    low: VersionKey | None
    high: VersionKey | None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_point(self) -> bool:
        """Whether exactly one version is meant."""
        return self.low is not None and self.low == self.high

    def against(self, other: Interval) -> bool | None:
        """Whether every version meant lies in ``other`` (True), none does (False), or some may (None)."""
        if self._below(other) or other._below(self):
            return False
        inside_low = other.low is None or (
            self.low is not None
            and (self.low > other.low or (self.low == other.low and (not other.low_open or self.low_open)))
        )
        inside_high = other.high is None or (
            self.high is not None
            and (self.high < other.high or (self.high == other.high and (not other.high_open or self.high_open)))
        )
        return True if inside_low and inside_high else None

    def _below(self, other: Interval) -> bool:
        if self.high is None or other.low is None:
            return False
        return self.high < other.low or (self.high == other.low and (self.high_open or other.low_open))


@lru_cache(maxsize=65536)
def interval(version: str) -> Interval | None:
    """What a stated version means: ``8.0``; ``13.x``; ``8.0 or above``; ``<= 2.3``. None when it states nothing."""
    text = version.strip()
    if is_unknown(text) or len(text) > 512:
        return None
    found = _RANGE.fullmatch(text)
    if found is None:
        key = version_key(text)
        return Interval(key, key)
    if found["sign"]:
        key = version_key(found["bound"])
        lower = found["sign"] in (">=", ">", "≥")
        is_open = found["sign"] in (">", "<")
        return Interval(key, None, is_open) if lower else Interval(None, key, False, is_open)
    if found["prefix"]:
        key = version_key(found["prefix"])
        return Interval(key, _next(found["prefix"]), False, True)
    if found["from"]:
        return Interval(version_key(found["from"]), None)
    return Interval(None, version_key(found["to"]))


def _next(prefix: str) -> VersionKey:
    """The key just above every version that begins with ``prefix``."""
    head, last = re.fullmatch(r"(.*?)(\d+)", prefix).groups()  # type: ignore[union-attr]
    return version_key(f"{head}{int(last) + 1}")


def ecosystem_key(ecosystem: str, version: str) -> Any:
    """A version as its package ecosystem orders it (``univers``); raises ValueError when it is not one there."""
    from univers import versions

    classes = {
        "PyPI": versions.PypiVersion,
        "npm": versions.SemverVersion,
        "Maven": versions.MavenVersion,
        "NuGet": versions.NugetVersion,
        "RubyGems": versions.RubygemsVersion,
        "Packagist": versions.ComposerVersion,
        "Go": versions.GolangVersion,
        "crates.io": versions.SemverVersion,
        "Debian": versions.DebianVersion,
        "Alpine": versions.AlpineLinuxVersion,
        "Red Hat": versions.RpmVersion,
    }
    kind = classes.get(ecosystem.split(":")[0])
    if kind is None:
        raise ValueError(f"no version order known for {ecosystem}")
    try:
        return kind(version)
    except Exception as error:
        raise ValueError(f"{version!r} is not a version of {ecosystem}") from error
