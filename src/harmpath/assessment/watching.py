"""What is new about known vulnerabilities since the last look: found, gone, changed, newly exploited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harmpath.assessment.lookup import Found, Lookup
from harmpath.errors import InputError, OutputError, Problem

__all__ = ["Change", "Seen", "State", "changes", "read_state", "state_of", "write_state"]

EPSS_STEP = 0.1
"""A smaller move of the EPSS score is noise from one day to the next."""
MAX_BYTES = 64_000_000


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of one vulnerability of one component."""

    component: str
    """Its name and version, for people."""
    confidence: str
    cvss: float | None
    epss: float | None
    known_exploited: bool


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What was known at the last look."""

    schema: str = "harmpath-watch-1"
    as_of: dict[str, str]
    """Newest statement held, by source."""
    seen: dict[str, Seen]
    """By component reference and vulnerability, joined by a blank."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is different."""

    kind: str
    """new, newly-exploited, changed, or gone."""
    vulnerability: str
    ref: str
    component: str
    what: str


def state_of(found: Lookup) -> State:
    """The state to keep of a look-up."""
    seen = {_key(f): _seen(f) for f in found.matches}
    as_of: dict[str, str] = {}
    for source in found.coverage.sources:
        as_of[source.source] = max(as_of.get(source.source, ""), source.as_of)
    return State(as_of=dict(sorted(as_of.items())), seen=dict(sorted(seen.items())))


def _key(found: Found) -> str:
    return f"{found.component.bom_ref} {found.cve}"


def _seen(found: Found) -> Seen:
    return Seen(
        component=f"{found.component.name} {found.component.version}".strip(),
        confidence=found.confidence,
        cvss=found.scores.cvss,
        epss=found.scores.epss,
        known_exploited=found.scores.known_exploited,
    )


def changes(before: State, now: State) -> tuple[Change, ...]:
    """What is different, the urgent first: newly exploited, new, changed, gone; each sorted."""
    order = ("newly-exploited", "new", "changed", "gone")
    found = [c for key in sorted({*before.seen, *now.seen}) if (c := _change(key, before.seen, now.seen))]
    return tuple(sorted(found, key=lambda c: (order.index(c.kind), c.vulnerability, c.ref)))


def _change(key: str, before: Mapping[str, Seen], now: Mapping[str, Seen]) -> Change | None:
    old, new = before.get(key), now.get(key)
    ref, _, vulnerability = key.rpartition(" ")
    shown = new or old
    if shown is None:
        return None
    kind, what = _difference(old, new)
    if not kind:
        return None
    return Change(kind=kind, vulnerability=vulnerability, ref=ref, component=shown.component, what=what)


def _difference(old: Seen | None, new: Seen | None) -> tuple[str, str]:
    if new is None:
        return "gone", "no record matches any more"
    if old is None:
        exploited = ", known to be exploited" if new.known_exploited else ""
        return "new", f"{new.confidence}, CVSS {_number(new.cvss)}, EPSS {_number(new.epss)}{exploited}"
    if new.known_exploited and not old.known_exploited:
        return "newly-exploited", "now in the catalogue of known exploited vulnerabilities"
    parts = []
    if new.confidence != old.confidence:
        parts.append(f"confidence {old.confidence} to {new.confidence}")
    if new.cvss != old.cvss:
        parts.append(f"CVSS {_number(old.cvss)} to {_number(new.cvss)}")
    if abs((new.epss or 0.0) - (old.epss or 0.0)) >= EPSS_STEP:
        parts.append(f"EPSS {_number(old.epss)} to {_number(new.epss)}")
    return ("changed", ", ".join(parts)) if parts else ("", "")


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def read_state(path: Path) -> State | None:
    """The state kept at the last look; None when there was none.

    Raises:
        InputError: the file is not one that harmpath wrote.
    """
    if not path.exists():
        return None
    remedy = "Remove the file to start afresh; everything is then reported as new."
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError([Problem("too-large", f"More than {MAX_BYTES:,} bytes.", str(path), remedy=remedy)])
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            [Problem("watch-state", f"Not a state of a watch: {error}.", str(path), remedy=remedy)]
        ) from error


def write_state(path: Path, state: State) -> None:
    """Keep a state, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    staged = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
        staged.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", remedy="Name another file with --state."
        ) from error
