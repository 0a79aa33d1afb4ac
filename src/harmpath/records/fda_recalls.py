"""FDA's device recalls as tables: all recall numbers, one row per event, and the hand-labelled list.

The tables are those published by the UVA-DSA group (FDA_Data_Analysis, MedSafe); columns are FDA's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harmpath.records.fda_common import Quarantine, Row, delimited, fda_date

__all__ = ["LABEL_COLUMNS", "RECALL_COLUMNS", "is_labels", "is_recalls", "read_labels", "read_recalls"]

SOURCE = "fda-recalls"
RECALL_COLUMNS = (
    "recall_number",
    "event_id",
    "product_code",
    "specialty",
    "panel",
    "submission_type",
    "product",
    "recall_class",
    "posted",
    "firm",
    "reason",
    "cause",
    "action",
    "quantity",
    "status",
    "terminated",
    "representative",
    "year",
    "year_file",
)
LABEL_COLUMNS = (
    "recall_number",
    "posted",
    "year",
    "firm",
    "product",
    "recall_class",
    "reason",
    "fault_class",
    "failure_mode",
    "action_category",
    "quantity",
)
_NUMBER = re.compile(r"Z-?(\d{3,4})-(\d{2,4})", re.IGNORECASE)


def is_recalls(header: frozenset[str]) -> bool:
    """Whether a file with these column names is a table of recalls."""
    return {"recall_number", "recall_event_id", "reason_for_recall"} <= header


def is_labels(header: frozenset[str]) -> bool:
    """Whether a file with these column names is the labelled list."""
    return {"recall_number", "fault_class", "failure_mode"} <= header


def read_recalls(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """Every recall row. ``representative`` marks the per-event table, where one row stands for its event."""
    for line, cell in delimited(path, quarantine):
        number = _number(cell["recall_number"], quarantine, line)
        if not number:
            continue
        source = cell.get("src", "")
        file_year = re.search(r"(20\d\d)", source)
        stated = cell.get("year_posted", "").strip().removesuffix(".0")
        yield (
            line,
            {
                "recall_number": number,
                "event_id": cell["recall_event_id"].strip().removesuffix(".0"),
                "product_code": cell["product_code"].strip().upper(),
                "specialty": cell["medical_specialty"].strip(),
                "panel": cell["review_panel"].strip(),
                "submission_type": cell["submission_type"].strip(),
                "product": cell["trade_name_product"].strip(),
                "recall_class": _class(cell["recall_class"]),
                "posted": fda_date(cell["date_posted"], quarantine, line),
                "firm": cell["recalling_manufacturer"].strip(),
                "reason": cell["reason_for_recall"].strip(),
                "cause": cell["fda_determined_cause"].strip(),
                "action": cell["action"].strip(),
                "quantity": _integer(cell["clean_quantity"]),
                "status": cell["recall_status"].strip(),
                "terminated": fda_date(cell["termination_date"], quarantine, line),
                "representative": source.startswith("unique"),
                "year": int(stated) if stated.isdigit() else None,
                "year_file": int(file_year[1]) if file_year else None,
            },
        )


def read_labels(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """The recalls that the IEEE Security & Privacy 2013 study found computer-related, with its two labels."""
    for line, cell in delimited(path, quarantine):
        if not any(v.strip() for v in cell.values()):
            quarantine.counts["blank-row"] += 1
            continue
        number = _number(cell["recall_number"], quarantine, line)
        if not number:
            continue
        yield (
            line,
            {
                "recall_number": number,
                "posted": fda_date(cell["date"], quarantine, line),
                "year": _integer(cell["year"]),
                "firm": cell["recalling_firm"].strip(),
                "product": cell["trade_name"].strip(),
                "recall_class": _class(cell["recall_class"]),
                "reason": cell["reason_recall"].strip(),
                "fault_class": cell["fault_class"].strip(),
                "failure_mode": cell["failure_mode"].strip(),
                "action_category": cell["action_category"].strip(),
                "quantity": _integer(cell["quantity_short"]),
            },
        )


def _number(value: str, quarantine: Quarantine, line: int) -> str:
    """The recall number in FDA's form; a slip of the pen (``z-2640-2010``) is mended and counted."""
    value = value.strip()
    found = _NUMBER.match(value)
    if not found:
        quarantine.add(line, "recall-number", value, whole_record=True)
        return ""
    number = f"Z-{found[1]}-{found[2]}"
    if number != value:
        quarantine.add(line, "recall-number-mended", value, whole_record=False)
    return number


def _integer(value: str) -> int | None:
    try:
        return int(float(value.replace(",", "").strip()))
    except (ValueError, OverflowError):
        return None


def _class(value: str) -> int | None:
    names = {"class i": 1, "class ii": 2, "class iii": 3}
    number = names.get(value.strip().lower()) or _integer(value)
    return number if number in (1, 2, 3) else None
