"""A published table beside ours, cell by cell. A study is one file in catalogue/landscape/studies."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harmpath.catalogue.loading import load_mapping
from harmpath.errors import UsageError
from harmpath.evidence import Coverage
from harmpath.landscape.store import open_store

__all__ = ["Cell", "Reproduction", "reproduce", "studies"]


class _Study(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    source: str
    tables: tuple[str, ...]
    query: str
    """Gives (row, column, count)."""
    why_different: str = ""
    published: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the published table beside ours; a cell that only one side has is None on the other."""

    row: str
    column: str
    published: int | None
    ours: int | None

    @property
    def difference(self) -> int | None:
        """Ours minus published; None where one side has no such cell."""
        return None if self.published is None or self.ours is None else self.ours - self.published


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A study repeated on the imported records."""

    id: str
    title: str
    source: str
    cells: tuple[Cell, ...]
    explanation: str
    """Why cells differ; empty when none does."""
    coverage: Coverage

    @property
    def exact(self) -> int:
        """How many published cells we reproduce exactly."""
        return sum(c.difference == 0 for c in self.cells)

    @property
    def differing(self) -> tuple[Cell, ...]:
        """Published cells that we do not reproduce."""
        return tuple(c for c in self.cells if c.published is not None and c.difference != 0)


def _folder() -> dict[str, _Study]:
    folder = resources.files("harmpath.catalogue") / "landscape" / "studies"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    found = [load_mapping(f, _Study) for f in files]
    return {s.id: s for s in found}


def studies() -> dict[str, str]:
    """Study id -> title."""
    return {s.id: s.title for s in _folder().values()}


def reproduce(study: str, data_dir: Path) -> Reproduction:
    """Repeat one study on the imported records.

    Raises:
        UsageError: no such study.
        StoreError: a table that the study needs was not imported.
    """
    known = _folder()
    if study not in known:
        raise UsageError(f"There is no study '{study}'.", remedy="The studies are: " + ", ".join(sorted(known)))
    chosen = known[study]
    with open_store(data_dir) as store:
        store.needs(*chosen.tables)
        ours = {(str(r), str(c)): int(n) for r, c, n in store.rows(chosen.query)}
        coverage = store.coverage(*chosen.tables)
    published = {(r, c): n for r, c, n in chosen.published}
    keys = [*published, *sorted(ours.keys() - published.keys())]
    cells = tuple(Cell(r, c, published.get((r, c)), ours.get((r, c), 0 if ours else None)) for r, c in keys)
    differs = any(c.published is not None and c.difference != 0 for c in cells)
    explanation = (chosen.why_different or "The imported records differ from those of the study.") if differs else ""
    return Reproduction(chosen.id, chosen.title, chosen.source, cells, explanation, coverage)
