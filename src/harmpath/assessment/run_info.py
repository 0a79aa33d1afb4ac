"""What a run was made from, so that anyone can repeat it: no clock, no machine, the same input gives the same bytes."""

from __future__ import annotations

import msgspec

__all__ = ["RunInfo"]


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``run.json``."""

    schema: str = "harmpath-run-1"
    harmpath: str
    """Version of harmpath."""
    inputs: dict[str, str]
    """SHA-256 of every file of the project that was read, by path inside the project."""
    data_as_of: dict[str, str]
    """Newest statement held, by source of public records."""
    options: dict[str, str]
    """What the run was asked for."""
    seed: int
    """Seed of every random choice; an assessment without measurements makes none."""
