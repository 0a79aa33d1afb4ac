"""From a document to its technologies: find names, judge each mention by its context, merge mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from harmpath.device.documents.abbreviations import defined_abbreviation
from harmpath.device.documents.context import judge
from harmpath.device.documents.flatten import flatten
from harmpath.device.documents.hits import Hit, gazetteer_hits
from harmpath.device.documents.layout import Column, DeviceNames, Layout, column_roles, lay_out
from harmpath.device.documents.merge import fold_general, merge
from harmpath.device.documents.model import Document, Extraction
from harmpath.device.documents.names import device_names
from harmpath.device.documents.programs import Named, is_device, named_products
from harmpath.device.documents.propose import propose

_MAX_NAMED = 2_000
_MAX_DEFINED = 60
_MAX_SHORT = 3_000
"""Bounds on what one document may define and name, far above what real ones do."""


def _with_named(
    hits: list[Hit], named: Iterable[Named], layout: Layout, roles: dict[tuple[int, int, int], Column]
) -> list[Hit]:
    """Add the named products; a device named inside such a name ("FreeStyle Libre 2" in its app's) is no mention."""
    programs = {
        p
        for h in hits
        if h.category in ("software-product", "cloud-service", "software-library")
        for p in range(h.start, h.end)
    }
    exact = {
        p for h in hits if h.category not in ("peripheral-device", "operating-system") for p in range(h.start, h.end)
    }
    added: list[Hit] = []
    inside: set[int] = set()
    for item in islice(named, _MAX_NAMED):
        taken = programs if item.key.endswith("app") else programs | exact
        if any(position in taken for position in range(item.start, item.end)):
            continue
        verdict = judge(layout, roles, item.start, item.end, item.category)
        inside.update(range(item.start, item.end))
        if not verdict.skip:
            hit = Hit(item.start, item.end, item.name, item.category, item.version, None, None, None, verdict, item.key)
            added.append(hit)
            if hit.category != "software-library":
                programs.update(range(item.start, item.end))
    return [h for h in hits if h.start not in inside] + _short_names(added)


def _of_predicate(hit: Hit, devices: DeviceNames) -> Hit:
    """An app named after a predicate device and not after the subject is the predicate's."""
    if hit.category != "software-product" or not hit.key.endswith("app") or hit.verdict.role == "predicate":
        return hit
    key = hit.key[: -len("app")]
    if not is_device(key, devices.predicates) or is_device(key, devices.subject):
        return hit
    return replace(hit, verdict=replace(hit.verdict, role="predicate"))


def _short_names(added: list[Hit]) -> list[Hit]:
    """Join "Diary App" to "DreaMed Diary App" where only one longer name ends so."""
    keys = sorted({hit.key: hit.name for hit in added}.items())
    longer = {
        short: [(key, name) for key, name in keys if key != short and key.endswith(short)]
        for short, _ in keys
        if short.endswith("app")
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
    budget = _MAX_SHORT
    for short, hit in sorted(defined.items())[:_MAX_DEFINED]:
        for match in re.finditer(rf"(?<![A-Za-z0-9]){re.escape(short)}(?:s\b|(?![A-Za-z0-9]))", text):
            budget -= 1
            if match.start() in covered or budget < 0:
                continue
            verdict = judge(layout, roles, match.start(), match.end(), hit.category)
            if not verdict.skip:
                more.append(replace(hit, start=match.start(), end=match.end(), version=None, verdict=verdict))
    return more


def extract(document: Document) -> Extraction:
    """Every technology the document names, and the components and channels it proposes for the device model.

    Deterministic and linear in the length of the text. No language model is involved.
    """
    flat = flatten(document.text)
    layout = lay_out(flat)
    names = device_names(flat.text, document.name.rsplit("/", 1)[-1])
    roles = column_roles(layout, names)
    hits = list(gazetteer_hits(layout, roles, names))
    hits = _with_named(hits, named_products(flat.text, names), layout, roles)
    hits = [_of_predicate(hit, names) for hit in hits]
    hits += _abbreviations(hits, layout, roles)
    hits = fold_general(sorted(hits, key=lambda hit: (hit.start, hit.end)))
    technologies = tuple(merge(hits, flat, document, layout, roles))
    components, channels = propose(flat, layout, document, technologies)
    return Extraction(technologies, components, channels, document.not_assessed)
