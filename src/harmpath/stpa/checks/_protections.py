"""What a channel lacks, in words."""

from __future__ import annotations

from harmpath.device.elements import Channel

__all__ = ["weak_protections"]

_PEOPLE = frozenset({"human-reading", "human-entry", "body-contact", "in-process"})
"""Media on which authentication and integrity are not a property of a protocol."""


def weak_protections(channel: Channel) -> str:
    """``authentication none and integrity unknown``; empty when both are strong, weak or not applicable."""
    if channel.medium in _PEOPLE:
        return ""
    words = (("authentication", channel.protections.authentication), ("integrity", channel.protections.integrity))
    return " and ".join(f"{name} {level}" for name, level in words if level in ("none", "unknown"))
