"""simulation.yaml and campaigns: errors with their line, resuming, processes, bytes."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harmpath.errors import InputError, MissingExtraError, OutputError, UsageError
from harmpath.patients import campaign as module
from harmpath.patients.campaign import run_campaign
from harmpath.patients.controllers import Oref0
from harmpath.patients.spec import SimulationSpec, load_spec

TEXT = """\
simulation:
  patients: [adult#001, adult#002, child#003]
  second_plant: kanderian-2009
  days: 1
  replicates: 5
  seed: 3
  controller: {kind: oref0, max_rate: 8}
  monitor: {kind: context-stl, mitigation: alarm}
  scenarios:
    - name: high readings
      path: P1
      faults:
        - channel: cgm
          operation: replace
          magnitude: 300
          start: 120
          duration: 240
          limits: {high: 350, rate_per_minute: 4}
          trigger: {kind: hours, a: 1, b: 6}
    - {name: pump stopped, faults: [{channel: insulin, operation: truncate, start: 120}]}
"""


def written(tmp_path: Path, text: str = TEXT) -> Path:
    path = tmp_path / "simulation.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def small(monkeypatch):
    """Chunks so small that a small campaign has several."""
    monkeypatch.setattr(module, "CHUNK_PATIENT_DAYS", 6)


def test_a_campaign_writes_rows_with_scenario_seed_and_version(tmp_path, small):
    seen = []
    done = run_campaign(load_spec(written(tmp_path)), tmp_path / "out", progress=lambda *a: seen.append(a))
    table = pq.read_table(done.rows)
    assert len(table) == 3 * 3 * 5 + 3 * 10 * 5
    assert set(table["scenario"].to_pylist()) == {"no attack", "high readings", "pump stopped"}
    assert set(table["path"].to_pylist()) == {"", "P1"}
    assert set(table["seed"].to_pylist()) == {3}
    assert set(table["harmpath_version"].to_pylist()) == {module.__version__}
    assert {"below_54", "lbgi", "severity", "time_to_54", "insulin_excess", "left_validity_at"} <= set(
        table.column_names
    )
    assert json.loads(table.schema.metadata[b"spec"])["seed"] == 3
    assert [s.scenario.name for s in done.harm.scenarios] == ["no attack", "high readings", "pump stopped"]
    assert done.second is not None
    assert set(done.agreement) == {"no attack", "high readings", "pump stopped"}
    assert done.glucose.shape == (45, 288)
    assert seen[-1][0] == seen[-1][1]
    summary = json.loads((tmp_path / "out" / "harm.json").read_text())
    assert summary["scenarios"][1]["path"] == "P1"
    assert summary["severity_criteria"]
    assert not list((tmp_path / "out").rglob("*.part"))


def test_an_interrupted_campaign_resumes_to_the_same_bytes(tmp_path, small, monkeypatch):
    spec = load_spec(written(tmp_path))
    whole = run_campaign(spec, tmp_path / "a")
    real, calls = module._run_chunk, []

    def fails_later(*args):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(module, "_run_chunk", fails_later)
    with pytest.raises(KeyboardInterrupt):
        run_campaign(spec, tmp_path / "b")
    monkeypatch.setattr(module, "_run_chunk", real)
    assert not (tmp_path / "b" / "runs.parquet").exists()
    damaged = sorted((tmp_path / "b" / "parts").iterdir())[0]
    damaged.write_bytes(b"not parquet")
    again = run_campaign(spec, tmp_path / "b")
    assert again.resumed == 2
    assert again.rows.read_bytes() == whole.rows.read_bytes()
    assert (tmp_path / "b" / "harm.json").read_bytes() == (tmp_path / "a" / "harm.json").read_bytes()
    other = run_campaign(spec, tmp_path / "b", seed=4)
    assert other.resumed == 0
    assert other.rows.read_bytes() != whole.rows.read_bytes()


def test_processes_and_chunk_sizes_change_nothing(tmp_path, monkeypatch):
    spec = load_spec(written(tmp_path))
    one = run_campaign(spec, tmp_path / "one")
    monkeypatch.setattr(module, "CHUNK_PATIENT_DAYS", 9)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        two = run_campaign(spec, tmp_path / "two", executor=pool)
    assert two.chunks > one.chunks
    assert one.rows.read_bytes() == two.rows.read_bytes()


def test_searches_become_scenarios(tmp_path):
    text = (
        TEXT + "  searches:\n    - {name: worst, channel: cgm, operations: [add, replace], size: 8, generations: 2}\n"
    )
    done = run_campaign(load_spec(written(tmp_path, text)), tmp_path / "out")
    assert done.found[0].evaluations == 16
    assert done.harm["worst"].scenario == done.found[0].scenario


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("days: many\n", "wrong-value", 1),
        ("patients: [adult]\ncontroler: {}\n", "unknown-key", 2),
        (
            "scenarios:\n  - name: a\n    faults:\n      - {channel: cgm, operation: replace, begin: 4}\n",
            "unknown-key",
            4,
        ),
        (
            "scenarios:\n  - name: a\n    faults: [{channel: cgm, operation: add, magnitude: 1, start: 9999}]\n",
            "window-outside-run",
            1,
        ),
        ("controller: {kind: abacus}\n", "wrong-value", 1),
        ("controller: {kind: pid, gian: 3}\n", "unknown-key", 1),
        ("patients: [adlt]\n", "unknown-patient", 1),
        ("meals: {fixed: [{hour: 7, grams: -3}]}\n", "bad-meal", 1),
        ("severity: [{severity: dire, measure: minimum, comparison: '<', value: 3}]\n", "wrong-value", 1),
        ("days: 1\ndays: 2\n", "duplicate-key", 2),
    ],
)
def test_a_bad_file_gets_its_line_and_a_remedy(tmp_path, text, code, line):
    with pytest.raises(InputError) as caught:
        load_spec(written(tmp_path, text), "simulation.yaml")
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line) == (code, "simulation.yaml", line)


def test_a_wrong_key_is_answered_with_the_right_ones(tmp_path):
    text = "scenarios:\n  - name: a\n    faults:\n      - {channel: cgm, operation: replace, begin: 4}\n"
    with pytest.raises(InputError) as caught:
        load_spec(written(tmp_path, text))
    assert "start, duration, trigger, limits" in caught.value.problems[0].remedy


def test_the_loop_is_built_as_written(tmp_path):
    loop = load_spec(written(tmp_path)).loop()
    assert loop.controller == Oref0(max_rate=8.0)
    assert loop.monitor.kind == "context-stl"
    assert SimulationSpec().loop().controller == Oref0()


def test_an_unwritable_folder_is_an_output_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError):
        run_campaign(SimulationSpec(patients=("adult#001",)), blocked)


def onnx_forecast(path: Path, scale: float = 1.0) -> None:
    """A linear forecaster as ONNX: the last reading times ``scale``."""
    onnx = pytest.importorskip("onnx")
    weights = np.zeros((12, 1), dtype=np.float32)
    weights[-1, 0] = scale
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "forecast",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 12])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 1])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    path.write_bytes(model.SerializeToString())


def test_an_onnx_model_runs_in_the_loop_and_stays_inside_the_project(tmp_path):
    onnx_forecast(tmp_path / "model.onnx")
    spec = SimulationSpec.model_validate(
        {
            "patients": ["adult#001"],
            "controller": {"kind": "onnx-forecast", "model": "model.onnx"},
            "scenarios": [
                {
                    "name": "high",
                    "faults": [
                        {"channel": "cgm", "operation": "replace", "magnitude": 350, "start": 300, "duration": 120}
                    ],
                }
            ],
        }
    )
    done = run_campaign(spec, tmp_path / "out", root=tmp_path)
    assert done.harm["high"].figure("insulin over-delivered").value > 1.0
    outside = spec.model_copy(update={"controller": spec.controller.model_copy(update={"model": "../model.onnx"})})
    with pytest.raises(InputError, match="inside the project"):
        outside.loop(tmp_path)
    onnx_forecast(tmp_path / "mmol.onnx", 1 / 18.02)
    wrong = spec.model_copy(update={"controller": spec.controller.model_copy(update={"model": "mmol.onnx"})})
    with pytest.raises(UsageError, match="steady"):
        wrong.loop(tmp_path)
    (tmp_path / "bad.onnx").write_bytes(b"zzz")
    bad = spec.model_copy(update={"controller": spec.controller.model_copy(update={"model": "bad.onnx"})})
    with pytest.raises((InputError, MissingExtraError), match="ONNX"):
        bad.loop(tmp_path)


def test_the_shipped_forecaster_runs_in_the_loop():
    """The example's own model: an hour of seven features, six steps ahead."""
    import harmpath

    root = Path(harmpath.__file__).parent / "examples" / "bgms"
    features = ["glucose", "bolus", "carbs", "time-sin", "time-cos", "finger", "missing"]
    spec = SimulationSpec.model_validate(
        {
            "patients": ["adult#001"],
            "controller": {"kind": "onnx-forecast", "model": "model/forecaster.onnx", "features": features},
        }
    )
    forecast = spec.loop(root).controller
    steady = np.zeros((1, 12, 7), dtype=np.float32)
    steady[:, :, 0] = 150.0
    assert 60.0 < float(forecast.predict(steady)[0, -1]) < 300.0
