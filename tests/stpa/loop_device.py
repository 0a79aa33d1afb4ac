"""A small closed loop that the STPA tests start from and change."""

from __future__ import annotations

from typing import Any

LOOP: dict[str, Any] = {
    "harmpath": "1",
    "device": {"name": "Loop", "manufacturer": "Example", "intended_use": "Insulin dosing", "software": "SiMD"},
    "losses": [{"id": "L1", "name": "harm by low glucose"}, {"id": "L2", "name": "harm by high glucose"}],
    "hazards": [
        {"id": "H1", "name": "too much insulin acts", "losses": ["L1"], "severity": "catastrophic",
         "sub_hazards": [{"id": "H1.1", "name": "insulin is stacked", "losses": ["L1"]}]},
        {"id": "H2", "name": "too little insulin acts", "losses": ["L2"], "severity": "critical"},
    ],
    "components": [
        {"id": "cgm", "name": "CGM", "kind": "sensor"},
        {"id": "app", "name": "Dosing app", "kind": "controller"},
        {"id": "pump", "name": "Pump", "kind": "actuator"},
        {"id": "clinic", "name": "Clinic", "kind": "clinician"},
        {"id": "patient", "name": "Patient", "kind": "patient"},
    ],
    "channels": [
        {"id": "ble1", "name": "CGM radio link", "from": "cgm", "to": "app", "medium": "bluetooth-le"},
        {"id": "ble2", "name": "Pump radio link", "from": "app", "to": "pump", "medium": "bluetooth-le"},
        {"id": "web", "name": "Clinic web", "from": "clinic", "to": "app", "medium": "internet"},
    ],
    "signals": [{"id": "glucose", "name": "CGM glucose", "source": "cgm", "via": ["ble1"], "feeds": ["f-bg"]}],
    "ml_engines": [
        {"id": "forecaster", "name": "Forecaster", "component": "app", "task": "forecasting",
         "inputs": [{"id": "f-bg"}], "outputs": [{"id": "bg-30", "name": "Glucose in 30 min"}]},
    ],
    "control_actions": [
        {"id": "bolus", "name": "Deliver bolus", "from": "app", "to": "pump", "kind": "therapy", "via": ["ble2"],
         "outputs": ["bg-30"], "unsafe": [
             {"type": "provided", "context": {"bg": "low"}, "believed": {"bg": "high"}, "hazards": ["H1"]},
             {"id": "UCA-own", "type": "not-provided", "context": {"bg": "high"}, "hazards": ["H2"]},
             {"type": "too-late", "when": "when a meal has begun", "hazards": ["H2"]},
             {"type": "not-provided", "context": {"bg": "low"}, "not_hazardous": "low glucose needs no insulin"},
         ]},
        {"id": "settings", "name": "Set basal rate", "from": "clinic", "to": "app", "kind": "configuration",
         "via": ["web"]},
    ],
    "feedback": [{"id": "fb", "from": "cgm", "to": "app", "via": ["ble1"], "signals": ["glucose"]}],
    "process_models": [
        {"controller": "app", "variables": [
            {"id": "bg", "name": "glucose", "unit": "mg/dL", "signals": ["glucose"],
             "states": [{"id": "low", "range": "[MIN, 70)"}, {"id": "in-range", "range": "[70, 180]"},
                        {"id": "high", "range": "(180, MAX]"}]},
            {"id": "active-insulin", "name": "insulin on board", "states": []},
        ]},
    ],
}  # fmt: skip
