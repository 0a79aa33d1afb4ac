"""What happened to devices like this one, attached to the loss scenarios it is an instance of."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harmpath.assessment.model import LossScenarioRow, PrecedentRow, TechnologyRow
from harmpath.assessment.rows import evidence_rows
from harmpath.device.model import Device
from harmpath.errors import StoreError
from harmpath.evidence import Coverage, NotAssessed
from harmpath.records import default_store_path, open_store

if TYPE_CHECKING:
    from harmpath.landscape.precedents import DeviceQuery, Precedent

__all__ = ["data_folder", "device_query", "find_precedents"]

MOST = 40
"""How many precedents an assessment lists, best first."""


def data_folder(store: Path | None) -> Path:
    """Where the imported records of recalls and events are: beside the store of vulnerabilities."""
    return (store or default_store_path()).parent


def device_query(device: Device, technologies: Sequence[TechnologyRow]) -> DeviceQuery:
    """What of the device the public record is searched for."""
    from harmpath.landscape.precedents import DeviceQuery

    names = (re.sub(r"\s*\(.*?\)", "", t.name).strip() for t in technologies)
    vendors = (t.vendor for t in technologies if t.vendor)
    return DeviceQuery(
        product_code=device.about.product_code or "",
        predicates=device.about.predicates,
        manufacturer=device.about.manufacturer,
        technologies=tuple(sorted(set(names))),
        component_vendors=tuple(sorted(set(vendors))),
    )


def find_precedents(
    device: Device, technologies: Sequence[TechnologyRow], scenarios: Sequence[LossScenarioRow], store: Path | None
) -> tuple[tuple[PrecedentRow, ...], Coverage]:
    """Precedents, each with the scenarios it is an instance of, and what the records they come from cover."""
    folder = data_folder(store)
    remedy = "harmpath data import FOLDER, with the optional dependencies [landscape]."
    if not (folder / "landscape").is_dir():
        return (), _nothing("No such records were imported.", remedy)
    if importlib.util.find_spec("duckdb") is None:
        return (), _nothing("The extra [landscape] is not installed.", remedy)
    from harmpath.landscape.precedents import precedents

    path = store or default_store_path()
    try:
        advisories = open_store(path) if path.exists() else None
        found = precedents(device_query(device, technologies), folder, MOST, advisories)
    except StoreError as error:
        return (), _nothing(error.message, error.remedy)
    rows = tuple(_row(p, _instances(p, scenarios)) for p in found.items)
    return rows, Coverage(found.coverage.sources, (*found.coverage.missing, *found.not_assessed))


def _nothing(reason: str, remedy: str) -> Coverage:
    return Coverage((), (NotAssessed("recalls and adverse events", reason, remedy),))


def _row(precedent: Precedent, scenarios: tuple[str, ...]) -> PrecedentRow:
    return PrecedentRow(
        id=re.sub(r"[^A-Za-z0-9_.\-]+", "-", f"PREC-{precedent.id}"),
        source=precedent.kind,
        title=precedent.title,
        date=precedent.date,
        relation="; ".join(f"{link.rule}: {link.because}" for link in precedent.links),
        scenarios=scenarios,
        evidence=evidence_rows(precedent.evidence),
    )


_INSTANCE_OF = (
    ("security_related", ("false-feedback", "feedback-withheld", "control-path-tampered", "model-tampered")),
    ("data_input_problem", ("feedback-inadequate", "sensor-failure", "model-evasion", "ml-missing-input")),
    ("ml_related", ("ml-wrong-answer", "ml-out-of-distribution", "ml-drift")),
)
"""What a record is about, and the causal factors (catalogue of STPA) of which it is an instance."""


def _instances(precedent: Precedent, scenarios: Sequence[LossScenarioRow]) -> tuple[str, ...]:
    """For each causal factor the record speaks of, the first scenario of each hazard set, so that none drowns."""
    wanted = {f for attribute, factors in _INSTANCE_OF if getattr(precedent.about, attribute) for f in factors}
    first: dict[tuple[str, tuple[str, ...]], str] = {}
    for scenario in scenarios:
        if scenario.causal_factor in wanted:
            first.setdefault((scenario.causal_factor, scenario.hazards), scenario.id)
    return tuple(sorted(first.values()))
