"""CSV, JSON, run.json, and the writing of all of them."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from pathlib import Path

import jsonschema
import made
import msgspec
import pytest

from harmpath.deliverables import write
from harmpath.deliverables.assessment_json import assessment_json, schema_json
from harmpath.deliverables.run_json import RunInfo, run_json
from harmpath.deliverables.tables.table import Column, Table
from harmpath.deliverables.tables_csv import table_csv, tables_csv
from harmpath.deliverables.write import deliverables, write_all, write_files
from harmpath.errors import OutputError

RUN = RunInfo({"device.yaml": "ab" * 32}, seed=7)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def test_assessment_json_round_trips_and_meets_its_schema() -> None:
    a = made.assessment()
    content = assessment_json(a)
    assert msgspec.json.decode(content, type=made.Assessment) == a
    jsonschema.Draft202012Validator(json.loads(schema_json())).validate(json.loads(content))


def test_the_schema_refuses_what_is_not_an_assessment() -> None:
    value = json.loads(assessment_json(made.assessment()))
    del value["risks"]
    assert list(jsonschema.Draft202012Validator(json.loads(schema_json())).iter_errors(value))


def test_json_files_are_sorted_utf8_and_end_with_a_newline() -> None:
    a = made.assessment(device=made.device(losses=[{"id": "L-1", "name": "Verlust für Patienten"}]))
    for content in (assessment_json(a), schema_json(), run_json(a, RUN)):
        assert content.endswith(b"}\n")
        keys = list(json.loads(content))
        assert keys == sorted(keys)
    assert "für".encode() in assessment_json(a)


def test_run_json_says_what_went_in_and_nothing_of_the_clock() -> None:
    value = json.loads(run_json(made.assessment(), RUN))
    assert value["inputs"] == {"device.yaml": "ab" * 32}
    assert value["data"] == {"nvd": {"as_of": "2026-11-01", "records": 10}}
    assert value["seed"] == 7
    assert value["harmpath"] == "0.1.0"
    assert set(value) == {"schema", "harmpath", "inputs", "seed", "options", "data"}


def test_every_table_has_a_csv_with_as_many_rows() -> None:
    a = made.assessment()
    files = tables_csv(a)
    assert len(read(files["attack_paths.csv"])) == 1 + len(a.attack_paths)
    assert len(read(files["attack_steps.csv"])) == 1 + sum(len(p.steps) for p in a.attack_paths)
    assert len(read(files["unsafe_control_actions.csv"])) == 1 + 3
    assert len(read(files["channels.csv"])) == 1 + 6
    assert all(len({len(row) for row in read(content)}) == 1 for content in files.values())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", "\r=x", "  =cmd|' /C calc'!A0", "＝1", "\n=1"]
)
def test_a_formula_is_defused(text: str) -> None:
    content = table_csv(Table("t", "T", "", (Column("a", "A"),), ((text,), ((text, "b"),))))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    assert rows[1][0] == f"'{text}"
    assert rows[2][0].startswith("'")


def test_numbers_and_odd_text_survive_csv() -> None:
    row = ('a "quoted", line\nbreak', -1.5, True, None, ("x", "y"), "nul\x00")
    columns = tuple(Column(f"c{n}", "C") for n in range(6))
    content = table_csv(Table("t", "T", "", columns, (row,)))
    assert read(content)[1] == ['a "quoted", line\nbreak', "-1.5", "yes", "", "x; y", "nul"]
    assert content.count(b"\r\n") == 2


def test_all_files_are_written_and_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_all(made.assessment(), RUN, tmp_path / "a" / "out")
    second = write_all(made.assessment(), RUN, tmp_path / "b")
    assert first[0].name == "report.html"
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert {"report.html", "assessment.json", "assessment.schema.json", "run.json", "tables", "pictures"} == {
        p.name for p in (tmp_path / "b").iterdir()
    }


def test_running_again_replaces_own_files_and_leaves_foreign_ones(tmp_path: Path) -> None:
    write_all(made.assessment(), RUN, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "tables" / "mine.csv").write_text("mine")
    (tmp_path / "report.html").write_text("old")
    write_all(made.assessment(), RUN, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "tables" / "mine.csv").read_text() == "mine"
    assert (tmp_path / "report.html").read_text() != "old"
    assert not list(tmp_path.glob(".harmpath-*"))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("fail_at", [0, 5, 20])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
    out = tmp_path / "out"
    write_files({"report.html": b"old", "run.json": b"old"}, out)
    (out / "notes.txt").write_text("mine")
    before, count = contents(tmp_path), 0

    def full(path: Path, content: bytes) -> None:
        nonlocal count
        count += 1
        if count > fail_at:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        path.write_bytes(content)

    monkeypatch.setattr(write, "_write", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_all(made.assessment(), RUN, out)
    assert contents(tmp_path) == before


def test_a_failure_while_moving_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files({"report.html": b"old", "b.json": b"old"}, tmp_path)
    before, real = contents(tmp_path), Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.name == "b.json" and self.parent.name == "new":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="Permission denied"):
        write_files({"report.html": b"new", "tables/x.csv": b"new", "b.json": b"new"}, tmp_path)
    assert contents(tmp_path) == before
    assert not (tmp_path / "tables").exists()


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(write.tempfile, "mkdtemp", refuse)
    with pytest.raises(OutputError, match="Read-only file system") as caught:
        write_files({"report.html": b"x"}, tmp_path)
    assert "-o" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_something_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="is not a folder"):
        write_files({"report.html": b"x"}, tmp_path / "file")
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    with pytest.raises(OutputError, match="is a folder"):
        write_files({"report.html": b"x"}, tmp_path / "out")
    (tmp_path / "out2").mkdir()
    (tmp_path / "out2" / "tables").write_text("x")
    with pytest.raises(OutputError, match="in the way"):
        write_files({"tables/a.csv": b"x"}, tmp_path / "out2")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "victim.html").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").symlink_to(elsewhere / "victim.html")
    (out / "tables").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="in the way"):
        write_files({"tables/a.csv": b"x"}, out)
    write_files({"report.html": b"new"}, out)
    assert (elsewhere / "victim.html").read_text() == "mine"
    assert (out / "report.html").read_text() == "new"


def test_names_of_files_stay_inside_the_folder() -> None:
    assert all(not name.startswith("/") and ".." not in name for name in deliverables(made.assessment(), RUN))
