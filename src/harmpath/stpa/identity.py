"""Ids that stay the same as long as what they name stays the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable

__all__ = ["content_hash", "readable_id"]

MAX_LENGTH = 64
"""The longest id that a project file accepts; decisions.yaml must be able to name every result."""


def content_hash(*content: Hashable, length: int = 6) -> str:
    """The first hex digits of the SHA-256 of the content as canonical JSON."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]


def readable_id(*parts: str) -> str:
    """The parts joined by ``-``; shortened, and made unique again by a hash, where that would be over 64 characters."""
    joined = "-".join(p for p in parts if p)
    if len(joined) <= MAX_LENGTH:
        return joined
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"{joined[: MAX_LENGTH - 9]}-{digest}"
