"""Attacks kept on disk, so that an interrupted run goes on where it stopped; nothing in the files is executed."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from harmpath.errors import OutputError
from harmpath.evasion.attack import Attempts

__all__ = ["Saved"]


class Saved:
    """A folder of finished attacks under one identity; no folder keeps nothing."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self.folder, self.identity = folder, identity

    def load(self, what: str) -> Attempts | None:
        """The finished attack, or None; a damaged or foreign file is not finished."""
        import numpy as np

        path = self._path(what)
        if path is None or not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["identity"]) != self.identity or str(stored["what"]) != what:
                    return None
                plain: dict[str, Any] = {
                    "search": str(stored["search"]),
                    "seed": int(stored["seed"]),
                    "planning": int(stored["planning"]),
                }
                arrays = {f.name: stored[f.name] for f in fields(Attempts) if f.name not in plain}
                return Attempts(**plain, **arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def store(self, what: str, found: Attempts) -> None:
        """Keep a finished attack."""
        import numpy as np

        path = self._path(what)
        if path is None:
            return
        values: dict[str, Any] = {f.name: np.asarray(getattr(found, f.name)) for f in fields(Attempts)}
        temporary = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                np.savez_compressed(stream, identity=np.array(self.identity), what=np.array(what), **values)
            temporary.replace(path)
        except OSError as error:
            said = f"cannot write {path.name}: {error.strerror}"
            raise OutputError(said, remedy="Check the folder and free space.") from error

    def _path(self, what: str) -> Path | None:
        if self.folder is None:
            return None
        name = hashlib.sha256(f"{self.identity} {what}".encode()).hexdigest()[:24]
        return self.folder / f"{name}.npz"
