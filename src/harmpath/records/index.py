"""The product index: which vulnerabilities name a product, with the version bounds that decide quickly.

It is derived from the statements by the rules in ``merge`` and rebuilt for the records that changed.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from harmpath.records.merge import effective_configurations
from harmpath.records.model import Criterion, Node, Statement, StatementSource
from harmpath.records.schema import decode_statement, name_tokens, pack

__all__ = ["CANDIDATE", "Candidate", "IndexedCriterion", "candidates_by_product", "rebuild", "split_cpe"]

_COLON = re.compile(r"(?<!\\):")


class IndexedCriterion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A vulnerable criterion of one product, with the product's own part of the CPE name left out."""

    part: str
    """``a``, ``o``, ``h`` or ``*``."""
    version: str
    rest: str
    """``update:edition:language:sw_edition:target_sw:target_hw:other`` as written."""
    start_including: str
    start_excluding: str
    end_including: str
    end_excluding: str
    alone: bool
    """Whether this criterion suffices for the vulnerability to apply (only ORs above it, nothing negated)."""


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one vulnerability says about one CPE product, and who says it."""

    source: str
    as_of: str
    """ISO date of the statement."""
    criteria: tuple[IndexedCriterion, ...]


CANDIDATE = msgspec.msgpack.Decoder(Candidate)
"""Decoder of one ``affects`` row."""


@lru_cache(maxsize=65536)
def split_cpe(cpe: str) -> tuple[str, str, str, str, str] | None:
    """(part, vendor, product, version, rest) of a CPE 2.3 string; None when it is not one."""
    if not cpe.startswith("cpe:2.3:"):
        return None
    parts = _COLON.split(cpe[8:])
    if len(parts) != 11:
        return None
    return parts[0], parts[1].lower(), parts[2].lower(), parts[3], ":".join(parts[4:])


def candidates_by_product(
    configurations: Sequence[Node], by: StatementSource | None
) -> dict[tuple[str, str], Candidate]:
    """(vendor, product) -> the vulnerable criteria that name it, in the order written, each once."""
    source, as_of = (by.source, by.as_of[:10]) if by is not None else ("", "")
    found = _criteria_by_product(configurations)
    return {name: Candidate(source, as_of, tuple(dict.fromkeys(criteria))) for name, criteria in found.items()}


def _criteria_by_product(configurations: Sequence[Node]) -> dict[tuple[str, str], list[IndexedCriterion]]:
    found: dict[tuple[str, str], list[IndexedCriterion]] = {}
    for node in configurations:
        for criterion, alone in _walk(node, True):
            split = split_cpe(criterion.cpe) if criterion.vulnerable else None
            if split is None:
                continue
            part, vendor, product, version, rest = split
            indexed = IndexedCriterion(
                part,
                version,
                rest,
                criterion.start_including,
                criterion.start_excluding,
                criterion.end_including,
                criterion.end_excluding,
                alone,
            )
            found.setdefault((vendor, product), []).append(indexed)
    return found


def _walk(node: Node, alone: bool) -> Iterator[tuple[Criterion, bool]]:
    single = len(node.criteria) + len(node.children) == 1
    alone = alone and not node.negate and (node.operator == "OR" or single)
    for criterion in node.criteria:
        yield criterion, alone
    for child in node.children:
        yield from _walk(child, alone)


def rebuild(db: sqlite3.Connection, batch: int = 20_000) -> Iterator[int]:
    """Bring the index up to date with the changed records, one transaction per batch; yields how many are done."""
    ids: dict[tuple[str, str], int] = {(v, p): i for i, v, p in db.execute("SELECT id, vendor, product FROM product")}
    first = db.execute("SELECT 1 FROM affects LIMIT 1").fetchone() is None
    done = 0
    while keys := [k for (k,) in db.execute("SELECT vuln FROM dirty ORDER BY vuln LIMIT ?", (batch,))]:
        db.execute("BEGIN IMMEDIATE")
        if not first:
            for table in ("affects", "package", "advisory_product"):
                db.executemany(f"DELETE FROM {table} WHERE vuln = ?", ((k,) for k in keys))  # noqa: S608
        _index_batch(db, keys, ids)
        db.execute("DELETE FROM dirty WHERE vuln BETWEEN ? AND ?", (keys[0], keys[-1]))
        db.execute("COMMIT")
        done += len(keys)
        yield done


def _index_batch(db: sqlite3.Connection, keys: list[int], ids: dict[tuple[str, str], int]) -> None:
    affects: list[tuple[int, int, bytes]] = []
    packages: list[tuple[str, str, int, bytes]] = []
    named: list[tuple[int, str, str, str, str]] = []
    for key, statements in _statements_of(db, keys):
        rejected = max(
            (s for s in statements if s.source in ("nvd", "vulnrichment")), key=lambda s: s.modified, default=None
        )
        if rejected is not None and rejected.rejected:
            continue
        for name, candidate in candidates_by_product(*effective_configurations(statements)).items():
            affects.append((_product_id(db, name, ids), key, pack(candidate)))
        for statement in statements:
            packages.extend((p.ecosystem, p.name, key, pack((p, statement.stated))) for p in statement.packages)
            named.extend((key, statement.document, p.vendor, p.name, p.version) for p in statement.products)
    affects.sort(key=lambda row: (row[0], row[1]))
    db.executemany("INSERT INTO affects VALUES (?, ?, ?)", affects)
    db.executemany("INSERT OR REPLACE INTO package VALUES (?, ?, ?, ?)", sorted(packages))
    db.executemany("INSERT OR REPLACE INTO advisory_product VALUES (?, ?, ?, ?, ?)", sorted(set(named)))


def _statements_of(db: sqlite3.Connection, keys: list[int]) -> Iterator[tuple[int, list[Statement]]]:
    for key in keys:
        rows = db.execute("SELECT body FROM statement WHERE vuln = ? ORDER BY source, document", (key,))
        yield key, [decode_statement(body) for (body,) in rows]


def _product_id(db: sqlite3.Connection, name: tuple[str, str], ids: dict[tuple[str, str], int]) -> int:
    known = ids.get(name)
    if known is None:
        known = ids[name] = len(ids) + 1
        vendor, product = name
        db.execute("INSERT INTO product (id, vendor, product) VALUES (?, ?, ?)", (known, vendor, product))
        tokens = sorted(name_tokens(f"{vendor} {product}"))
        db.executemany("INSERT OR IGNORE INTO token VALUES (?, ?)", ((t, known) for t in tokens))
    return known
