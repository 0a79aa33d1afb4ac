"""What reaching a goal leads to: only what it can cause, in words that fit it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.assessment.joining import Consequence, consequences
from harmpath.device.project import open_project
from harmpath.stpa import analyse


@pytest.fixture(scope="module")
def joined(examples: Path) -> dict[str, Consequence]:
    device = open_project(examples / "aid").device
    return consequences(device, analyse(device))


def test_jamming_more_insulin_never_gives_more_insulin(joined: dict[str, Consequence]) -> None:
    jammed = joined["suppress-action.CA-increase-insulin"]
    assert jammed.hazards == ("H-2",)
    assert {u.type for u in jammed.ucas} == {"not-provided", "too-late", "stopped-too-soon"}
    assert {"H-1a", "H-1b"} <= set(joined["forge-action.CA-increase-insulin"].hazards)


def test_an_attack_on_the_action_needs_neither_a_belief_nor_a_false_datum(joined: dict[str, Consequence]) -> None:
    attacks = [c for goal, c in joined.items() if goal.startswith(("forge-action.", "suppress-action."))]
    assert attacks
    for attack in attacks:
        assert attack.false_data == ()
        assert not [u.id for u in attack.ucas if u.believed or "believing" in u.sentence.text]


def test_a_false_signal_keeps_what_it_makes_believe(joined: dict[str, Consequence]) -> None:
    false = joined["falsify-signal.glucose"]
    assert any("while" in datum for datum in false.false_data)
    assert any(u.believed for u in false.ucas)
