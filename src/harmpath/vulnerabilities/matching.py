"""Match technologies with vulnerabilities, with the reason for every answer and for every absence of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harmpath.evidence import NotAssessed, RecordEvidence
from harmpath.records.index import Candidate, IndexedCriterion
from harmpath.records.store import VulnerabilitySource
from harmpath.vulnerabilities.advisories import match_advisories
from harmpath.vulnerabilities.criteria import Query, Verdict, decide
from harmpath.vulnerabilities.packages import match_package
from harmpath.vulnerabilities.platforms import Subject, evaluate, platform_of
from harmpath.vulnerabilities.protocols import Protocol, match_protocol, protocol_named
from harmpath.vulnerabilities.resolving import Identity, resolve
from harmpath.vulnerabilities.tables import table_of
from harmpath.vulnerabilities.values import CONFIDENCES, Confidence, Match, Matches, Product, Unmatched

__all__ = ["UNVERSIONED_LIMIT", "match", "match_product"]

UNVERSIONED_LIMIT = 25
"""Without a version every vulnerability of a product is only possible. Up to this many are given as conditional
matches; beyond it the answer is one Unmatched that asks for the version, for a list of thousands hides the rest."""

Platform = Mapping[str, Sequence[str]] | Sequence[str]


def match(products: Iterable[Product], source: VulnerabilitySource, platform: Platform = ()) -> Matches:
    """Every match of every product, sorted by product (as given) and vulnerability id.

    ``platform`` is the CPE names of what else is present: one list for all, or per ``Product.ref`` the names on the
    same component. Products without a match are in ``unmatched`` with the reason.
    """
    matches: list[Match] = []
    unmatched: list[Unmatched] = []
    not_assessed: list[NotAssessed] = []
    for product in products:
        names = platform.get(product.ref, ()) if isinstance(platform, Mapping) else platform
        found, reasons = match_product(product, source, names)
        matches.extend(found)
        if found:
            not_assessed.extend(NotAssessed(product.ref or product.name, r.reason) for r in reasons)
        else:
            unmatched.append(_joined(reasons))
    return Matches(tuple(matches), tuple(unmatched), source.coverage(), tuple(not_assessed))


def match_product(
    product: Product, source: VulnerabilitySource, platform: Sequence[str] = ()
) -> tuple[list[Match], list[Unmatched]]:
    """One product: its matches sorted by id, and what could not be looked up, with the reasons."""
    found: dict[str, Match] = {}
    reasons: list[Unmatched] = []

    def take(matches: Iterable[Match]) -> None:
        for candidate in matches:
            held = found.get(candidate.cve)
            if held is None or _order(candidate) < _order(held):
                found[candidate.cve] = candidate

    if product.purl:
        matches, reason = match_package(product, source)
        take(matches)
        if reason:
            reasons.append(reason)
    protocol = None if product.cpe or product.purl or product.vendor else protocol_named(product.name, product.version)
    if protocol is not None:
        take(match_protocol(product, protocol))
        if not found:
            reasons.append(_no_vulnerability(product, protocol))
    elif product.cpe or not product.purl or not found:
        identities, reason = resolve(product, source)
        for identity in identities:
            matches, absent = _match_identity(product, identity, source, platform)
            take(matches)
            if absent:
                reasons.append(absent)
        if not identities:
            advised = match_advisories(product, source)
            take(advised)
            if reason and not found:
                reasons.append(reason)
    return [found[cve] for cve in sorted(found, key=_cve_order)], reasons


def _no_vulnerability(product: Product, protocol: Protocol) -> Unmatched:
    weaknesses = ", ".join(protocol.weaknesses) or "none"
    reason = (
        f"{product.name!r} is the protocol {protocol.id}; the catalogue names no vulnerability of the protocol itself "
        f"that applies (weaknesses by design: {weaknesses}; {protocol.source})"
    )
    return Unmatched(product, "none-apply", reason)


def _order(match: Match) -> int:
    return CONFIDENCES.index(match.confidence)


def _cve_order(identifier: str) -> tuple[str, int, str]:
    head, _, number = identifier.rpartition("-")
    return head, int(number) if number.isdigit() else 0, identifier


def _joined(reasons: list[Unmatched]) -> Unmatched:
    """All reasons for one product as one answer; the first gives the code."""
    text = "; ".join(dict.fromkeys(r.reason for r in reasons))
    nearest = tuple(dict.fromkeys(name for r in reasons for name in r.nearest))
    return replace(reasons[0], reason=text, nearest=nearest)


def _match_identity(
    product: Product, identity: Identity, source: VulnerabilitySource, platform: Sequence[str]
) -> tuple[list[Match], Unmatched | None]:
    table = table_of(source, identity.vendor, identity.product)
    candidates = table.candidates
    subject = Subject(identity.vendor, identity.product, identity.query, platform_of(tuple(platform)))
    matches = [
        found
        for identifier, candidate, criteria in table.relevant(identity.query)
        if (found := _match(product, identity, subject, identifier, candidate, criteria, source)) is not None
    ]
    name = f"{identity.vendor}:{identity.product}"
    if not candidates:
        return [], Unmatched(product, "none-apply", f"no vulnerability held names {name}")
    version = identity.query.version or product.version
    unversioned = identity.query.versions is None and identity.query.version != "-"
    open_only = [m for m in matches if m.confidence == "conditional" or m.condition]
    if unversioned and len(open_only) > UNVERSIONED_LIMIT:
        sure = [m for m in matches if not m.condition]
        reason = (
            f"{len(open_only)} of the {len(candidates)} vulnerabilities that name {name} depend on the version, "
            "which is not stated"
        )
        return sure, Unmatched(product, "no-version", reason, tuple(m.cve for m in open_only[-5:]))
    if not matches:
        count = len(candidates)
        reason = f"{name} is named by {count} vulnerabilities held; none covers version {version or '(not stated)'}"
        return [], Unmatched(product, "none-apply", reason)
    return matches, None


def _match(
    product: Product,
    identity: Identity,
    subject: Subject,
    identifier: str,
    candidate: Candidate,
    criteria: Sequence[IndexedCriterion],
    source: VulnerabilitySource,
) -> Match | None:
    verdict, alone = _verdict(criteria, subject.query)
    if verdict.holds is False:
        return None
    if not (verdict.holds and alone):
        record = source.get(identifier)
        if record is not None:
            verdict = evaluate(record.configurations, subject)
        if verdict.holds is False:
            return None
    because = (identity.because, verdict.because) if verdict.because else (identity.because,)
    return Match(
        product=product,
        cve=identifier,
        confidence=_confidence(identity, verdict),
        because=because,
        condition=verdict.condition,
        evidence=(
            RecordEvidence(candidate.source, identifier, candidate.as_of, verdict.because),
            *identity.evidence,
        ),
    )


def _verdict(criteria: Sequence[IndexedCriterion], query: Query) -> tuple[Verdict, bool]:
    """The best verdict of the product's own criteria, and whether it stands without the rest of the configuration."""
    best = Verdict(False)
    for criterion in criteria:
        verdict = decide(criterion, query)
        if verdict.holds and criterion.alone:
            return verdict, True
        if verdict.holds or (verdict.holds is None and best.holds is False):
            best = verdict
    return best, False


def _confidence(identity: Identity, verdict: Verdict) -> Confidence:
    """The weakest link: a name without vendor, then an open condition, then an alias; else what the version gave."""
    if identity.strength == "name-only":
        return "name-only"
    if verdict.holds is None:
        return "conditional"
    if identity.strength == "alias" or verdict.alias:
        return "alias"
    return "exact" if verdict.exact else "range"
