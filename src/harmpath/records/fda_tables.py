"""The landscape's tables on disk: Parquet files with a manifest, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from harmpath.errors import MissingExtraError, StoreError
from harmpath.records.fda_common import Columns, Row

__all__ = [
    "FOLDER",
    "MANIFEST",
    "TABLES",
    "file_digest",
    "publish_tables",
    "read_manifest",
    "table_path",
    "write_manifest",
    "write_table",
]

FOLDER = "landscape"
MANIFEST = "manifest.json"
_DATES = {"posted", "terminated", "received", "occurred", "decided"}
_INTEGERS = {"recall_class", "quantity", "year", "year_file", "line"}
_TRUTHS = {"representative", "adverse_event", "product_problem", "implant", "life_support", "whole_record"}
TABLES: tuple[str, ...] = (
    "recalls",
    "recall_labels",
    "events",
    "ai_devices",
    "product_codes",
    "predicates",
    "clearances",
    "enforcement",
    "quarantine",
)


def table_path(data_dir: Path, table: str) -> Path:
    """Where a table lies."""
    return data_dir / FOLDER / f"{table}.parquet"


def file_digest(path: Path) -> str:
    """SHA-256 of a file as it came."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _schema(columns: Sequence[str]) -> Any:
    import pyarrow as pa

    def kind(name: str) -> Any:
        if name in _DATES:
            return pa.date32()
        if name in _INTEGERS:
            return pa.int64()
        return pa.bool_() if name in _TRUTHS else pa.string()

    return pa.schema([(name, kind(name)) for name in columns])


def write_table(
    data_dir: Path, table: str, columns: Sequence[str], rows: Iterable[Row | Columns], batch: int = 20_000
) -> int:
    """Write a table beside the old one; :func:`publish_tables` puts it in its place. Returns its rows."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("Importing FDA records", "landscape") from error
    schema = _schema(columns)
    path = table_path(data_dir, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".parquet.part")
    count = 0
    with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for group in _batches(rows, batch):
            if isinstance(group, Columns):
                part = pa.Table.from_pydict(group, schema=schema)
            else:
                part = pa.Table.from_pylist(group, schema=schema)
            writer.write_table(part)
            count += part.num_rows
    return count


def publish_tables(data_dir: Path, tables: Iterable[str]) -> None:
    """Put the written tables in their places, and take away those that this import does not have."""
    wanted = set(tables)
    for table in TABLES:
        path = table_path(data_dir, table)
        if table in wanted:
            path.with_suffix(".parquet.part").replace(path)
        else:
            path.unlink(missing_ok=True)


def _batches(rows: Iterable[Row | Columns], size: int) -> Iterator[list[Row] | Columns]:
    group: list[Row] = []
    for row in rows:
        if isinstance(row, Columns):
            yield row
            continue
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def write_manifest(data_dir: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest last: a folder without one holds no finished import."""
    path = data_dir / FOLDER / MANIFEST
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True, default=_plain) + "\n", encoding="utf-8")
    temporary.replace(path)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def read_manifest(data_dir: Path) -> dict[str, Any]:
    """The manifest of an import. Raises StoreError when there is none or it is damaged."""
    path = data_dir / FOLDER / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(
            f"No FDA records have been imported into {data_dir}.",
            remedy="harmpath data import FOLDER, or harmpath data pull",
        ) from None
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}", remedy="Import the records again.") from error
    if not isinstance(found, dict) or "files" not in found:
        raise StoreError(f"{path} is not a manifest of this version.", remedy="Import the records again.")
    return found
