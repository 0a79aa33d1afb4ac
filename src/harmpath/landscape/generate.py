"""Made-up MAUDE reports of any size, shaped like the real ones; for tests and benchmarks only, never for findings.

Shares follow the real sample in hand: 9 reports in 10 are malfunctions, a few product codes and makers dominate, the
number grows by year, narratives repeat boilerplate. A number and a seed give the same reports every time.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["generate_openfda_zip", "generate_reports_parquet"]

_TYPES = (("Malfunction", 900), ("Injury", 93), ("Death", 4), ("Other", 3))
_CODES = (
    "LZG",
    "NBW",
    "DXY",
    "NAY",
    "LLZ",
    "QIH",
    "FRN",
    "CBK",
    "MDS",
    "OZP",
    "QAS",
    "DQK",
    "LNH",
    "MHX",
    "BZD",
    "PEX",
)
_OPENINGS = (
    "IT WAS REPORTED THAT DURING USE THE DEVICE",
    "THE CUSTOMER REPORTED THAT THE DEVICE",
    "A HEALTHCARE PROFESSIONAL REPORTED THAT THE SYSTEM",
    "THE MANUFACTURER BECAME AWARE OF AN ALLEGATION THAT THE DEVICE",
)
_FAILURES = (
    "DISPLAYED AN ERROR CODE AND SHUT DOWN WITHOUT AN ALARM.",
    "GAVE READINGS THAT DID NOT MATCH THE LABORATORY RESULT.",
    "HAD A CRACKED HOUSING AND FLUID LEAKED.",
    "LOST BLUETOOTH COMMUNICATION WITH THE SENSOR.",
    "OVERHEATED AT THE BATTERY COMPARTMENT.",
    "FAILED TO DEPLOY AND WAS REPLACED.",
    "SHOWED THE DATA OF ANOTHER PATIENT AFTER A SOFTWARE UPDATE.",
)
_ENDINGS = (
    "NO PATIENT HARM WAS REPORTED. THE DEVICE HAS NOT BEEN RETURNED FOR EVALUATION.",
    "THE INVESTIGATION IS ONGOING. A FOLLOW-UP REPORT WILL BE SUBMITTED WHEN IT IS COMPLETE.",
    "THE PATIENT RECOVERED. THE EVENT WAS NOT RELATED TO A SOFTWARE PROBLEM.",
)
FIRST_YEAR, YEARS = 2010, 15


def _report(number: int, rng: random.Random) -> dict[str, Any]:
    code = _CODES[min(int(rng.paretovariate(1.1)) - 1, len(_CODES) - 1)]
    maker = min(int(rng.paretovariate(0.9)), 500)
    year = FIRST_YEAR + max(rng.randrange(YEARS), rng.randrange(YEARS))
    received = f"{year}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    kind = rng.choices([t for t, _ in _TYPES], [w for _, w in _TYPES])[0]
    text = f"{rng.choice(_OPENINGS)} {rng.choice(_FAILURES)} {rng.choice(_ENDINGS)} LOT {number % 9973}."
    return {
        "mdr_report_key": str(number),
        "report_number": f"{3000000 + maker}-{year}-{number:08d}",
        "event_type": kind,
        "date_received": received,
        "date_of_event": received if rng.random() < 0.7 else "",
        "adverse_event_flag": "N",
        "product_problem_flag": "Y",
        "report_source_code": "Manufacturer report",
        "type_of_report": ["Initial submission"],
        "product_problems": ["Computer Software Problem"],
        "device": [
            {
                "brand_name": f"MODEL {maker}",
                "generic_name": "DEVICE",
                "manufacturer_d_name": f"MAKER {maker:03d}, INC.",
                "device_report_product_code": code,
                "model_number": str(maker * 7),
                "lot_number": "UNK",
                "openfda": {"device_name": "Device", "medical_specialty_description": "Unknown", "device_class": "2"},
            }
        ],
        "mdr_text": [
            {"text": text, "text_type_code": "Description of Event or Problem", "mdr_text_key": str(number * 2)},
            {"text": rng.choice(_ENDINGS), "text_type_code": "Additional Manufacturer Narrative", "mdr_text_key": "1"},
        ],
        "patient": [{"patient_sequence_number": "1", "patient_problems": ["No Clinical Signs"]}],
    }


def generate_openfda_zip(path: Path, count: int, seed: int = 1) -> None:
    """Write one openFDA-shaped bulk zip of ``count`` event reports."""
    rng = random.Random(seed)  # noqa: S311

    def parts() -> Iterator[str]:
        meta = {"results": {"skip": 0, "limit": count, "total": count}}
        yield f'{{"meta": {json.dumps(meta)}, "results": ['
        for number in range(1, count + 1):
            yield (", " if number > 1 else "") + json.dumps(_report(number, rng))
        yield "]}"

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(path.stem, "w") as out:
        for part in parts():
            out.write(part.encode())


def generate_reports_parquet(path: Path, count: int, seed: int = 1) -> None:
    """Write ``count`` joined reports as Parquet, made inside DuckDB so that millions take seconds."""
    import duckdb

    def pick(values: tuple[str, ...], salt: int) -> str:
        listed = ", ".join("'" + v.replace("'", "''") + "'" for v in values)
        return f"([{listed}])[1 + (hash(i, {salt}, {seed}) % {len(values)})::int]"

    share = f"(hash(i, 3, {seed}) % 1000)"
    year = f"{FIRST_YEAR} + greatest(hash(i, 4, {seed}) % {YEARS}, hash(i, 5, {seed}) % {YEARS})::int"
    day = f"make_date({year}, 1 + (hash(i, 6, {seed}) % 12)::int, 1 + (hash(i, 7, {seed}) % 28)::int)"
    narrative = " || ' ' || ".join(pick(v, salt) for v, salt in ((_OPENINGS, 12), (_FAILURES, 13), (_ENDINGS, 14)))
    code = f"([{', '.join(repr(c) for c in _CODES)}])[1 + least((100.0 / (1 + hash(i, 10, {seed}) % 100))::int, 15)]"
    target = path.as_posix().replace("'", "''")
    query = f"""
      copy (select i::varchar report_key, case when {share} < 900 then 'Malfunction' when {share} < 993 then 'Injury'
          when {share} < 997 then 'Death' else 'Other' end event_type,
        {day} received,
        case when hash(i, 8, {seed}) % 10 < 7 then {day} - (hash(i, 9, {seed}) % 60)::int end occurred,
        {code} product_code, 'MAKER ' || (1 + (500.0 / (1 + hash(i, 11, {seed}) % 500))::int) manufacturer,
        {narrative} || ' LOT ' || i % 9973 || '.' narrative
      from range(1, {count + 1}) t(i)) to '{target}' (format parquet, compression zstd)"""  # noqa: S608
    connection = duckdb.connect(":memory:", config={"threads": 2})
    try:
        connection.execute(query)
    finally:
        connection.close()
