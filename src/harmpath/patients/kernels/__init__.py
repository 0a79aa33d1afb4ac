"""Compiled kernels (numba). Importing this package needs the optional dependencies [sim]."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["FINGERPRINT"]


def _fingerprint() -> int:
    """A number that changes with any byte of the kernels' sources.

    numba's on-disk cache looks at the file of the compiled function only, not at the files of the functions it calls.
    The entry points close over this number, which is part of numba's cache key: no stale machine code after an upgrade.
    """
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return int.from_bytes(digest.digest()[:6], "big")


FINGERPRINT = _fingerprint()
