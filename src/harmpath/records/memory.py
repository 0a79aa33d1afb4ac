"""Vulnerability records held in memory and looked up like the store: the base of facts tables and of tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from harmpath.evidence import Coverage, NotAssessed, SourceCoverage
from harmpath.records.index import Candidate, candidates_by_product
from harmpath.records.merge import merge
from harmpath.records.model import AffectedPackage, Epss, Kev, Statement, StatementSource, Vulnerability, cve_year
from harmpath.records.schema import name_tokens
from harmpath.records.store import NamedProduct, ProductEntry

__all__ = ["MemorySource"]


class MemorySource:
    """A few thousand statements with the look-ups of :class:`~harmpath.records.store.VulnerabilitySource`."""

    def __init__(
        self,
        statements: Iterable[Statement],
        kev: Mapping[str, Kev] | None = None,
        epss: Mapping[str, Epss] | None = None,
        *,
        label: str = "records in memory",
    ) -> None:
        self.label = label
        newest: dict[tuple[str, str, str], Statement] = {}
        for statement in statements:
            key = (statement.id, statement.source, statement.document)
            if key not in newest or newest[key].modified < statement.modified:
                newest[key] = statement
        self._statements: dict[str, list[Statement]] = {}
        for key in sorted(newest):
            self._statements.setdefault(key[0], []).append(newest[key])
        self._kev = dict(kev or {})
        self._epss = dict(epss or {})
        names = sorted({*self._statements, *self._kev, *self._epss})
        self._records = {n: merge(n, self._statements.get(n, ()), self._kev.get(n), self._epss.get(n)) for n in names}
        self._candidates: dict[tuple[str, str], dict[str, Candidate]] = {}
        for record in self._records.values():
            if not record.rejected:
                found = candidates_by_product(record.configurations, record.configurations_by)
                for product, candidate in found.items():
                    self._candidates.setdefault(product, {})[record.id] = candidate

    def get(self, identifier: str) -> Vulnerability | None:
        """Everything known about one vulnerability; None when it is not held."""
        return self._records.get(identifier)

    def statements(self, identifier: str) -> tuple[Statement, ...]:
        """The statements that :meth:`get` merges."""
        return tuple(self._statements.get(identifier, ()))

    def signals(self, identifier: str) -> tuple[Kev | None, Epss | None]:
        """KEV entry and EPSS score."""
        return self._kev.get(identifier), self._epss.get(identifier)

    def candidates(self, vendor: str, product: str) -> dict[str, Candidate]:
        """Vulnerability id -> the criteria in which it names the CPE product as vulnerable."""
        return self._candidates.get((vendor, product), {})

    def products_named(self, product: str) -> tuple[ProductEntry, ...]:
        """The CPE products of exactly this name, of any vendor."""
        found = [ProductEntry(v, p, len(ids)) for (v, p), ids in self._candidates.items() if p == product]
        return tuple(sorted(found, key=lambda e: (-e.vulnerabilities, e.vendor)))

    def products_like(self, text: str, limit: int = 50) -> tuple[ProductEntry, ...]:
        """CPE products that share words with ``text``, those that share most first."""
        tokens = name_tokens(text)
        ranked = []
        for (vendor, product), ids in self._candidates.items():
            shared = len(tokens & name_tokens(f"{vendor} {product}"))
            if shared:
                ranked.append((-shared, len(vendor) + len(product), vendor, product, len(ids)))
        return tuple(ProductEntry(v, p, n) for _, _, v, p, n in sorted(ranked)[:limit])

    def packages(self, ecosystem: str, name: str) -> dict[str, tuple[AffectedPackage, StatementSource]]:
        """Vulnerability id -> what an OSV advisory says about the package."""
        return {
            record.id: (package, stated)
            for record in self._records.values()
            for package, stated in record.packages
            if (package.ecosystem, package.name) == (ecosystem, name)
        }

    def ecosystems(self) -> tuple[str, ...]:
        """OSV ecosystems that are covered."""
        return tuple(sorted({p.ecosystem for r in self._records.values() for p, _ in r.packages}))

    def advisory_products(self) -> tuple[NamedProduct, ...]:
        """Products that medical advisories name in free text."""
        found = {
            NamedProduct(r.id, stated.document, p.vendor, p.name, p.version)
            for r in self._records.values()
            for p, stated in r.products
        }
        return tuple(sorted(found))

    def coverage(self) -> Coverage:
        """What the table holds, per source."""
        by_source: dict[str, list[tuple[str, str]]] = {}
        for name, statements in self._statements.items():
            for statement in statements:
                by_source.setdefault(statement.source, []).append((name, statement.modified[:10]))
        for source, entries in (("cisa-kev", self._kev), ("epss", self._epss)):
            if entries:
                by_source[source] = [(name, entry.as_of) for name, entry in entries.items()]
        held = tuple(
            SourceCoverage(
                source,
                max(as_of for _, as_of in stated),
                len({name for name, _ in stated}),
                dict(sorted(Counter(cve_year(n) or 0 for n in {name for name, _ in stated}).items())),
                note=f"from the {self.label}: only the vulnerabilities chosen for it",
            )
            for source, stated in sorted(by_source.items())
        )
        lacking = NotAssessed(
            f"vulnerabilities outside the {self.label}",
            "the table holds a choice of vulnerabilities, not all that are known",
            "harmpath data import FOLDER or harmpath data pull, then assess again.",
        )
        return Coverage(held, (lacking,))
