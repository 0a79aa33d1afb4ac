"""The split is a rule that must never move: the figures in the documentation rest on it."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

from harmpath.landscape.split import label_is_known, part_of

R, D = "report", "development"
EXPECTED = [R, D, D, R, R, R, D, R, D, D, R, D]


def _labelled(shared_data: Path) -> list[str]:
    path = shared_data / "fda_recalls" / "medsafe_computer_related_recalls_labelled_half.csv.xz"
    with lzma.open(path, "rt", encoding="utf-8", newline="") as handle:
        return [row["Recall_Number"] for row in csv.DictReader(handle)]


def test_every_labelled_number_belongs_to_the_half_that_is_here(shared_data: Path) -> None:
    numbers = _labelled(shared_data)
    assert len(numbers) == 597
    assert all(label_is_known(n) for n in numbers)


def test_numbers_of_one_event_stay_together() -> None:
    assert part_of("36854", "Z-0321-2007") == part_of("36854.0", "Z-0320-2007") == part_of("36854", "")


def test_rule_is_frozen() -> None:
    assert [part_of(str(n), "") for n in range(36850, 36862)] == EXPECTED


def test_an_event_without_id_is_keyed_by_its_number() -> None:
    assert part_of("", "Z-0005-2007") == part_of("", " Z-0005-2007 ")


def test_about_one_in_three_is_held_back() -> None:
    held = sum(part_of(str(n), "") == "report" for n in range(9000))
    assert 2850 < held < 3150
