"""From a name found in the text to a mention: accepted or not, with its version, whose it is, and the list it heads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from harmpath.catalogue.technologies import Entry
from harmpath.device.documents.abbreviations import means_another, other_meanings
from harmpath.device.documents.context import Verdict, judge
from harmpath.device.documents.layout import Column, DeviceNames, Layout
from harmpath.device.documents.matcher import Found, find, squash
from harmpath.device.documents.programs import app_key
from harmpath.device.documents.versions import cpe_name, read_tail

_WINDOW = 110
_MAX_JUDGED = 250
"""Mentions of one entry whose context is read; a document that repeats a name more often says nothing new."""
_NOTHING = re.compile("")
_LIST_GAP = re.compile(r"(?:\s*(?:,|/|;|\band\b|\bor\b|&)\s*){1,2}|\s(?=20\d\d|XP|Vista)")
_MODEL_ONLY = re.compile(
    r"(?:(?:Note|Tab) ?)?[SAJGXZ]?\d{1,2}(?:[CSR+])?(?: ?(?:Plus|Pro|Max|mini|Edge|Ultra)){0,2}(?!\w|\.\d)|XR"
    r"|XS(?: Max)?(?!\w)|X(?!\w)|SE(?!\w)|(?:mini|[Aa]ir)(?: ?\d)?(?!\w)"
)
_MODELS_IN_BRACKETS = re.compile(r"\s*(?:models?|phones?|versions?)?\s?\((?=\d|X|SE)")
_WINDOWS_ONLY = re.compile(
    r"(?:2000|XP|Vista|98(?: ?SE)?|NT|8\.1|8|7|1[01])(?: (?:home|Professional|Pro))?(?!\.?\d|[ -]?(?:days?"
    r"|years|hours|GB|MB|inch))",
    re.I,
)
_PART_OF = re.compile(
    r"(?:consists? of|incorporat\w+|utiliz\w+|\buses?|compatible with|works? with"
    r"|connect\w* (?:to|with)|communicat\w+ with"
    r"|paired with|interoperab\w+ with|data via|receiv\w+ [^.;]{0,40}from)"
    r" (?:the |an? |compatible |Abbott |Dexcom |Medtronic )*$",
    re.IGNORECASE,
)
_OWN_PROGRAM = re.compile(r"\b(?:apps?|application|manager|viewer|server|uploader|cloud|middleware)\b", re.IGNORECASE)
"""A program sold with the device under the device's name is a technology; the device's name alone is not."""
_CONSUMABLE = re.compile(
    r"\s?(?:brand )?(?:blood )?(?:glucose )?(?:(?:test ?)?strips?"
    r"|control (?:solutions?|materials?)|lancets?|(?:consumer )?web ?site)\b",
    re.IGNORECASE,
)
"""Behind a product's name: the strips and solutions sold for it, which run nothing."""
_CODE_LIST = re.compile(r"product codes?\b[\W_]*(?:[A-Z]{3}\W+)*$", re.I)


@dataclass(frozen=True, slots=True)
class Hit:
    """One mention with what is known about it before merging."""

    start: int
    end: int
    name: str
    category: str
    version: str | None
    vendor: str | None
    cpe: str | None
    entry: Entry | None
    verdict: Verdict
    key: str


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def surroundings(layout: Layout, start: int, end: int) -> tuple[str, str]:
    """The near text (for ``unless``) and the sentence with its table row (for ``needs``)."""
    first, last = layout.sentence(start)
    near = layout.text[max(first, start - _WINDOW) : min(max(last, end), end + _WINDOW)]
    cell = layout.cell(start)
    if cell is None:
        return near, layout.text[first:last]
    row = layout.rows[cell.table, cell.row]
    label = row[0].text[:160] + " "
    return (label + near if cell is not row[0] else near), " ".join(c.text[:400] for c in row)


def _own_product(found: Found, names: DeviceNames, squashed: str, before: str) -> bool:
    """Whether the match is the subject or predicate device itself, or hardware and software sold under its name.

    A predicate that the text says the subject contains or works with is a technology all the same.
    """
    entry = found.entry
    if entry.category not in ("peripheral-device", "software-product", "cloud-service") or entry.unnamed:
        return False
    if entry.category == "software-product" and _OWN_PROGRAM.search(f"{entry.name} {found.alias}"):
        return False
    identity = squash(entry.name)
    if any(core in identity or core in squashed for core in names.subject):
        return True
    predicate = any(core in identity or core in squashed or core.endswith(identity) for core in names.predicates)
    return predicate and not _PART_OF.search(before)


def _inside_trade_name(text: str, start: int, end: int, names: DeviceNames) -> bool:
    """Whether the match is a word inside a longer trade name ("CONTOUR NEXT USB")."""
    here = squash(text[start:end])
    for core in names.subject + names.predicates:
        if len(core) <= len(here) or here not in core:
            continue
        around = squash(text[max(0, start - 60) : end + 60])
        inside = squash(text[max(0, start - 60) : start])
        position = around.find(core)
        while position >= 0:
            if position <= len(inside) < position + len(core):
                return True
            position = around.find(core, position + 1)
    return False


def _accepted(found: Found, layout: Layout, names: DeviceNames, named: bool) -> bool:
    entry = found.entry
    near, wide = surroundings(layout, found.start, found.end)
    if entry.unless and _expression(entry.unless).search(near):
        return False
    if entry.needs and not named and not _expression(entry.needs).search(wide):
        return False
    if len(found.alias) <= 4 and _CODE_LIST.search(layout.text, max(0, found.start - 70), found.start):
        return False
    if entry.connects and _CONSUMABLE.match(layout.text, found.end):
        return False
    before = layout.text[max(0, found.start - 90) : found.start]
    if _own_product(found, names, squash(layout.text[found.start : found.end]), before):
        return False
    return not _inside_trade_name(layout.text, found.start, found.end, names)


def _named_entry(entry: Entry, version: str | None, variant: str | None) -> str:
    if variant:
        return variant
    head = entry.head_name or entry.name
    if entry.distinct and version:
        return f"{head} {_spaced(version)}"
    return entry.name


def _hits(found: Found, layout: Layout, roles: dict[tuple[int, int, int], Column], names: DeviceNames) -> list[Hit]:
    text, entry = layout.text, found.entry
    tail = read_tail(text, found.end, entry, found.alias)
    if not _accepted(found, layout, names, tail.name is not None):
        return []
    category = entry.category or ""
    verdict = judge(layout, roles, found.start, tail.end, category)
    if verdict.skip:
        return []
    if entry.name in ("Samsung Galaxy", "Samsung", "LG G") and tail.version is None and entry.list:
        return []
    written = text[found.start : found.end]
    if entry.head_name and "note" in written.lower():
        tail = replace(tail, version=f"Note {tail.version}".strip() if tail.version else "Note")
    elif entry.head_name and "tab" in written.lower():
        tail = replace(tail, version=f"Tab {tail.version}".strip() if tail.version else "Tab")
    elif (
        entry.head_name
        and tail.version
        and tail.version.isdigit()
        and re.search(r"(?:galaxy|samsung) ?([sj])$", written, re.I)
    ):
        tail = replace(tail, version=written[-1].upper() + tail.version)
    name = _named_entry(entry, tail.version, tail.name)
    version = tail.version
    if entry.distinct and category == "hardware-platform":
        version = None  # the model is in the name
    hit = Hit(
        found.start,
        tail.end,
        name,
        category,
        version,
        entry.vendor,
        cpe_name(tail.cpe or entry.cpe, version),
        entry,
        verdict,
        _key(name, category, entry),
    )
    hits = [hit]
    bracket = _MODELS_IN_BRACKETS.match(text, found.end) if entry.list and tail.version is None else None
    if bracket:
        inside = _continued(replace(hit, end=bracket.end()), entry, layout, windows=False, opened=True)
        return inside or hits
    if (entry.list and tail.version) or tail.name:
        hits += _continued(hit, entry, layout, windows=entry.name == "Windows")
    return hits


def _key(name: str, category: str, entry: Entry) -> str:
    return app_key(name) if category == "software-product" and not entry.unnamed else squash(name)


def _spaced(model: str) -> str:
    """A model number as it is usually written: "Note2" and "S7Edge" to "Note 2" and "S7 Edge"."""
    model = re.sub(r"(?<=Note|.Tab)(?=\d)", " ", model)
    return " ".join(re.sub(r"(?<=\d)(?=Edge|Plus|Ultra|Pro)", " ", model).split())


def _continued(first: Hit, entry: Entry, layout: Layout, *, windows: bool, opened: bool = False) -> list[Hit]:
    """The rest of a list under one name: "Galaxy S3, S4 and S5", "Windows 2000, XP"."""
    hits: list[Hit] = []
    at, pattern = first.end, _WINDOWS_ONLY if windows else _MODEL_ONLY
    close = re.compile(r"\s?\([^()]{0,30}\)")
    while len(hits) < 12:
        bracket = close.match(layout.text, at)
        gap = _LIST_GAP.match(layout.text, bracket.end() if bracket and windows else at)
        if opened and not hits:
            gap = _NOTHING.match(layout.text, at)
        match = pattern.match(layout.text, gap.end()) if gap else None
        if match is None:
            return hits
        model = _spaced(match[0])
        head = "Windows" if windows else entry.head_name or entry.name
        if windows:
            model = model.split()[0]
        name = f"{head} {model}"
        version = model if windows else None
        hits.append(replace(first, start=match.start(), end=match.end(), name=name, version=version, key=squash(name)))
        at = match.end()
    return hits


def gazetteer_hits(layout: Layout, roles: dict[tuple[int, int, int], Column], names: DeviceNames) -> Iterator[Hit]:
    """Every accepted mention of a gazetteer entry, left to right.

    The context of an entry's first mentions is read; further ones are taken to be like the last of those.
    """
    judged: Counter[str] = Counter()
    last: dict[str, Hit] = {}
    reached = 0
    meanings = other_meanings(layout.text)
    for found in find(layout.text):
        key = found.entry.name
        if found.start < reached:
            continue  # "802.11" inside "Wi-Fi 802.11 a/b/g/n": mentions never overlap
        if means_another(found.alias, found.entry, meanings):
            continue
        judged[key] += 1
        if judged[key] <= _MAX_JUDGED:
            hits = _hits(found, layout, roles, names)
            if hits:
                last[key] = hits[-1]
                reached = max(hit.end for hit in hits)
            yield from hits
        elif key in last:
            yield replace(last[key], start=found.start, end=found.end, version=None)
