"""The example projects that ship with harmpath, as starting points."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from harmpath.device.reading import near_miss
from harmpath.errors import OutputError, UsageError

__all__ = ["copy_example", "example_names"]


def example_names() -> tuple[str, ...]:
    """Names of the shipped examples, sorted."""
    root = files("harmpath").joinpath("examples")
    return tuple(sorted(p.name for p in root.iterdir() if p.joinpath("device.yaml").is_file()))


def copy_example(name: str, folder: Path) -> None:
    """Copy an example into a new folder, with the schema that editors complete from.

    Raises:
        UsageError: there is no such example.
        OutputError: the folder exists and is not empty, or cannot be written; nothing is left behind.
    """
    import json

    from harmpath.device.schema import device_schema

    names = example_names()
    if name not in names:
        hint = near_miss(name, names)
        raise UsageError(f"There is no example '{name}'.", remedy=f"{hint} Examples: {', '.join(names)}.".strip())
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and is not empty.", remedy="Name a folder that does not exist yet.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            made = Path(scratch) / "project"
            with as_file(files("harmpath").joinpath("examples", name)) as source:
                shutil.copytree(source, made, ignore=shutil.ignore_patterns("measurements"))
            _comment_out(made / "decisions.yaml")
            schema = json.dumps(device_schema(), indent=1, ensure_ascii=False) + "\n"
            (made / "device.schema.json").write_text(schema, encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            made.replace(folder)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}.", remedy="Choose another place.") from error


def _comment_out(decisions: Path) -> None:
    """What was decided about the example is not decided about a new device; it stays as a pattern to write from."""
    lines = decisions.read_text(encoding="utf-8").splitlines() if decisions.exists() else []
    pattern = [line if line.startswith("#") or not line.strip() else f"# {line}" for line in lines]
    decisions.write_text("\n".join(["decisions: []", "", *pattern]) + "\n", encoding="utf-8")
