"""CPE names: parsing and the attribute relations of NIST IR 7695 (naming) and IR 7696 (name matching)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

__all__ = [
    "ANY",
    "ATTRIBUTES",
    "NA",
    "Cpe",
    "CpeError",
    "Relation",
    "attribute_relation",
    "parse_cpe",
    "split_attributes",
    "unescape",
]

ANY = "*"
NA = "-"
ATTRIBUTES = (
    "part",
    "vendor",
    "product",
    "version",
    "update",
    "edition",
    "language",
    "sw_edition",
    "target_sw",
    "target_hw",
    "other",
)
"""The eleven attributes in the order of the formatted string binding (IR 7695, section 6.2)."""
Relation = Literal["superset", "equal", "subset", "disjoint", "undefined"]
MAX_CPE = 2048
_COLON = re.compile(r"(?<!\\):")
_PART = frozenset("aoh*")


class CpeError(ValueError):
    """The text is not a CPE name."""


@dataclass(frozen=True, slots=True)
class Cpe:
    """A CPE name; every attribute in the escaped spelling of the 2.3 formatted string, ``*`` ANY and ``-`` NA."""

    part: str = ANY
    vendor: str = ANY
    product: str = ANY
    version: str = ANY
    update: str = ANY
    edition: str = ANY
    language: str = ANY
    sw_edition: str = ANY
    target_sw: str = ANY
    target_hw: str = ANY
    other: str = ANY

    def values(self) -> tuple[str, ...]:
        """The eleven attributes in order."""
        return tuple(getattr(self, name) for name in ATTRIBUTES)

    def __str__(self) -> str:
        return "cpe:2.3:" + ":".join(self.values())


@lru_cache(maxsize=16384)
def parse_cpe(text: str) -> Cpe:
    """A CPE 2.3 formatted string or a CPE 2.2 URI (``cpe:/o:google:android:9.0``). Raises CpeError."""
    if len(text) > MAX_CPE:
        raise CpeError(f"longer than {MAX_CPE} characters")
    if text.startswith("cpe:2.3:"):
        values = _COLON.split(text[8:])
        if len(values) > 11 or len(values) < 3:
            raise CpeError(f"a CPE 2.3 name has 11 attributes, this one has {len(values)}")
        # Names with the trailing ANYs left out are common in SBOMs and unambiguous.
        values += [ANY] * (11 - len(values))
    elif text.startswith("cpe:/"):
        values = _from_uri(text[5:])
    else:
        raise CpeError("a CPE name begins with cpe:2.3: or cpe:/")
    if values[0].lower() not in _PART:
        raise CpeError(f"the part of a CPE name is a, o or h, not {values[0][:20]!r}")
    return Cpe(*(value.lower() or ANY for value in values))


def split_attributes(text: str) -> tuple[str, ...]:
    """The attributes of a piece of a formatted string, split at the colons that are not escaped."""
    return tuple(_COLON.split(text))


def _from_uri(body: str) -> list[str]:
    parts = body.split(":")
    if len(parts) > 7:
        raise CpeError(f"a CPE 2.2 URI has at most 7 components, this one has {len(parts)}")
    parts += [""] * (7 - len(parts))
    edition = parts[5]
    extended = ["", "", "", ""]
    if edition.startswith("~"):
        packed = (edition.split("~") + [""] * 6)[1:6]
        edition, extended = packed[0], packed[1:5]
    ordered = [*parts[:5], edition, parts[6], *extended]
    return [_escaped(value) for value in ordered]


def _escaped(value: str) -> str:
    """A URI component in the formatted string's spelling; %01 and %02 are the wildcards ? and *."""
    if value in ("", "-"):
        return value or ANY
    plain = unquote(value.replace("%01", "\x01").replace("%02", "\x02"))
    quoted = re.sub(r"([^\w.\-\x01\x02])", r"\\\1", plain, flags=re.ASCII)
    return quoted.replace("\x01", "?").replace("\x02", "*")


@lru_cache(maxsize=65536)
def unescape(value: str) -> str:
    """An attribute's value without the escapes of the formatted string."""
    return re.sub(r"\\(.)", r"\1", value) if "\\" in value else value


def attribute_relation(source: str, target: str) -> Relation:
    """The relation of a source attribute value to a target value (IR 7696, table 6-2)."""
    source, target = source.lower(), target.lower()
    if source == target and not _wild(source):
        return "equal"
    if _wild(target):
        return "undefined"
    if source == ANY:
        return "superset"
    if target == ANY:
        return "subset"
    if source == NA or target == NA:
        return "disjoint"
    if _wild(source):
        return "superset" if _pattern(source).fullmatch(target) else "disjoint"
    return "equal" if unescape(source) == unescape(target) else "disjoint"


def _wild(value: str) -> bool:
    """Whether the value holds an unescaped wildcard (ANY alone is not one)."""
    return value != ANY and ("*" in value or "?" in value) and re.search(r"(?<!\\)[*?]", value) is not None


@lru_cache(maxsize=4096)
def _pattern(source: str) -> re.Pattern[str]:
    pieces = re.findall(r"\\.|[*?]|[^\\*?]", source)
    wild = {"*": ".*", "?": ".?"}
    return re.compile("".join(wild.get(p) or (p if p[0] == "\\" else re.escape(p)) for p in pieces), re.S)
