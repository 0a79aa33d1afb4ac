from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.device.project import open_project
from harmpath.stpa import analyse
from harmpath.stpa.exchange.rendering import safe_cell, to_csv, to_docx, to_json, to_markdown, to_xlsx
from harmpath.stpa.exchange.tables import Table, stpa_tables

PROJECTS = Path(__file__).parent / "projects"


@pytest.fixture(scope="module")
def tables() -> tuple[Table, ...]:
    device = open_project(PROJECTS / "sound").device
    return stpa_tables(device, analyse(device))


def test_there_is_a_table_of_every_kind(tables: tuple[Table, ...]):
    names = [t.name for t in tables]
    assert len(names) == len(set(names))
    assert {"losses", "hazards", "system-constraints", "unsafe-control-actions", "controller-constraints",
            "loss-scenarios", "formal-scenarios", "context-bolus", "monitor-rules", "lifecycle", "ai-threats",
            "responsibilities", "not-assessed"} <= set(names)  # fmt: skip
    for table in tables:
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_context_table_shows_states_and_verdicts(tables: tuple[Table, ...]):
    (table,) = [t for t in tables if t.name == "context-bolus"]
    low = dict(zip(table.columns, table.rows[0], strict=True))
    assert (low["bg"], low["provided"], low["too-late"]) == ("low", "hazardous: H1, H1.1", "not-hazardous")


def test_csv_and_json_hold_every_row(tables: tuple[Table, ...]):
    content = json.loads(to_json(tables))
    for table in tables:
        rows = list(csv.reader(io.StringIO(to_csv(table))))
        assert len(rows) == len(table.rows) + 1
        assert len(content[table.name]) == len(table.rows)


@given(st.text(max_size=40))
def test_no_cell_is_ever_a_formula(text: str):
    table = Table("t", "t", ("a",), ((text,),))
    cell = list(csv.reader(io.StringIO(to_csv(table), newline="")))[1][0]
    assert cell.lstrip()[:1] not in ("=", "+", "-", "@", "|", "%")
    assert all(c.isprintable() or c == "\n" for c in cell)


def test_markdown_escapes_what_could_be_markup():
    text = to_markdown(Table("t", "A|B", ("x",), (("<img onerror=x> | `c` [l](javascript:x)\n# h",),)))
    row = text.splitlines()[-1]
    assert row == r"| &lt;img onerror=x> \| \`c\` \[l\](javascript:x) \# h |"
    assert text.splitlines()[0] == r"## A\|B"


def test_long_cells_are_cut():
    assert len(safe_cell("x" * 40_000)) == 32_000


def test_xlsx_opens_with_text_only_and_unique_sheets(tables: tuple[Table, ...]):
    openpyxl = pytest.importorskip("openpyxl")
    evil = Table("a" * 40, "t", ("x",), (("=1+1",), ("\x00",)))
    twin = Table("A" * 40, "t", ("x",), (("y",),))
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([*tables, evil, twin])))
    assert len(book.sheetnames) == len(tables) + 2
    assert {c.data_type for sheet in book for row in sheet.iter_rows() for c in row} <= {"s", "n", "inlineStr"}
    assert book["a" * 31]["A2"].value == "'=1+1"


def test_docx_opens_with_every_table(tables: tuple[Table, ...]):
    docx = pytest.importorskip("docx")
    small = [t for t in tables if len(t.rows) < 30]
    document = docx.Document(io.BytesIO(to_docx([*small, Table("t", "x\x00", ("a",), (("\x01",),))])))
    assert len(document.tables) == len(small) + 1
    assert next(p.text for p in document.paragraphs if p.text) == "Losses"


@pytest.mark.parametrize("write", [to_xlsx, to_docx])
def test_office_files_do_not_hold_the_time(tables: tuple[Table, ...], write: Any, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("openpyxl" if write is to_xlsx else "docx")
    first = write(tables[:3])
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    assert write(tables[:3]) == first


def test_text_is_the_same_for_the_same_device(loop: dict[str, Any]):
    one, two = (Device.model_validate(loop) for _ in range(2))
    assert to_json(stpa_tables(one, analyse(one))) == to_json(stpa_tables(two, analyse(two)))
