"""Published analyses, re-entered: every published unsafe control action is found again, and what is new is listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harmpath.device.check import check, is_usable
from harmpath.device.project import open_project
from harmpath.errors import InputError
from harmpath.stpa import analyse
from harmpath.stpa.comparison import Comparison, Published, compare, read_published
from harmpath.stpa.contexts import context_tables

PROJECTS = Path(__file__).parent / "projects"
PUBLISHED = {"artificial_pancreas": 12, "open_source_aid": 12, "pulse_oximeter": 2, "wheel_brakes": 13}


def _compared(project: str) -> Comparison:
    device = open_project(PROJECTS / project).device
    return compare(analyse(device), read_published(PROJECTS / project / "published.yaml"))


@pytest.mark.parametrize(("project", "number"), PUBLISHED.items())
def test_every_published_unsafe_control_action_is_found_again(project: str, number: int):
    compared = _compared(project)
    assert compared.missed == ()
    assert (len(compared.found), compared.recall) == (number, 1.0)
    assert compared.additional, "what goes beyond the publication is listed for judgement"


@pytest.mark.parametrize("project", PUBLISHED)
def test_the_re_entered_project_is_consistent(project: str):
    opened = open_project(PROJECTS / project)
    assert is_usable(check(opened))
    assert not [t for t in context_tables(opened.device, analyse(opened.device)) if t.unmatched]


def test_recall_falls_with_each_judgement_taken_out():
    device = open_project(PROJECTS / "artificial_pancreas").device
    published = read_published(PROJECTS / "artificial_pancreas" / "published.yaml")
    analysis = analyse(device)
    fewer = replace(
        analysis, unsafe_control_actions=tuple(u for u in analysis.unsafe_control_actions if u.id != "UCA-06")
    )
    compared = compare(fewer, published)
    assert compared.missed == ("rule-6",)
    assert compared.recall == pytest.approx(11 / 12)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, True),
        ({"context": {"bg": ["hypo"]}}, True),
        ({"context": {"bg": ["hypo", "below"]}}, False),
        ({"context": {}}, False),
        ({"type": "provided"}, False),
        ({"hazards": ["H2"]}, False),
        ({"context": {"bg": ["hypo"], "iob": ["much"]}}, True),
        ({"words": "asleep"}, False),
    ],
)
def test_covering_means_same_action_and_aspect_no_narrower_context_and_all_hazards(changed: dict, found: bool):
    device = open_project(PROJECTS / "artificial_pancreas").device
    base = {"id": "x", "control_action": "u3", "type": "not-provided", "context": {"bg": ["hypo"]}, "hazards": ["H1"]}
    published = Published.model_validate({"source": "-", "unsafe_control_actions": [{**base, **changed}]})
    assert bool(compare(analyse(device), published).found) is found


def test_a_bad_file_of_published_ones_gets_its_place(tmp_path: Path):
    file = tmp_path / "published.yaml"
    file.write_text(
        "source: x\nunsafe_control_actions:\n  - {id: a, control_action: u, type: sometimes, hazards: H1}\n"
    )
    with pytest.raises(InputError) as error:
        read_published(file)
    assert error.value.problems[0].line == 3
