"""Write what a reader parsed into the store: the newest statement of a source stays, every other is counted."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from harmpath.records.model import Epss, Kev, Statement
from harmpath.records.schema import cve_key, pack, unpack
from harmpath.records.taking import Parsed, day

__all__ = ["OLDER", "SAME_DATE", "UNCHANGED", "Outcome", "write_parsed"]

OLDER = "older than the statement already held"
UNCHANGED = "the same as the statement already held"
SAME_DATE = "another record with the same id and date was kept"
_KEV = msgspec.msgpack.Decoder(Kev)


@dataclass(slots=True)
class Outcome:
    """What became of the documents of one file."""

    sources: set[str] = field(default_factory=set)
    as_of: str = ""
    records: int = 0
    taken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count records that were read and not taken."""
        self.records += count
        self.skipped[reason] += count


def write_parsed(db: sqlite3.Connection, parsed: Parsed, outcome: Outcome) -> None:
    """Write one document's records inside the caller's transaction."""
    before = outcome.records
    for statement in parsed.statements:
        _count(outcome, _write_statement(db, statement, parsed.as_of))
    for identifier, entry in parsed.kev:
        _count(outcome, _write_kev(db, identifier, entry))
    for identifier, score in parsed.epss:
        _count(outcome, _write_epss(db, identifier, score))
    for reason, count in parsed.skipped.items():
        outcome.skip(reason, count)
    if outcome.records > before:
        outcome.sources.add(parsed.source)
    outcome.as_of = max(outcome.as_of, parsed.as_of)


def _count(outcome: Outcome, refused: str) -> None:
    outcome.records += 1
    if refused:
        outcome.skipped[refused] += 1
    else:
        outcome.taken += 1


def _key(db: sqlite3.Connection, identifier: str) -> int:
    key = cve_key(identifier)
    if key is not None:
        return key
    db.execute("INSERT OR IGNORE INTO other_id (name) VALUES (?)", (identifier,))
    (row,) = db.execute("SELECT key FROM other_id WHERE name = ?", (identifier,)).fetchone()
    return -int(row)


def _write_statement(db: sqlite3.Connection, statement: Statement, stated: str) -> str:
    """Empty when the statement was taken, else why not. Which of two wins never depends on the order of import:
    the newer ``modified``; then the document made later (``stated``); then the larger bytes."""
    key = _key(db, statement.id)
    modified = statement.modified if day(statement.modified) else ""
    body = pack(statement)
    where = (key, statement.source, statement.document)
    held = db.execute(
        "SELECT rowid, modified, stated, body FROM statement WHERE vuln = ? AND source = ? AND document = ?", where
    ).fetchone()
    if held is None:
        db.execute("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?)", (*where, modified, stated, body))
    else:
        rowid, held_modified, held_stated, held_body = held
        mine, theirs = unpack(body), unpack(held_body)
        if mine == theirs:
            return UNCHANGED
        if (modified, stated, mine) < (held_modified, held_stated, theirs):
            return OLDER if modified < held_modified else SAME_DATE
        db.execute(
            "UPDATE statement SET modified = ?, stated = ?, body = ? WHERE rowid = ?", (modified, stated, body, rowid)
        )
    db.execute("INSERT OR IGNORE INTO dirty VALUES (?)", (key,))
    return ""


def _write_kev(db: sqlite3.Connection, identifier: str, entry: Kev) -> str:
    key = _key(db, identifier)
    held = db.execute("SELECT body FROM kev WHERE vuln = ?", (key,)).fetchone()
    merged = entry
    if held is not None:
        other = _KEV.decode(unpack(held[0]))
        newer, older = (entry, other) if entry.as_of >= other.as_of else (other, entry)
        # A newer list without CISA's dates keeps the dates that an older catalogue gives.
        parts = (n or o for n, o in zip(msgspec.structs.astuple(newer), msgspec.structs.astuple(older), strict=True))
        merged = Kev(*parts)
        if merged == other:
            return UNCHANGED if entry.as_of == other.as_of else OLDER
    db.execute("INSERT OR REPLACE INTO kev VALUES (?, ?)", (key, pack(merged)))
    return ""


def _write_epss(db: sqlite3.Connection, identifier: str, score: Epss) -> str:
    key = _key(db, identifier)
    row = (key, score.score, score.percentile, score.as_of)
    done = db.execute(
        "INSERT INTO epss VALUES (?, ?, ?, ?) ON CONFLICT (vuln) DO UPDATE SET score = excluded.score, "
        "percentile = excluded.percentile, as_of = excluded.as_of "
        "WHERE (excluded.as_of, excluded.score, excluded.percentile) > (as_of, score, percentile)",
        row,
    )
    return "" if done.rowcount else OLDER
