"""Traces from outside, windows cut from them, and features computed from signals."""

from __future__ import annotations

from pathlib import Path

import made_attacks as made
import numpy as np
import pytest

from harmpath.errors import InputError
from harmpath.evasion.layout import Column, Layout
from harmpath.evasion.traces import Trace, cut, read_traces

LIVING = {"glucose": (20.0, 600.0)}


def file(folder: Path, text: str) -> Path:
    path = folder / "traces.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_patients_apart_and_fills_gaps(tmp_path: Path) -> None:
    path = file(tmp_path, "patient,minute,dose,glucose\nb,0,1,100\na,10,0,90\na,15,,91\na,30,0,\na,35,2,95\n")
    traces = read_traces(path, ("glucose", "dose"), 5.0, physiological=LIVING)
    assert [t.patient for t in traces] == ["a", "b"]
    assert traces[0].start == 10
    want = [[90, 0], [91, np.nan], [np.nan, np.nan], [np.nan, np.nan], [np.nan, 0], [95, 2]]
    assert np.array_equal(traces[0].values, want, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("patient,minute\na,0\n", "missing-column", 1),
        ("patient,minute,glucose\na,0,high\n", "not-a-number", 2),
        ("patient,minute,glucose\na,0,90\na,7,90\n", "bad-minute", 3),
        ("patient,minute,glucose\na,5,90\na,0,90\n", "bad-minute", 3),
        ("patient,minute,glucose\na,0,90\na,0,90\n", "bad-minute", 3),
        ("patient,minute,glucose\n", "no-traces", None),
        ("patient,minute,glucose\na,0,90\na,9000000,90\n", "gap", None),
    ],
)
def test_bad_files_say_where(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    with pytest.raises(InputError) as error:
        read_traces(file(tmp_path, text), ("glucose",), 5.0)
    problem = error.value.problems[0]
    assert (problem.code, problem.line, problem.file) == (code, line, "traces.csv")


def test_mmol_taken_for_mgdl_is_asked_about_and_converted_when_stated(tmp_path: Path) -> None:
    path = file(tmp_path, "patient,minute,glucose\na,0,5.5\na,5,6.1\n")
    with pytest.raises(InputError, match=r"units: \{glucose: mmol/L\}"):
        read_traces(path, ("glucose",), 5.0, physiological=LIVING)
    traces = read_traces(path, ("glucose",), 5.0, physiological=LIVING, units={"glucose": "mmol/L"})
    assert traces[0].values[0, 0] == pytest.approx(99.1, abs=0.1)
    odd = file(tmp_path, "patient,minute,glucose\na,0,9000\n")
    with pytest.raises(InputError, match="Check unit and column"):
        read_traces(odd, ("glucose",), 5.0, physiological=LIVING)


def test_windows_line_up_with_past_and_truth() -> None:
    values = np.stack([np.arange(20.0) + 100, np.where(np.arange(20) == 9, 1.0, 0.0)], axis=1)
    w = cut([Trace("a", values)], made.SIGNALS, steps=4, horizon=2, target="glucose", event="dose", event_steps=3)
    assert len(w) == 15
    assert w.raw[0, :, 0].tolist() == [100, 101, 102, 103]
    assert np.isnan(w.past[0]).all()
    assert w.past[5, :, 0].tolist() == [101, 102, 103, 104]
    assert w.truth[5].tolist() == [109, 110]
    assert w.end[5] == 8
    assert w.end[w.recent].tolist() == [9, 10, 11]


def test_windows_without_target_or_truth_are_left_out_and_short_traces_refused() -> None:
    glucose = np.arange(12.0) + 90
    glucose[[0, 1, 2, 9]] = np.nan
    trace = Trace("a", np.stack([glucose, np.zeros(12)], axis=1))
    w = cut([trace], made.SIGNALS, steps=3, horizon=1, target="glucose")
    assert w.end.tolist() == [3, 4, 5, 6, 7, 9, 10]
    with pytest.raises(InputError, match="No patient has 13 steps"):
        cut([trace], made.SIGNALS, steps=12, horizon=1, target="glucose")


def test_derived_features_follow_the_signals() -> None:
    layout = Layout.of(
        (
            Column("v", "s", fill=-1.0),
            Column("m", "s", "missing"),
            Column("sin", "t", "day-sine"),
            Column("cos", "t", "day-cosine"),
            Column("mean", "s", "rolling-mean", steps=2, fill=7.0),
            Column("diff", "s", "difference", steps=1),
            Column("two", "s", "category", category=2.0),
        )
    )
    raw = np.stack([[np.nan, 2.0, np.nan, 4.0], [0.0, 6.0, 12.0, 18.0]], axis=1)[None]
    got = layout.compute(raw)[0].T
    want = [
        [-1, 2, -1, 4],
        [1, 0, 1, 0],
        [0, 1, 0, -1],
        [1, 0, -1, 0],
        [7, 2, 2, 4],
        [0, 0, 0, 0],
        [0, 1, 0, 0],
    ]
    assert np.allclose(got, want, atol=1e-6)
