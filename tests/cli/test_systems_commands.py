"""context, monitors, trace, breaks, stpa-tables, export-model and import-model, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HARMPATH_STORE": "/nonexistent/store", "NO_COLOR": "1"}
    call = [sys.executable, "-m", "harmpath", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture
def aid(examples: Path) -> Path:
    return examples / "aid"


def test_context_shows_one_table_and_its_coverage(aid: Path):
    done = run("context", aid, "CA-stop-insulin")
    assert done.returncode == 0, done.stderr
    assert "(full)" in done.stdout
    assert "Coverage of CA-stop-insulin" in done.stdout
    found = json.loads(run("context", aid, "CA-stop-insulin", "--json").stdout)
    assert len(found["context_tables"]) == 1
    wrong = run("context", aid, "CA-stop")
    assert (wrong.returncode, "CA-stop-insulin" in wrong.stderr) == (2, True)


def test_monitors_show_formulas_and_what_has_none(aid: Path):
    found = json.loads(run("monitors", aid, "--json").stdout)
    formulas = {r["uca"]: r["formula"] for r in found["rules"]}
    assert formulas["UCA-rule-9"].endswith("-> !CA_stop_insulin)")
    assert all(n["reason"] for n in found["not_generated"])
    assert "No rule for" in run("monitors", aid).stdout


def test_trace_between_two_kinds_and_the_summary(aid: Path):
    found = json.loads(run("trace", aid, "channel", "loss", "--json").stdout)
    assert found["matrix"]["marks"]
    assert "channel" in run("trace", aid).stdout
    wrong = run("trace", aid, "chanel", "loss")
    assert (wrong.returncode, "Kinds:" in wrong.stderr) == (2, True)


def test_breaks_names_what_is_lost(aid: Path):
    device = run("breaks", aid, "pump", "--json")
    lost = {b["id"] for b in json.loads(device.stdout)["breaks"] if b["outcome"] == "lost"}
    assert "CA-stop-insulin" in lost
    assert run("breaks", aid, "nothing").returncode == 2


@pytest.mark.parametrize(("form", "file"), [("markdown", "stpa.md"), ("json", "stpa.json"), ("csv", "stpa/losses.csv")])
def test_tables_are_written(aid: Path, tmp_path: Path, form: str, file: str):
    done = run("stpa-tables", aid, "--format", form, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / file).stat().st_size > 100


@pytest.mark.parametrize(("form", "name"), [("pasta", "aid.stpa"), ("otm", "aid.json")])
def test_a_model_goes_out_and_comes_back(aid: Path, tmp_path: Path, form: str, name: str):
    out = run("export-model", aid, form, "-o", tmp_path / name)
    assert out.returncode == 0, out.stderr
    back = run("import-model", tmp_path / name, tmp_path / "again")
    assert back.returncode == 0, back.stderr
    assert "Left out or assumed" in back.stdout
    assert run("check", tmp_path / "again").returncode in (0, 1)
    assert run("import-model", tmp_path / name, tmp_path / "again").returncode == 2


def test_a_bad_file_is_one_clear_error_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "bad.stpa").write_text("Losses\nL1 oops")
    done = run("import-model", tmp_path / "bad.stpa", tmp_path / "made")
    assert done.returncode == 2
    assert "bad.stpa:2:4" in done.stderr
    assert not (tmp_path / "made").exists()


def test_rules_are_tried_on_a_trace(aid: Path, tmp_path: Path):
    file = tmp_path / "night.csv"
    rows = ["time_s,bg,iob,CA-stop-insulin", "0,150,1,0", "300,160,1,1", "600,,1,1"]
    file.write_text("\n".join(rows))
    found = json.loads(run("monitors", aid, "--trace", file, "--json").stdout)
    nine = next(v for v in found["verdicts"] if v["rule"] == "MON-UCA-rule-9")
    assert (nine["broken"], nine["first_s"], nine["undecided"]) == (1, 300.0, 1)
    assert found["without_columns"]
    file.write_text("time,bg\n1,2")
    assert "trace-header" in run("monitors", aid, "--trace", file).stderr
