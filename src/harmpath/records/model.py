"""The normal form of a vulnerability record, whatever public source it came from.

The types are frozen ``msgspec.Struct`` values because they are also the storage format of the store: 250,000 records
have to be decoded field by field without a second set of classes (docs/decisions on the store). They hold no cycles,
so the garbage collector need not visit them (``gc=False``): a store's caches hold hundreds of thousands.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

__all__ = [
    "AdvisoryProduct",
    "AffectedPackage",
    "Criterion",
    "Cvss",
    "Epss",
    "Kev",
    "Node",
    "Ssvc",
    "Statement",
    "StatementSource",
    "Vulnerability",
    "Weakness",
    "cve_year",
    "is_cve_id",
]

_CVE = re.compile(r"CVE-(\d{4})-(\d{4,8})")


def is_cve_id(text: str) -> bool:
    """Whether ``text`` is written exactly as a CVE id (``CVE-YYYY-NNNN``, four to eight digits)."""
    return _CVE.fullmatch(text) is not None


def cve_year(text: str) -> int | None:
    """The year in a CVE id, None for any other identifier."""
    found = _CVE.fullmatch(text)
    return int(found[1]) if found else None


class Cvss(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A CVSS vector as one party stated it."""

    vector: str
    source: str
    """Who scored it, as the source writes it, e.g. ``nvd@nist.gov``, ``CISA-ADP``."""
    base_score: float | None = None
    """The score as published beside the vector."""


class Weakness(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A weakness (CWE id, e.g. ``CWE-287``) as one party assigned it."""

    cwe: str
    source: str


class Criterion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One CPE match criterion of an NVD configuration: a CPE name pattern and version bounds."""

    cpe: str
    """CPE 2.3 formatted string."""
    vulnerable: bool = True
    """False for the platform that the vulnerable product runs on or with."""
    start_including: str = ""
    start_excluding: str = ""
    end_including: str = ""
    end_excluding: str = ""

    @property
    def has_range(self) -> bool:
        """Whether any version bound is set."""
        return bool(self.start_including or self.start_excluding or self.end_including or self.end_excluding)

    def bounds(self) -> str:
        """The version bounds as a reader writes them, e.g. ``>= 2.0, < 2.4.1``; empty without bounds."""
        parts = (
            (">=", self.start_including),
            (">", self.start_excluding),
            ("<=", self.end_including),
            ("<", self.end_excluding),
        )
        return ", ".join(f"{sign} {bound}" for sign, bound in parts if bound)


class Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A node of a configuration: its criteria and children joined by AND or OR, possibly negated."""

    operator: Literal["AND", "OR"]
    negate: bool = False
    criteria: tuple[Criterion, ...] = ()
    children: tuple[Node, ...] = ()


class AffectedPackage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A package of an ecosystem and its affected versions, as OSV states them."""

    ecosystem: str
    """OSV's name, e.g. ``PyPI``."""
    name: str
    """As normalised by the ecosystem (PyPI: PEP 503)."""
    ranges: tuple[tuple[str, str, str], ...] = ()
    """(introduced, fixed, last_affected); an empty text leaves that bound open, introduced ``0`` is the beginning."""
    versions: tuple[str, ...] = ()
    """Versions listed one by one that no range covers."""


class AdvisoryProduct(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A product as an advisory names it, in free text."""

    vendor: str
    name: str
    version: str
    """As written, e.g. ``Version 3.1 and prior``."""


class Ssvc(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """CISA's Stakeholder-Specific Vulnerability Categorization decision points."""

    exploitation: str
    """none, poc or active."""
    automatable: str
    """yes or no."""
    technical_impact: str
    """partial or total."""
    as_of: str = ""


class Kev(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry of CISA's catalogue of known exploited vulnerabilities."""

    as_of: str
    """ISO date of the newest catalogue that lists it."""
    date_added: str = ""
    due_date: str = ""
    ransomware: str = ""
    """``Known`` when CISA knows of use in ransomware campaigns."""
    name: str = ""


class Epss(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """FIRST's Exploit Prediction Scoring System: the chance of exploitation activity within 30 days."""

    score: float
    """0 to 1."""
    percentile: float
    """0 to 1: the share of scored CVEs with this score or a lower one."""
    as_of: str = ""


class StatementSource(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who stated something about a vulnerability, and when."""

    source: str
    """Short name: ``nvd``, ``nvd-overrides``, ``vulnrichment``, ``cisa-csaf``, ``osv-pypa``, ``facts``."""
    as_of: str
    """ISO date or time of the statement."""
    document: str = ""
    """The source's own document id when it is not the CVE's, e.g. ``ICSMA-19-190-01``."""


class Statement(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """What one document of one source says about one vulnerability."""

    id: str
    """CVE id where there is one, else the source's own id (``PYSEC-2023-1``)."""
    source: str
    modified: str
    """ISO time; what decides which statement of a source is the newest."""
    document: str = ""
    published: str = ""
    rejected: bool = False
    status: str = ""
    """The source's own word, e.g. ``Analyzed``."""
    description: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    cvss: tuple[Cvss, ...] = ()
    configurations: tuple[Node, ...] = ()
    """Alternatives: the vulnerability applies when any of them does."""
    packages: tuple[AffectedPackage, ...] = ()
    products: tuple[AdvisoryProduct, ...] = ()
    ssvc: Ssvc | None = None
    references: int = 0
    note: str = ""

    @property
    def stated(self) -> StatementSource:
        """Source, time and document of this statement."""
        return StatementSource(source=self.source, as_of=self.modified, document=self.document)


class Vulnerability(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that is known about one vulnerability, merged by the rules in ``merge``; every fact keeps its source."""

    id: str
    published: str = ""
    modified: str = ""
    """Newest of its statements."""
    rejected: bool = False
    status: str = ""
    description: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    cvss: tuple[Cvss, ...] = ()
    configurations: tuple[Node, ...] = ()
    configurations_by: StatementSource | None = None
    """Whose configurations these are."""
    packages: tuple[tuple[AffectedPackage, StatementSource], ...] = ()
    products: tuple[tuple[AdvisoryProduct, StatementSource], ...] = ()
    kev: Kev | None = None
    epss: Epss | None = None
    ssvc: Ssvc | None = None
    references: int = 0
    sources: tuple[StatementSource, ...] = ()
    notes: tuple[str, ...] = ()
    """Disagreements between sources that a reader should know."""
