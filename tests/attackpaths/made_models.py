"""Small devices: one hand-made, and random ones that say everything a device file can say, right or wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.device.model import Device
from harmpath.evidence import RecordEvidence

LEVELS = ("none", "weak", "strong", "unknown", "not-applicable")
CHANNEL_PROTECTIONS = ("authentication", "encryption", "integrity", "replay_protection")
COMPONENT_PROTECTIONS = (
    "authentication", "authorization", "code_integrity", "data_integrity", "confidentiality", "input_validation",
    "physical", "monitoring",
)  # fmt: skip
BASE: dict[str, Any] = {
    "harmpath": "1",
    "device": {"name": "d", "manufacturer": "m", "intended_use": "u", "software": "SiMD"},
    "losses": [{"id": "L-1"}],
    "hazards": [{"id": "H-1", "losses": ["L-1"], "severity": "serious"}],
}
STRONG_COMPONENT = dict.fromkeys(COMPONENT_PROTECTIONS, "strong")
STRONG_CHANNEL = dict.fromkeys(CHANNEL_PROTECTIONS, "strong")


def device(**parts: Any) -> Device:
    return Device.model_validate(BASE | parts)


def vulnerability(element: str, **more: Any) -> KnownVulnerability:
    name = more.pop("id", "CVE-2024-0001")
    return KnownVulnerability(name, element, evidence=(RecordEvidence("nvd", name),), **more)


def pump(**changes: Any) -> Device:
    """A sensor sends glucose over Bluetooth LE to a phone app with a model; everything else is well protected."""
    link = {"authentication": "none", "encryption": "strong", "integrity": "strong", "replay_protection": "strong"}
    strong = {"zone": "z-home", "physical_access": "locked", "protections": STRONG_COMPONENT,
              "update": {"authenticity": "strong"}}  # fmt: skip
    parts: dict[str, Any] = {
        "zones": [{"id": "z-home", "kind": "home"}],
        "components": [
            {"id": "sensor", "kind": "sensor", **strong},
            {"id": "app", "kind": "ml-engine", **strong},
        ],
        "channels": [
            {"id": "ble", "from": "sensor", "to": "app", "medium": "bluetooth-le", "rate": "1 / 5 min",
             "protections": link}
        ],
        "signals": [
            {"id": "glucose", "source": "sensor", "via": ["ble"], "feeds": ["f-glucose"], "range": "[0, 1000]",
             "physiological": "[20, 600]", "max_rate": "4 mg/dL / min"}
        ],
        "ml_engines": [
            {"id": "model", "component": "app", "task": "forecasting", "inputs": [{"id": "f-glucose"}],
             "outputs": [{"id": "forecast"}], "training": {"data_integrity": "strong"}}
        ],
    }  # fmt: skip
    return device(**(parts | changes))


KINDS = (
    "sensor",
    "actuator",
    "ml-engine",
    "controller",
    "mobile-app",
    "server",
    "cloud-service",
    "gateway",
    "clinician",
)
MEDIA = (
    "bluetooth-le",
    "wifi",
    "internet",
    "ethernet",
    "usb",
    "on-device",
    "human-entry",
    "human-reading",
    "body-contact",
)


@st.composite
def models(draw: st.DrawFn, most: int = 5) -> tuple[Device, tuple[KnownVulnerability, ...]]:
    """A random device and vulnerabilities. Hosts may run in circles, ids may be unknown, lists may be empty."""
    count = draw(st.integers(1, most))
    ids = [f"c{i}" for i in range(count)]
    anywhere = st.sampled_from([*ids, "nobody"])
    level = st.sampled_from(LEVELS)
    components = [
        {
            "id": name,
            "kind": draw(st.sampled_from(KINDS)),
            "owner": draw(st.sampled_from(("manufacturer", "third-party", "user"))),
            "zone": draw(st.sampled_from(("z-home", "z-hospital", "z-cloud", None, "z-nowhere"))),
            "host": draw(st.sampled_from([None, None, *ids])),
            "physical_access": draw(st.sampled_from(("public", "patient", "staff", "locked"))),
            "technologies": draw(st.sampled_from(([], [{"name": "t"}]))),
            "interfaces": draw(
                st.sampled_from(([], [{"id": f"i-{name}", "kind": "jtag"}], [{"id": f"i-{name}", "kind": "usb"}]))
            ),
            "protections": {p: draw(level) for p in COMPONENT_PROTECTIONS},
            "update": draw(st.sampled_from((None, {"source": "c0", "via": ["h0"], "authenticity": "weak"}))),
        }
        for name in ids
    ]
    channels = [
        {
            "id": f"h{i}",
            "from": draw(anywhere),
            "to": draw(anywhere),
            "medium": draw(st.sampled_from(MEDIA)),
            "direction": draw(st.sampled_from(("one-way", "two-way"))),
            "protections": {p: draw(level) for p in CHANNEL_PROTECTIONS},
        }
        for i in range(draw(st.integers(0, most + 1)))
    ]
    via = st.lists(st.sampled_from([c["id"] for c in channels] + ["h-unknown"]), max_size=2, unique=True)
    signals = [
        {"id": f"s{i}", "source": draw(st.sampled_from([None, *ids, "nobody"])), "via": draw(via), "feeds": [f"f{i}"]}
        for i in range(draw(st.integers(0, 2)))
    ]
    engines = [
        {"id": "m", "component": draw(anywhere), "task": "other", "inputs": [{"id": "f0"}, {"id": "f1"}],
         "outputs": [{"id": "o"}],
         "training": {"component": draw(anywhere), "via": draw(via), "data_integrity": draw(level)},
         "update": {"source": draw(anywhere), "via": draw(via), "authenticity": draw(level)}}
    ][: draw(st.integers(0, 1))]  # fmt: skip
    actions = [
        {"id": f"a{i}", "from": draw(anywhere), "to": draw(anywhere),
         "kind": draw(st.sampled_from(("therapy", "alarm"))), "via": draw(via), "outputs": ["o"] if engines else []}
        for i in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    zones = [{"id": f"z-{k}", "kind": k} for k in ("home", "hospital", "cloud")]
    made = device(zones=zones, components=components, channels=channels, signals=signals, ml_engines=engines,
                  control_actions=actions)  # fmt: skip
    return made, draw(vulnerabilities([*ids, *(str(c["id"]) for c in channels), "nobody"]))


@st.composite
def vulnerabilities(draw: st.DrawFn, elements: list[str]) -> tuple[KnownVulnerability, ...]:
    return tuple(
        vulnerability(
            draw(st.sampled_from(elements)),
            id=f"CVE-2024-{1000 + i}",
            position=draw(st.sampled_from(("network", "adjacent", "local", "physical"))),
            privileges=draw(st.sampled_from(("none", "low", "high"))),
            user_interaction=draw(st.sampled_from(("none", "required"))),
            complexity=draw(st.sampled_from(("low", "high"))),
            gains=draw(st.sampled_from((("execute",), ("read", "modify"), ("drop",), ("login",), ("inject", "spoof")))),
            exploited=draw(st.booleans()),
        )
        for i in range(draw(st.integers(0, 4)))
    )
