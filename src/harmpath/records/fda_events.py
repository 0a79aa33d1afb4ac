"""Adverse-event reports (MAUDE): FDA's own text files, and the narrative tables that researchers publish."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from harmpath.records.fda_common import Quarantine, Row, delimited, fda_date, yes_no

__all__ = ["EVENT_COLUMNS", "EVENT_TYPES", "event_layout", "read_events"]

SOURCE = "fda-maude"
EVENT_COLUMNS = (
    "report_key",
    "report_number",
    "event_type",
    "received",
    "occurred",
    "brand",
    "generic",
    "manufacturer",
    "product_code",
    "submission",
    "model",
    "narrative",
    "manufacturer_narrative",
    "device_problem",
    "patient_problem",
    "adverse_event",
    "product_problem",
    "report_source",
    "report_types",
    "narrative_kind",
)
EVENT_TYPES = {"d": "Death", "in": "Injury", "i": "Injury", "ij": "Injury", "m": "Malfunction", "o": "Other"}
"""MAUDE's one-letter codes; anything else is kept as written."""

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "report_key": ("mdr_report_key", "mdr_key", "mdrfoi_id"),
    "report_number": ("report_number",),
    "event_type": ("event_type",),
    "received": ("date_received", "date_added_dt", "report_year"),
    "occurred": ("date_of_event", "event_date"),
    "brand": ("brand_name",),
    "generic": ("generic_name",),
    "manufacturer": ("manufacturer_d_name", "manufacturer_name", "manufacturer"),
    "product_code": ("device_report_product_code", "product_code"),
    "submission": ("idnumber",),
    "model": ("model_number",),
    "narrative": ("foi_text", "event_description", "event", "text"),
    "manufacturer_narrative": ("manufacturer_narrative", "narrative"),
    "device_problem": ("device_problem",),
    "patient_problem": ("patient_problem",),
    "report_source": ("report_source_code", "report_source"),
    "report_types": ("type_of_report",),
}
_SIGNATURES: tuple[frozenset[str], ...] = (
    frozenset({"event_description", "event_type"}),
    frozenset({"mdr_report_key", "foi_text"}),
    frozenset({"mdr_key", "event", "event_type"}),
    frozenset({"mdr_report_key", "event_type", "date_received"}),
    frozenset({"mdr_report_key", "brand_name", "device_report_product_code"}),
    frozenset({"mdr_report_key", "mdr_text_key", "text_type_code"}),
)


def event_layout(header: frozenset[str]) -> bool:
    """Whether a file with these column names holds adverse-event reports."""
    return any(s <= header for s in _SIGNATURES)


def read_events(path: Path, quarantine: Quarantine, delimiter: str) -> Iterator[tuple[int, Row]]:
    """Every row of a report; a device row or one text of several has its kind, and the store joins them by key.

    The key is MAUDE's report key; where a table gives only the report number, that stands in.
    """
    coded_text = "patientproblem_only" in path.name
    for line, cell in delimited(path, quarantine, delimiter, quoted=delimiter != "|"):
        got = {name: _first(cell, aliases) for name, aliases in _ALIASES.items()}
        key = got["report_key"] or got["report_number"]
        if not key:
            quarantine.add(line, "no-report-key", "|".join(list(cell.values())[:4]), whole_record=True)
            continue
        received = re.sub(r"^(\d{4})(?:\.0)?$", "", got["received"])
        narrative, patient = got["narrative"], _label(got["patient_problem"], "Patient Problem")
        if coded_text:
            narrative, patient = "", narrative
        yield (
            line,
            {
                "report_key": key,
                "report_number": got["report_number"],
                "event_type": _event_type(got["event_type"]),
                "received": fda_date(received, quarantine, line),
                "occurred": fda_date(_label(got["occurred"], "Event Date"), quarantine, line),
                "brand": got["brand"],
                "generic": got["generic"],
                "manufacturer": got["manufacturer"],
                "product_code": got["product_code"].upper(),
                "submission": got["submission"].upper(),
                "model": _label(got["model"], "Model Number"),
                "narrative": narrative,
                "manufacturer_narrative": got["manufacturer_narrative"],
                "device_problem": _label(got["device_problem"], "Device Problems", "Device Problem"),
                "patient_problem": patient,
                "adverse_event": yes_no(cell.get("adverse_event_flag", "")),
                "product_problem": yes_no(cell.get("product_problem_flag", "")),
                "report_source": got["report_source"],
                "report_types": got["report_types"],
                "narrative_kind": cell.get("text_type_code", "") or ("" if "event_type" in cell else "device"),
            },
        )


def _first(cell: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((cell[n].strip() for n in names if cell.get(n, "").strip()), "")


def _label(value: str, *labels: str) -> str:
    """A value without the field label that screen-scraped tables put before it."""
    value = value.replace("\xa0", " ").strip()
    for label in labels:
        if value.startswith(label):
            return value[len(label) :].strip()
    return value


def _event_type(value: str) -> str:
    """The event type by name, from codes (``M``), names, or names that a tool spelt out (``M, a, l, ...``)."""
    value = _label(value, "Event Type")
    if re.fullmatch(r"(?:.?, )+.", value):
        value = re.sub(r"(.?), ", r"\1", value)
    if value.lower() in ("*", "no answer provided", "invalid data"):
        return ""
    return EVENT_TYPES.get(value.lower(), value.capitalize() if len(value) > 2 else value)
