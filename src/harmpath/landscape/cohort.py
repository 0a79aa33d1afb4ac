"""Whom a landscape report is about: the devices of one product code, or all AI-enabled devices; and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harmpath.errors import UsageError
from harmpath.landscape.classify import Classified, classify_texts
from harmpath.landscape.companies import resolve_company
from harmpath.landscape.rules import rule_book
from harmpath.landscape.store import LandscapeStore

__all__ = ["Cohort", "Device", "RecallEvent", "ReportedEvent", "cohort"]


@dataclass(frozen=True, slots=True)
class Device:
    """One authorised AI-enabled device."""

    submission: str
    name: str
    company: str
    panel: str
    product_code: str
    decided: date | None


@dataclass(frozen=True, slots=True)
class RecallEvent:
    """One recall event (several recall numbers of one event are one)."""

    number: str
    product: str
    firm: str
    product_code: str
    year: int | None
    posted: date | None
    recall_class: int | None
    cause: str
    reason: str
    about: Classified
    hazards: tuple[str, ...]
    submissions: tuple[str, ...]
    """AI-enabled devices that the recall is linked to by product code and company (confidence: medium)."""


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """One adverse-event report."""

    key: str
    event_type: str
    received: date | None
    submission: str
    product_code: str
    about: Classified | None
    """None when the record holds no narrative."""


@dataclass(frozen=True)
class Cohort:
    """Everything a report counts."""

    title: str
    product_code: str
    since: int
    devices: tuple[Device, ...]
    recalls: tuple[RecallEvent, ...]
    events: tuple[ReportedEvent, ...]
    as_of: str
    """Newest date in the records used."""
    recall_rule: str
    """How recalls were chosen, as a sentence."""


def cohort(store: LandscapeStore, product_code: str | None, since: int | None) -> Cohort:
    """Choose the cohort. Raises UsageError when nothing in the records has the product code."""
    code, first = (product_code or "").strip().upper(), since or 0
    devices = _devices(store, code)
    if code:
        recalls = _recalls(store, "product_code = ?", [code], first, devices)
        rule = f"Recalls are those whose product code is {code}; one event counts once."
    else:
        store.needs("ai_devices")
        codes = "product_code in (select product_code from ai_devices)"
        recalls = tuple(r for r in _recalls(store, codes, [], first, devices) if r.submissions)
        rule = (
            "A recall counts when a device on the list has its product code and the same company, and was authorised "
            "before the recall. The rule can miss renamed companies and can take in a sister product of one code."
        )
    events = _events(store, code, first)
    if code and not devices and not recalls and not events:
        said = f"No device, recall or report with product code '{code}' is in the records."
        raise UsageError(said, remedy="Check the code, or import more records.")
    title = f"{code}: {_code_name(store, code)}" if code else "AI-enabled medical devices"
    dates = [
        d for d in (*(r.posted for r in recalls), *(e.received for e in events), *(d.decided for d in devices)) if d
    ]
    return Cohort(title, code, first, devices, recalls, events, max(dates).isoformat() if dates else "", rule)


def _code_name(store: LandscapeStore, code: str) -> str:
    if "product_codes" not in store.tables:
        return "product code"
    found = store.rows("select max(name) from product_codes where product_code = ?", [code])
    return str(found[0][0]) if found and found[0][0] else "product code made after the imported classification"


def _devices(store: LandscapeStore, code: str) -> tuple[Device, ...]:
    if "ai_devices" not in store.tables:
        return ()
    newest = store.rows("select edition from ai_devices group by 1 order by max(decided) desc, count(*) desc limit 1")
    query = """select submission, max(device), max(company), max(panel), max(product_code), max(decided)
      from ai_devices where edition = ? and (? = '' or product_code = ?) group by 1 order by 1"""
    return tuple(Device(*row) for row in store.rows(query, [newest[0][0], code, code]))


def _recalls(
    store: LandscapeStore, where: str, values: Sequence[object], since: int, devices: Sequence[Device]
) -> tuple[RecallEvent, ...]:
    if "recalls" not in store.tables:
        return ()
    # One row per event: the representative that the per-event table names, else the first number.
    query = f"""select * from (select *, coalesce(year(posted), year) y, row_number() over
        (partition by coalesce(nullif(event_id, ''), recall_number) order by representative desc, recall_number) k
      from recalls where {where}) where k = 1 and (y >= {int(since)} or {int(since)} = 0)
      order by recall_number"""  # noqa: S608
    rows = store.dicts(query, values)
    index: dict[tuple[str, str], list[Device]] = {}
    for device in devices:
        index.setdefault((device.product_code, resolve_company(device.company)), []).append(device)
    hazards = rule_book().hazards
    out: list[RecallEvent] = []
    for row, about in zip(rows, classify_texts(r["reason"] for r in rows), strict=True):
        linked = index.get((row["product_code"], resolve_company(row["firm"])), [])
        named = tuple(d.submission for d in linked if d.decided and row["posted"] and d.decided <= row["posted"])
        out.append(_recall_event(row, about, tuple(n for n, r in hazards.items() if r.phrases(row["reason"])), named))
    return tuple(out)


def _recall_event(
    row: dict[str, Any], about: Classified, hazards: tuple[str, ...], submissions: tuple[str, ...]
) -> RecallEvent:
    return RecallEvent(
        row["recall_number"],
        row["product"],
        row["firm"],
        row["product_code"],
        int(row["y"]) if row["y"] and row["y"] > 1975 else None,
        row["posted"],
        row["recall_class"],
        row["cause"],
        row["reason"],
        about,
        hazards,
        submissions,
    )


def _events(store: LandscapeStore, code: str, since: int) -> tuple[ReportedEvent, ...]:
    if "events" not in store.tables:
        return ()
    joined = "left join clearances c using (submission)" if "clearances" in store.tables else ""
    known = "coalesce(nullif(r.product_code, ''), c.product_code, '')" if joined else "r.product_code"
    chosen = f"{known} = ?" if code else "r.submission <> ''"
    query = f"""select report_key, event_type, r.received, r.submission, {known} as code,
        r.narrative || ' ' || r.manufacturer_narrative as told
      from reports r {joined} where {chosen} and (year(r.received) >= {int(since)} or {int(since)} = 0)
      order by report_key"""  # noqa: S608
    rows = store.rows(query, [code] if code else [])
    abouts = iter(classify_texts(row[5] for row in rows if row[5].strip()))
    return tuple(
        ReportedEvent(key, kind, received, submission, known_code, next(abouts) if told.strip() else None)
        for key, kind, received, submission, known_code, told in rows
    )
