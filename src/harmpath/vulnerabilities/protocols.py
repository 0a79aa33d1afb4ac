"""Match protocols and standards (Bluetooth LE pairing, WPA2, TLS 1.0, DICOM ...) through a curated catalogue.

NVD files no product for a protocol; the catalogue names the vulnerabilities of the protocol itself, and the weaknesses
that it has by design, each entry with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harmpath.evidence import CatalogueEvidence
from harmpath.vulnerabilities.aliases import bare, catalogue
from harmpath.vulnerabilities.values import Match, Product
from harmpath.vulnerabilities.versions import Interval, interval

__all__ = ["Protocol", "ProtocolVulnerability", "match_protocol", "protocol_named", "protocols"]


@dataclass(frozen=True, slots=True)
class ProtocolVulnerability:
    """A vulnerability of a protocol as such."""

    id: str
    versions: str
    """Versions of the protocol that have it, e.g. ``<= 5.2``; empty for all."""
    condition: str
    """Which use of the protocol has it; empty when every use does."""
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol or standard, by all its names."""

    id: str
    names: tuple[str, ...]
    version: str
    """The version that the names imply (``TLS 1.0``); empty when they imply none."""
    weaknesses: tuple[str, ...]
    """CWE ids that the protocol has by design."""
    source: str
    """Source of the weaknesses."""
    vulnerabilities: tuple[ProtocolVulnerability, ...]


def protocol_named(name: str, version: str = "") -> Protocol | None:
    """The protocol of this name, tried with its version too (``TLS`` ``1.0`` is ``TLS 1.0``)."""
    known = _by_name()
    return known.get(bare(f"{name} {version}")) or known.get(bare(name))


def match_protocol(product: Product, protocol: Protocol) -> list[Match]:
    """The protocol's own vulnerabilities in the version that the product states, or that its name implies."""
    ours = interval(product.version) or interval(protocol.version)
    matches = []
    for known in protocol.vulnerabilities:
        conditions = [known.condition] if known.condition else []
        if known.versions:
            inside = _within(ours, known.versions)
            if inside is False:
                continue
            if inside is None:
                conditions.append(f"its version is {known.versions}")
        why = f"{known.note} ({known.source})"
        evidence = CatalogueEvidence("protocols", f"{protocol.id}/{known.id}", known.source)
        matches.append(
            Match(
                product=product,
                cve=known.id,
                confidence="conditional" if conditions else "alias",
                because=(f"{product.name!r} is the protocol {protocol.id}", why),
                condition=" and ".join(conditions),
                evidence=(evidence,),
            )
        )
    return matches


def _within(ours: Interval | None, versions: str) -> bool | None:
    """Whether the version is in the list of versions and bounds, separated by commas (any) and ``..`` (from-to)."""
    if ours is None:
        return None
    answers = []
    for piece in versions.split(","):
        low, dots, high = piece.strip().partition("..")
        theirs = interval(low)
        if dots:
            above, below = interval(f">= {low}"), interval(f"<= {high}")
            assert above is not None and below is not None
            theirs = Interval(above.low, below.high)
        answers.append(ours.against(theirs) if theirs is not None else None)
    if any(answers):
        return True
    return False if all(a is False for a in answers) else None


@lru_cache
def protocols() -> tuple[Protocol, ...]:
    """The whole catalogue, in its own order."""
    return tuple(_protocol(entry) for entry in catalogue("protocols")["protocols"])


@lru_cache
def _by_name() -> dict[str, Protocol]:
    return {bare(name): protocol for protocol in protocols() for name in protocol.names}


def _protocol(entry: dict[str, Any]) -> Protocol:
    return Protocol(
        entry["id"],
        tuple(entry["names"]),
        str(entry.get("version", "")),
        tuple(entry.get("weaknesses", ())),
        entry["source"],
        tuple(
            ProtocolVulnerability(
                known["id"],
                str(known.get("versions", "")),
                known.get("condition", ""),
                known["note"],
                known.get("source", f"NVD, description of {known['id']}"),
            )
            for known in entry.get("vulnerabilities", ())
        ),
    )
