"""The page: self-contained, deterministic, and every number in its text stands in a table."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import pytest

from harmpath.errors import UsageError
from harmpath.landscape.figures import draw
from harmpath.landscape.report import Report, landscape_report
from harmpath.landscape.tables import Table


@pytest.fixture(scope="module")
def reports(fda_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Report]]:
    out = {}
    for name, code in (("nbw", "NBW"), ("ai", None)):
        folder = tmp_path_factory.mktemp(name)
        out[name] = (folder, landscape_report(fda_data, code, out=folder))
    return out


@pytest.mark.parametrize("name", ["nbw", "ai"])
def test_every_number_in_the_text_follows_from_a_table(reports: dict[str, tuple[Path, Report]], name: str) -> None:
    _, report = reports[name]
    held: set[str] = set()
    for table in report.tables:
        for column in range(len(table.columns)):
            values = [row[column] for row in table.rows if isinstance(row[column], int | float)]
            held |= {f"{v:,}" for v in values} | {f"{v}" for v in values} | {f"{v:.1%}" for v in values}
            held |= {f"{v:.1f}" for v in values} | {f"{sum(values):,}"}
            for kind in {row[1] for row in table.rows if len(row) > 1 and isinstance(row[1], str)}:
                held.add(f"{sum(int(r[column]) for r in table.rows if r[1] == kind and isinstance(r[column], int)):,}")
        held.add(f"{len(table.rows):,}")
    for sentence in report.sentences:
        for number in re.findall(r"\d[\d,]*(?:\.\d+)?%?", sentence):
            assert number.rstrip(",") in held or number == "0", sentence


@pytest.mark.parametrize("name", ["nbw", "ai"])
def test_page_loads_nothing_from_outside(reports: dict[str, tuple[Path, Report]], name: str) -> None:
    page = (reports[name][0] / "report.html").read_text(encoding="utf-8")
    outside = [u for u in re.findall(r"(?:src|href)=\"([^\"]+)\"", page) if not u.startswith("#")]
    assert outside == []
    assert "<script" not in page
    assert page.count('role="img"') == len(list(reports[name][0].glob("*.svg")))
    for sentence in reports[name][1].sentences:
        assert sentence in html.unescape(page)


def test_page_shows_every_figure_and_its_data(reports: dict[str, tuple[Path, Report]]) -> None:
    folder, report = reports["ai"]
    for table in report.tables:
        assert (folder / f"{table.id}.csv").is_file()
        with (folder / f"{table.id}.csv").open(encoding="utf-8") as handle:
            assert len(list(csv.reader(handle))) == len(table.rows) + 1
    drawn = {p.stem for p in folder.glob("*.svg")}
    assert {"devices-by-year", "recalls-by-year", "time-to-recall", "fault-by-mode"} <= drawn
    assert drawn == {p.stem for p in folder.glob("*.png")}


def test_same_data_same_bytes(fda_data: Path, reports: dict[str, tuple[Path, Report]], tmp_path: Path) -> None:
    landscape_report(fda_data, "NBW", out=tmp_path)
    before = reports["nbw"][0]
    for file in sorted(before.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_since_leaves_out_the_older(fda_data: Path, tmp_path: Path) -> None:
    report = landscape_report(fda_data, "NBW", since=2015, out=tmp_path)
    assert report.cohort.recalls
    assert all((r.year or 0) >= 2015 for r in report.cohort.recalls)


def test_unknown_product_code_is_said(fda_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="QQX"):
        landscape_report(fda_data, "QQX", out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_hostile_text_stays_text() -> None:
    rows = tuple((f"<script>alert({i})</script>", i + 2, 1) for i in range(5))
    figure = draw(Table("causes", "Causes", ("cause", "recalls", "computer-related"), rows, "counted"))
    assert figure is not None
    assert "<script" not in figure.svg
    assert figure.png.startswith(b"\x89PNG")
    assert "largest is 6" in figure.alt
