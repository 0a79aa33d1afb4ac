"""FDA's product classification (foiclass): what a product code is, its class and panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harmpath.records.fda_common import Quarantine, Row, delimited, yes_no

__all__ = ["CLASS_COLUMNS", "is_classification", "read_classification"]

SOURCE = "fda-classification"
CLASS_COLUMNS = ("product_code", "name", "device_class", "panel", "specialty", "regulation", "implant", "life_support")


def is_classification(header: frozenset[str]) -> bool:
    """Whether a file with these column names is foiclass."""
    return {"productcode", "devicename", "deviceclass"} <= header


def read_classification(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """Every product code."""
    for line, cell in delimited(path, quarantine, "|", quoted=False):
        code = cell["productcode"].strip().upper()
        if len(code) != 3:
            quarantine.add(line, "product-code", code, whole_record=True)
            continue
        yield (
            line,
            {
                "product_code": code,
                "name": cell["devicename"].strip(),
                "device_class": cell["deviceclass"].strip(),
                "panel": cell["review_panel"].strip(),
                "specialty": cell["medicalspecialty"].strip(),
                "regulation": cell["regulationnumber"].strip(),
                "implant": yes_no(cell.get("implant_flag", "")),
                "life_support": yes_no(cell.get("life_sustain_support_flag", "")),
            },
        )
