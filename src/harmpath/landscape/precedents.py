"""What has already happened to devices like this one.

A public record is a precedent when it is linked to the device by at least one rule; the rules, their weight and their
confidence are in :data:`RULES`. Records of one event are one precedent, near-copies are folded into it. The ranking is
the sum of the link weights plus what the record is about (security, input data, software).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from harmpath.evidence import Coverage, NotAssessed, RecordEvidence, require_evidence
from harmpath.landscape.classify import Classified, classify_texts
from harmpath.landscape.companies import resolve_company
from harmpath.landscape.rules import rule_book
from harmpath.landscape.store import LandscapeStore, open_store
from harmpath.landscape.text import readable
from harmpath.records.store import NamedProduct, VulnerabilitySource

__all__ = ["RULES", "DeviceQuery", "Link", "LinkRule", "Precedent", "Precedents", "precedents"]

Kind = Literal["recall", "event", "advisory"]
_SOURCES: Mapping[Kind, str] = {"recall": "fda-recall", "event": "fda-maude", "advisory": "cisa-csaf"}
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class LinkRule:
    """Why a record counts as a precedent."""

    id: str
    weight: float
    confidence: Confidence
    meaning: str


RULES: Mapping[str, LinkRule] = {
    r.id: r
    for r in (
        LinkRule("own-submission", 6.0, "high", "the record names the device's own submission"),
        LinkRule("product-code", 4.0, "high", "the record is about a device of the same product code"),
        LinkRule("predicate", 4.0, "high", "the record names a predicate or an ancestor of it"),
        LinkRule("predicate-product-code", 2.5, "medium", "same product code as a predicate or an ancestor of it"),
        LinkRule("technology", 2.0, "low", "the record's text names a technology that the device uses"),
        LinkRule("component-vendor", 2.0, "medium", "the record's firm makes a component of the device"),
        LinkRule("manufacturer", 1.5, "medium", "the record's firm is the device's manufacturer"),
    )
}
_ABOUT = {"security_related": 4.0, "data_input_problem": 2.0, "ml_related": 2.0, "computer_related": 1.0}
_MIN_TECHNOLOGY = 4
_MAX_GENERATIONS = 12
_LIMIT_EVENTS = 20_000


@dataclass(frozen=True)
class DeviceQuery:
    """What of a device the public record is searched for. Everything may be unknown."""

    product_code: str = ""
    """FDA product code, e.g. ``NBW``."""
    predicates: tuple[str, ...] = ()
    """Submission numbers (``K123456``) of the predicates."""
    manufacturer: str = ""
    technologies: tuple[str, ...] = ()
    """Names as they would stand in a record: ``Bluetooth``, ``Windows 7``, ``TCP/IP``."""
    component_vendors: tuple[str, ...] = ()
    submission: str = ""
    """The device's own submission number, when it has one."""


@dataclass(frozen=True, slots=True)
class Link:
    """One rule that ties a record to the device."""

    rule: str
    because: str
    """The value that matched, e.g. ``NBW`` or ``Bluetooth``."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """One thing that happened, with why it counts and what it is about."""

    id: str
    """Stable: source and record, e.g. ``fda-recall:Z-0338-2009``."""
    kind: Kind
    title: str
    """Product and firm."""
    summary: str
    """The beginning of the record's own text."""
    date: str
    """ISO date, or empty."""
    product_code: str
    recall_class: int | None
    about: Classified
    hazards: tuple[str, ...]
    patient_impact: tuple[str, ...]
    links: tuple[Link, ...]
    score: float
    also: tuple[str, ...]
    """Other records of the same event, and near-copies, folded into this one."""
    evidence: tuple[RecordEvidence, ...]

    def __post_init__(self) -> None:
        require_evidence(f"precedent {self.id}", self.evidence)


@dataclass(frozen=True)
class Precedents:
    """The answer, with what it rests on and what was not looked at."""

    items: tuple[Precedent, ...]
    """Best first."""
    found: int
    """How many before the limit."""
    event_counts: Mapping[str, int]
    """Adverse-event reports of the product code by event type."""
    ancestors: tuple[str, ...]
    """Predicates and their ancestors, nearest first."""
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...]


@dataclass
class _Search:
    query: DeviceQuery
    ancestors: tuple[str, ...]
    ancestor_codes: frozenset[str]
    manufacturer: str
    vendors: Mapping[str, str]
    technologies: tuple[tuple[str, re.Pattern[str]], ...]
    gaps: list[NotAssessed] = field(default_factory=list)


def precedents(
    query: DeviceQuery, data_dir: Path, limit: int = 100, advisories: VulnerabilitySource | None = None
) -> Precedents:
    """Search the imported records and, where a store of vulnerabilities is given, CISA's medical advisories in it.

    Raises:
        StoreError: nothing was imported, or not the recalls.
    """
    with open_store(data_dir) as store:
        store.needs("recalls")
        search = _prepared(query, store)
        found = [*_recalls(search, store), *_events(search, store)]
        counts = _event_counts(search, store)
        coverage = store.coverage()
    if advisories is not None:
        found += _advisories(search, advisories)
        cisa = tuple(s for s in advisories.coverage().sources if s.source == _SOURCES["advisory"])
        coverage = replace(coverage, sources=(*coverage.sources, *cisa))
    else:
        search.gaps.append(
            NotAssessed(
                "CISA medical advisories", "no store of vulnerability records was given", "harmpath data import"
            )
        )
    found.sort(key=lambda p: (-p.score, (p.date and -int(p.date.replace("-", ""))) or 0, p.id))
    kept = _without_copies(found)
    return Precedents(
        tuple(kept[:limit]), len(kept), counts, search.ancestors, coverage, (*search.gaps, *coverage.missing)
    )


def _prepared(query: DeviceQuery, store: LandscapeStore) -> _Search:
    gaps: list[NotAssessed] = []
    code = query.product_code.strip().upper()
    if not code:
        gaps.append(NotAssessed("product code", "the device model names none", "Add product_code to device.yaml."))
    own = (query.submission.strip().upper(),) if query.submission.strip() else ()
    seeds = tuple(dict.fromkeys(p.strip().upper() for p in query.predicates if p.strip()))
    ancestors, known = _ancestors((*seeds, *own), store)
    ancestors = tuple(a for a in (*seeds, *(a for a in ancestors if a not in seeds)) if a not in own)
    if not seeds and not known:
        gaps.append(NotAssessed("predicates", "none named and none known", "Add predicates to device.yaml."))
    elif seeds and "predicates" not in store.tables:
        gaps.append(NotAssessed("predicates' ancestors", "the predicate graph was not imported"))
    codes = _codes_of(ancestors, store)
    unknown = len(ancestors) - codes[1]
    if unknown:
        said = f"the product code of {unknown} of {len(ancestors)} predicates and ancestors is not in the records"
        gaps.append(NotAssessed("product codes of the predicates", said, "Import openFDA's 510(k) file."))
    if not query.manufacturer.strip():
        gaps.append(NotAssessed("manufacturer", "the device model names none"))
    short = [t for t in query.technologies if len(t.strip()) < _MIN_TECHNOLOGY]
    gaps += [NotAssessed(f"technology {t!r}", "too short a name to search texts for") for t in sorted(short)]
    technologies = tuple(
        (t, re.compile(rf"(?<![A-Za-z0-9]){re.escape(t.strip())}(?![A-Za-z0-9])", re.IGNORECASE))
        for t in sorted({t.strip() for t in query.technologies})
        if len(t) >= _MIN_TECHNOLOGY
    )
    vendors = {resolve_company(v): v for v in sorted(query.component_vendors) if v.strip()}
    return _Search(
        query, ancestors, codes[0] - {code}, resolve_company(query.manufacturer), vendors, technologies, gaps
    )


def _ancestors(seeds: Sequence[str], store: LandscapeStore) -> tuple[tuple[str, ...], bool]:
    """Everything reachable over predicate edges, nearest first; and whether any edge was known."""
    if "predicates" not in store.tables:
        return (), False
    seen, order, frontier = set(seeds), [], sorted(seeds)
    for _ in range(_MAX_GENERATIONS):
        if not frontier:
            break
        marks = ", ".join("?" * len(frontier))
        query = f"select distinct predicate from predicates where submission in ({marks}) order by 1"  # noqa: S608
        frontier = [p for (p,) in store.rows(query, frontier) if p not in seen]
        seen.update(frontier)
        order += frontier
    return tuple(order), bool(order)


def _codes_of(submissions: Sequence[str], store: LandscapeStore) -> tuple[frozenset[str], int]:
    """(product codes, how many of the submissions had one)."""
    tables = [t for t in ("clearances", "ai_devices") if t in store.tables]
    if not submissions or not tables:
        return frozenset(), 0
    marks = ", ".join("?" * len(submissions))
    union = " union ".join(f"select submission, product_code from {t}" for t in tables)  # noqa: S608
    query = f"select distinct submission, product_code from ({union}) where submission in ({marks})"  # noqa: S608
    rows = [(s, c) for s, c in store.rows(query, list(submissions)) if c]
    return frozenset(c for _, c in rows), len({s for s, _ in rows})


def _recalls(search: _Search, store: LandscapeStore) -> Iterable[Precedent]:
    query = """
      select recall_number, max(event_id) event_id, max(product_code) product_code, max(product) product,
        max(recall_class) recall_class, max(posted) posted, max(firm) firm, max(reason) reason, max(cause) cause
      from recalls group by recall_number order by recall_number"""
    linked: dict[str, list[tuple[dict[str, Any], tuple[Link, ...]]]] = {}
    for row in store.dicts(query):
        links = _links(search, row["product_code"], row["firm"], f"{row['product']} {row['reason']}", "")
        if links:
            linked.setdefault(row["event_id"] or row["recall_number"], []).append((row, links))
    groups = [linked[e] for e in sorted(linked)]
    best = [max(g, key=lambda m: (_weight(m[1]), m[0]["recall_number"])) for g in groups]
    abouts = classify_texts(row["reason"] for row, _ in best)
    for group, (row, links), about in zip(groups, best, abouts, strict=True):
        number = row["recall_number"]
        also = tuple(f"fda-recall:{r['recall_number']}" for r, _ in group if r["recall_number"] != number)
        yield _precedent("recall", number, row, row["reason"], links, about, also, row["recall_class"])


def _events(search: _Search, store: LandscapeStore) -> Iterable[Precedent]:
    if "events" not in store.tables:
        return
    code = search.query.product_code.strip().upper()
    wanted = sorted({*search.ancestors, *([search.query.submission.upper()] if search.query.submission else [])})
    marks = ", ".join("?" * len(wanted)) or "''"
    query = f"""
      select report_key, product_code, brand product, received posted, manufacturer firm, submission, event_type,
        narrative || ' ' || manufacturer_narrative reason
      from reports where (product_code = ? and product_code <> '') or submission in ({marks})
      order by report_key limit {_LIMIT_EVENTS}"""  # noqa: S608
    linked = []
    for row in store.dicts(query, [code, *wanted]):
        links = _links(search, row["product_code"], row["firm"], row["reason"], row["submission"])
        if links and row["reason"].strip():
            linked.append((row, links))
    for (row, links), about in zip(linked, classify_texts(r["reason"] for r, _ in linked), strict=True):
        if about.computer_related or about.data_input_problem or about.security_related:
            yield _precedent("event", row["report_key"], row, row["reason"], links, about, (), None)


def _advisories(search: _Search, source: VulnerabilitySource) -> list[Precedent]:
    """One precedent per advisory document; what it is about needs no classifier."""
    documents: dict[str, list[NamedProduct]] = {}
    for product in source.advisory_products():
        documents.setdefault(product.document, []).append(product)
    found: list[Precedent] = []
    for document, products in sorted(documents.items()):
        cves = tuple(dict.fromkeys(p.id for p in products))
        statements = [s for cve in cves for s in source.statements(cve) if s.document == document]
        text = " ".join(dict.fromkeys(s.description for s in statements if s.description))
        names = ", ".join(dict.fromkeys(p.name for p in products))
        links = _links(search, "", products[0].vendor, f"{names} {text}", "")
        if links:
            (read,) = classify_texts([text])
            about = replace(read, computer_related=True, security_related=True)
            newest = max((s.modified[:10] for s in statements), default="")
            day = date.fromisoformat(newest) if newest else None
            row = {"product": names, "firm": products[0].vendor, "product_code": "", "posted": day}
            found.append(_precedent("advisory", document, row, text, links, about, cves, None))
    return found


def _event_counts(search: _Search, store: LandscapeStore) -> dict[str, int]:
    code = search.query.product_code.strip().upper()
    if "events" not in store.tables or not code:
        return {}
    joined = "left join clearances c using (submission)" if "clearances" in store.tables else ""
    known = "coalesce(nullif(r.product_code, ''), c.product_code)" if joined else "r.product_code"
    query = f"""select coalesce(nullif(r.event_type, ''), 'not stated'), count(*) from reports r {joined}
      where {known} = ? group by 1 order by 1"""  # noqa: S608
    return {str(k): int(n) for k, n in store.rows(query, [code])}


def _links(search: _Search, code: str, firm: str, text: str, submission: str) -> tuple[Link, ...]:
    links: list[Link] = []
    own = search.query.product_code.strip().upper()
    company = resolve_company(firm or "")
    if submission and submission == search.query.submission.strip().upper():
        links.append(Link("own-submission", submission))
    if submission and submission in search.ancestors:
        links.append(Link("predicate", submission))
    if code and code == own:
        links.append(Link("product-code", code))
    if code and code in search.ancestor_codes:
        links.append(Link("predicate-product-code", code))
    lowered = text.lower()  # a plain search first: most texts name none of them, and a pattern costs ten times as much
    named = ((name, pattern) for name, pattern in search.technologies if name.lower() in lowered)
    links += [Link("technology", name) for name, pattern in named if pattern.search(text)]
    if company and company in search.vendors:
        links.append(Link("component-vendor", search.vendors[company]))
    if company and company == search.manufacturer:
        links.append(Link("manufacturer", company))
    return tuple(links)


def _weight(links: Sequence[Link]) -> float:
    return sum(RULES[link.rule].weight for link in links)


def _precedent(
    kind: Kind,
    number: str,
    row: Mapping[str, Any],
    text: str,
    links: tuple[Link, ...],
    about: Classified,
    also: tuple[str, ...],
    recall_class: int | None,
) -> Precedent:
    book = rule_book()
    source = _SOURCES[kind]
    day = row["posted"].isoformat() if row["posted"] else ""
    score = _weight(links) + sum(w for name, w in _ABOUT.items() if getattr(about, name))
    score += {1: 2.0, 2: 0.5}.get(recall_class or 0, 0.0)
    title = readable(f"{row['product'] or row['product_code']} ({row['firm']})")[:160]
    note = "; ".join(f"{RULES[link.rule].meaning}: {link.because}" for link in links)
    return Precedent(
        f"{source}:{number}",
        kind,
        title,
        readable(text)[:400],
        day,
        row["product_code"] or "",
        recall_class,
        about,
        tuple(name for name, rule in book.hazards.items() if rule.phrases(text)),
        tuple(name for name, rule in book.patient_impact.items() if rule.phrases(text)),
        links,
        round(score, 2),
        also,
        (RecordEvidence(source, number, day, note),),
    )


def _without_copies(found: Sequence[Precedent]) -> list[Precedent]:
    """The best of every group of records whose texts begin alike; the others are named in its ``also``."""
    groups: dict[str, list[Precedent]] = {}
    for item in found:
        key = item.kind + " ".join(re.findall(r"[a-z]+", item.summary.lower())[:25])
        groups.setdefault(key, []).append(item)
    return [_folded(group) for group in groups.values()]


def _folded(group: Sequence[Precedent]) -> Precedent:
    best = group[0]
    if len(group) == 1:
        return best
    return replace(best, also=(*best.also, *(p.id for p in group[1:])))
