"""Import a folder of public vulnerability records into the store: verified, resumable, all or nothing.

The import works on a copy beside the store (``NAME.importing``), one transaction per file, and puts the finished store
in place with one rename. Whoever reads meanwhile sees the old store; a killed import goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harmpath.errors import InputError, Problem, StoreError
from harmpath.records.counting import write_coverage
from harmpath.records.index import rebuild
from harmpath.records.reading import Document, DocumentError, file_sha256, iter_files, read_documents
from harmpath.records.recognise import DAMAGED, parse_as, recognised
from harmpath.records.schema import APPLICATION_ID, SCHEMA, SCHEMA_VERSION, default_store_path, open_database
from harmpath.records.verifying import stated_digest_error
from harmpath.records.writing import Outcome, write_parsed

__all__ = ["FileReport", "ImportReport", "Progress", "import_folder"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""
BUSY_SECONDS = 2.0


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    name: str
    """Path below the imported folder."""
    status: Literal["imported", "already", "ignored", "refused"]
    """imported; already in the store; not a vulnerability record; or refused as a whole for ``reason``."""
    sha256: str = ""
    source: str = ""
    as_of: str = ""
    records: int = 0
    """Records read."""
    taken: int = 0
    """Records that were new or newer than what the store held."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Reason -> records not taken."""
    reason: str = ""


@dataclass(slots=True)
class ImportReport:
    """What became of a folder."""

    store: Path
    files: list[FileReport]

    @property
    def taken(self) -> int:
        """Records that changed the store."""
        return sum(f.taken for f in self.files)

    @property
    def skipped(self) -> Counter[str]:
        """Reason -> records not taken, over all files."""
        total: Counter[str] = Counter()
        for report in self.files:
            total.update(report.skipped)
        return total

    @property
    def refused(self) -> list[FileReport]:
        """Files that could not be used at all, with the reason."""
        return [f for f in self.files if f.status == "refused"]


def import_folder(path: Path, store_path: Path | None = None, progress: Progress | None = None) -> ImportReport:
    """Import every vulnerability record found in ``path`` (a folder or one file).

    Raises InputError when ``path`` does not exist, StoreError when the store cannot be written (the store that was
    there stays as it was). A file or record that cannot be used is in the report, with the reason.
    """
    path = Path(path)
    if not path.exists():
        raise InputError([Problem("no-such-folder", "there is nothing to import", str(path), remedy="Check the path.")])
    store = Path(store_path) if store_path is not None else default_store_path()
    try:
        return _import(path, store, progress or (lambda what, done, total: None))
    except sqlite3.Error as error:
        # Space is given back on a full disk; what was imported so far would be of no use without room to go on.
        if "full" in str(error) or "I/O" in str(error):
            _remove(_working(store))
        raise StoreError(
            f"the store {store} could not be written: {error}",
            remedy="The store that was there is unchanged. Free some space, or end the other import, and run it again.",
        ) from error
    except OSError as error:
        raise StoreError(
            f"the store {store} could not be written: {error.strerror or error} ({error.filename})",
            remedy="Name a folder that you may write to, with --store or HARMPATH_STORE.",
        ) from error


def _import(path: Path, store: Path, progress: Progress) -> ImportReport:
    files = iter_files(path)
    held = _manifest(store)
    resumed = _working(store).exists()
    work = _open_working(store) if resumed else None
    report = ImportReport(store, [])
    try:
        for done, file in enumerate(files):
            name = file.name if path.is_file() else file.relative_to(path).as_posix()
            progress(name, done, len(files))
            digest = file_sha256(file)
            if digest in held or (work is not None and _in_manifest(work, digest)):
                report.files.append(FileReport(name, "already", digest))
                continue
            if not _is_ours(file, name):
                report.files.append(FileReport(name, "ignored", digest, reason="not a vulnerability record"))
                continue
            if work is None:
                work = _open_working(store)
            report.files.append(_import_file(work, file, name, digest))
        if work is not None:
            _finish(work, store, progress)
            _remove(store.with_name(store.name + ".copying"))
    finally:
        if work is not None:
            work.close()
    if work is not None:
        _remove(_working(store))
    return report


def _import_file(work: sqlite3.Connection, file: Path, name: str, digest: str) -> FileReport:
    """One file in one transaction: all of it, or nothing but the reason."""
    wrong = stated_digest_error(file)
    if wrong:
        return FileReport(name, "refused", digest, reason=wrong)
    outcome = Outcome()
    work.execute("BEGIN IMMEDIATE")
    try:
        for document in read_documents(file, name):
            _import_document(work, document, outcome, sole="!" not in document.name)
    except DocumentError as error:
        work.execute("ROLLBACK")
        return FileReport(name, "refused", digest, reason=str(error))
    except BaseException:
        if work.in_transaction:
            work.execute("ROLLBACK")
        raise
    source = "+".join(sorted(outcome.sources))
    if not outcome.sources and not outcome.skipped:
        work.execute("ROLLBACK")
        return FileReport(name, "ignored", digest, reason="not from a publisher that harmpath reads")
    work.execute(
        "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            digest,
            name,
            source,
            outcome.as_of,
            outcome.records,
            outcome.taken,
            json.dumps(outcome.skipped, sort_keys=True),
        ),
    )
    work.execute("COMMIT")
    skipped = dict(sorted(outcome.skipped.items()))
    return FileReport(name, "imported", digest, source, outcome.as_of, outcome.records, outcome.taken, skipped)


def _import_document(work: sqlite3.Connection, document: Document, outcome: Outcome, *, sole: bool) -> None:
    """One document; a damaged member of an archive is one skipped record, a damaged file is refused as a whole."""
    form = recognised(document.head)
    if form is None:
        return
    data = document.read()
    try:
        parsed = parse_as(form, data, document.name)
    except DAMAGED as error:
        if sole:
            raise DocumentError(f"damaged: {error}") from error
        outcome.skip(f"damaged: {str(error)[:200]}")
        return
    if parsed is not None:
        write_parsed(work, parsed, outcome)


def _is_ours(file: Path, name: str) -> bool:
    """Whether any document in the file is a vulnerability record; an unreadable file is, so that it gets reported."""
    try:
        return any(recognised(d.head) is not None for d in read_documents(file, name))
    except DocumentError:
        return True


def _finish(work: sqlite3.Connection, store: Path, progress: Progress) -> None:
    (dirty,) = work.execute("SELECT count(*) FROM dirty").fetchone()
    for done in rebuild(work):
        progress("product index", done, dirty)
    progress("coverage", 0, 1)
    write_coverage(work)
    finished = store.with_name(store.name + ".finished")
    _remove(finished)
    try:
        work.execute("VACUUM INTO ?", (str(finished),))
        with finished.open("rb+") as stream:
            os.fsync(stream.fileno())
        finished.replace(store)
    finally:
        _remove(finished)


def _working(store: Path) -> Path:
    return store.with_name(store.name + ".importing")


def _manifest(store: Path) -> frozenset[str]:
    if not store.exists():
        return frozenset()
    db = open_database(store, read_only=True)
    try:
        return frozenset(digest for (digest,) in db.execute("SELECT sha256 FROM file"))
    finally:
        db.close()


def _in_manifest(work: sqlite3.Connection, digest: str) -> bool:
    return work.execute("SELECT 1 FROM file WHERE sha256 = ?", (digest,)).fetchone() is not None


def _open_working(store: Path) -> sqlite3.Connection:
    """The working copy: the one a killed import left, else a copy of the store, else an empty one."""
    working = _working(store)
    store.parent.mkdir(parents=True, exist_ok=True)
    if working.exists() and not _continues(working, store):
        _remove(working)
    if not working.exists() and store.exists():
        copying = store.with_name(store.name + ".copying")
        shutil.copyfile(store, copying)
        copying.replace(working)
    # The working copy is not locked for readers, of which there are none, but for a second import.
    db = sqlite3.connect(working, isolation_level=None, timeout=BUSY_SECONDS)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -131072")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        db.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    return db


def _continues(working: Path, store: Path) -> bool:
    """Whether a left-over working copy is sound and holds everything the store holds now."""
    try:
        db = sqlite3.connect(working, isolation_level=None, timeout=BUSY_SECONDS)
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                return not store.exists()
            held = {digest for (digest,) in db.execute("SELECT sha256 FROM file")}
            return held >= _manifest(store)
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise
        return False
    except sqlite3.DatabaseError:
        return False


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
