"""Import a folder of FDA files: recognise each by its content, load it, count everything, write the manifest."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from harmpath.errors import InputError, SourceError, UsageError
from harmpath.records import (
    fda_ai_devices,
    fda_classification,
    fda_events,
    fda_openfda,
    fda_predicates,
    fda_recalls,
)
from harmpath.records.fda_common import Columns, Quarantine, Row, text_of
from harmpath.records.fda_tables import FOLDER, file_digest, publish_tables, write_manifest, write_table

__all__ = ["FdaFile", "FdaImport", "import_records"]

Progress = Callable[[str, int, int], None]
"""(file name, files done, files in all)."""
_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".xml", ".xlsx", ".zip")
_QUARANTINE = ("file", "line", "reason", "value", "whole_record")
_KEYS = {
    "recalls": ("recall_number", "representative", "event_id", "year_file"),
    "recall_labels": ("recall_number",),
    "events": ("report_key", "narrative_kind"),
    "ai_devices": ("submission", "edition"),
    "product_codes": ("product_code",),
    "predicates": ("submission", "predicate"),
    "clearances": ("submission",),
    "enforcement": ("recall_number",),
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "recalls": (*fda_recalls.RECALL_COLUMNS, "file"),
    "recall_labels": (*fda_recalls.LABEL_COLUMNS, "file"),
    "events": (*fda_events.EVENT_COLUMNS, "file"),
    "ai_devices": (*fda_ai_devices.AI_COLUMNS, "edition", "file"),
    "product_codes": (*fda_classification.CLASS_COLUMNS, "file"),
    "predicates": (*fda_predicates.PREDICATE_COLUMNS, "file"),
    "clearances": (*fda_openfda.CLEARANCE_COLUMNS, "file"),
    "enforcement": (*fda_openfda.ENFORCEMENT_COLUMNS, "file"),
}


@dataclass(frozen=True, slots=True)
class FdaFile:
    """What became of one file: ``read`` is ``kept`` and ``duplicates`` and ``rejected`` together."""

    file: str
    source: str
    table: str
    sha256: str
    bytes: int
    read: int
    kept: int
    duplicates: int
    rejected: int
    counts: dict[str, int]
    """Everything that was mended or set aside, by reason."""
    stated: int | None = None
    """How many records the file itself says it holds."""
    earliest: str = ""
    latest: str = ""
    error: str = ""
    """Why the file gave nothing (or stopped early)."""


@dataclass(frozen=True, slots=True)
class FdaImport:
    """What an import did."""

    files: tuple[FdaFile, ...]
    rows: dict[str, int]
    """Rows per table."""
    skipped: tuple[str, ...]
    """Files that are not FDA records of a known kind; with the reason where a file could not be read."""


@dataclass
class _Work:
    folder: Path
    data_dir: Path
    quarantined: list[Row] = field(default_factory=list)
    seen: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    files: list[FdaFile] = field(default_factory=list)


_Reader = tuple[str, str, Callable[[Path, Quarantine], Iterator[tuple[int, Row | Columns]]]]


def import_records(folder: Path, data_dir: Path, progress: Progress | None = None) -> FdaImport:
    """Load every FDA file below ``folder`` into ``data_dir/landscape``.

    Nothing is loaded twice: identical files are recognised by their hash, identical records by their key (the first
    file in name order wins). The tables are replaced together at the end, so an interrupted import changes nothing.

    Raises:
        UsageError: ``folder`` is no folder, or holds no FDA file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", remedy="Name the folder that holds FDA's files.")
    candidates = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and _suffix(p) in _SUFFIXES)
    jobs: dict[str, list[tuple[Path, _Reader]]] = {}
    skipped: list[str] = []
    for path in candidates:
        try:
            reader = _recognise(path)
        except InputError as error:
            skipped.append(f"{path.relative_to(folder).as_posix()}: {error.problems[0].message}")
            continue
        if reader is None:
            skipped.append(path.relative_to(folder).as_posix())
        else:
            jobs.setdefault(reader[1], []).append((path, reader))
    if not jobs:
        raise UsageError(f"{folder} holds no FDA file that harmpath knows.", remedy="harmpath data pull fetches them.")
    work = _Work(folder, data_dir)
    total, done, digests = sum(map(len, jobs.values())), 0, set[str]()
    rows: dict[str, int] = {}

    def stream(table: str) -> Iterator[Row | Columns]:
        nonlocal done
        for path, reader in jobs[table]:
            if progress:
                progress(path.name, done, total)
            yield from _file_rows(work, path, reader, digests)
            done += 1

    with _no_cycles():
        for table in sorted(jobs):
            rows[table] = write_table(data_dir, table, _COLUMNS[table], stream(table))
    rows["quarantine"] = write_table(data_dir, "quarantine", _QUARANTINE, work.quarantined)
    _finish(work, rows, skipped)
    return FdaImport(tuple(work.files), rows, tuple(skipped))


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Without the search for reference cycles: records hold none, and looking through millions doubles the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _finish(work: _Work, rows: dict[str, int], skipped: Sequence[str]) -> None:
    raw = work.data_dir / FOLDER / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for entry in work.files:
        target = raw / f"{entry.sha256[:16]}-{Path(entry.file).name}"
        if not target.exists():
            shutil.copyfile(work.folder / entry.file, target)
    manifest: dict[str, Any] = {
        "format": 1,
        "files": [asdict(f) for f in work.files],
        "rows": rows,
        "skipped": list(skipped),
    }
    publish_tables(work.data_dir, rows)
    write_manifest(work.data_dir, manifest)


def _file_rows(work: _Work, path: Path, reader: _Reader, digests: set[str]) -> Iterator[Row | Columns]:
    source, table, read = reader
    name, digest = path.relative_to(work.folder).as_posix(), file_digest(path)
    quarantine, kept, duplicates, error = Quarantine(), 0, 0, ""
    first: date | None = None
    last: date | None = None
    date_column = next((c for c in ("posted", "decided", "received") if c in _COLUMNS[table]), "")
    key_columns, seen = _KEYS[table], work.seen.setdefault(table, set())
    if digest in digests:
        error = "the same file is already in this import"
    else:
        digests.add(digest)
        try:
            for line, row in read(path, quarantine):
                if isinstance(row, Columns):
                    fresh = _fresh(row, key_columns, seen, quarantine)
                    duplicates += len(row[key_columns[0]]) - len(fresh[key_columns[0]])
                    kept += len(fresh[key_columns[0]])
                    days = [d for d in fresh.get(date_column, ()) if d]
                    first = min([*days, *([first] if first else [])], default=None)
                    last = max([*days, *([last] if last else [])], default=None)
                    fresh["file"] = [name] * len(fresh[key_columns[0]])
                    yield fresh
                    continue
                row["file"] = row["edition"] = name
                key = tuple(row.get(k) for k in key_columns)
                if key in seen:
                    duplicates += 1
                    quarantine.add(line, "duplicate-key", " ".join(map(str, key)), whole_record=False)
                    continue
                seen.add(key)
                kept += 1
                day = row.get(date_column)
                if isinstance(day, date):
                    first = day if first is None or day < first else first
                    last = day if last is None or day > last else last
                if table != "ai_devices":
                    del row["edition"]
                yield row
        except (InputError, SourceError) as failure:
            error = str(failure)
    work.quarantined += [
        {"file": name, "line": r.line, "reason": r.reason, "value": r.value, "whole_record": r.whole_record}
        for r in quarantine.kept
    ]
    span = (first.isoformat(), last.isoformat()) if first and last else ("", "")
    work.files.append(
        FdaFile(
            name,
            source,
            table,
            digest,
            path.stat().st_size,
            kept + duplicates + quarantine.records,
            kept,
            duplicates,
            quarantine.records,
            dict(sorted(quarantine.counts.items())),
            quarantine.counts.get("stated-total") or None,
            *span,
            error,
        )
    )


def _fresh(
    columns: Columns, key_columns: Sequence[str], seen: set[tuple[object, ...]], quarantine: Quarantine
) -> Columns:
    """The columns without the rows whose key was seen before."""
    keys = list(zip(*(columns[k] for k in key_columns), strict=True))
    before = len(seen)
    new = set(keys)
    if len(new) == len(keys) and new.isdisjoint(seen):
        seen |= new
        return columns
    keep: list[int] = []
    for index, key in enumerate(keys):
        if key in seen:
            quarantine.add(index + 1, "duplicate-key", " ".join(map(str, key)), whole_record=False)
        else:
            seen.add(key)
            keep.append(index)
    assert len(seen) - before == len(keep)
    return Columns({name: [values[i] for i in keep] for name, values in columns.items()})


def _suffix(path: Path) -> str:
    name = path.name.removesuffix(".xz").removesuffix(".bz2")
    return Path(name).suffix.lower()


def _recognise(path: Path) -> _Reader | None:
    """Which reader a file is for, by its column names or, for openFDA's bulk files, its endpoint."""
    suffix = _suffix(path)
    try:
        if suffix == ".zip" or (suffix == ".json" and path.suffix == ".json"):
            found = fda_openfda.recognise(path)
            if found:
                return found
        if suffix in (".json", ".xml", ".xlsx"):
            first = next(fda_ai_devices._cells(path, Quarantine()), None)
            header = frozenset(first[1]) if first else frozenset[str]()
            return ("fda-ai-devices", "ai_devices", fda_ai_devices.read_ai_list) if _is_ai(header) else None
        _, line = next(text_of(path, Quarantine()))
    except StopIteration:
        return None
    return _by_header(line)


def _is_ai(header: frozenset[str]) -> bool:
    return fda_ai_devices.is_ai_list(header)


def _by_header(line: str) -> _Reader | None:
    delimiter = max(",|\t", key=line.count)
    header = frozenset(
        "".join(c if c.isalnum() else "_" for c in cell.strip().strip('"').lower()).strip("_").replace("__", "_")
        for cell in line.rstrip("\r\n").split(delimiter)
    )
    choices: tuple[tuple[Callable[[frozenset[str]], bool], _Reader], ...] = (
        (fda_recalls.is_labels, ("fda-recalls", "recall_labels", fda_recalls.read_labels)),
        (fda_recalls.is_recalls, ("fda-recalls", "recalls", fda_recalls.read_recalls)),
        (
            fda_classification.is_classification,
            ("fda-classification", "product_codes", fda_classification.read_classification),
        ),
        (fda_predicates.is_predicates, ("fda-510k-predicates", "predicates", fda_predicates.read_predicates)),
        (_is_ai, ("fda-ai-devices", "ai_devices", fda_ai_devices.read_ai_list)),
        (fda_openfda.is_clearance_table, ("fda-510k", "clearances", fda_openfda.read_clearance_table)),
        (fda_events.event_layout, ("fda-maude", "events", lambda p, q: fda_events.read_events(p, q, delimiter))),
    )
    return next((reader for matches, reader in choices if matches(header)), None)
