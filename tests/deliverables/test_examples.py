"""The reports of the shipped examples: what the hand-made assessment holds, the real ones hold too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import Page
from test_pictures import check_nothing_overlaps, pictures

from harmpath.assessment.pipeline import assess
from harmpath.deliverables.pictures.architecture import architecture_picture
from harmpath.deliverables.report_html import report_html
from harmpath.deliverables.run_json import RunInfo
from harmpath.deliverables.view import View
from harmpath.device.project import open_project

EXAMPLES = Path(__file__).resolve().parents[2] / "src" / "harmpath" / "examples"


@pytest.mark.parametrize("name", sorted(p.parent.name for p in EXAMPLES.glob("*/device.yaml")))
def test_the_report_of_an_example_is_sound(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    a = assess(open_project(EXAMPLES / name))
    text = report_html(a, RunInfo())
    page = Page(text)
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()
    assert [id_ for id_, n in page.ids.items() if n > 1] == []
    assert page.wrong == []
    assert len(text) < 4_500_000
    assert set(re.findall(r"(?:href|src)=\"https?:[^\"]+", text)) == set()
    first = page.words.partition("Protect")[2].partition("Risks by level")[0]
    view = View(a)
    for id_, because in zip(a.summary.protect_first, a.summary.protect_because, strict=True):
        assert view.name(id_) in first
        why, tail = because.split(" Its protections now:")
        assert why.split()[-1] in first
        assert tail not in first, "the chips say it"
    drawn = architecture_picture(view, {}).svg
    assert all(f">{n}</text>" in drawn for n in range(1, len(a.summary.protect_first) + 1))
    for picture in pictures(view):
        check_nothing_overlaps(picture)
