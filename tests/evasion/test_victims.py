"""Victims: shapes are said as expected and got; nothing that executes is opened; answers are distrusted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from harmpath.errors import HarmpathError, InputError, SourceError, UsageError
from harmpath.evasion.victims.endpoint import EndpointVictim
from harmpath.evasion.victims.onnx import OnnxVictim
from harmpath.evasion.victims.opening import open_model
from harmpath.evasion.victims.victim import Cached, Counted, FunctionVictim

FEATURES = ("a", "b", "c")


def model(path: Path, shapes: dict[str, list[object]], dtype: int = TensorProto.FLOAT) -> Path:
    """Each input is summed over all but the batch; the sums are added."""
    axes = {name: numpy_helper.from_array(np.arange(1, len(shape)), f"axes-{name}") for name, shape in shapes.items()}
    nodes = [helper.make_node("ReduceSum", [n, f"axes-{n}"], [f"sum-{n}"], keepdims=0) for n in shapes]
    nodes.append(helper.make_node("Sum", [f"sum-{n}" for n in shapes], ["total"]))
    nodes.append(helper.make_node("Neg", ["total"], ["minus"]))
    inputs = [helper.make_tensor_value_info(n, dtype, s) for n, s in shapes.items()]
    outputs = [helper.make_tensor_value_info(n, dtype, ["n"]) for n in ("total", "minus")]
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(axes.values()))
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    )
    return path


@pytest.fixture
def windows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("shapes", "dtype"),
    [
        ({"x": ["n", 4, 3]}, TensorProto.FLOAT),
        ({"x": ["n", 12]}, TensorProto.FLOAT),
        ({"x": [None, None, 3]}, TensorProto.DOUBLE),
        ({"a": ["n", 4], "b": ["n", 4], "c": ["n", 4]}, TensorProto.FLOAT),
    ],
)
def test_onnx_takes_whole_flat_and_separate_inputs(
    tmp_path: Path, windows: np.ndarray, shapes: dict[str, list[object]], dtype: int
) -> None:
    victim = OnnxVictim(model(tmp_path / "m.onnx", shapes, dtype), 4, FEATURES)
    assert np.allclose(victim.predict(windows), windows.sum(axis=(1, 2)), atol=1e-5)
    other = OnnxVictim(tmp_path / "m.onnx", 4, FEATURES, output="minus")
    assert np.allclose(other.predict(windows), -windows.sum(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "expected", "got"),
    [
        ({"x": ["n", 6, 3]}, "(n, 4, 3) or (n, 12)", "x (n, 6, 3)"),
        ({"x": ["n", 13]}, "(n, 4, 3) or (n, 12)", "x (n, 13)"),
        ({"a": ["n", 4], "z": ["n", 4]}, "named a, b, c", "z (n, 4)"),
        ({"x": [7, 4, 3]}, "free first dimension", "fixed batch of 7"),
    ],
)
def test_a_model_that_does_not_fit_says_expected_and_got(
    tmp_path: Path, shapes: dict[str, list[object]], expected: str, got: str
) -> None:
    with pytest.raises(InputError) as error:
        OnnxVictim(model(tmp_path / "m.onnx", shapes), 4, FEATURES)
    assert expected in str(error.value)
    assert got in str(error.value)
    assert error.value.problems[0].file == "m.onnx"


def test_unknown_output_lists_the_outputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no output 'dose'; it has: total, minus"):
        OnnxVictim(model(tmp_path / "m.onnx", {"x": ["n", 12]}), 4, FEATURES, output="dose")


def test_what_is_not_onnx_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "m.onnx"
    bad.write_bytes(b"not a model")
    with pytest.raises(InputError, match="bad-model"):
        OnnxVictim(bad, 4, FEATURES)
    with pytest.raises(InputError, match="missing-model"):
        OnnxVictim(tmp_path / "none.onnx", 4, FEATURES)


@pytest.mark.parametrize("name", ["m.pkl", "m.joblib", "m.pt", "m.PTH", "m.pickle"])
def test_formats_that_execute_code_are_refused_unopened(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can execute code") as error:
        open_model(tmp_path / name, 4, FEATURES)
    assert "ONNX" in error.value.problems[0].remedy
    with pytest.raises(InputError, match="model-format"):
        open_model(tmp_path / "m.h5", 4, FEATURES)


def test_nan_answers_are_an_error_with_counts(windows: np.ndarray) -> None:
    victim = Counted(FunctionVictim(lambda w: np.where(np.arange(len(w)) == 2, np.nan, 1.0)))
    with pytest.raises(HarmpathError, match=r"NaN or infinity for 1 of 5 windows \(first: 2\)"):
        victim.predict(windows)


def test_answers_for_another_batch_are_an_error(windows: np.ndarray) -> None:
    with pytest.raises(HarmpathError, match="expected one row per window"):
        Counted(FunctionVictim(lambda w: np.zeros(3))).predict(windows)
    with pytest.raises(UsageError, match="steps, features"):
        Counted(FunctionVictim(lambda w: np.zeros(3))).predict(windows[:, :, 0])


def test_an_exception_in_a_function_names_it(windows: np.ndarray) -> None:
    def forecast(_: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError("no scale")

    with pytest.raises(HarmpathError, match=r"forecast raised ZeroDivisionError on windows \(5, 4, 3\): no scale"):
        FunctionVictim(forecast).predict(windows)


def test_queries_are_counted_and_batches_bounded(windows: np.ndarray) -> None:
    sizes: list[int] = []

    def total(w: np.ndarray) -> np.ndarray:
        sizes.append(len(w))
        return w.sum(axis=(1, 2))

    victim = Counted(FunctionVictim(total), batch=2)
    assert np.allclose(victim.predict(windows)[:, 0], windows.sum(axis=(1, 2)))
    assert victim.queries == 5
    assert sizes == [2, 2, 1]


def test_cache_asks_each_window_once(windows: np.ndarray) -> None:
    inner = Counted(FunctionVictim(lambda w: w.sum(axis=(1, 2))))
    victim = Cached(inner, limit=4)
    twice = np.concatenate([windows, windows[:2]])
    first = victim.predict(twice)
    assert inner.queries == 5
    assert victim.hits == 2
    assert np.array_equal(victim.predict(twice), first)
    assert np.allclose(first[:, 0], twice.sum(axis=(1, 2)))


def _answers(request: Request) -> Response:
    rows = np.array(json.loads(request.data)["inputs"])
    return Response(json.dumps({"outputs": rows.sum(axis=(1, 2))[:, None].tolist()}), content_type="application/json")


def test_endpoint_in_batches(httpserver: HTTPServer, windows: np.ndarray) -> None:
    httpserver.expect_request("/predict").respond_with_handler(_answers)
    victim = EndpointVictim(httpserver.url_for("/predict"), batch=2)
    assert np.allclose(victim.predict(windows)[:, 0], windows.sum(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response("oops", status=500), "answered 500"),
        (Response("", status=302, headers={"Location": "http://other.invalid/"}), "answered 302"),
        (Response("[1, 2"), "did not answer with JSON"),
        (Response('{"outputs": [[1.0]]}'), "answered 1 rows to 5 windows"),
        (Response('{"outputs": "many"}'), "one row of numbers per window"),
        (Response("[]"), "expected an object with 'outputs'"),
    ],
)
def test_endpoint_that_lies(httpserver: HTTPServer, windows: np.ndarray, answer: Response, said: str) -> None:
    httpserver.expect_request("/predict").respond_with_response(answer)
    with pytest.raises(SourceError, match=said):
        EndpointVictim(httpserver.url_for("/predict")).predict(windows)


def test_endpoint_that_hangs(httpserver: HTTPServer, windows: np.ndarray) -> None:
    import time

    def slow(_: Request) -> Response:
        time.sleep(1.0)
        return Response("{}")

    httpserver.expect_request("/predict").respond_with_handler(slow)
    with pytest.raises(SourceError, match=r"did not answer within 0\.2 s"):
        EndpointVictim(httpserver.url_for("/predict"), timeout=0.2).predict(windows)


@pytest.mark.parametrize("url", ["ftp://host/x", "predict", "file:///etc/hosts"])
def test_endpoint_needs_a_web_address(url: str) -> None:
    with pytest.raises(UsageError):
        EndpointVictim(url)
