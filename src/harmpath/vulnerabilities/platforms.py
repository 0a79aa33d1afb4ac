"""Evaluate NVD's AND/OR/negate configurations for a product, with the platform that the device states.

Three values: a node is true, false, or open. It is open when it needs a platform (``vulnerable: false``, or another
product joined by AND) that the device model does not mention; what it needs is then the condition of the match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from harmpath.records.index import IndexedCriterion, split_cpe
from harmpath.records.model import Criterion, Node
from harmpath.vulnerabilities.cpe import ANY, Cpe, CpeError, parse_cpe, unescape
from harmpath.vulnerabilities.criteria import Query, Verdict, decide
from harmpath.vulnerabilities.versions import interval

__all__ = ["Subject", "evaluate", "platform_of", "query_of"]

_SHOWN = 3
"""Alternatives of a condition that are written out."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The product being looked up, under the CPE vendor and product that it was found as."""

    vendor: str
    product: str
    query: Query
    platform: tuple[tuple[str, str, Query], ...] = ()
    """(vendor, product, query) of the other CPE names present on the same component or device."""


def query_of(name: Cpe, version: str | None = None) -> Query:
    """The query for a CPE name; ``version`` overrides the name's own."""
    stated = version if version is not None else unescape(name.version)
    if name.version not in (ANY, "-") and name.update not in (ANY, "-") and version is None:
        # Ranges speak of releases with their update (1.0:rc1 lies below 1.0), so the order must see it.
        return Query(name, stated, interval(f"{stated}-{unescape(name.update)}"))
    return Query(name, "" if stated == ANY else stated, None if stated == "-" else interval(stated))


@lru_cache(maxsize=1024)
def platform_of(names: tuple[str, ...]) -> tuple[tuple[str, str, Query], ...]:
    """The platform's CPE names, parsed; a name that cannot be parsed states no platform."""
    parsed = []
    for text in names:
        try:
            name = parse_cpe(text)
        except CpeError:
            continue
        parsed.append((name.vendor, name.product, query_of(name)))
    return tuple(parsed)


def evaluate(configurations: Sequence[Node], subject: Subject) -> Verdict:
    """Whether any of the alternatives applies to the subject; the strongest answer is given."""
    best = Verdict(False)
    for node in configurations:
        if _names(node, subject):
            verdict = _node(node, subject)
            if verdict.holds:
                return verdict
            if verdict.holds is None and best.holds is False:
                best = verdict
    return best


def _names(node: Node, subject: Subject) -> bool:
    return any(c.vulnerable and _is_subject(c, subject) for c in node.criteria) or any(
        _names(child, subject) for child in node.children
    )


def _is_subject(criterion: Criterion, subject: Subject) -> bool:
    split = split_cpe(criterion.cpe)
    return split is not None and (split[1], split[2]) == (subject.vendor, subject.product)


def _node(node: Node, subject: Subject) -> Verdict:
    # Beside the subject in an OR, another product does not make the subject vulnerable; joined by AND it is needed.
    own = node.operator == "OR" and any(c.vulnerable and _is_subject(c, subject) for c in node.criteria)
    verdicts = [_criterion(c, subject, alternative=own) for c in node.criteria]
    verdicts += [_node(child, subject) for child in node.children]
    joined = _any(verdicts) if node.operator == "OR" else _all(verdicts)
    if not node.negate:
        return joined
    if joined.holds is None:
        return Verdict(None, joined.because, f"not ({joined.condition})")
    return Verdict(not joined.holds, f"not: {joined.because}" if joined.because else "")


def _criterion(criterion: Criterion, subject: Subject, *, alternative: bool) -> Verdict:
    split = split_cpe(criterion.cpe)
    if split is None:
        return Verdict(False)
    part, vendor, product, version, rest = split
    indexed = IndexedCriterion(
        part,
        version,
        rest,
        criterion.start_including,
        criterion.start_excluding,
        criterion.end_including,
        criterion.end_excluding,
        True,
    )
    if (vendor, product) == (subject.vendor, subject.product):
        own = decide(indexed, subject.query)
        # Software and the hardware it runs on may share vendor and product (a:st:wb55 on h:st:wb55).
        if own.holds is not False or part != "h" or subject.query.cpe.part == "h":
            return own
    for other_vendor, other_product, query in subject.platform:
        if (vendor, product) == (other_vendor, other_product):
            verdict = decide(indexed, query)
            if verdict.holds is not False:
                return Verdict(verdict.holds, f"platform {criterion.cpe} is present", verdict.condition)
    if alternative and criterion.vulnerable:
        return Verdict(False)
    if _implied(part, vendor, product, subject):
        return Verdict(True, f"hardware {criterion.cpe} is what this firmware runs on")
    bounds = f" ({criterion.bounds()})" if criterion.has_range else ""
    return Verdict(None, "", f"{criterion.cpe}{bounds} is present")


def _implied(part: str, vendor: str, product: str, subject: Subject) -> bool:
    """By NVD's naming, ``X_firmware`` runs on the hardware ``X`` of the same vendor: naming one states the other."""
    return part == "h" and vendor == subject.vendor and subject.product == f"{product}_firmware"


def _any(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in verdicts:
        if verdict.holds:
            return verdict
    possible = [v for v in verdicts if v.holds is None]
    if not possible:
        return Verdict(False)
    conditions = list(dict.fromkeys(v.condition for v in possible))
    shown = " or ".join(conditions[:_SHOWN])
    more = f" or one of {len(conditions) - _SHOWN} more" if len(conditions) > _SHOWN else ""
    because = next((v.because for v in possible if v.because), "")
    return Verdict(None, because, shown + more, any(v.exact for v in possible))


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    if not verdicts or any(v.holds is False for v in verdicts):
        return Verdict(False)
    because = "; ".join(dict.fromkeys(v.because for v in verdicts if v.because))
    conditions = [v.condition for v in verdicts if v.holds is None]
    exact, alias = any(v.exact for v in verdicts), any(v.alias for v in verdicts)
    if conditions:
        joined = " and ".join(f"({c})" if " or " in c and len(conditions) > 1 else c for c in conditions)
        return Verdict(None, because, joined, exact, alias)
    return Verdict(True, because, "", exact, alias)
