"""Published tables, cell by cell, on the real records."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.errors import StoreError, UsageError
from harmpath.landscape.reproduce import reproduce, studies


@pytest.mark.parametrize("study", ["babic2025", "ai-list-2024-05"])
def test_exact_studies(fda_data: Path, study: str) -> None:
    done = reproduce(study, fda_data)
    assert done.exact == len(done.cells)
    assert done.explanation == ""
    assert done.coverage.sources


def test_recalls_by_year_differs_by_the_one_unusable_row(fda_data: Path) -> None:
    done = reproduce("recalls-by-year", fda_data)
    assert [(c.row, c.column, c.difference) for c in done.differing] == [("2008", "recall events", -1)]
    assert "set aside" in done.explanation


def test_half_of_the_labelled_list_gives_its_own_exact_counts(fda_data: Path) -> None:
    done = reproduce("sp2013-fault-class", fda_data)
    ours = {(c.row, c.column): c.ours for c in done.cells}
    assert ours[("Software", "class 2")] == 365
    assert sum(n or 0 for n in ours.values()) == 597
    assert all((c.ours or 0) <= (c.published or 0) for c in done.cells)
    assert "half" in done.explanation


def test_unknown_study_and_missing_import(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no study"):
        reproduce("nothing", tmp_path)
    with pytest.raises(StoreError, match="No FDA records"):
        reproduce("babic2025", tmp_path)


def test_every_study_has_a_title() -> None:
    assert len(studies()) == 5
    assert all(studies().values())
