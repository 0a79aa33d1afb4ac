"""Several sources of records looked up as one: a project's facts table together with the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harmpath.evidence import Coverage
from harmpath.records.index import Candidate, candidates_by_product
from harmpath.records.merge import merge
from harmpath.records.model import AffectedPackage, Epss, Kev, Statement, StatementSource, Vulnerability
from harmpath.records.store import NamedProduct, ProductEntry, VulnerabilitySource

__all__ = ["Combined"]


class Combined:
    """The newest statement of each source and document wins, wherever it is held; the coverage names every part."""

    def __init__(self, parts: Sequence[VulnerabilitySource]) -> None:
        self._parts = tuple(parts)

    def get(self, identifier: str) -> Vulnerability | None:
        """Everything known about one vulnerability; None when no part holds it."""
        found = [record for part in self._parts if (record := part.get(identifier)) is not None]
        if len(found) <= 1:
            return found[0] if found else None
        return merge(identifier, self.statements(identifier), *self.signals(identifier))

    def statements(self, identifier: str) -> tuple[Statement, ...]:
        """The newest statement of each source and document over all parts."""
        newest: dict[tuple[str, str], Statement] = {}
        for part in self._parts:
            for statement in part.statements(identifier):
                key = (statement.source, statement.document)
                if key not in newest or newest[key].modified < statement.modified:
                    newest[key] = statement
        return tuple(newest[key] for key in sorted(newest))

    def signals(self, identifier: str) -> tuple[Kev | None, Epss | None]:
        """The newest KEV entry and EPSS score over all parts."""
        found = [part.signals(identifier) for part in self._parts]
        kev = max((k for k, _ in found if k), key=lambda k: k.as_of, default=None)
        epss = max((e for _, e in found if e), key=lambda e: e.as_of, default=None)
        return kev, epss

    def candidates(self, vendor: str, product: str) -> dict[str, Candidate]:
        """Vulnerability id -> the criteria in which it names the CPE product as vulnerable."""
        found = [part.candidates(vendor, product) for part in self._parts]
        merged: dict[str, Candidate] = {}
        for identifier in sorted({i for part in found for i in part}):
            holders = [part for part in self._parts if part.get(identifier) is not None]
            if len(holders) == 1:
                merged[identifier] = next(part[identifier] for part in found if identifier in part)
                continue
            record = self.get(identifier)
            if record is not None and not record.rejected:
                found_here = candidates_by_product(record.configurations, record.configurations_by)
                if (vendor, product) in found_here:
                    merged[identifier] = found_here[vendor, product]
        return merged

    def products_named(self, product: str) -> tuple[ProductEntry, ...]:
        """The CPE products of exactly this name, of any vendor."""
        return _joined(part.products_named(product) for part in self._parts)

    def products_like(self, text: str, limit: int = 50) -> tuple[ProductEntry, ...]:
        """CPE products that share words with ``text``."""
        return _joined((part.products_like(text, limit) for part in self._parts), sort=False)[:limit]

    def packages(self, ecosystem: str, name: str) -> dict[str, tuple[AffectedPackage, StatementSource]]:
        """Vulnerability id -> what an OSV advisory says about the package; the newest of the parts."""
        found: dict[str, tuple[AffectedPackage, StatementSource]] = {}
        for part in self._parts:
            for identifier, (package, stated) in part.packages(ecosystem, name).items():
                if identifier not in found or found[identifier][1].as_of < stated.as_of:
                    found[identifier] = (package, stated)
        return dict(sorted(found.items()))

    def ecosystems(self) -> tuple[str, ...]:
        """OSV ecosystems that any part covers."""
        return tuple(sorted({e for part in self._parts for e in part.ecosystems()}))

    def advisory_products(self) -> tuple[NamedProduct, ...]:
        """Products that medical advisories name in free text."""
        return tuple(sorted({named for part in self._parts for named in part.advisory_products()}))

    def coverage(self) -> Coverage:
        """The coverage of every part, in order."""
        covered = [part.coverage() for part in self._parts]
        return Coverage(tuple(s for c in covered for s in c.sources), tuple(m for c in covered for m in c.missing))


def _joined(found: Iterable[tuple[ProductEntry, ...]], *, sort: bool = True) -> tuple[ProductEntry, ...]:
    counts: dict[tuple[str, str], int] = {}
    for entries in found:
        for entry in entries:
            key = (entry.vendor, entry.product)
            counts[key] = max(counts.get(key, 0), entry.vulnerabilities)
    joined = [ProductEntry(v, p, n) for (v, p), n in counts.items()]
    return tuple(sorted(joined, key=lambda e: (-e.vulnerabilities, e.vendor, e.product)) if sort else joined)
