"""openFDA's device endpoints as bulk files (zip of JSON, or plain JSON): events, recalls, enforcement, 510(k).

Decoded with msgspec into typed structs that name only the fields used; a field that a changed schema drops or retypes
rejects the record, counted, and the rest is loaded. Reference: https://open.fda.gov/apis/device/
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from harmpath.errors import InputError, Problem
from harmpath.records.fda_common import MAX_BYTES, Columns, Quarantine, Row, delimited, fda_date, yes_no

__all__ = ["CLEARANCE_COLUMNS", "ENFORCEMENT_COLUMNS", "is_clearance_table", "read_clearance_table", "recognise"]

CLEARANCE_COLUMNS = ("submission", "applicant", "device", "product_code", "panel", "decided", "received", "decision")
ENFORCEMENT_COLUMNS = ("recall_number", "event_id", "firm", "product", "recall_class", "posted", "reason", "status")
_LARGEST_PART = 2 << 30
_HEAD = 1 << 18
_BATCH = 20_000


class _Device(msgspec.Struct, gc=False):
    brand_name: str | None = None
    generic_name: str | None = None
    manufacturer_d_name: str | None = None
    device_report_product_code: str | None = None
    model_number: str | None = None


class _Text(msgspec.Struct, gc=False):
    text: str = ""
    text_type_code: str | None = None


class _Event(msgspec.Struct, gc=False):
    mdr_report_key: str
    report_number: str = ""
    event_type: str | None = None
    date_received: str | None = None
    date_of_event: str | None = None
    adverse_event_flag: str | None = None
    product_problem_flag: str | None = None
    report_source_code: str | None = None
    type_of_report: list[str] = []
    product_problems: list[str] = []
    device: list[_Device] = []
    mdr_text: list[_Text] = []


class _Recall(msgspec.Struct):
    product_res_number: str = ""
    res_event_number: str = ""
    product_code: str | None = None
    product_description: str | None = None
    recalling_firm: str | None = None
    reason_for_recall: str | None = None
    root_cause_description: str | None = None
    action: str | None = None
    event_date_posted: str | None = None
    event_date_initiated: str | None = None
    event_date_terminated: str | None = None
    recall_status: str | None = None


class _Enforcement(msgspec.Struct):
    recall_number: str
    event_id: str | None = None
    recalling_firm: str | None = None
    product_description: str | None = None
    classification: str | None = None
    report_date: str | None = None
    reason_for_recall: str | None = None
    status: str | None = None


class _Clearance(msgspec.Struct):
    k_number: str
    applicant: str | None = None
    device_name: str | None = None
    product_code: str | None = None
    advisory_committee: str | None = None
    decision_date: str | None = None
    date_received: str | None = None
    decision_code: str | None = None


_NO_DEVICE = _Device()


def _told(texts: list[_Text], *, by_maker: bool) -> str:
    return " ".join([t.text for t in texts if ((t.text_type_code or "D")[0] != "D") == by_maker])


def _event_columns(events: list[_Event], q: Quarantine) -> Columns:
    """Events by column: building rows one by one would take longer than decoding them."""
    devices = [e.device[0] if e.device else _NO_DEVICE for e in events]
    blank = [""] * len(events)
    return Columns(
        report_key=[e.mdr_report_key for e in events],
        report_number=[e.report_number for e in events],
        event_type=[e.event_type or "" for e in events],
        received=[fda_date(e.date_received or "", q, n) for n, e in enumerate(events, 1)],
        occurred=[fda_date(e.date_of_event or "", q, n) for n, e in enumerate(events, 1)],
        brand=[d.brand_name or "" for d in devices],
        generic=[d.generic_name or "" for d in devices],
        manufacturer=[d.manufacturer_d_name or "" for d in devices],
        product_code=[(d.device_report_product_code or "").upper() for d in devices],
        submission=blank,
        model=[d.model_number or "" for d in devices],
        narrative=[_told(e.mdr_text, by_maker=False) for e in events],
        manufacturer_narrative=[_told(e.mdr_text, by_maker=True) for e in events],
        device_problem=["; ".join(e.product_problems) for e in events],
        patient_problem=blank,
        adverse_event=[yes_no(e.adverse_event_flag or "") for e in events],
        product_problem=[yes_no(e.product_problem_flag or "") for e in events],
        report_source=[e.report_source_code or "" for e in events],
        report_types=[",".join(e.type_of_report) for e in events],
        narrative_kind=blank,
    )


def _event(e: _Event, q: Quarantine, n: int) -> Row:
    """One event, for the file in which some record does not fit the schema."""
    return {name: values[0] for name, values in _event_columns([e], _At(q, n)).items()}


class _At(Quarantine):
    """A quarantine that books everything on one line of another."""

    def __init__(self, real: Quarantine, line: int) -> None:
        super().__init__()
        self._real, self._line = real, line

    def add(self, line: int, reason: str, value: str, *, whole_record: bool) -> None:
        self._real.add(self._line, reason, value, whole_record=whole_record)


def _recall(r: _Recall, q: Quarantine, n: int) -> Row:
    posted = fda_date(r.event_date_posted or r.event_date_initiated or "", q, n)
    return {
        "recall_number": r.product_res_number,
        "event_id": r.res_event_number,
        "product_code": (r.product_code or "").upper(),
        "specialty": "",
        "panel": "",
        "submission_type": "",
        "product": r.product_description or "",
        "recall_class": None,
        "posted": posted,
        "firm": r.recalling_firm or "",
        "reason": r.reason_for_recall or "",
        "cause": r.root_cause_description or "",
        "action": r.action or "",
        "quantity": None,
        "status": r.recall_status or "",
        "terminated": fda_date(r.event_date_terminated or "", q, n),
        "representative": False,
        "year": posted.year if posted else None,
        "year_file": None,
    }


def _enforcement(e: _Enforcement, q: Quarantine, n: int) -> Row:
    return {
        "recall_number": e.recall_number,
        "event_id": e.event_id or "",
        "firm": e.recalling_firm or "",
        "product": e.product_description or "",
        "recall_class": {"Class I": 1, "Class II": 2, "Class III": 3}.get(e.classification or ""),
        "posted": fda_date(e.report_date or "", q, n),
        "reason": e.reason_for_recall or "",
        "status": e.status or "",
    }


def _clearance(c: _Clearance, q: Quarantine, n: int) -> Row:
    return {
        "submission": c.k_number.upper(),
        "applicant": c.applicant or "",
        "device": c.device_name or "",
        "product_code": (c.product_code or "").upper(),
        "panel": c.advisory_committee or "",
        "decided": fda_date(c.decision_date or "", q, n),
        "received": fda_date(c.date_received or "", q, n),
        "decision": c.decision_code or "",
    }


_KINDS: tuple[tuple[frozenset[str], str, str, Any, Callable[[Any, Quarantine, int], Row]], ...] = (
    (frozenset({"mdr_report_key", "device"}), "openfda-event", "events", _Event, _event),
    (frozenset({"product_res_number"}), "openfda-recall", "recalls", _Recall, _recall),
    (frozenset({"recall_number", "classification"}), "openfda-enforcement", "enforcement", _Enforcement, _enforcement),
    (frozenset({"k_number", "decision_code"}), "openfda-510k", "clearances", _Clearance, _clearance),
)


class _Total(msgspec.Struct):
    total: int = 0


class _Meta(msgspec.Struct):
    results: _Total = msgspec.field(default_factory=_Total)


class _Answer(msgspec.Struct):
    results: list[msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)


def recognise(path: Path) -> tuple[str, str, Callable[[Path, Quarantine], Iterator[tuple[int, Row | Columns]]]] | None:
    """The reader for a bulk file, from the field names of its first record; None when it is none of openFDA's."""
    with _opened(path, whole=False) as stream:
        head = stream.read(_HEAD)
    if b'"results"' not in head:
        return None
    for fields, source, table, _, _ in _KINDS:
        if all(f'"{name}"'.encode() in head for name in fields):
            return source, table, _reader(source)
    return None


def _reader(source: str) -> Callable[[Path, Quarantine], Iterator[tuple[int, Row | Columns]]]:
    _, _, _, struct, convert = next(k for k in _KINDS if k[1] == source)

    def read(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row | Columns]]:
        answer, records = _decode(path, struct)
        if answer.meta.results.total:
            quarantine.counts["stated-total"] = answer.meta.results.total
        if records is not None and struct is _Event:
            for at in range(0, len(records), _BATCH):
                yield at + 1, _event_columns(records[at : at + _BATCH], quarantine)
            return
        for number, raw in enumerate(answer.results if records is None else records, 1):
            try:
                record = msgspec.json.decode(raw, type=struct) if records is None else raw
            except msgspec.ValidationError as error:
                quarantine.add(number, "schema", f"{error}: {bytes(raw)[:120]!r}", whole_record=True)
                continue
            yield number, convert(record, quarantine, number)

    return read


def _decode(path: Path, struct: Any) -> tuple[_Answer, list[Any] | None]:
    """The whole answer typed at once (fast); when one record does not fit, record by record instead."""
    with _opened(path) as stream:
        data = stream.read()
    whole = msgspec.defstruct(
        "_Whole", [("results", list[struct]), ("meta", _Meta, msgspec.field(default_factory=_Meta))]
    )
    try:
        typed = cast(Any, msgspec.json.decode(data, type=whole))
        return _Answer([], typed.meta), typed.results
    except msgspec.ValidationError:
        return msgspec.json.decode(data, type=_Answer), None
    except msgspec.DecodeError as error:
        raise InputError([Problem("json", f"Not readable as JSON: {error}", str(path))]) from error


def _opened(path: Path, *, whole: bool = True) -> IO[bytes]:
    if path.suffix != ".zip":
        if path.stat().st_size > _LARGEST_PART:
            raise InputError([Problem("too-large", "The file is too large for one openFDA part.", str(path))])
        return path.open("rb")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".json")]
            if len(members) != 1:
                raise InputError([Problem("zip", f"Expected one JSON file, found {len(members)}.", str(path))])
            if members[0].file_size > min(_LARGEST_PART, MAX_BYTES):
                raise InputError([Problem("too-large", "The part unpacks to more than 2 GB.", str(path))])
            if whole:
                return io.BytesIO(archive.read(members[0]))
            with archive.open(members[0]) as member:
                return io.BytesIO(member.read(_HEAD))
    except (zipfile.BadZipFile, EOFError, OSError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        said = f"The zip file is damaged or cut short: {error}"
        raise InputError([Problem("damaged-archive", said, str(path), remedy="Download it again.")]) from error


def is_clearance_table(header: frozenset[str]) -> bool:
    """Whether a file with these column names is a table of 510(k) decisions."""
    return {"idnumber", "applicant", "devicename", "productcode"} <= header


def read_clearance_table(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """510(k) and De Novo decisions in the columns of FDA's pmn96cur."""
    for line, cell in delimited(path, quarantine):
        yield (
            line,
            {
                "submission": cell["idnumber"].strip().upper(),
                "applicant": cell["applicant"].strip(),
                "device": cell["devicename"].strip(),
                "product_code": cell["productcode"].strip().upper(),
                "panel": cell.get("classadvisecomm", "").strip(),
                "decided": fda_date(cell.get("dtdec", ""), quarantine, line),
                "received": fda_date(cell.get("dtrec", ""), quarantine, line),
                "decision": cell.get("decisioncode", "").strip(),
            },
        )
