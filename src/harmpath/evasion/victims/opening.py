"""From a file name or address to a victim; formats that execute code when loaded are refused."""

from __future__ import annotations

from pathlib import Path

from harmpath.errors import InputError, Problem
from harmpath.evasion.victims.victim import Victim

__all__ = ["open_model"]

_EXECUTING = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".bin", ".sav", ".npy", ".dill", ".cloudpickle"}


def open_model(
    path: Path, steps: int, features: tuple[str, ...], *, output: str = "", threads: int = 2, shown: str = ""
) -> Victim:
    """The victim in a model file.

    Raises:
        InputError: the format executes code when it is loaded, is not known, or the model does not fit.
        MissingExtraError: the format's library is not installed.
    """
    shown = shown or path.name
    suffix = path.suffix.lower()
    if suffix in _EXECUTING:
        said = f"A {suffix} file can execute code when it is loaded; it is not opened."
        remedy = "Export to ONNX: skl2onnx.to_onnx for scikit-learn, torch.onnx.export for PyTorch."
        raise InputError([Problem("unsafe-model-format", said, shown, remedy=remedy)])
    if suffix != ".onnx":
        remedy = "Export to ONNX, serve it by HTTP (model.url), or call harmpath.evasion from Python with a function."
        raise InputError([Problem("model-format", f"Models are read as .onnx, not '{suffix}'.", shown, remedy=remedy)])
    from harmpath.evasion.victims.onnx import OnnxVictim

    return OnnxVictim(path, steps, features, output, threads, shown)
