"""From a document to its technologies: find names, judge each mention by its context, merge mentions into technologies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from harmpath.catalogue.technologies import Entry
from harmpath.device.documents.context import Verdict, component_near, judge
from harmpath.device.documents.flatten import Flat, flatten
from harmpath.device.documents.layout import Column, DeviceNames, Layout, column_roles, lay_out
from harmpath.device.documents.matcher import Found, find, squash
from harmpath.device.documents.model import Document, Extraction, Mention, Role, Technology
from harmpath.device.documents.names import Named, app_key, defined_abbreviation, device_names, named_products
from harmpath.device.documents.propose import propose
from harmpath.device.documents.versions import cpe_name, read_tail

_WINDOW = 110
_CONNECTS = re.compile(
    r"compatib|communicat|transmi|connect|pair(?:ed|s|ing)|\blink|receiv|wireless|download|upload|integrat|interoperab|host|resid|\bvia\b|consists? of|compris"
    r"|incorporat|\buses\b|utiliz|used with|use with|interfac|works with|provided by|display(?:s|ed)? (?:data|on)|sends?\b|data from|data to|accessor",
    re.I,
)
_LIST_GAP = re.compile(r"(?:\s*(?:,|/|;|\band\b|\bor\b|&)\s*){1,2}")
_MODEL_ONLY = re.compile(r"(?:(?:Note|Tab) ?)?[SAJGXZ]?\d{1,2}(?:[CSR+])?(?: ?(?:Plus|Pro|Max|mini|Edge|Ultra)){0,2}(?![\w.])|XR|XS(?: Max)?(?!\w)|X(?!\w)|SE(?!\w)")
_WINDOWS_ONLY = re.compile(r"(?:2000|XP|Vista|98(?: ?SE)?|NT|8\.1|8|7|1[01])(?: (?:home|Professional|Pro))?(?![\d.]|[ -]?(?:days?|years|hours|GB|MB|inch))", re.I)
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


def _surroundings(layout: Layout, start: int, end: int) -> tuple[str, str]:
    """The near text (for ``unless``) and the sentence with its table row (for ``needs``)."""
    first, last = layout.sentence(start)
    near = layout.text[max(first, start - _WINDOW) : min(max(last, end), end + _WINDOW)]
    cell = layout.cell(start)
    if cell is None:
        return near, layout.text[first:last]
    row = layout.rows[cell.table, cell.row]
    label = row[0].text[:160] + " "
    return (label + near if cell is not row[0] else near), " ".join(c.text[:400] for c in row)


def _own_product(found: Found, names: DeviceNames, squashed: str) -> bool:
    """Whether the match is the subject or predicate device itself, or hardware and software sold under its name."""
    entry = found.entry
    if entry.category not in ("peripheral-device", "software-product", "cloud-service") or entry.unnamed:
        return False
    if re.search(r"\bapp\b", entry.name + " " + found.alias, re.IGNORECASE):
        return False
    identity = squash(entry.name)
    return any(core in identity or core in squashed or identity == core for core in names.subject + names.predicates)


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
    near, wide = _surroundings(layout, found.start, found.end)
    if entry.unless and _expression(entry.unless).search(near):
        return False
    if entry.needs and not named and not _expression(entry.needs).search(wide):
        return False
    if len(found.alias) <= 4 and _CODE_LIST.search(layout.text, max(0, found.start - 70), found.start):
        return False
    if _own_product(found, names, squash(layout.text[found.start : found.end])):
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
    elif entry.head_name and tail.version and tail.version.isdigit() and re.search(r"(?:galaxy|samsung) ?([sj])$", written, re.I):
        tail = replace(tail, version=written[-1].upper() + tail.version)
    name = _named_entry(entry, tail.version, tail.name)
    version = tail.version
    if entry.distinct and category == "hardware-platform":
        version = None  # the model is in the name
    hit = Hit(
        found.start, tail.end, name, category, version, entry.vendor, cpe_name(tail.cpe or entry.cpe, version), entry, verdict, _key(name, category, entry)
    )
    hits = [hit]
    if (entry.list and tail.version) or tail.name:
        hits += _continued(hit, entry, layout, windows=entry.name == "Windows")
    return hits


def _key(name: str, category: str, entry: Entry) -> str:
    return app_key(name) if category == "software-product" and not entry.unnamed else squash(name)


def _spaced(model: str) -> str:
    """A model number as it is usually written: "Note2" and "S7Edge" to "Note 2" and "S7 Edge"."""
    model = re.sub(r"(?<=Note|.Tab)(?=\d)", " ", model)
    return " ".join(re.sub(r"(?<=\d)(?=Edge|Plus|Ultra|Pro)", " ", model).split())


def _continued(first: Hit, entry: Entry, layout: Layout, *, windows: bool) -> list[Hit]:
    """The rest of a list under one name: "Galaxy S3, S4 and S5", "Windows 2000, XP"."""
    hits: list[Hit] = []
    at, pattern = first.end, _WINDOWS_ONLY if windows else _MODEL_ONLY
    close = re.compile(r"\s?\([^()]{0,30}\)")
    while len(hits) < 12:
        bracket = close.match(layout.text, at)
        gap = _LIST_GAP.match(layout.text, bracket.end() if bracket and windows else at)
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


def _with_named(
    hits: list[Hit], named: Iterable[Named], layout: Layout, roles: dict[tuple[int, int, int], Column]
) -> list[Hit]:
    """Add the named products; a device named inside such a name ("FreeStyle Libre 2" in its app's) is no mention."""
    programs = {p for h in hits if h.category in ("software-product", "cloud-service", "software-library") for p in range(h.start, h.end)}
    added: list[Hit] = []
    inside: set[int] = set()
    for item in named:
        if any(position in programs for position in range(item.start, item.end)):
            continue
        verdict = judge(layout, roles, item.start, item.end, item.category)
        inside.update(range(item.start, item.end))
        if not verdict.skip:
            added.append(Hit(item.start, item.end, item.name, item.category, None, None, None, None, verdict, item.key))
    return [h for h in hits if h.start not in inside] + _short_names(added)


def _short_names(added: list[Hit]) -> list[Hit]:
    """Join "Diary App" to "DreaMed Diary App" where only one longer name ends so."""
    keys = sorted({hit.key: hit.name for hit in added}.items())
    longer = {
        short: [(key, name) for key, name in keys if key != short and key.endswith(short)] for short, _ in keys if short.endswith("app")
    }
    joined = []
    for hit in added:
        targets = longer.get(hit.key, [])
        joined.append(replace(hit, key=targets[0][0], name=targets[0][1]) if len(targets) == 1 else hit)
    return joined


def _abbreviations(hits: list[Hit], layout: Layout, roles: dict[tuple[int, int, int], Column]) -> list[Hit]:
    """Mentions under an abbreviation that the text defines behind a name."""
    text = layout.text
    defined: dict[str, Hit] = {}
    for hit in hits:
        span = defined_abbreviation(text, hit.start, hit.end)
        if span and len(text[span[0] : span[1]]) > 1:
            defined.setdefault(text[span[0] : span[1]], hit)
    covered = {position for hit in hits for position in range(hit.start, hit.end)}
    for index, hit in enumerate(hits):
        into = defined.get(text[hit.start : hit.end]) if hit.entry is None else None
        if into is not None:
            hits[index] = replace(hit, name=into.name, key=into.key, category=into.category, vendor=into.vendor)
    more: list[Hit] = []
    for short, hit in sorted(defined.items()):
        for match in re.finditer(rf"(?<![A-Za-z0-9]){re.escape(short)}(?:s\b|(?![A-Za-z0-9]))", text):
            if match.start() in covered:
                continue
            verdict = judge(layout, roles, match.start(), match.end(), hit.category)
            if not verdict.skip:
                more.append(replace(hit, start=match.start(), end=match.end(), version=None, verdict=verdict))
    return more


def _fold(hits: list[Hit]) -> list[Hit]:
    """Give the mentions of a general name to the specific one that the document also uses."""
    present = {hit.name for hit in hits}
    specific = {hit.category for hit in hits if not (hit.entry and hit.entry.fold)}
    first = {hit.name: hit for hit in reversed(hits)}
    models: dict[str, list[Hit]] = {}
    for hit in first.values():
        if hit.entry and hit.entry.distinct and hit.name != hit.entry.name:
            models.setdefault(hit.entry.name, []).append(hit)
    folded: list[Hit] = []
    for hit in hits:
        only = models.get(hit.name, []) if hit.entry and hit.entry.distinct else []
        if len(only) == 1:
            hit = replace(hit, name=only[0].name, key=only[0].key)
        fold = hit.entry.fold if hit.entry and hit.name == hit.entry.name else ""
        if fold.startswith("*"):
            if fold[1:] in specific:
                continue
        elif fold:
            target = next((name for name in fold.split("|") if name in present), None)
            if target is not None:
                into = first[target]
                hit = replace(hit, name=into.name, key=into.key, vendor=into.vendor, category=into.category, entry=into.entry)
        folded.append(hit)
    return folded


def _role(hits: list[Hit]) -> tuple[Role, bool]:
    affirmed = [hit.verdict.role for hit in hits if not hit.verdict.negated]
    if "subject" in affirmed:
        return "subject", False
    if "predicate" in affirmed:
        return "predicate", False
    if affirmed:
        return "test", False
    return "subject", True


def _versions(hits: list[Hit], role: Role) -> str | None:
    seen: list[str] = []
    for hit in hits:
        if hit.version and (hit.verdict.role == role) and not hit.verdict.negated and hit.version not in seen:
            seen.append(hit.version)
    kept = [v for v in seen if not any(v != other and other.startswith(v + " ") for other in seen)]
    return "; ".join(kept) or None


def _merge(hits: list[Hit], flat: Flat, document: Document, layout: Layout, roles: dict[tuple[int, int, int], Column]) -> list[Technology]:
    groups: dict[tuple[str, str], list[Hit]] = {}
    for hit in sorted(hits, key=lambda h: (h.start, h.end)):
        groups.setdefault((hit.key, hit.category), []).append(hit)
    technologies: list[Technology] = []
    for group in groups.values():
        entry = next((hit.entry for hit in group if hit.entry), None)
        if entry is not None and entry.connects and not any(_CONNECTS.search(_surroundings(layout, h.start, h.end)[1]) for h in group):
            continue
        role, negated = _role(group)
        version = _versions(group, role)
        decisive = next((h for h in group if h.verdict.role == role and h.verdict.negated == negated), group[0])
        mentions = []
        for hit in group:
            start, end = flat.raw(hit.start, hit.end)
            mentions.append(Mention(start, end, document.text[start:end], document.page_at(start)))
        technologies.append(
            Technology(
                name=group[0].name,
                version=version,
                vendor=next((hit.vendor for hit in group if hit.vendor), None),
                category=group[0].category,
                role=role,
                negated=negated,
                component=component_near(layout, roles, decisive.start, decisive.end),
                mentions=tuple(dict.fromkeys(mentions)),
                cpe=next((hit.cpe for hit in group if hit.cpe and hit.version == version), next((h.cpe for h in group if h.cpe), None)),
            )
        )
    return technologies


def extract(document: Document) -> Extraction:
    """Every technology the document names, with role, version, component and mentions, and what it proposes for the model.

    Deterministic and linear in the length of the text. No language model is involved.
    """
    flat = flatten(document.text)
    layout = lay_out(flat)
    names = device_names(flat.text, document.name.rsplit("/", 1)[-1])
    roles = column_roles(layout, names)
    hits = [hit for found in find(flat.text) for hit in _hits(found, layout, roles, names)]
    hits = _with_named(hits, named_products(flat.text, names), layout, roles)
    hits += _abbreviations(hits, layout, roles)
    hits = _fold(sorted(hits, key=lambda hit: (hit.start, hit.end)))
    technologies = tuple(_merge(hits, flat, document, layout, roles))
    components, channels = propose(flat, layout, document, technologies)
    return Extraction(technologies, components, channels, document.not_assessed)
