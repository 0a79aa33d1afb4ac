"""Components and channels that a text names, proposed for device.yaml with the sentence that says so."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from harmpath.device.documents.context import BOILERPLATE
from harmpath.device.documents.flatten import Flat
from harmpath.device.documents.layout import Layout
from harmpath.device.documents.model import Document, ProposedChannel, ProposedComponent, Technology
from harmpath.evidence import DocumentEvidence

_MAX_SENTENCE = 600
_KINDS = (
    ("pump", r"insulin (?:infusion )?pumps?|infusion pumps?|ACE pumps?|pumps?\b"),
    (
        "phone",
        r"smart ?phones?|mobile phones?|(?:smart )?mobile devices?|smart devices?|iPhones?|tablets?"
        r"|smart ?watch(?:es)?",
    ),
    ("app", r"mobile app(?:lication)?s?|smartphone app(?:lication)?s?|(?:[A-Z][\w+]* ){1,4}Apps?\b|\b[Aa]pps?\b"),
    ("cloud", r"cloud(?: server| platform| service)?|back-?end server|web server|web application|web portal"),
    (
        "information-system",
        r"laboratory information systems?|hospital information systems?|electronic (?:medical|health) records?"
        r"|\bLIS\b|\bHIS\b|\bEMR\b|\bEHR\b|\bPACS\b|data management systems?|\bDMS\b",
    ),
    ("sensor", r"(?:glucose |CGM )?sensors?\b|transmitters?\b|\biCGM\b|\bCGM\b"),
    ("meter", r"(?:blood )?glucose meters?|\bmeters?\b"),
    ("display", r"receivers?\b|display devices?|hand-?held readers?"),
    ("computer", r"workstations?|personal computers?|desktop computers?|\bPCs?\b|laptops?|computers?|servers?"),
    ("instrument", r"analy[sz]ers?\b|instruments?\b"),
    ("accessory", r"(?:barcode|bar code) (?:scanners?|readers?)|printers?\b|dongles?\b"),
)
_COMPONENT = re.compile("|".join(f"(?P<k{index}>{pattern})" for index, (_, pattern) in enumerate(_KINDS)))
_FLOW = re.compile(
    r"\b(?:transmi(?:ts?|tted|ssion)|sends?|sent|transfers?|transferred|communicates?|communicated|uploads?"
    r"|uploaded|downloads?|downloaded|connects?|connected|streams?|export(?:s|ed)?"
    r"|provid(?:es?|ed|ing) (?:[a-z]+ )?(?:results|data|readings))\b"
)
_RECEIVES = re.compile(r"\breceives?\b|\bobtains?\b|\breads? data from\b|\bcollects?\b")
_FROM = re.compile(r"\bfrom(?: (?:the|an?|its|your|user.s))?(?: [\w'-]+){0,3} ?$")
_TO = re.compile(r"\b(?:to|with|into)(?: (?:the|an?|its|your|user.s))?(?: [\w'-]+){0,3} ?$")
_BY = re.compile(r"\bby(?: (?:the|an?|its|your))?(?: [\w'-]+){0,2} ?$")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _singular(name: str) -> str:
    name = " ".join(name.split())
    if name in ("LIS", "HIS"):
        return name
    name = re.sub(r"watches$", "watch", name)
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


@dataclass(frozen=True, slots=True)
class _Part:
    """A component named in a sentence."""

    start: int
    end: int
    name: str
    kind: str


@dataclass(slots=True)
class _Sentence:
    start: int
    text: str
    parts: list[_Part]


_DEVICE = _Part(-1, -1, "Device", "device")
"""Stands for the subject device where a sentence leaves one end of a flow unsaid."""
_PRODUCTS = {"software-product": "software", "cloud-service": "cloud", "peripheral-device": "peripheral"}


def _products(flat: Flat, technologies: tuple[Technology, ...]) -> list[_Part]:
    """Named products as components, by their place in the flat text."""
    found = []
    for technology in technologies:
        kind = _PRODUCTS.get(technology.category)
        if kind is None or technology.role != "subject" or technology.negated or "unnamed" in technology.name:
            continue
        for mention in technology.mentions:
            at = bisect_left(flat.starts, mention.start)
            end = bisect_left(flat.starts, mention.end)
            found.append(_Part(at, end, technology.name, kind))
    return sorted(found, key=lambda part: part.start)


def _parts(text: str, start: int, products: list[_Part]) -> list[_Part]:
    named = [_Part(p.start - start, p.end - start, p.name, p.kind) for p in products]
    general = [
        _Part(match.start(), match.end(), _singular(match[0]), _KINDS[int((match.lastgroup or "k0")[1:])][0])
        for match in _COMPONENT.finditer(text)
    ]
    free = [g for g in general if not any(n.start < g.end and g.start < n.end for n in named)]
    return sorted(named + free, key=lambda part: part.start)


def _sentences(layout: Layout, products: list[_Part]) -> list[_Sentence]:
    starts = [*layout.sentence_starts, len(layout.text)]
    places = [part.start for part in products]
    found = []
    for start, end in pairwise(starts):
        text = layout.text[start : min(end, start + _MAX_SENTENCE)]
        if len(text) < 20 or BOILERPLATE.search(text) or not (_FLOW.search(text) or _RECEIVES.search(text)):
            continue
        inside = products[bisect_left(places, start) : bisect_left(places, start + len(text))]
        parts = _parts(text, start, inside)
        if parts:
            found.append(_Sentence(start, text, parts))
    return found


def _ends_of_flow(sentence: _Sentence) -> tuple[_Part, _Part] | None:
    """Source and target where the sentence says that data flows; the unsaid end is the device."""
    flow, receives = _FLOW.search(sentence.text), _RECEIVES.search(sentence.text)
    verb = min((v for v in (flow, receives) if v), key=lambda v: v.start())
    before = [part for part in sentence.parts if part.end <= verb.start()]
    after = [part for part in sentence.parts if part.start >= verb.end()]
    passive = verb[0].endswith(("ed", "sent"))
    agent = _first(after, _BY, sentence.text, verb.end()) if passive else None
    sender = _first(after, _FROM, sentence.text, verb.end())
    target = _first(after, _TO, sentence.text, verb.end())
    own = before[-1] if before else _DEVICE
    source: _Part | None = sender or own
    goal: _Part | None = target or (_DEVICE if sender else None)
    if verb is receives:
        source, goal = sender, own
    elif agent:
        source, goal = agent, target or own
    if source is None or goal is None or source.name.lower() == goal.name.lower():
        return None
    return source, goal


def _first(parts: list[_Part], preposition: re.Pattern[str], text: str, start: int) -> _Part | None:
    """The first part that the preposition stands before, with at most a few words between."""
    for part in parts:
        if preposition.search(text, max(start, part.start - 32), part.start):
            return part
    return None


def _evidence(flat: Flat, document: Document, start: int, text: str) -> DocumentEvidence:
    stripped = text.strip()
    begin = start + text.index(stripped[0]) if stripped else start
    raw_start, raw_end = flat.raw(begin, begin + max(len(stripped), 1))
    return DocumentEvidence(
        document.name, raw_start, raw_end, document.text[raw_start:raw_end], document.page_at(raw_start)
    )


def propose(
    flat: Flat, layout: Layout, document: Document, technologies: tuple[Technology, ...]
) -> tuple[tuple[ProposedComponent, ...], tuple[ProposedChannel, ...]]:
    """Components with the technologies their sentences name, and channels where a sentence says that data flows."""
    places = sorted(
        (mention.start, technology.name, technology.category)
        for technology in technologies
        if technology.role == "subject" and not technology.negated
        for mention in technology.mentions
    )
    offsets = [place[0] for place in places]
    carried: dict[str, set[str]] = {}
    spans: dict[str, list[DocumentEvidence]] = {}
    names: dict[str, tuple[str, str]] = {}
    channels: dict[tuple[str, str], tuple[set[str], list[DocumentEvidence]]] = {}
    for sentence in _sentences(layout, _products(flat, technologies)):
        flow = _ends_of_flow(sentence)
        quoted = _evidence(flat, document, sentence.start, sentence.text)
        inside = places[bisect_left(offsets, quoted.start) : bisect_left(offsets, quoted.end)]
        for part in dict.fromkeys((*sentence.parts, *(flow or ()))):
            slug = _slug(part.name)
            names.setdefault(slug, (part.name, part.kind))
            carried.setdefault(slug, set()).update(place[1] for place in inside if place[1] != part.name)
            if len(spans.setdefault(slug, [])) < 3:
                spans[slug].append(quoted)
        if flow:
            media, quotes = channels.setdefault((_slug(flow[0].name), _slug(flow[1].name)), (set(), []))
            media.update(
                name for _, name, category in inside if category in ("wireless", "wired-interface", "network-protocol")
            )
            if len(quotes) < 3:
                quotes.append(quoted)
    components = tuple(
        ProposedComponent(slug, names[slug][0], names[slug][1], tuple(sorted(carried[slug])), tuple(spans[slug]))
        for slug in sorted(names)
    )
    return components, tuple(
        ProposedChannel(source, target, tuple(sorted(media)), tuple(quotes))
        for (source, target), (media, quotes) in sorted(channels.items())
    )
