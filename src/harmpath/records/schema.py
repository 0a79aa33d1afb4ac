"""The store's file: tables, identifiers and the packed forms of what stands in them."""

from __future__ import annotations

import os
import re
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import msgspec

from harmpath.errors import StoreError
from harmpath.records.model import Statement, cve_year

__all__ = [
    "APPLICATION_ID",
    "SCHEMA",
    "SCHEMA_VERSION",
    "cve_key",
    "decode_statement",
    "default_store_path",
    "key_year",
    "name_tokens",
    "pack",
    "unpack",
]

APPLICATION_ID = 0x48524D50
"""``HRMP`` in SQLite's header: this file is a harmpath store."""
SCHEMA_VERSION = 1
_YEAR = 10**8
_PACKED = 192
"""Bytes from which compression pays; below, zlib's header eats the gain."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, as_of TEXT NOT NULL,
  records INTEGER NOT NULL, taken INTEGER NOT NULL, skipped TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE other_id (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE statement (
  vuln INTEGER NOT NULL, source TEXT NOT NULL, document TEXT NOT NULL, modified TEXT NOT NULL,
  stated TEXT NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX statement_key ON statement (vuln, source, document);
CREATE TABLE kev (vuln INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE epss (vuln INTEGER PRIMARY KEY, score REAL NOT NULL, percentile REAL NOT NULL, as_of TEXT NOT NULL);
CREATE TABLE dirty (vuln INTEGER PRIMARY KEY);
CREATE TABLE product (id INTEGER PRIMARY KEY, vendor TEXT NOT NULL, product TEXT NOT NULL, UNIQUE (product, vendor));
CREATE TABLE token (token TEXT NOT NULL, product INTEGER NOT NULL, PRIMARY KEY (token, product)) WITHOUT ROWID;
CREATE TABLE affects (
  product INTEGER NOT NULL, vuln INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (product, vuln)) WITHOUT ROWID;
CREATE INDEX affects_vuln ON affects (vuln);
CREATE TABLE package (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, vuln INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (ecosystem, name, vuln)) WITHOUT ROWID;
CREATE INDEX package_vuln ON package (vuln);
CREATE TABLE advisory_product (
  vuln INTEGER NOT NULL, document TEXT NOT NULL, vendor TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (vuln, document, vendor, name, version)) WITHOUT ROWID;
"""

_statement = msgspec.msgpack.Decoder(Statement)


def default_store_path() -> Path:
    """``HARMPATH_STORE`` when set, else ``vulnerabilities.sqlite`` in the user's data folder for harmpath."""
    named = os.environ.get("HARMPATH_STORE")
    if named:
        return Path(named)
    from platformdirs import user_data_dir

    return Path(user_data_dir("harmpath")) / "vulnerabilities.sqlite"


def cve_key(identifier: str) -> int | None:
    """The key of a CVE in the store: year and number in one integer; None for any other identifier."""
    year = cve_year(identifier)
    return None if year is None else year * _YEAR + int(identifier[9:])


def key_cve(key: int) -> str:
    """The CVE id of a key made by :func:`cve_key`."""
    return f"CVE-{key // _YEAR}-{key % _YEAR:04d}"


def key_year(key: int) -> int:
    """The CVE year of a key."""
    return key // _YEAR


def pack(value: Any) -> bytes:
    """``value`` as MessagePack, compressed where that pays; the first byte says which."""
    plain = msgspec.msgpack.encode(value)
    return b"\0" + plain if len(plain) < _PACKED else b"\1" + zlib.compress(plain, 6)


def unpack(body: bytes) -> bytes:
    """The MessagePack bytes inside what :func:`pack` wrote."""
    return body[1:] if body[:1] == b"\0" else zlib.decompress(body[1:])


def decode_statement(body: bytes) -> Statement:
    """The statement in a row of the store."""
    return _statement.decode(unpack(body))


def name_tokens(text: str) -> frozenset[str]:
    """The words of a vendor or product name for the name index: lower case, letters and digits apart from the rest."""
    return frozenset(re.findall(r"[a-z]+|\d+", text.lower()))


def open_database(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to a store that exists. Raises StoreError when it is no store or of a newer harmpath."""
    if not path.is_file():
        raise StoreError(
            f"there is no store at {path}", remedy="Run `harmpath data import FOLDER` or `harmpath data pull`."
        )
    try:
        uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rw'}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be opened as a store: {error}", remedy="Delete the file and import again."
        ) from error
    if application != APPLICATION_ID or version != SCHEMA_VERSION:
        connection.close()
        what = "is not a harmpath store" if application != APPLICATION_ID else f"has store format {version}"
        raise StoreError(
            f"{path} {what}; this harmpath reads format {SCHEMA_VERSION}",
            remedy="Name another file, or delete this one and import again.",
        )
    return connection
