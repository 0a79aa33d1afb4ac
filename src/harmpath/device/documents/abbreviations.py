"""Abbreviations as the document itself defines them: in brackets behind the words they stand for."""

from __future__ import annotations

import re
from itertools import islice

from harmpath.catalogue.technologies import Entry
from harmpath.device.documents.matcher import squash

_SHORT = re.compile(r"\((?P<short>[A-Z]{2,6})\)")
_LONG_FORM = 90
"""Characters before a bracketed abbreviation in which its words are looked for."""


def other_meanings(text: str) -> dict[str, frozenset[str]]:
    """Abbreviation to the squashed words that the document itself defines it by ("colorectal cancer (CRC)")."""
    meanings: dict[str, set[str]] = {}
    for match in islice(_SHORT.finditer(text), 500):
        short = match["short"]
        words = re.findall(r"[A-Za-z][\w']*", text[max(0, match.start() - _LONG_FORM) : match.start()])
        for count in (len(short), len(short) - 1):
            long = words[-count:]
            if len(long) == count and _abbreviates(short, long):
                meanings.setdefault(short, set()).add(squash(" ".join(long)))
                break
    return {short: frozenset(longs) for short, longs in meanings.items()}


def _abbreviates(short: str, words: list[str]) -> bool:
    """Whether the letters stand in the words in order, the first and last of them at the start of one."""
    if words[0][0].upper() != short[0] or words[-1][0].upper() != short[-1]:
        return False
    letters = iter("".join(words).upper())
    return all(letter in letters for letter in short)


def means_another(alias: str, entry: Entry, meanings: dict[str, frozenset[str]]) -> bool:
    """Whether the document gives the abbreviation a meaning that is none of the entry's names."""
    longs = meanings.get(alias)
    if not longs:
        return False
    names = [squash(name) for name in (entry.name, *entry.aliases)]
    return not any(long in name or name in long for long in longs for name in names if len(name) > len(alias))


_DEFINITION = re.compile(r"\s?\(\s?(?:\"|“|the )?(?P<short>[A-Z][A-Za-z0-9+\-]{1,9}(?: App)?)\"?\s?\)")


def defined_abbreviation(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The flat range of an abbreviation defined right behind ``text[start:end]``: "Management System (MS)"."""
    match = _DEFINITION.match(text, end)
    if match is None:
        return None
    short = match["short"]
    letters = re.sub(r"[^A-Za-z]", "", short.replace(" App", "")).lower()
    if len(letters) < 2 or sum(c.isupper() for c in short) < 2:
        return None
    long_form = text[start:end].lower()
    position = 0
    for letter in letters:
        position = long_form.find(letter, position)
        if position < 0:
            return None
        position += 1
    return match.span("short")
