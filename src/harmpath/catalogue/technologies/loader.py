"""Load the gazetteer files of this folder and check them against the one schema they share."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec
import yaml

Category = Literal[
    "cloud-service",
    "database",
    "hardware-platform",
    "health-data-standard",
    "ml-technique",
    "network-protocol",
    "operating-system",
    "peripheral-device",
    "security-mechanism",
    "software-library",
    "software-product",
    "storage-medium",
    "web-technology",
    "wired-interface",
    "wireless",
]
CATEGORIES: tuple[str, ...] = get_args(Category)


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may follow an alias and make it a more specific technology, e.g. "Windows" + " 10 IoT"."""

    pattern: str
    """Regular expression matched right behind the alias; groups ``version`` and ``codename`` are used."""
    name: str
    """Normalised name; ``{version}`` is filled in."""
    version: str = "{version}"
    cpe: str | None = None


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One technology of the gazetteer."""

    name: str
    """The one name it is reported under."""
    aliases: tuple[str, ...]
    """How documents write it. All-capital aliases of up to five letters are matched in that case only."""
    category: Category | None = None
    """Overrides the file's category."""
    vendor: str | None = None
    cpe: str | None = None
    """CPE part, vendor and product as ``o:apple:iphone_os``, where NVD has one."""
    case: bool = False
    """Match every alias in the written case only (words that are also common English)."""
    tail: str = ""
    """A version style (``harmpath.device.documents.versions``) or a regular expression with group ``version``; ``none``
    where nothing is read. Left out, versions are read behind programs and nothing else."""
    version: str = "{version}"
    """How the version is written; ``{alias}`` is the alias that matched."""
    variants: tuple[Variant, ...] = ()
    distinct: bool = False
    """Every version is a technology of its own, named "name version" (phones, Windows)."""
    list: bool = False
    """The name carries over a list: "Galaxy S3, S4 and S5"."""
    head_name: str | None = None
    """With ``distinct``: what stands before the model instead of the name."""
    needs: str | None = None
    """The sentence or table row must also match this expression."""
    unless: str | None = None
    """A surrounding text that matches this is something else."""
    fold: str = ""
    """Names (``a|b``) or ``*category``: where the document names one of those, this entry's mentions belong to it."""
    unnamed: bool = False
    """An interface or mechanism that counts although no product is named (cloud, encryption, barcode)."""
    connects: bool = False
    """A product that counts only where the text says the device connects to, runs on or contains it."""
    glued: bool = False
    """Long and distinct enough to be found where the extraction ran it onto the word before ("mountedbarcode")."""
    notes: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    category: Category
    entries: tuple[Entry, ...]
    simple: tuple[str, ...] = ()
    """Entries whose name is their only alias and about which nothing else is recorded."""
    models: dict[str, tuple[str, ...]] = {}
    """Maker to products that count only where the device connects to them; the name is the only alias."""


_PROGRAMS = frozenset(("software-product", "software-library", "database"))


class Gazetteer(msgspec.Struct, frozen=True):
    """All entries, in file and list order; every entry has its category."""

    entries: tuple[Entry, ...]

    def names(self) -> frozenset[str]:
        """Every normalised name that is not built from a version."""
        return frozenset(entry.name for entry in self.entries)


def _read(path: Path) -> tuple[Entry, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    parsed = msgspec.convert(raw, _File)
    simple = (Entry(name=name, aliases=(name,), case=True) for name in parsed.simple)
    models = (
        Entry(name=name, aliases=(name,), vendor=maker, connects=True)
        for maker, names in parsed.models.items()
        for name in names
    )
    return tuple(_complete(entry, parsed.category) for entry in (*parsed.entries, *simple, *models))


def _complete(entry: Entry, category: Category) -> Entry:
    """The entry with the defaults that depend on its category."""
    category = entry.category or category
    return msgspec.structs.replace(
        entry, category=category, tail=entry.tail or ("program" if category in _PROGRAMS else "none")
    )


@cache
def load_gazetteer(folder: Path | None = None) -> Gazetteer:
    """The shipped gazetteer, or the one in ``folder``.

    Raises msgspec.ValidationError where a file does not follow the schema and re.error for a broken expression.
    """
    files = sorted((folder or Path(__file__).parent).glob("*.yaml"))
    entries = tuple(entry for path in files for entry in _read(path))
    for entry in entries:
        for pattern in (entry.needs, entry.unless, *(v.pattern for v in entry.variants)):
            if pattern:
                re.compile(pattern)
    return Gazetteer(entries)


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: str


@cache
def plain_words() -> frozenset[str]:
    """Words that do not make a capitalised phrase the name of a product."""
    path = Path(__file__).parent / "words" / "plain.yaml"
    return frozenset(msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), _Words).words.split())
