"""Closed lists of words that rules and controls may use.

The words of the device format are repeated here because the two packages stand on one floor; a test keeps them equal.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "COMPONENT_KINDS", "FDA_CATEGORIES", "GAINS", "GAIN_WORDS", "GOALS",
    "MACHINE_MEDIA", "MEDIA", "OPERATIONS", "OWNERS", "PEOPLE",
    "POSITIONS", "PROTECTIONS", "ZONES", "Access", "Action", "FdaCategory", "Interaction", "Operation", "Port",
    "Position", "Privileges", "Reachable",
]  # fmt: skip

COMPONENT_KINDS: Final = (
    "sensor", "actuator", "ml-engine", "controller", "mobile-app", "desktop-app", "gateway", "server", "cloud-service",
    "display", "data-store", "network-device", "external-system", "training-environment", "patient", "clinician",
    "operator",
)  # fmt: skip
PEOPLE: Final = ("patient", "clinician", "operator")
OWNERS: Final = ("manufacturer", "third-party", "user", "healthcare-facility")
ZONES: Final = ("body", "home", "hospital", "cloud", "manufacturer", "public", "unknown")
"""Zone kinds; ``unknown`` where neither the component nor its host names a zone."""
MEDIA: Final = (
    "bluetooth-le", "bluetooth", "wifi", "nfc", "proprietary-rf", "cellular", "internet", "ethernet", "usb", "serial",
    "removable-media", "in-process", "on-device", "human-reading", "human-entry", "body-contact",
)  # fmt: skip
MACHINE_MEDIA: Final = (*MEDIA[:10], "on-device")
"""Media on which a machine other than the two ends could listen or send."""
PROTECTIONS: Final = (
    "authentication", "encryption", "integrity", "replay_protection",
    "authorization", "code_integrity", "data_integrity", "confidentiality", "input_validation",
    "physical", "monitoring",
    "update_authenticity", "training_integrity",
)  # fmt: skip
"""Protections of channels, of components, of update paths and of training data, as the device format names them."""

Access = Literal["public", "patient", "staff", "locked"]
Port = Literal["usb", "serial", "jtag", "network-service", "removable-media", "radio", "user-interface", "other"]
Action = Literal["therapy", "advice", "diagnosis", "alarm", "command", "configuration", "update"]

Position = Literal["internet", "hospital-network", "home-network", "radio-range", "physical", "supply-chain", "insider"]
"""Where an attacker starts."""
POSITIONS: Final = (
    "internet", "hospital-network", "home-network", "radio-range", "physical", "supply-chain", "insider",
)  # fmt: skip

Reachable = Literal["network", "adjacent", "local", "physical"]
"""Attack vector of a vulnerability (CVSS v3.1 and v4.0 AV)."""
Privileges = Literal["none", "low", "high"]
Interaction = Literal["none", "required"]
GAINS: Final = (
    "reach", "login", "read", "modify", "inject", "drop", "delay", "replay", "spoof", "execute", "update",
)  # fmt: skip
"""Capabilities that a vulnerability can give on the element that has it."""
GAIN_WORDS: Final[dict[str, str]] = {
    "reach": "connect to it",
    "login": "get an account on it",
    "read": "read its data",
    "modify": "change its data",
    "inject": "insert data of their own",
    "drop": "put it out of service",
    "delay": "hold its data back",
    "replay": "repeat old data as new",
    "spoof": "pass for somebody it trusts",
    "execute": "run code of their own on it",
    "update": "install an update of their own",
}
"""Each capability as what the attacker does it for, to follow ``to``."""
assert set(GAIN_WORDS) == set(GAINS)

Operation = Literal["replace", "add", "drop", "delay", "replay"]
"""What can be done to the values of a signal."""
OPERATIONS: Final = ("replace", "add", "drop", "delay", "replay")

GOALS: Final = (
    "falsify-signal", "withhold-signal", "tamper-model", "tamper-output", "poison-training", "poison-update",
    "forge-action", "suppress-action",
)  # fmt: skip

FdaCategory = Literal[
    "Authentication",
    "Authorization",
    "Cryptography",
    "Code, Data, and Execution Integrity",
    "Confidentiality",
    "Event Detection and Logging",
    "Resiliency and Recovery",
    "Updatability and Patchability",
]
"""FDA, Cybersecurity in Medical Devices: Quality Management System Considerations and Content of Premarket
Submissions (2025-06), section V.B.1 and appendix 1."""
FDA_CATEGORIES: Final = (
    "Authentication", "Authorization", "Cryptography", "Code, Data, and Execution Integrity", "Confidentiality",
    "Event Detection and Logging", "Resiliency and Recovery", "Updatability and Patchability",
)  # fmt: skip
