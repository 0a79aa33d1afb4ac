"""A device file from Open Threat Model JSON: its zones, components, data flows and assets."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

from harmpath.device.vocabulary import ComponentKind, ZoneKind
from harmpath.errors import InputError, Problem
from harmpath.evidence import NotAssessed
from harmpath.stpa.exchange.imported import Imported
from harmpath.stpa.exchange.otm_export import ATTRIBUTE

__all__ = ["MAX_CHARACTERS", "import_otm"]

MAX_CHARACTERS = 10_000_000
MAX_ITEMS = 20_000

_KINDS: tuple[tuple[str, ComponentKind], ...] = (
    ("mobile", "mobile-app"), ("android", "mobile-app"), ("ios", "mobile-app"), ("browser", "desktop-app"),
    ("web-client", "desktop-app"), ("desktop", "desktop-app"), ("database", "data-store"), ("storage", "data-store"),
    ("s3", "data-store"), ("data-store", "data-store"), ("bucket", "data-store"), ("gateway", "gateway"),
    ("load-balancer", "network-device"), ("router", "network-device"), ("firewall", "network-device"),
    ("sensor", "sensor"), ("actuator", "actuator"), ("machine-learning", "ml-engine"), ("sagemaker", "ml-engine"),
    ("server", "server"), ("service", "cloud-service"), ("function", "cloud-service"), ("lambda", "cloud-service"),
    ("api", "cloud-service"), ("cloud", "cloud-service"),
)  # fmt: skip
"""Words in OTM component types and the kind they mean, first hit wins; OTM leaves the types to each tool."""


def import_otm(text: str, file: str) -> Imported:
    """A device file from OTM JSON; what harmpath wrote comes back as it was.

    Raises:
        InputError: not JSON, or not OTM; says what is missing where.
    """
    return _Import(_parsed(text, file), file).done()


def _parsed(text: str, file: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise InputError([Problem("too-large", f"More than {MAX_CHARACTERS:,} characters.", file)])
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        said = f"Not valid JSON: {error.msg}."
        raise InputError([Problem("json", said, file, error.lineno, error.colno)]) from error
    except RecursionError as error:
        raise InputError([Problem("too-deep", "Nested too deep.", file)]) from error
    if not isinstance(found, dict) or "otmVersion" not in found:
        remedy = "An Open Threat Model file has 'otmVersion' and 'project' at the top."
        raise InputError([Problem("not-otm", "This is not an Open Threat Model.", file, remedy=remedy)])
    return found


class _Import:
    """Turns OTM's lists into those of a device file."""

    def __init__(self, otm: dict[str, Any], file: str) -> None:
        self.otm = otm
        self.file = file
        self.ids: dict[str, str] = {}
        self.taken: set[str] = set()
        self.left_out: list[NotAssessed] = []

    def id(self, given: str) -> str:
        """OTM's id as an id of a device file, unique."""
        if given not in self.ids:
            base = re.sub(r"[^A-Za-z0-9_.\-]", "-", given)[:56]
            base = base if base[:1].isalpha() else f"x{base}"
            chosen, number = base, 2
            while chosen in self.taken:
                chosen, number = f"{base}-{number}", number + 1
            self.taken.add(chosen)
            self.ids[given] = chosen
        return self.ids[given]

    def items(self, key: str, *required: str) -> list[dict[str, Any]]:
        """The list under a key, each an object with the required texts."""
        found = self.otm.get(key) or []
        if not isinstance(found, list) or len(found) > MAX_ITEMS:
            self.fail(key, f"'{key}' must be a list of at most {MAX_ITEMS:,}.")
        for number, item in enumerate(found):
            if not isinstance(item, dict):
                self.fail(key, f"{key}[{number}] must be an object.")
            for name in required:
                if not isinstance(item.get(name), str):
                    self.fail(key, f"{key}[{number}] must have a text '{name}'.")
        return found

    def fail(self, key: str, said: str) -> None:
        raise InputError([Problem("not-otm", said, self.file, value=key, remedy="See the OTM 0.2.0 schema.")])

    def note(self, subject: str, reason: str, remedy: str = "") -> None:
        self.left_out.append(NotAssessed(subject, reason, remedy))

    @staticmethod
    def own(item: dict[str, Any]) -> dict[str, Any]:
        """What harmpath itself kept in the attributes."""
        attributes = item.get("attributes")
        kept = attributes.get(ATTRIBUTE) if isinstance(attributes, dict) else None
        return dict(kept) if isinstance(kept, dict) else {}

    def done(self) -> Imported:
        project = self.otm.get("project")
        if not isinstance(project, dict) or not isinstance(project.get("name"), str):
            self.fail("project", "'project' must have a text 'name'.")
            raise AssertionError
        about = self.own(project) or {
            "name": project["name"],
            "manufacturer": project.get("owner") or "unknown",
            "intended_use": "unknown",
            "software": "SaMD",
        }
        zones = [self.zone(z) for z in self.items("trustZones", "id", "name") if z["id"] != "no-zone"]
        components = [self.component(c) for c in self.items("components", "id", "name", "type")]
        signals = [self.signal(a) for a in self.items("assets", "id", "name")]
        channels = [self.channel(d) for d in self.items("dataflows", "id", "name", "source", "destination")]
        for key in ("threats", "mitigations"):
            if self.items(key):
                reason = f"{len(self.items(key))} {key} are not taken over: harmpath derives its own from the model"
                self.note(key, reason)
        self.note("control structure", "OTM knows no losses, hazards, control actions or process models", "Add them.")
        result = {
            "harmpath": "1", "device": about, "losses": [], "hazards": [], "zones": zones, "components": components,
            "channels": channels, "signals": signals,
        }  # fmt: skip
        return Imported(result, tuple(self.left_out))

    def zone(self, item: dict[str, Any]) -> dict[str, Any]:
        kind = item.get("type")
        if kind not in get_args(ZoneKind):
            kind = "public"
            self.note(item["id"], f"zone '{item['name']}' was taken as public: OTM does not say which kind it is",
                      "Correct its kind.")  # fmt: skip
        return {"id": self.id(item["id"]), "name": item["name"], "kind": kind}

    def component(self, item: dict[str, Any]) -> dict[str, Any]:
        own = self.own(item)
        found = {"id": self.id(item["id"]), "name": item["name"], **own}
        if item.get("description"):
            found["description"] = str(item["description"])
        if "kind" not in own:
            found["kind"] = self.kind(item)
        parent = item.get("parent")
        for key, field in (("component", "host"), ("trustZone", "zone")):
            if not own and isinstance(parent, dict) and isinstance(parent.get(key), str):
                found[field] = self.id(parent[key])
        return found

    def kind(self, item: dict[str, Any]) -> str:
        given = item["type"].lower()
        if given in get_args(ComponentKind):
            return str(given)
        kind = next((kind for word, kind in _KINDS if word in given), "external-system")
        self.note(item["id"], f"type '{item['type']}' was read as {kind}", "Correct its kind.")
        return kind

    def channel(self, item: dict[str, Any]) -> dict[str, Any]:
        own = self.own(item)
        found = {"id": self.id(item["id"]), "name": item["name"], **own}
        if not own:
            found |= {"from": self.id(item["source"]), "to": self.id(item["destination"]), "medium": "internet"}
            found["direction"] = "two-way" if item.get("bidirectional") is True else "one-way"
            self.note(item["id"], "OTM does not say what carries the data flow; taken as internet", "Correct 'medium'.")
        return found

    def signal(self, item: dict[str, Any]) -> dict[str, Any]:
        own = self.own(item)
        flows = self.items("dataflows", "id")
        carried = [d["id"] for d in flows if isinstance(d.get("assets"), list) and item["id"] in d["assets"]]
        if not own and carried:
            own["via"] = [self.id(c) for c in carried[:1]]
            if len(carried) > 1:
                self.note(item["id"], f"carried by {len(carried)} data flows; OTM gives no order, the first was taken")
        own.pop("feeds", None)  # the ML engines that it feeds are not in the file
        return {"id": self.id(item["id"]), "name": item["name"], **own}
