"""From device.yaml to a Device, or to every problem in it with file, line, column, value and remedy."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from harmpath.device.model import Device
from harmpath.device.yamltree import Path_, Tree
from harmpath.errors import InputError, Problem

__all__ = ["device_from", "near_miss"]

MAX_PROBLEMS = 200
"""A file with more problems than this is the wrong file."""


def near_miss(wrong: str, known: list[str] | tuple[str, ...]) -> str:
    """``Did you mean 'x'?`` or an empty string."""
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close else ""


def device_from(tree: Tree) -> Device:
    """The device that a parsed device.yaml describes.

    Raises:
        InputError: with one Problem per wrong key or value.
    """
    if not isinstance(tree.value, dict):
        remedy = "See 'harmpath init' for a commented starting file."
        raise InputError([tree.problem((), "not-a-mapping", "The file does not hold a device.", remedy=remedy)])
    try:
        return Device.model_validate(tree.value)
    except ValidationError as error:
        found = _without_echoes(error.errors(include_url=False, include_context=True))
        problems = [_problem(tree, e) for e in found[:MAX_PROBLEMS]]
        if len(found) > MAX_PROBLEMS:
            problems.append(Problem("more", f"{len(found) - MAX_PROBLEMS} more problems are not shown.", tree.file))
        raise InputError(sorted(problems, key=lambda p: (p.line or 0, p.column or 0))) from error


def _without_echoes(errors: list[Any]) -> list[Any]:
    """A misspelt required key is one mistake, not an unknown key and a missing one."""
    meant: set[Path_] = set()
    for error in errors:
        if error["type"] == "extra_forbidden":
            parent = error["loc"][:-1]
            close = difflib.get_close_matches(str(error["loc"][-1]), _required(parent), n=1, cutoff=0.6)
            meant.update((*parent, name) for name in close)
    return [e for e in errors if e["type"] != "missing" or e["loc"] not in meant]


def _problem(tree: Tree, error: Any) -> Problem:
    path: Path_ = tuple(error["loc"])
    kind = error["type"]
    key = str(path[-1]) if path else ""
    if kind == "missing":
        keys = ", ".join(_required(path[:-1]))
        return tree.problem(path[:-1], "missing-key", f"'{key}' is missing.", remedy=f"Required here: {keys}.")
    if kind == "extra_forbidden":
        known = sorted(_keys(path[:-1]))
        remedy = near_miss(key, known) or f"Known here: {', '.join(known)}."
        return tree.problem(path, "unknown-key", "Unknown key.", value=key, remedy=remedy)
    value = _value(error.get("input"))
    if kind == "literal_error":
        allowed = [w.strip("'") for w in str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        hint = near_miss(str(error.get("input")), allowed)
        remedy = f"{hint} One of: {', '.join(allowed)}.".strip()
        return tree.problem(path, "wrong-value", f"'{key}' does not take this value.", value=value, remedy=remedy)
    if kind == "string_pattern_mismatch":
        remedy = "An id starts with a letter and holds letters, digits, '_', '.', '-' (at most 64)."
        if key == "product_code":
            remedy = "A product code is three capital letters, e.g. NBW."
        return tree.problem(path, "wrong-form", f"'{key}' is not written as it must be.", value=value, remedy=remedy)
    said = str(error["msg"]).removeprefix("Value error, ")
    return tree.problem(path, "wrong-type", f"'{key}': {said}.", value=value, remedy=_expected(path))


def _value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return "a mapping of " + ", ".join(map(str, list(value)[:4]))
    return "a list" if isinstance(value, (list, tuple)) else str(value)


def _model_at(path: Path_) -> type[BaseModel] | None:
    """The pydantic class that holds the given path, found by walking the annotations."""
    current: Any = Device
    for part in path:
        if isinstance(part, int):
            continue
        fields = getattr(current, "model_fields", {})
        found = next((f for name, f in fields.items() if (f.alias or name) == part), None)
        current = _inner_model(found.annotation) if found else None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_inner_model, get_args(annotation)) if m), None)


def _keys(path: Path_) -> list[str]:
    model = _model_at(path)
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _required(path: Path_) -> list[str]:
    model = _model_at(path)
    return [f.alias or n for n, f in model.model_fields.items() if f.is_required()] if model else []


def _expected(path: Path_) -> str:
    """The field's own description, as the remedy for a value of the wrong type."""
    model = _model_at(path[:-1])
    for name, field in model.model_fields.items() if model else ():
        if (field.alias or name) == path[-1] and field.description:
            return f"Expected: {field.description}."
    return ""
