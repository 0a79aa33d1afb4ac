"""The rules by which statements of several sources become one record (docs/decisions: which statement wins).

* Within one source the statement with the newest ``modified`` counts; the store keeps no other.
* Description, dates, status: NVD, else the CVE record, else an advisory, else an override.
* Configurations: NVD's own where NVD has any; else an override's; else the CPE names of the CVE record. Where an
  override contradicts NVD, NVD's stand and that is noted, for an override may also *narrow* what NVD lists.
* CVSS vectors and weaknesses: all of them, each with its source, NVD's first; the same statement is kept once.
* Rejected: as the newer of NVD and the CVE record says.
* KEV, EPSS and SSVC: the newest of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from harmpath.records.model import Cvss, Epss, Kev, Node, Statement, StatementSource, Vulnerability, Weakness

__all__ = ["SOURCES", "effective_configurations", "merge"]

SOURCES = ("nvd", "vulnrichment", "cisa-csaf", "osv", "nvd-overrides", "facts")
"""Sources in the order in which their prose and dates are preferred."""
_CONFIGURATION_ORDER = ("nvd", "facts", "nvd-overrides", "vulnrichment")
_T = TypeVar("_T")


def _rank(statement: Statement) -> tuple[int, str]:
    place = SOURCES.index(statement.source) if statement.source in SOURCES else len(SOURCES)
    return place, statement.document


def effective_configurations(statements: Sequence[Statement]) -> tuple[tuple[Node, ...], StatementSource | None]:
    """The configurations that count, and whose they are."""
    for source in _CONFIGURATION_ORDER:
        for statement in statements:
            if statement.source == source and statement.configurations:
                return statement.configurations, statement.stated
    return (), None


def merge(identifier: str, statements: Iterable[Statement], kev: Kev | None, epss: Epss | None) -> Vulnerability:
    """One record from all statements about ``identifier``; at most one statement per source and document."""
    ordered = sorted(statements, key=_rank)
    configurations, by = effective_configurations(ordered)
    authoritative = [s for s in ordered if s.source in ("nvd", "vulnrichment", "facts")]
    newest = max(authoritative, key=lambda s: s.modified, default=None)
    ssvc = max((s.ssvc for s in ordered if s.ssvc), key=lambda v: v.as_of, default=None)
    return Vulnerability(
        id=identifier,
        published=_first(ordered, lambda s: s.published),
        modified=max((s.modified for s in ordered), default=""),
        rejected=newest is not None and newest.rejected,
        status=_first(ordered, lambda s: s.status),
        description=_first(ordered, lambda s: s.description),
        weaknesses=_weaknesses(ordered),
        cvss=_vectors(ordered),
        configurations=configurations,
        configurations_by=by,
        packages=tuple((p, s.stated) for s in ordered for p in s.packages),
        products=tuple((p, s.stated) for s in ordered for p in s.products),
        kev=kev,
        epss=epss,
        ssvc=ssvc,
        references=max((s.references for s in ordered), default=0),
        sources=tuple(s.stated for s in ordered),
        notes=_notes(ordered, by),
    )


def _first(ordered: list[Statement], part: Callable[[Statement], str]) -> str:
    return next((text for s in ordered if (text := part(s))), "")


def _unique(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))


def _weaknesses(ordered: list[Statement]) -> tuple[Weakness, ...]:
    return _unique(w for s in ordered for w in s.weaknesses)


def _vectors(ordered: list[Statement]) -> tuple[Cvss, ...]:
    """All vectors; the one NVD calls its own first, then by source order."""
    vectors = _unique(v for s in ordered for v in s.cvss)
    return tuple(sorted(vectors, key=lambda v: v.source != "nvd@nist.gov"))


def _notes(ordered: list[Statement], by: StatementSource | None) -> tuple[str, ...]:
    if by is None or by.source == "nvd-overrides":
        return ()
    return tuple(
        f"{s.source} ({s.modified[:10]}) states other configurations: {s.note or 'no reason given'}"
        for s in ordered
        if s.source == "nvd-overrides" and s.configurations
    )
