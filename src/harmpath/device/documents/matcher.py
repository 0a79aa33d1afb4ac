"""Find the gazetteer's names in a flat text, in linear time, whatever the spacing and hyphens.

The text is squashed: letters and digits only, lower case, each tied to its place. Names are squashed the same way and
looked up at every place where a word can begin, by their first two characters and then longest first. So "Blue tooth",
"BLUETOOTH", "Blue-\\ntooth" and "barcodescanner" are found by one alias each; what was squashed is then checked: no
cell border inside, separators only where words part, whole words at both ends. Words that the extraction ran together
("LINUXoperating", "andtablets", "RFIDBluetooth") count as ends where the case changes or a common word is glued on.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from harmpath.catalogue.technologies import Entry, Gazetteer, load_gazetteer
from harmpath.device.documents.flatten import HARD
from harmpath.device.documents.versions import read_tail

_KEPT = re.compile(r"[^\W_]|[+#]|(?<=\d)\.(?=\d)")
_LETTERS = re.compile(r"[^A-Za-z]")
_GLUED_BEFORE = re.compile(
    r"(?:^|[^A-Za-z])(?:an|and|as|at|built|by|compatible|either|for|from|in|into|is|its|latest|of|on|or|over"
    r"|running|same|the|through|to|"
    r"up|using|via|with|uses)$",
    re.I,
)
_GLUED_AFTER = re.compile(
    r"(?:s|es)?(?:and|are|as|based|cable|can|communication|compatible|connect(?:ion|ivity|or)?|data|device"
    r"|devices|enabled|for|from|in|"
    r"interface|is|mobile|module|on|only|operating|or|phone|phones|port|ports|protocol|radio|receiver|service"
    r"|smart|software|system|systems|"
    r"technology|that|the|to|touch|transmi\w*|transfer|via|wireless|wirelessly|which|with)(?![a-z])"
)
_SEPARATORS = frozenset(" \t\n\r-_/:'()*\u00b7")
_MAX_GAP = 4
_GLUED_LENGTH = 7
"""Shortest alias that is looked for inside run-together words, where the entry allows it."""


@dataclass(slots=True)
class Squashed:
    """The squashed text and the flat offset of each of its characters."""

    text: str
    places: array[int]


def squash(text: str) -> str:
    """Letters, digits, ``+``, ``#`` and decimal points of ``text`` in lower case."""
    return "".join(_KEPT.findall(text)).lower()


def squash_with_places(flat: str) -> Squashed:
    """As :func:`squash`, keeping where each character stands."""
    places = array("l")
    characters: list[str] = []
    for match in _KEPT.finditer(flat):
        lowered = match[0].lower()
        characters.append(lowered if len(lowered) == 1 else match[0])
        places.append(match.start())
    return Squashed("".join(characters), places)


@dataclass(frozen=True, slots=True)
class _Alias:
    squashed: str
    written: str
    words: frozenset[int]
    """Squashed offsets at which a word of the alias begins."""
    entry: Entry
    exact: bool
    capitals: frozenset[int]
    """Squashed offsets of the letters of all-capital words, which are matched in that case ("IR" in "IR port")."""


@dataclass(frozen=True, slots=True)
class Found:
    """An alias found at a flat range."""

    start: int
    end: int
    entry: Entry
    alias: str


def _is_exact(alias: str, entry: Entry) -> bool:
    letters = _LETTERS.sub("", alias)
    return entry.case or (len(letters) <= 5 and letters.isupper()) or len(letters) <= 3


def _alias(written: str, entry: Entry) -> _Alias:
    words, count = set(), 0
    for index, character in enumerate(written):
        if _KEPT.match(written, index):
            if index and not _KEPT.match(written, index - 1):
                words.add(count)
            count += 1
        del character
    return _Alias(squash(written), written, frozenset(words), entry, _is_exact(written, entry), _capitals(written))


def _capitals(written: str) -> frozenset[int]:
    if written.isupper():
        return frozenset()
    offsets: set[int] = set()
    count = 0
    for word in re.split(r"[\s/-]", written):
        kept = _KEPT.findall(word)
        if 2 <= len(kept) <= 4 and word.isupper() and word.isalpha():
            offsets.update(range(count, count + len(kept)))
        count += len(kept)
    return frozenset(offsets)


@cache
def _index(gazetteer: Gazetteer) -> dict[str, tuple[_Alias, ...]]:
    buckets: dict[str, list[_Alias]] = {}
    for entry in gazetteer.entries:
        for written in entry.aliases:
            alias = _alias(written, entry)
            if len(alias.squashed) >= 2:
                buckets.setdefault(alias.squashed[:2], []).append(alias)
    return {key: tuple(sorted(value, key=lambda a: -len(a.squashed))) for key, value in buckets.items()}


def _begins(flat: str, at: int) -> bool:
    if at == 0:
        return True
    before, here = flat[at - 1], flat[at]
    if not (before.isalnum() or before == "_"):
        return True
    if before.isdigit():
        return here.isalpha() and here.isupper()
    if here.isdigit():
        return False
    if here.isupper() and before.islower():
        return at < 2 or flat[at - 2].isalpha() or not flat[at + 1 : at + 2].isupper()  # not dNTP
    following = flat[at + 1 : at + 2]
    if here.isupper() and before.isupper() and following.islower():
        return True  # RFIDBluetooth
    if following.isupper() and here.islower() and before.islower():
        return True  # theiPhone, withiOS
    return bool(_GLUED_BEFORE.search(flat, max(0, at - 12), at))


def _ends(flat: str, end: int, alias: _Alias) -> bool:
    if end >= len(flat):
        return True
    last, following = flat[end - 1], flat[end]
    if not (following.isalnum() or following == "_"):
        return True
    if alias.entry.tail != "none":
        tail = read_tail(flat, end, alias.entry, alias.written).end
        if tail > end and not flat[tail : tail + 1].isalpha():
            return True
    if following.isdigit():
        return last.isalpha() and (alias.entry.tail != "none" or bool(alias.entry.variants))
    if last.isdigit():
        return following.isupper() or bool(_GLUED_AFTER.match(flat, end))
    if following.isupper():  # withiOSAndroid; RFIDBluetooth, where the next word begins with one capital
        return last.islower() or (end - 3 >= 0 and flat[end - 3 : end].isupper() and flat[end + 1 : end + 2].islower())
    letters = _LETTERS.sub("", alias.written)
    if following == "s" and not flat[end + 1 : end + 2].isalpha():
        return last != "s"
    if len(letters) >= 3 and following.islower() and (last.isupper() or len(letters) >= 7):
        return bool(_GLUED_AFTER.match(flat, end))
    return False


def _gaps_hold(flat: str, places: array[int], at: int, alias: _Alias) -> bool:
    inner_splits = 0
    for offset in range(1, len(alias.squashed)):
        left, right = places[at + offset - 1], places[at + offset]
        if right == left + 1:
            continue
        gap = flat[left + 1 : right]
        if len(gap) > _MAX_GAP or any(c in HARD for c in gap) or gap.count("\n") > 1:
            return False
        if offset in alias.words:
            if not all(c in _SEPARATORS for c in gap):
                return False
        else:
            inner_splits += 1
            if gap not in (" ", "-", "-\n", "- ", "\n") or inner_splits > 1 or len(alias.squashed) < 8:
                return False
    return True


def _case_holds(flat: str, start: int, end: int, alias: _Alias) -> bool:
    if not alias.exact:
        return True
    found = [c for c in flat[start:end] if c.isalpha()]
    wanted = [c for c in alias.written if c.isalpha()]
    return found == wanted or (all(c.isupper() for c in found) and len(found) > 5 and not alias.entry.case)


def find(flat: str, squashed: Squashed | None = None, gazetteer: Gazetteer | None = None) -> Iterator[Found]:
    """Every gazetteer name in ``flat``, left to right, longest first, never overlapping."""
    squashed = squashed or squash_with_places(flat)
    index = _index(gazetteer or load_gazetteer())
    text, places = squashed.text, squashed.places
    at, count = 0, len(text)
    while at < count:
        bucket = index.get(text[at : at + 2])
        if bucket is None:
            at += 1
            continue
        starts = _begins(flat, places[at])
        if not starts and not any(alias.entry.glued for alias in bucket):
            at += 1
            continue
        for alias in bucket:
            length = len(alias.squashed)
            if not text.startswith(alias.squashed, at):
                continue
            start, end = places[at], places[at + length - 1] + 1
            if (
                (starts or (alias.entry.glued and length >= _GLUED_LENGTH))
                and _ends(flat, end, alias)
                and _case_holds(flat, start, end, alias)
                and all(flat[places[at + offset]].isupper() for offset in alias.capitals)
                and _gaps_hold(flat, places, at, alias)
            ):
                yield Found(start, end, alias.entry, alias.written)
                at += length
                break
        else:
            at += 1
