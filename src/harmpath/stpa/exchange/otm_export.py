"""Open Threat Model (OTM 0.2.0) from a device: its architecture, and what an attacker could want of it as threats."""

from __future__ import annotations

import json
from typing import Any, Final

from harmpath.device.elements import Channel, Component, Signal
from harmpath.device.goals import Goal
from harmpath.device.model import Device
from harmpath.device.values import Element
from harmpath.device.vocabulary import SeverityWord
from harmpath.stpa.results import LossScenario, StpaAnalysis

__all__ = ["ATTRIBUTE", "export_otm"]

ATTRIBUTE: Final = "harmpath"
"""The key under ``attributes`` that holds what OTM has no field for; an import takes it back from there."""

TRUST: Final[dict[str, int]] = {"public": 0, "home": 25, "cloud": 50, "hospital": 50, "body": 75, "manufacturer": 75}
"""OTM wants a number from 0 to 100 for each zone. These only order the kinds; harmpath computes nothing from them."""

IMPACT: Final[dict[SeverityWord, int]] = {
    "negligible": 0, "minor": 25, "serious": 50, "critical": 75, "catastrophic": 100,
}  # fmt: skip
"""The five severities of ISO/TR 24971 at equal steps; the word itself goes into the comment."""


def export_otm(device: Device, analysis: StpaAnalysis) -> str:
    """The device as OTM JSON. Likelihood is always null: harmpath scores exploitability, not probability."""
    found = {
        "otmVersion": "0.2.0",
        "project": {
            "name": device.about.name,
            "id": _slug(device.about.name),
            "description": device.about.description or None,
            "owner": device.about.manufacturer,
            "attributes": {ATTRIBUTE: device.about.model_dump(mode="json", by_alias=True, exclude_defaults=True)},
        },
        "trustZones": _zones(device),
        "components": [_component(device, c) for c in sorted(device.components, key=lambda c: c.id)],
        "dataflows": [_dataflow(device, c) for c in sorted(device.channels, key=lambda c: c.id)],
        "assets": [_asset(s) for s in sorted(device.signals, key=lambda s: s.id)],
        "threats": _threats(device, analysis),
        "mitigations": [
            {"id": c.id, "name": c.name or c.control, "description": c.evidence or None, "riskReduction": 0,
             "attributes": {ATTRIBUTE: {"control": c.control, "on": list(c.on), "status": c.status}}}
            for c in sorted(device.controls, key=lambda c: c.id)
        ],
    }  # fmt: skip
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split()) or "device"


def _rest(element: Element) -> dict[str, Any]:
    """What OTM has no field for."""
    kept = {"id", "name", "description"}
    return element.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=kept)


def _zones(device: Device) -> list[dict[str, Any]]:
    zones = [
        {"id": z.id, "name": z.label, "type": z.kind, "description": z.description or None,
         "risk": {"trustRating": TRUST[z.kind]}}
        for z in sorted(device.zones, key=lambda z: z.id)
    ]  # fmt: skip
    if any(c.zone is None and c.host is None for c in device.components):
        zones.append({"id": "no-zone", "name": "no zone given", "type": "public", "risk": {"trustRating": 0}})
    return zones


def _component(device: Device, component: Component) -> dict[str, Any]:
    if component.host in device.component and component.host != component.id:
        parent = {"component": component.host}
    else:
        parent = {"trustZone": component.zone or "no-zone"}
    rest = component.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"id", "name", "description"}
    )
    return {
        "id": component.id,
        "name": component.label,
        "type": component.kind,
        "description": component.description or None,
        "parent": parent,
        "tags": [f"{t.name} {t.version}" if t.version else t.name for t in component.technologies],
        "attributes": {ATTRIBUTE: rest},
    }


def _dataflow(device: Device, channel: Channel) -> dict[str, Any]:
    rest = _rest(channel)
    return {
        "id": channel.id,
        "name": channel.label,
        "description": channel.description or None,
        "bidirectional": channel.direction == "two-way",
        "source": channel.source,
        "destination": channel.target,
        "assets": sorted(s.id for s in device.signals if channel.id in s.via),
        "tags": [channel.medium, *([channel.protocol] if channel.protocol else [])],
        "attributes": {ATTRIBUTE: rest},
    }


def _asset(signal: Signal) -> dict[str, Any]:
    """A signal; 100 where the property matters at all, 0 where it does not: OTM wants numbers."""
    comment = "100: matters, 0: does not. Severity is judged per hazard, not per signal."
    risk = {
        "confidentiality": 100 if signal.sensitive else 0,
        "integrity": 100,
        "availability": 100,
        "comment": comment,
    }
    rest = _rest(signal)
    return {"id": signal.id, "name": signal.label, "description": signal.description or None, "risk": risk,
            "attributes": {ATTRIBUTE: rest}}  # fmt: skip


def _threats(device: Device, analysis: StpaAnalysis) -> list[dict[str, Any]]:
    """One threat for each attacker goal that some loss scenario names, with the worst severity it can lead to."""
    by_goal: dict[Goal, list[LossScenario]] = {}
    for scenario in analysis.loss_scenarios:
        for goal in scenario.goals:
            by_goal.setdefault(goal, []).append(scenario)
    return [_threat(device, goal, by_goal[goal]) for goal in sorted(by_goal)]


def _threat(device: Device, goal: Goal, scenarios: list[LossScenario]) -> dict[str, Any]:
    hazards = sorted({h for s in scenarios for h in s.hazards if h in device.hazard})
    severities: list[SeverityWord] = [device.hazard[h].severity for h in hazards]
    worst: SeverityWord = max(severities, key=lambda w: IMPACT[w], default="negligible")
    target = device.by_id[goal.target][1].label if goal.target in device.by_id else goal.target
    return {
        "id": goal.id,
        "name": f"{goal.kind.replace('-', ' ')}: {target}",
        "description": f"Can lead to {', '.join(hazards)} in {len(scenarios)} loss scenarios.",
        "categories": sorted({how for s in scenarios for how in s.adversary}),
        "risk": {
            "likelihood": None,
            "likelihoodComment": "exploitability is scored per attack path; no probability is stated",
            "impact": IMPACT[worst],
            "impactComment": f"worst severity of harm: {worst}",
        },
        "attributes": {ATTRIBUTE: {"scenarios": [s.id for s in scenarios][:200], "hazards": hazards}},
    }
