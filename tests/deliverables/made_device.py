"""The device that the assessment made by hand is about."""

from __future__ import annotations

from typing import Any

ALL_NONE = {"authentication": "none", "encryption": "none", "integrity": "none", "replay_protection": "none"}
STRONG = dict.fromkeys(ALL_NONE, "strong")
WEAK = dict.fromkeys(ALL_NONE, "weak")
NOT = dict.fromkeys(ALL_NONE, "not-applicable")


def device(**changes: Any) -> dict[str, Any]:
    """The device model as device.yaml has it."""
    made: dict[str, Any] = {
        "harmpath": "1",
        "device": {
            "name": "Testpump",
            "manufacturer": "Made Up Ltd",
            "intended_use": "Holds glucose in range.",
            "description": "A pump.",
            "software": "SiMD",
            "product_code": "OZP",
            "operational_states": [{"id": "in-use", "name": "In use"}],
        },
        "losses": [
            {"id": "L-1", "name": "Injury", "kind": "harm"},
            {"id": "L-2", "name": "Privacy", "kind": "privacy"},
        ],
        "hazards": [
            {
                "id": "H-1",
                "name": "Too much insulin",
                "losses": ["L-1"],
                "severity": "catastrophic",
                "harm": "Severe hypoglycaemia",
                "sub_hazards": [{"id": "H-1a", "name": "Bolus while low", "losses": ["L-1"]}],
            },
            {"id": "H-2", "name": "Too little insulin", "losses": ["L-1"], "severity": "critical"},
        ],
        "zones": [{"id": "z-body", "name": "Body", "kind": "body"}, {"id": "z-home", "name": "Home", "kind": "home"}],
        "components": [
            {"id": "patient", "name": "Person", "kind": "patient", "zone": "z-body"},
            {"id": "cgm", "name": "Glucose sensor", "kind": "sensor", "zone": "z-body"},
            {"id": "app", "name": "Phone app", "kind": "mobile-app", "zone": "z-home", "host": "phone"},
            {"id": "phone", "name": "Phone", "kind": "gateway", "zone": "z-home"},
            {"id": "ml", "name": "Forecaster", "kind": "ml-engine", "host": "app", "zone": "z-home"},
            {"id": "pump", "name": "Pump", "kind": "actuator", "zone": "z-body"},
        ],
        "channels": [
            {
                "id": "ble",
                "name": "Glucose radio",
                "from": "cgm",
                "to": "app",
                "medium": "bluetooth-le",
                "protections": ALL_NONE,
            },
            {
                "id": "cmd",
                "name": "Dose radio",
                "from": "app",
                "to": "pump",
                "medium": "bluetooth-le",
                "direction": "two-way",
                "protections": WEAK,
            },
            {
                "id": "in-ml",
                "from": "app",
                "to": "ml",
                "medium": "in-process",
                "direction": "two-way",
                "protections": STRONG,
            },
            {"id": "skin", "from": "patient", "to": "cgm", "medium": "body-contact", "protections": NOT},
            {"id": "infusion", "from": "pump", "to": "patient", "medium": "body-contact", "protections": NOT},
            {
                "id": "store",
                "from": "phone",
                "to": "app",
                "medium": "on-device",
                "protections": {"authentication": "unknown"},
            },
        ],
        "signals": [
            {
                "id": "glucose",
                "name": "Glucose",
                "unit": "mg/dL",
                "source": "cgm",
                "via": ["ble", "in-ml"],
                "feeds": ["f-glucose"],
            }
        ],
        "ml_engines": [
            {
                "id": "forecaster",
                "name": "30 min forecaster",
                "component": "ml",
                "task": "forecasting",
                "inputs": [{"id": "f-glucose", "name": "Glucose history"}],
                "outputs": [{"id": "o-forecast", "name": "Forecast"}],
            }
        ],
        "control_actions": [
            {"id": "bolus", "name": "Deliver bolus", "from": "app", "to": "pump", "kind": "therapy", "via": ["cmd"]},
            {
                "id": "insulin",
                "name": "Infuse insulin",
                "from": "pump",
                "to": "patient",
                "kind": "therapy",
                "via": ["infusion"],
            },
        ],
        "feedback": [
            {
                "id": "fb-glucose",
                "name": "Glucose value",
                "from": "cgm",
                "to": "app",
                "via": ["ble"],
                "signals": ["glucose"],
            },
            {"id": "fb-body", "name": "Interstitial glucose", "from": "patient", "to": "cgm", "via": ["skin"]},
        ],
        "process_models": [
            {
                "controller": "app",
                "variables": [{"id": "v-glucose", "name": "Glucose", "states": [{"id": "low", "range": "[40, 70)"}]}],
            }
        ],
        "assumptions": [{"id": "A-1", "about": ["phone"], "description": "The phone may be hostile."}],
    }
    return made | changes
