"""The closed lists of words a device file may use, and what each word stands for."""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = [
    "ASPECT_GROUP",
    "AiThreat",
    "Aspect",
    "ComponentKind",
    "ControlActionKind",
    "Direction",
    "Level",
    "LifecycleStage",
    "Medium",
    "Owner",
    "PhysicalAccess",
    "SeverityWord",
    "ZoneKind",
]

SeverityWord = Literal["negligible", "minor", "serious", "critical", "catastrophic"]
"""Severity of harm, the five qualitative levels of ISO/TR 24971:2020 Table 4."""

ComponentKind = Literal[
    "sensor",
    "actuator",
    "ml-engine",
    "controller",
    "mobile-app",
    "desktop-app",
    "gateway",
    "server",
    "cloud-service",
    "display",
    "data-store",
    "network-device",
    "external-system",
    "training-environment",
    "patient",
    "clinician",
    "operator",
]

Owner = Literal["manufacturer", "third-party", "user", "healthcare-facility"]

ZoneKind = Literal["body", "home", "hospital", "cloud", "manufacturer", "public"]

PhysicalAccess = Literal["public", "patient", "staff", "locked"]
"""Who can lay hands on it: anyone, the patient and household, facility staff, or nobody without breaking in."""

Medium = Literal[
    "bluetooth-le",
    "bluetooth",
    "wifi",
    "nfc",
    "proprietary-rf",
    "cellular",
    "internet",
    "ethernet",
    "usb",
    "serial",
    "removable-media",
    "in-process",
    "on-device",
    "human-reading",
    "human-entry",
    "body-contact",
]
"""What carries a channel. ``in-process``: inside one program; ``on-device``: between programs of one machine."""

Direction = Literal["one-way", "two-way"]

Level = Literal["none", "weak", "strong", "unknown", "not-applicable"]
"""How much a protection gives. ``weak``: there, but known techniques defeat it (e.g. BLE "Just Works" pairing).
``unknown`` is treated as absent and listed as not assessed. ``not-applicable`` needs no protection of this kind."""

Aspect = Literal[
    "not-provided",
    "provided",
    "too-early",
    "too-late",
    "wrong-order",
    "stopped-too-soon",
    "applied-too-long",
]
"""The seven aspects in which a control action can be unsafe (STPA Handbook 2018, step 3)."""

ASPECT_GROUP: Final[dict[str, str]] = {
    "not-provided": "not provided",
    "provided": "provided",
    "too-early": "too early, too late or out of order",
    "too-late": "too early, too late or out of order",
    "wrong-order": "too early, too late or out of order",
    "stopped-too-soon": "stopped too soon or applied too long",
    "applied-too-long": "stopped too soon or applied too long",
}
"""The Handbook's four ways of being unsafe, by aspect."""

LifecycleStage = Literal["use", "data-collection", "labelling", "training", "update", "monitoring"]
"""Where in the life of an ML engine a control loop stands; ``use`` is the device doing its work."""

AiThreat = Literal[
    "data-poisoning",
    "model-inversion-stealing",
    "model-evasion",
    "data-leakage",
    "overfitting",
    "model-bias",
    "performance-drift",
]
"""The seven AI-specific threats of FDA's draft guidance on AI-enabled device software functions (2025), section XII."""

ControlActionKind = Literal["therapy", "advice", "diagnosis", "alarm", "command", "configuration", "update"]

assert set(ASPECT_GROUP) == set(get_args(Aspect))
