"""What an attacker gains by a vulnerability: its weaknesses say what kind, its CVSS impact says how much of it is real.

The rule: a gain that the weakness (CWE) suggests counts only where the impact metrics allow it.

===================================  ==========================================================================
gain                                 needs
===================================  ==========================================================================
read                                 confidentiality impact; any such impact gives it, whatever the weakness
modify                               integrity impact; any such impact gives it
drop                                 availability impact; any such impact gives it
inject, replay, spoof, update        integrity impact, and a weakness that yields it; spoof also with
                                     confidentiality impact alone (passing for someone in order to read)
execute                              a weakness that yields it, and control: confidentiality and integrity both
                                     high (v3, v4), or all three at least partial (v2)
===================================  ==========================================================================

So a vulnerability that only discloses never yields execute.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from harmpath.evidence import CatalogueEvidence, Evidence, NotAssessed, RecordEvidence
from harmpath.records.model import Vulnerability
from harmpath.vulnerabilities.aliases import catalogue
from harmpath.vulnerabilities.scores import Position, Score, primary_score

__all__ = ["GAINS", "Effect", "Gain", "Weakness", "effect_of", "gains_of", "weakness"]

Gain = Literal["execute", "update", "spoof", "read", "modify", "inject", "replay", "drop"]
GAINS: tuple[Gain, ...] = ("execute", "update", "spoof", "read", "modify", "inject", "replay", "drop")
"""In order of what they give; gains are always listed in this order."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """A CWE entry of the catalogue."""

    id: str
    name: str
    gains: tuple[Gain, ...]
    capec: tuple[str, ...]
    attack: tuple[str, ...]
    """ATT&CK technique ids."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What is needed to use a vulnerability, and what it gives."""

    position: Position
    """Where the attacker has to be."""
    privileges: Literal["none", "low", "high"]
    user_interaction: bool
    complexity: Literal["low", "high"]
    gains: tuple[Gain, ...]
    score: Score
    """The vector that decided."""
    evidence: tuple[Evidence, ...]
    capec: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()


def effect_of(record: Vulnerability) -> Effect | NotAssessed:
    """The effect of a vulnerability, or why it cannot be told. Without a CVSS vector neither the attacker's position
    nor the impact is known, and neither is guessed."""
    score = primary_score(record)
    known = [w for w in (weakness(cwe) for cwe in dict.fromkeys(w.cwe for w in record.weaknesses)) if w is not None]
    if score is None:
        cwes = ", ".join(dict.fromkeys(w.cwe for w in record.weaknesses))
        having = f"; its weaknesses are {cwes}" if cwes else ", and no weakness is stated"
        return NotAssessed(
            record.id,
            f"no CVSS vector is held for {record.id}{having}: attacker position, privileges and impact are unknown",
            "harmpath data pull may fetch a scored record; or record a decision for it.",
        )
    gains = gains_of(score, tuple(g for w in known for g in w.gains))
    return Effect(
        position=score.position,
        privileges=score.privileges,
        user_interaction=score.user_interaction,
        complexity=score.complexity,
        gains=gains,
        score=score,
        evidence=_evidence(record, score, known, gains),
        capec=tuple(dict.fromkeys(c for w in known for c in w.capec)),
        attack=tuple(dict.fromkeys(t for w in known for t in w.attack)),
    )


def gains_of(score: Score, suggested: tuple[Gain, ...]) -> tuple[Gain, ...]:
    """The gains that the impact allows among those that the weaknesses suggest, and those that it states itself."""
    confidentiality, integrity = score.confidentiality != "none", score.integrity != "none"
    availability = score.availability != "none"
    if score.version == "2.0":
        control = confidentiality and integrity and availability
    else:
        control = score.confidentiality == "high" and score.integrity == "high"
    allowed: dict[Gain, bool] = {
        "execute": control and "execute" in suggested,
        "update": integrity and "update" in suggested,
        "spoof": (integrity or confidentiality) and "spoof" in suggested,
        "read": confidentiality,
        "modify": integrity,
        "inject": integrity and "inject" in suggested,
        "replay": integrity and "replay" in suggested,
        "drop": availability,
    }
    return tuple(gain for gain in GAINS if allowed[gain])


def weakness(cwe: str) -> Weakness | None:
    """The catalogue's entry for a CWE id; None when the catalogue does not know it."""
    return _weaknesses().get(cwe)


@lru_cache
def _weaknesses() -> dict[str, Weakness]:
    return {
        entry["id"]: Weakness(
            entry["id"], entry["name"], tuple(entry["gains"]), tuple(entry["capec"]), tuple(entry["attack"])
        )
        for entry in catalogue("weaknesses")["weaknesses"]
    }


def _evidence(
    record: Vulnerability, score: Score, known: list[Weakness], gains: tuple[Gain, ...]
) -> tuple[Evidence, ...]:
    as_of = {s.source: s.as_of[:10] for s in reversed(record.sources)}
    origin = "nvd" if "nvd" in as_of else record.sources[0].source if record.sources else ""
    stated: list[Evidence] = [
        RecordEvidence(origin, record.id, as_of.get(origin, ""), f"{score.vector} scored by {score.source}")
    ]
    for entry in known:
        used = [g for g in gains if g in entry.gains]
        if used:
            stated.append(CatalogueEvidence("weaknesses", entry.id, f"{entry.name}: {', '.join(used)}"))
    return tuple(stated)
