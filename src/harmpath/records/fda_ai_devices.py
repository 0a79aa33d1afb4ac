"""FDA's list of AI-enabled medical devices: CSV, XLSX, JSON or XML; and how two editions of it differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harmpath.errors import InputError, Problem
from harmpath.records.fda_common import Quarantine, Row, delimited, fda_date, open_bytes

__all__ = ["AI_COLUMNS", "Drift", "drift", "is_ai_list", "read_ai_list"]

SOURCE = "fda-ai-devices"
AI_COLUMNS = ("submission", "decided", "device", "company", "panel", "product_code", "received")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "submission": ("submission_number", "submission_id", "submissionnumber"),
    "decided": ("date_of_final_decision", "date", "dateoffinaldecision"),
    "device": ("device",),
    "company": ("company",),
    "panel": ("panel_lead", "panel", "panellead"),
    "product_code": ("primary_product_code", "code", "primaryproductcode"),
    "received": ("received_date",),
}
_SUBMISSION = re.compile(r"\b(K\d{6}|DEN\d{6}|P\d{6}(?:/S\d{3})?|BK\d{6}|H\d{6})\b", re.IGNORECASE)
_LINK_TEXT = re.compile(r',\s*"([^"]+)"\)\s*$')
_LARGEST = 64 << 20


def is_ai_list(header: frozenset[str]) -> bool:
    """Whether these column names are those of the AI device list."""
    return all(set(_NAMES[k]) & header for k in ("submission", "decided", "device", "company", "product_code"))


def read_ai_list(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """Every device of one edition of the list, in whichever format it came."""
    for line, cell in _cells(path, quarantine):
        raw = {k: next((cell[n] for n in names if cell.get(n)), "").strip() for k, names in _NAMES.items()}
        link = _LINK_TEXT.search(raw["submission"])
        found = _SUBMISSION.search(link[1] if link else raw["submission"])
        if not found:
            quarantine.add(line, "submission-number", raw["submission"], whole_record=True)
            continue
        yield (
            line,
            {
                "submission": found[1].upper(),
                "decided": fda_date(raw["decided"], quarantine, line),
                "device": raw["device"],
                "company": raw["company"],
                "panel": raw["panel"],
                "product_code": raw["product_code"].upper(),
                "received": fda_date(raw["received"], quarantine, line),
            },
        )


def _cells(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, dict[str, str]]]:
    name = path.name.removesuffix(".xz").removesuffix(".bz2").lower()
    if name.endswith(".csv"):
        yield from delimited(path, quarantine)
    elif name.endswith(".json"):
        yield from _json(path)
    elif name.endswith(".xml"):
        yield from _xml(path)
    elif name.endswith(".xlsx"):
        yield from _xlsx(path)
    else:
        raise InputError([Problem("format", "Not a CSV, XLSX, JSON or XML edition of the list.", str(path))])


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _whole(path: Path) -> bytes:
    with open_bytes(path) as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputError([Problem("too-large", f"The list is larger than {_LARGEST:,} bytes.", str(path))])
    return data


def _json(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    import msgspec

    try:
        rows = msgspec.json.decode(_whole(path), type=list[dict[str, object]])
    except msgspec.DecodeError as error:
        raise InputError([Problem("json", f"Not the JSON edition of the list: {error}", str(path))]) from error
    for number, row in enumerate(rows, 1):
        yield number, {_snake(k): "" if v is None else str(v) for k, v in row.items()}


def _xml(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(_whole(path).decode("utf-8-sig"))
    except (ParseError, ValueError) as error:
        raise InputError([Problem("xml", f"Not readable as XML: {error}", str(path))]) from error
    for number, item in enumerate(root, 1):
        yield number, {_snake(child.tag): (child.text or "") for child in item}


def _xlsx(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    import zipfile

    try:
        import openpyxl
    except ImportError as error:
        from harmpath.errors import MissingExtraError

        raise MissingExtraError("Reading .xlsx", "landscape") from error
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(i.file_size for i in archive.infolist())
        if size > _LARGEST:
            raise InputError([Problem("too-large", f"The workbook unpacks to {size:,} bytes.", str(path))])
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError([Problem("xlsx", f"Not a readable workbook: {error}", str(path))]) from error
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = [_snake(str(c or "")) for c in next(rows, ())]
    for number, row in enumerate(rows, 2):
        if any(c is not None for c in row):
            yield number, {n: "" if c is None else str(c) for n, c in zip(header, row, strict=False)}
    book.close()


@dataclass(frozen=True, slots=True)
class Drift:
    """How one edition of the list differs from an earlier one."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    """On the earlier edition and no longer listed; FDA does withdraw entries."""
    changed: tuple[tuple[str, str, str, str], ...]
    """(submission, field, before, after)."""


def drift(before: Iterable[Row], after: Iterable[Row]) -> Drift:
    """What changed between two editions, by submission number."""
    old = {str(r["submission"]): r for r in before}
    new = {str(r["submission"]): r for r in after}
    fields = ("decided", "device", "company", "panel", "product_code")
    changed = [
        (key, name, str(old[key][name]), str(new[key][name]))
        for key in sorted(old.keys() & new.keys())
        for name in fields
        if old[key][name] != new[key][name]
    ]
    return Drift(tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), tuple(changed))
