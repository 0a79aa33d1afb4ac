"""Components and channels that a text names, proposed for device.yaml with the sentence that says so."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

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
    r"|uploaded|downloads?|downloaded|connects?|connected|streams?|export(?:s|ed)?)\b"
)
_RECEIVES = re.compile(r"\breceives?\b|\bobtains?\b|\breads? data from\b|\bcollects?\b")
_FROM = re.compile(r"\bfrom\b")
_TO = re.compile(r"\b(?:to|with|into|on)\b")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _singular(name: str) -> str:
    name = " ".join(name.split())
    if name in ("LIS", "HIS"):
        return name
    name = re.sub(r"watches$", "watch", name)
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


class _Sentence:
    def __init__(self, start: int, text: str) -> None:
        self.start, self.text = start, text
        self.components = [
            (match.start(), match.end(), _singular(match[0]), _KINDS[int((match.lastgroup or "k0")[1:])][0])
            for match in _COMPONENT.finditer(text)
        ]


def _sentences(layout: Layout) -> list[_Sentence]:
    starts = [*layout.sentence_starts, len(layout.text)]
    found = []
    for start, end in pairwise(starts):
        if end - start >= 20:
            sentence = _Sentence(start, layout.text[start : min(end, start + _MAX_SENTENCE)])
            if len(sentence.components) >= 1:
                found.append(sentence)
    return found


def _ends_of_flow(sentence: _Sentence) -> tuple[str, str] | None:
    """Source and target, by name, where the sentence says that data flows."""
    flow, receives = _FLOW.search(sentence.text), _RECEIVES.search(sentence.text)
    verb = flow or receives
    if verb is None or len(sentence.components) < 2:
        return None
    before = [c for c in sentence.components if c[1] <= verb.start()]
    after = [c for c in sentence.components if c[0] >= verb.end()]
    if receives and (flow is None or receives.start() < flow.start()):
        senders = [c for c in after if _FROM.search(sentence.text, receives.end(), c[0])]
        return (senders[0][2], before[-1][2]) if before and senders else None
    target = next((c for c in after if _TO.search(sentence.text, verb.end(), c[0])), None)
    sender = next(
        (c for c in after if c is not target and _FROM.search(sentence.text[max(verb.end(), c[0] - 20) : c[0]])), None
    )
    source = sender or (before[-1] if before else None)
    if source is None or target is None or source[2].lower() == target[2].lower():
        return None
    return source[2], target[2]


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
    for sentence in _sentences(layout):
        flow = _ends_of_flow(sentence)
        if not flow and not _FLOW.search(sentence.text):
            continue
        quoted = _evidence(flat, document, sentence.start, sentence.text)
        inside = places[bisect_left(offsets, quoted.start) : bisect_left(offsets, quoted.end)]
        for _, _, name, kind in sentence.components:
            slug = _slug(name)
            names.setdefault(slug, (name, kind))
            carried.setdefault(slug, set()).update(place[1] for place in inside)
            if len(spans.setdefault(slug, [])) < 3:
                spans[slug].append(quoted)
        if flow:
            media, quotes = channels.setdefault((_slug(flow[0]), _slug(flow[1])), (set(), []))
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
