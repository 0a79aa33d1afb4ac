"""Merge the mentions of one technology: one name, one role, one version, one component."""

from __future__ import annotations

import re
from dataclasses import replace

from harmpath.device.documents.context import component_near
from harmpath.device.documents.flatten import Flat
from harmpath.device.documents.hits import Hit, surroundings
from harmpath.device.documents.layout import Column, Layout
from harmpath.device.documents.model import Document, Mention, Role, Technology

_CONNECTS = re.compile(
    r"compatib|communicat|transmi|connect|pair(?:ed|s|ing)|\blink|receiv|wireless|download|upload|integrat"
    r"|interoperab|host|resid|\bvia\b|consists? of|compris"
    r"|incorporat|\buses\b|utiliz|used with|use with|interfac|works with|provided by|display(?:s|ed)? (?:data"
    r"|on)|sends?\b|data from|data to|accessor",
    re.I,
)


def fold_general(hits: list[Hit]) -> list[Hit]:
    """Give the mentions of a general name to the specific one that the document also uses."""
    present = {hit.name for hit in hits}
    specific = {hit.category for hit in hits if not (hit.entry and hit.entry.fold)}
    first = {hit.name: hit for hit in reversed(hits)}
    models: dict[str, list[Hit]] = {}
    for hit in first.values():
        if hit.entry and hit.entry.distinct and hit.name != hit.entry.name:
            models.setdefault(hit.entry.name, []).append(hit)
    folded: list[Hit] = []
    for index, hit in enumerate(hits):
        several = models.get(hit.name, []) if hit.entry and hit.entry.distinct else []
        if len(several) and _is_listed(hit, hits[index - 1 : index] + hits[index + 1 : index + 2]):
            folded.append(hit)  # "Google Pixel, Google Pixel 2": here the bare name is a model itself
            continue
        if len(several) > 1:
            continue  # "Windows" beside Windows 7 and Windows 10 is neither a third one nor known to be one of them
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
                hit = replace(
                    hit, name=into.name, key=into.key, vendor=into.vendor, category=into.category, entry=into.entry
                )
        folded.append(hit)
    return folded


def _is_listed(hit: Hit, beside: list[Hit]) -> bool:
    """Whether a bare name stands in one list with a model of the same name."""
    return any(
        other.entry is not None
        and hit.entry is not None
        and other.entry.name == hit.entry.name
        and other.name != hit.name
        and min(abs(other.start - hit.end), abs(hit.start - other.end)) <= 2
        for other in beside
    )


def _called(hit: Hit, texts: list[str]) -> str:
    """The name; a program that the document calls an app has that in its name, as its other apps have."""
    name = hit.name
    if hit.category != "software-product" or re.search(r"\bapp\b", name, re.I):
        return name
    app = re.compile(rf"{re.escape(name)} ?app\b", re.IGNORECASE)
    return f"{name} App" if any(app.search(" ".join(text.split())) for text in texts) else name


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


def merge(
    hits: list[Hit], flat: Flat, document: Document, layout: Layout, roles: dict[tuple[int, int, int], Column]
) -> list[Technology]:
    """One technology per name and category, in order of first mention."""
    groups: dict[tuple[str, str], list[Hit]] = {}
    for hit in sorted(hits, key=lambda h: (h.start, h.end)):
        groups.setdefault((hit.key, hit.category), []).append(hit)
    technologies: list[Technology] = []
    for group in groups.values():
        entry = next((hit.entry for hit in group if hit.entry), None)
        if (
            entry is not None
            and entry.connects
            and not any(_CONNECTS.search(surroundings(layout, h.start, h.end)[1]) for h in group)
        ):
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
                name=_called(group[0], [mention.text for mention in mentions]),
                version=version,
                vendor=next((hit.vendor for hit in group if hit.vendor), None),
                category=group[0].category,
                role=role,
                negated=negated,
                component=component_near(layout, roles, decisive.start, decisive.end),
                mentions=tuple(dict.fromkeys(mentions)),
                cpe=next(
                    (hit.cpe for hit in group if hit.cpe and hit.version == version),
                    next((h.cpe for h in group if h.cpe), None),
                ),
            )
        )
    return technologies
