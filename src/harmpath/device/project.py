"""A device project: a folder in git with device.yaml and, when there, sbom.*, documents/, facts/ and decisions.yaml."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harmpath.device.model import Device
from harmpath.device.reading import device_from
from harmpath.device.yamltree import Tree, read
from harmpath.errors import InputError, Problem

__all__ = ["Project", "open_project"]

_SBOM_SUFFIXES = (".json", ".xml", ".spdx")
_MAX_FILES = 2000


@dataclass(frozen=True)
class Project:
    """An opened project folder."""

    folder: Path
    device: Device
    tree: Tree
    """device.yaml as written, with the place of every value."""

    @property
    def device_file(self) -> Path:
        """The file the device was read from."""
        return self.folder / "device.yaml"

    @property
    def decisions_file(self) -> Path:
        """Where the analyst's decisions are kept; it need not exist."""
        return self.folder / "decisions.yaml"

    def sboms(self) -> tuple[Path, ...]:
        """Files named ``sbom.*`` or ``*.sbom.*`` in the project folder."""
        found = (p for p in self._files(self.folder) if "sbom" in p.name.lower().split(".")[:-1])
        return tuple(p for p in found if p.suffix.lower() in _SBOM_SUFFIXES)

    def documents(self) -> tuple[Path, ...]:
        """Files in ``documents/``."""
        return tuple(self._files(self.folder / "documents"))

    def facts(self) -> tuple[Path, ...]:
        """The project's own tables of vulnerability facts, ``facts/*.json``."""
        return tuple(p for p in self._files(self.folder / "facts") if p.suffix == ".json")

    def inside(self, relative: str) -> Path:
        """A file named in device.yaml; InputError when it would lie outside the project folder."""
        path = (self.folder / relative).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            remedy = "Name files relative to the project folder, without '..'."
            raise InputError(
                [
                    Problem(
                        "outside-project", "The path leaves the project.", "device.yaml", value=relative, remedy=remedy
                    )
                ]
            )
        return path

    def input_hashes(self) -> dict[str, str]:
        """SHA-256 of every file that an assessment reads, by path inside the project, sorted."""
        own = (self.folder / name for name in ("risk.yaml", "simulation.yaml", "evasion.yaml"))
        measured = (self.folder / "measurements" / name for name in ("simulation.json", "evasion.json"))
        files = [
            self.device_file,
            self.decisions_file,
            *own,
            *measured,
            *self.sboms(),
            *self.documents(),
            *self.facts(),
        ]
        existing = sorted({p for p in files if p.is_file()})
        return {p.relative_to(self.folder).as_posix(): _sha256(p) for p in existing}

    def _files(self, folder: Path) -> Iterator[Path]:
        """Regular files directly in a folder, sorted; a link that leads out of the project is not followed."""
        if not folder.is_dir():
            return
        root = self.folder.resolve()
        for number, path in enumerate(sorted(folder.iterdir())):
            if number >= _MAX_FILES:
                said = f"The folder holds more than {_MAX_FILES} files."
                raise InputError(
                    [Problem("too-many-files", said, str(folder), remedy="Keep only what describes the device.")]
                )
            if path.is_file() and not path.name.startswith(".") and path.resolve().is_relative_to(root):
                yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_project(folder: Path) -> Project:
    """Open a project folder (or the device.yaml in it).

    Raises:
        InputError: there is no device.yaml, or it is wrong; every problem at once.
    """
    folder = folder.parent if folder.is_file() and folder.name == "device.yaml" else folder
    tree = read(folder / "device.yaml")
    return Project(folder, device_from(tree), tree)
