"""Reading aids over the published assessment: names of ids, protection in one word, which paths are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from harmpath.assessment.model import Assessment, AttackPathRow, RiskRow

__all__ = ["PROTECTION_WORDS", "View", "words"]

PROTECTION_WORDS: Final[dict[str, str]] = {
    "open": "not protected against false data",
    "weak": "weakly protected",
    "strong": "protected",
    "unknown": "protection unknown",
    "plain": "no data protection applicable",
}
"""What the five line patterns stand for."""

_LISTS: Final[dict[str, str]] = {
    "losses": "loss",
    "hazards": "hazard",
    "system_constraints": "system constraint",
    "zones": "zone",
    "components": "component",
    "channels": "channel",
    "signals": "signal",
    "ml_engines": "ML engine",
    "control_actions": "control action",
    "feedback": "feedback",
    "responsibilities": "responsibility",
    "requirements": "requirement",
    "assumptions": "assumption",
    "controls": "control",
}
_NESTED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "hazards": (("sub_hazards", "sub-hazard"),),
    "ml_engines": (("inputs", "ML input"), ("outputs", "ML output")),
    "components": (("interfaces", "interface"),),
    "process_models": (("variables", "process variable"),),
}


def words(value: str) -> str:
    """``falsify-signal`` as ``falsify signal``, and the abbreviations of the closed lists in their usual spelling."""
    spelled = {"bluetooth-le": "Bluetooth LE", "wifi": "Wi-Fi", "usb": "USB", "nfc": "NFC", "ml-engine": "ML engine"}
    return spelled.get(value, value.replace("-", " ").replace("_", " "))


@dataclass(frozen=True)
class View:
    """An assessment with the look-ups that pictures and tables share."""

    assessment: Assessment

    @property
    def device(self) -> Mapping[str, Any]:
        """The device model as in device.yaml."""
        return self.assessment.device

    def listed(self, key: str) -> tuple[Mapping[str, Any], ...]:
        """A list of the device model; empty when the file does not have it."""
        return tuple(self.device.get(key) or ())

    def elements(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every element of the device model that has an id, with its kind in words."""
        for key in (*_LISTS, "process_models"):
            for element in self.listed(key):
                if key in _LISTS:
                    yield _LISTS[key], element
                for inner, kind in _NESTED.get(key, ()):
                    yield from ((kind, child) for child in element.get(inner) or ())
        about = self.device.get("device") or {}
        yield from (("operational state", state) for state in about.get("operational_states") or ())

    @cached_property
    def by_id(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Kind and element by id."""
        return {str(e["id"]): (kind, e) for kind, e in self.elements()}

    def name(self, id_: str) -> str:
        """The element's name for people, or the id where it has none."""
        _, element = self.by_id.get(id_, ("", {}))
        return str(element.get("name") or id_)

    def title(self, id_: str) -> str:
        """The name as a heading: its first letter a capital."""
        name = self.name(id_)
        return name[:1].upper() + name[1:]

    @cached_property
    def open_paths(self) -> tuple[AttackPathRow, ...]:
        """Attack paths that no existing control cuts and the analyst has not rejected."""
        rejected = {"rejected", "not-applicable"}
        return tuple(p for p in self.assessment.attack_paths if p.open and p.decision not in rejected)

    @cached_property
    def exposure(self) -> Counter[str]:
        """How many open attack paths go through each element."""
        return Counter(e for path in self.open_paths for e in set(path.elements))

    @cached_property
    def priority(self) -> dict[str, int]:
        """Rank (1 is first) of the elements to protect first."""
        return {id_: n for n, id_ in enumerate(self.assessment.summary.protect_first, start=1)}

    @cached_property
    def risk_of(self) -> dict[str, tuple[RiskRow, ...]]:
        """Risks by attack path."""
        found: dict[str, list[RiskRow]] = {}
        for risk in self.assessment.risks:
            found.setdefault(risk.attack_path, []).append(risk)
        return {path: tuple(rows) for path, rows in found.items()}

    @cached_property
    def licensing(self) -> frozenset[str]:
        """Ids of the matches that a step of an open attack path uses."""
        return frozenset(m for path in self.open_paths for step in path.steps for m in step.vulnerabilities)

    @cached_property
    def cve_of(self) -> dict[str, str]:
        """The CVE of each match; steps and paths name matches, people know CVEs."""
        return {match.id: match.cve for match in self.assessment.matches}

    def protection(self, channel: Mapping[str, Any]) -> str:
        """How well a channel resists false data, as a key of :data:`PROTECTION_WORDS`.

        Decided by authentication, integrity and replay protection; the worst of them counts, and an unknown counts
        as worse than a weak one because nobody can rely on it.
        """
        levels = channel.get("protections") or {}
        said = [str(levels.get(key, "unknown")) for key in ("authentication", "integrity", "replay_protection")]
        relevant = [level for level in said if level != "not-applicable"]
        if not relevant:
            return "plain"
        if "none" in said[:2]:
            return "open"
        if "unknown" in relevant:
            return "unknown"
        return "weak" if {"weak", "none"} & set(relevant) else "strong"
