"""ONNX models by onnxruntime: the preferred format, since loading one runs no code of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmpath.errors import HarmpathError, InputError, MissingExtraError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MAX_MODEL_BYTES", "OnnxVictim"]

MAX_MODEL_BYTES = 1_000_000_000
_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}


class OnnxVictim:
    """An ONNX model that takes windows as (n, steps, features), flattened to (n, steps * features), or by one input per
    feature of (n, steps).

    Args:
        path: the file.
        steps: steps of a window.
        features: names of the features, in the order of the columns.
        output: name of the output to attack; the first when empty.
        threads: of onnxruntime.
        shown: the file's name in messages.

    Raises:
        InputError: the file is missing, too large or not ONNX; inputs or output do not fit, with what was expected.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(
        self, path: Path, steps: int, features: tuple[str, ...], output: str = "", threads: int = 2, shown: str = ""
    ) -> None:
        self._shown = shown or path.name
        self.name = f"onnx:{self._shown}"
        self._steps, self._features = steps, features
        self._session = self._load(path, threads)
        self._inputs = self._fit_inputs()
        self._output = self._fit_output(output)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The named output for every window."""
        import numpy as np

        feeds: dict[str, Any] = {}
        for name, dtype, kind in self._inputs:
            part = windows
            if kind == "flat":
                part = windows.reshape(len(windows), -1)
            elif kind != "whole":
                part = windows[:, :, self._features.index(kind)]
            feeds[name] = np.ascontiguousarray(part, dtype=dtype)
        try:
            answer = self._session.run([self._output], feeds)[0]
        except Exception as error:
            raise HarmpathError(f"{self.name} failed on windows {windows.shape}: {error}") from error
        if not isinstance(answer, np.ndarray):
            raise HarmpathError(
                f"{self.name}: the output '{self._output}' is not an array but {type(answer).__name__}",
                remedy="Export a scikit-learn classifier with options={'zipmap': False}.",
            )
        return answer.astype(np.float64)

    def _load(self, path: Path, threads: int) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError("attacking an ONNX model", "ml") from error
        if not path.is_file():
            raise self._problem("missing-model", "There is no such model file.", remedy="Set model_file or model.file.")
        if path.stat().st_size > MAX_MODEL_BYTES:
            raise self._problem(
                "too-large", f"The model has {path.stat().st_size:,} bytes; at most {MAX_MODEL_BYTES:,}."
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            # Given as bytes, so that the model cannot name other files for its weights.
            return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            said = str(error).splitlines()[0][:200]
            raise self._problem("bad-model", f"Not a model that ONNX Runtime can load: {said}") from error

    def _fit_inputs(self) -> list[tuple[str, str, str]]:
        """(input name, dtype, what it takes): ``whole``, ``flat``, or the name of a feature."""
        entries = self._session.get_inputs()
        cells = self._steps * len(self._features)
        got = ", ".join(f"{e.name} {_shape(e.shape)} {e.type}" for e in entries)
        for entry in entries:
            if entry.type not in _TYPES:
                said = f"Input '{entry.name}' takes {entry.type}; expected numbers (tensor(float) or tensor(double))."
                raise self._problem("model-input", said)
            if entry.shape and isinstance(entry.shape[0], int) and entry.shape[0] != 1:
                said = f"Input '{entry.name}' has a fixed batch of {entry.shape[0]}; expected a free first dimension."
                raise self._problem("model-input", said, remedy="Export with a dynamic batch dimension.")
        if len(entries) == 1:
            entry = entries[0]
            if _fits(entry.shape[1:], (self._steps, len(self._features))):
                return [(entry.name, _TYPES[entry.type], "whole")]
            if _fits(entry.shape[1:], (cells,)):
                return [(entry.name, _TYPES[entry.type], "flat")]
        named = {e.name for e in entries} == set(self._features)
        if named and all(_fits(e.shape[1:], (self._steps,)) for e in entries):
            return [(e.name, _TYPES[e.type], e.name) for e in entries]
        expected = (
            f"one input (n, {self._steps}, {len(self._features)}) or (n, {cells}), or {len(self._features)} inputs "
            f"(n, {self._steps}) named {', '.join(self._features)}"
        )
        remedy = "Make 'window' and 'columns' of evasion.yaml those that the model was trained with."
        said = f"The model's inputs do not fit: expected {expected}; got {got}."
        raise self._problem("model-input", said, remedy=remedy)

    def _fit_output(self, wanted: str) -> str:
        names = [o.name for o in self._session.get_outputs()]
        if wanted and wanted not in names:
            said = f"The model has no output '{wanted}'; it has: {', '.join(names)}."
            raise self._problem("model-output", said, remedy="Set model.output to one of them.")
        return wanted or str(names[0])

    def _problem(self, code: str, message: str, remedy: str = "") -> InputError:
        return InputError([Problem(code, message, self._shown, remedy=remedy)])


def _shape(shape: list[Any]) -> str:
    return f"({', '.join('n' if not isinstance(d, int) else str(d) for d in shape)})"


def _fits(shape: list[Any], wanted: tuple[int, ...]) -> bool:
    """A dimension that the file leaves free fits anything."""
    if len(shape) != len(wanted):
        return False
    return all(not isinstance(d, int) or d == w for d, w in zip(shape, wanted, strict=True))
