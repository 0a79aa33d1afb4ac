"""Read the store: point look-ups by id, product, package and name, and what the store covers."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from harmpath.errors import StoreError
from harmpath.evidence import Coverage
from harmpath.records.counting import as_coverage
from harmpath.records.index import CANDIDATE, Candidate
from harmpath.records.merge import merge
from harmpath.records.model import AffectedPackage, Epss, Kev, Statement, StatementSource, Vulnerability
from harmpath.records.schema import (
    cve_key,
    decode_statement,
    default_store_path,
    key_cve,
    name_tokens,
    open_database,
    unpack,
)

__all__ = ["NamedProduct", "ProductEntry", "Store", "VulnerabilitySource", "open_store"]

_KEV = msgspec.msgpack.Decoder(Kev)
_PACKAGE = msgspec.msgpack.Decoder(tuple[AffectedPackage, StatementSource])
_CACHED = 8192
_COMMON_WORD = 1500
"""Products that share a word from which on it is too common to look for."""
_WORDS = 4


class ProductEntry(NamedTuple):
    """A CPE vendor and product that some vulnerability names."""

    vendor: str
    product: str
    vulnerabilities: int
    """How many records name it as vulnerable."""


class NamedProduct(NamedTuple):
    """A product that an advisory names in free text."""

    id: str
    document: str
    vendor: str
    name: str
    version: str


class VulnerabilitySource(Protocol):
    """Where vulnerabilities are looked up: the store, a small facts table, or several of them together."""

    def get(self, identifier: str) -> Vulnerability | None:
        """Everything known about one vulnerability; None when it is not held."""

    def statements(self, identifier: str) -> tuple[Statement, ...]:
        """The statements that :meth:`get` merges."""

    def signals(self, identifier: str) -> tuple[Kev | None, Epss | None]:
        """KEV entry and EPSS score."""

    def candidates(self, vendor: str, product: str) -> dict[str, Candidate]:
        """Vulnerability id -> the criteria in which it names the CPE product as vulnerable."""

    def products_named(self, product: str) -> tuple[ProductEntry, ...]:
        """The CPE products of exactly this name, of any vendor."""

    def products_like(self, text: str, limit: int = 50) -> tuple[ProductEntry, ...]:
        """CPE products that share words with ``text``, those that share most first."""

    def packages(self, ecosystem: str, name: str) -> dict[str, tuple[AffectedPackage, StatementSource]]:
        """Vulnerability id -> what an OSV advisory says about the package."""

    def ecosystems(self) -> tuple[str, ...]:
        """OSV ecosystems that are covered."""

    def advisory_products(self) -> tuple[NamedProduct, ...]:
        """Products that medical advisories name in free text."""

    def coverage(self) -> Coverage:
        """What the answers rest on."""


def open_store(path: Path | None = None) -> Store:
    """The store at ``path`` (default: the user's), read-only. Raises StoreError when there is none or it is damaged."""
    where = Path(path) if path is not None else default_store_path()
    return Store(open_database(where, read_only=True), where)


class Store:
    """A store, opened for reading. Use as a context manager, or call :meth:`close`."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._db = db
        self._records: OrderedDict[str, Vulnerability | None] = OrderedDict()
        self._candidates: OrderedDict[tuple[str, str], dict[str, Candidate]] = OrderedDict()
        self._figures: dict[str, object] | None = None
        self._advisory_products: tuple[NamedProduct, ...] | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def get(self, identifier: str) -> Vulnerability | None:
        """Everything known about one vulnerability, merged; None when the store does not hold it."""
        if identifier in self._records:
            self._records.move_to_end(identifier)
            return self._records[identifier]
        statements = self.statements(identifier)
        kev, epss = self.signals(identifier)
        record = merge(identifier, statements, kev, epss) if statements or kev or epss else None
        self._records[identifier] = record
        if len(self._records) > _CACHED:
            self._records.popitem(last=False)
        return record

    def statements(self, identifier: str) -> tuple[Statement, ...]:
        """The newest statement of each source and document about one vulnerability."""
        key = self._key(identifier)
        if key is None:
            return ()
        rows = self._rows("SELECT body FROM statement WHERE vuln = ? ORDER BY source, document", (key,))
        return tuple(decode_statement(body) for (body,) in rows)

    def signals(self, identifier: str) -> tuple[Kev | None, Epss | None]:
        """KEV entry and EPSS score."""
        key = self._key(identifier)
        if key is None:
            return None, None
        kev = self._rows("SELECT body FROM kev WHERE vuln = ?", (key,))
        epss = self._rows("SELECT score, percentile, as_of FROM epss WHERE vuln = ?", (key,))
        return (_KEV.decode(unpack(kev[0][0])) if kev else None), (Epss(*epss[0]) if epss else None)

    def candidates(self, vendor: str, product: str) -> dict[str, Candidate]:
        """Vulnerability id -> the criteria in which it names the CPE product as vulnerable, in id order."""
        name = (vendor, product)
        if name in self._candidates:
            self._candidates.move_to_end(name)
            return self._candidates[name]
        rows = self._rows(
            "SELECT vuln, body FROM affects WHERE product = (SELECT id FROM product WHERE vendor = ? AND product = ?) "
            "ORDER BY vuln",
            name,
        )
        found = {self._name(key): CANDIDATE.decode(unpack(body)) for key, body in rows}
        self._candidates[name] = found
        if len(self._candidates) > 1024:
            self._candidates.popitem(last=False)
        return found

    def products_named(self, product: str) -> tuple[ProductEntry, ...]:
        """The CPE products of exactly this name, of any vendor, those with most vulnerabilities first."""
        return self._entries("SELECT id, vendor, product FROM product WHERE product = ?", (product,))

    def products_like(self, text: str, limit: int = 50) -> tuple[ProductEntry, ...]:
        """CPE products that share words with ``text``: those that share most and hold fewest others first."""
        tokens = self._telling(sorted(name_tokens(text))[:16])
        marks = ",".join("?" * len(tokens))
        query = (
            "SELECT product.id, vendor, product FROM product JOIN (SELECT product AS id, count(*) AS shared FROM token "  # noqa: S608
            f"WHERE token IN ({marks}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?) AS hit ON hit.id = product.id "
            "ORDER BY hit.shared DESC, length(vendor) + length(product.product), vendor, product.product"
        )
        return self._entries(query, (*tokens, limit), sort=False) if tokens else ()

    def _telling(self, tokens: list[str]) -> list[str]:
        """The words that few products share; a word of thousands of products tells none of them from another."""
        counted = []
        for token in tokens:
            query = "SELECT count(*) FROM (SELECT 1 FROM token WHERE token = ? LIMIT ?)"
            (count,) = self._rows(query, (token, _COMMON_WORD))[0]
            if 0 < count < _COMMON_WORD:
                counted.append((count, token))
        return [token for _, token in sorted(counted)[:_WORDS]]

    def packages(self, ecosystem: str, name: str) -> dict[str, tuple[AffectedPackage, StatementSource]]:
        """Vulnerability id -> what an OSV advisory says about the package (name as the ecosystem normalises it)."""
        rows = self._rows(
            "SELECT vuln, body FROM package WHERE ecosystem = ? AND name = ? ORDER BY vuln", (ecosystem, name)
        )
        return {self._name(key): _PACKAGE.decode(unpack(body)) for key, body in rows}

    def ecosystems(self) -> tuple[str, ...]:
        """OSV ecosystems of which the store holds advisories."""
        found = self._coverage_figures().get("ecosystems", [])
        return tuple(str(e) for e in found) if isinstance(found, list) else ()

    def advisory_products(self) -> tuple[NamedProduct, ...]:
        """Products that medical advisories name in free text."""
        if self._advisory_products is None:
            rows = self._rows(
                "SELECT vuln, document, vendor, name, version FROM advisory_product ORDER BY 1, 2, 3, 4, 5"
            )
            self._advisory_products = tuple(NamedProduct(self._name(key), *rest) for key, *rest in rows)
        return self._advisory_products

    def coverage(self) -> Coverage:
        """What the store holds: per source the newest statement, records, records per CVE year, and known holes."""
        return as_coverage(self._coverage_figures())

    def _coverage_figures(self) -> dict[str, object]:
        if self._figures is None:
            rows = self._rows("SELECT value FROM meta WHERE key = 'coverage'")
            if not rows:
                raise StoreError(f"{self.path} holds no finished import", remedy="Run the import again.")
            figures: dict[str, object] = json.loads(rows[0][0])
            self._figures = figures
        return self._figures

    def _entries(self, query: str, values: tuple[object, ...], *, sort: bool = True) -> tuple[ProductEntry, ...]:
        entries = []
        for key, vendor, product in self._rows(query, values):
            (count,) = self._rows("SELECT count(*) FROM affects WHERE product = ?", (key,))[0]
            if count:
                entries.append(ProductEntry(vendor, product, count))
        return tuple(sorted(entries, key=lambda e: (-e.vulnerabilities, e.vendor, e.product)) if sort else entries)

    def _key(self, identifier: str) -> int | None:
        key = cve_key(identifier)
        if key is None:
            rows = self._rows("SELECT key FROM other_id WHERE name = ?", (identifier,))
            key = -int(rows[0][0]) if rows else None
        return key

    def _name(self, key: int) -> str:
        if key > 0:
            return key_cve(key)
        return str(self._rows("SELECT name FROM other_id WHERE key = ?", (-key,))[0][0])

    def _rows(self, query: str, values: Iterable[object] = ()) -> list[Any]:
        try:
            return self._db.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                f"the store {self.path} cannot be read: {error}", remedy="Delete the file and import again."
            ) from error
