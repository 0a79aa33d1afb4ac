"""The records of measurements that a project keeps in ``measurements/``: written whole, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from harmpath.device.project import Project
from harmpath.errors import InputError, OutputError, Problem

__all__ = ["MAX_BYTES", "read_record", "write_record"]

MAX_BYTES = 16_000_000
T = TypeVar("T", bound=msgspec.Struct)


def write_record(project: Project, name: str, record: msgspec.Struct) -> Path:
    """Write a record whole or not at all.

    Raises:
        OutputError: the project folder cannot be written.
    """
    path = project.folder / name
    staged = path.with_suffix(".part")
    try:
        path.parent.mkdir(exist_ok=True)
        staged.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        staged.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.", remedy="Check the project folder.") from error
    return path


def read_record(project: Project, name: str, kind: type[T], made_by: str) -> T | None:
    """A record of the given kind; None when the project keeps none.

    Raises:
        InputError: the file is not one.
    """
    path = project.folder / name
    if not path.is_file():
        return None
    remedy = f"Write it again: {made_by}."
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError([Problem("too-large", f"More than {MAX_BYTES:,} bytes.", name, remedy=remedy)])
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            [Problem("measured", f"Not a record of a measurement: {error}.", name, remedy=remedy)]
        ) from error
