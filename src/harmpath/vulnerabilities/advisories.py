"""Match medical products by the names that CISA's medical advisories give them, where no CPE product is known."""

from __future__ import annotations

from functools import lru_cache

from harmpath.evidence import RecordEvidence
from harmpath.records.schema import name_tokens
from harmpath.records.store import NamedProduct, VulnerabilitySource
from harmpath.vulnerabilities.aliases import bare, vendor_names
from harmpath.vulnerabilities.values import Match, Product
from harmpath.vulnerabilities.versions import interval

__all__ = ["match_advisories"]

_GENERIC = name_tokens(
    "insulin infusion pump pumps system systems device devices software server monitor monitoring patient medical "
    "the and of for application app client controller gateway module unit family series model version platform "
    "management diabetes glucose remote wireless cloud imaging viewer workstation service port telemetry"
)
"""Words that do not tell one medical product from another."""


def match_advisories(product: Product, source: VulnerabilitySource) -> list[Match]:
    """Vulnerabilities whose advisory names this product: every word of the name, at least one of them its own."""
    words = name_tokens(bare(product.name))
    own = {w for w in words - _GENERIC if len(w) > 2}
    if not own:
        return []
    found: dict[str, Match] = {}
    for named in source.advisory_products():
        if words <= _words(f"{named.vendor} {named.name}") and _own_in_name(own, named, product):
            match = _match(product, named, source)
            if match is not None and (match.cve not in found or not match.condition):
                found[match.cve] = match
    return list(found.values())


@lru_cache(maxsize=16384)
def _words(text: str) -> frozenset[str]:
    return name_tokens(bare(text))


def _own_in_name(own: set[str], named: NamedProduct, product: Product) -> bool:
    """The product's own words are in the advisory's product name (not only in its vendor), and vendors agree."""
    if not own & _words(named.name):
        return False
    if not product.vendor:
        return True
    ours, theirs = vendor_names(product.vendor)[0], vendor_names(named.vendor)[0]
    return bool(set(ours) & set(theirs)) or bare(product.vendor) in bare(f"{named.vendor} {named.name}")


def _match(product: Product, named: NamedProduct, source: VulnerabilitySource) -> Match | None:
    condition = _version_condition(product.version, named.version)
    if condition is None:
        return None
    why = f"advisory {named.document} names {named.vendor} {named.name}, version {named.version or 'not stated'}"
    record = source.get(named.id)
    stated = [s for s in record.sources if s.document == named.document] if record else []
    as_of = stated[0].as_of[:10] if stated else ""
    return Match(
        product=product,
        cve=named.id,
        confidence="name-only",
        because=(f"name {product.name!r} alone", why),
        condition=condition,
        evidence=(RecordEvidence("cisa-csaf", named.document, as_of, why),),
    )


def _version_condition(stated: str, affected: str) -> str | None:
    """Empty when the version is affected, None when it is not, else what has to be true."""
    if not affected or affected.startswith("vers:all"):
        return ""
    ours = interval(stated)
    if ours is None:
        return f"its version is {affected}"
    answers = []
    for piece in affected.split("|"):
        theirs = interval(piece.strip().replace("<=", "<= ").replace(">=", ">= "))
        plain = theirs is not None and any(c.isdigit() for c in piece) and len(piece.split()) <= 3
        answers.append(ours.against(theirs) if plain and theirs is not None else None)
    if any(answers):
        return ""
    return None if all(a is False for a in answers) else f"version {stated} is among: {affected}"
