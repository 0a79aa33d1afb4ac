"""The analyst's decisions: a plain file beside device.yaml that harmpath reads and never writes over.

``decisions.yaml``::

    decisions:
      - finding: AP-falsify-signal.glucose-3f9a
        verdict: accepted          # see VERDICTS
        reason: pairing is unauthenticated in the shipped firmware
        by: J. Doe
        date: 2026-11-24

A finding keeps its id for as long as what it is made of does not change, so a decision survives re-runs; a decision
whose finding is no longer there is reported as orphaned.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

from pydantic import Field, ValidationError

from harmpath.assessment.model import DecisionRow
from harmpath.device.reading import near_miss
from harmpath.device.values import Strict, Text
from harmpath.device.yamltree import Tree, read
from harmpath.errors import InputError, Problem

__all__ = ["VERDICTS", "Decision", "Decisions", "applied", "read_decisions"]

Verdict = Literal["accepted", "rejected", "not-applicable", "affected", "not-affected", "fixed", "under-investigation"]
VERDICTS: Final[tuple[str, ...]] = get_args(Verdict)
"""``accepted`` and ``rejected`` (the finding is right, is wrong), ``not-applicable`` to this device; for
vulnerabilities the four states of VEX: affected, not-affected (with a justification), fixed, under-investigation."""

Justification = Literal[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
]


class Decision(Strict):
    """One decision."""

    finding: str = Field(max_length=200)
    verdict: Verdict
    reason: Text = Field(min_length=1)
    by: Text = Field(min_length=1)
    date: datetime.date
    justification: Justification | None = Field(None, description="VEX justification, for not-affected")


class Decisions(Strict):
    """The file."""

    decisions: tuple[Decision, ...] = ()


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions in a file; none when there is no such file.

    Raises:
        InputError: the file is not as it should be, or decides one finding twice; every problem at once.
    """
    if not path.exists():
        return ()
    tree = read(path, path.name)
    value = tree.value if tree.value is not None else {}
    if isinstance(value, dict) and value.get("decisions", ()) is None:
        value = {**value, "decisions": ()}
    try:
        decisions = Decisions.model_validate(value).decisions
    except ValidationError as error:
        raise InputError(_problem(tree, e) for e in error.errors(include_url=False)) from error
    twice = list(_twice(tree, decisions))
    if twice:
        raise InputError(twice)
    return decisions


def _problem(tree: Tree, error: Any) -> Problem:
    remedy = "A decision has finding, verdict, reason, by and date (YYYY-MM-DD)."
    path = tuple(error["loc"])
    if error["type"] == "literal_error":
        hint = near_miss(str(error["input"]), VERDICTS)
        remedy = f"{hint} One of: {', '.join(VERDICTS)}.".strip()
    said = f"{'.'.join(map(str, path)) or 'the file'}: {error['msg']}."
    shown = error.get("input")
    return tree.problem(path, "decision", said, value=shown if isinstance(shown, str) else None, remedy=remedy)


def _twice(tree: Tree, decisions: tuple[Decision, ...]) -> Iterable[Problem]:
    seen: dict[str, int] = {}
    for number, decision in enumerate(decisions):
        if decision.finding in seen:
            said = f"{decision.finding} is decided twice; the first time as decision {seen[decision.finding] + 1}."
            yield tree.problem(("decisions", number), "decided-twice", said, remedy="Keep the one that holds.")
        seen.setdefault(decision.finding, number)


def applied(decisions: Iterable[Decision], findings: Iterable[str]) -> tuple[DecisionRow, ...]:
    """Each decision with whether its finding is still there."""
    known = set(findings)
    return tuple(
        DecisionRow(
            finding=d.finding,
            verdict=d.verdict,
            reason=d.reason,
            by=d.by,
            date=d.date.isoformat(),
            status="applied" if d.finding in known else "orphaned",
        )
        for d in decisions
    )


def verdicts(decisions: Iterable[Decision]) -> Mapping[str, str]:
    """Verdict by finding id."""
    return {d.finding: d.verdict for d in decisions}
