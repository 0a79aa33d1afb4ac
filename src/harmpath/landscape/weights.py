"""The shipped weights: one readable tab-separated file, a line per term, a column per question.

``evidence of the text -> log-odds`` is linear: the unit-length TF-IDF vector of the known terms, plus, for every word
list, the logarithm of one plus its hits and how early the first hit comes. :mod:`harmpath.landscape.refit` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmpath.errors import InputError, Problem
from harmpath.landscape.text import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EARLY", "FAILURE_MODES", "FAULT_CLASSES", "HEADS", "Weights", "shipped_weights"]

FAULT_CLASSES = ("Battery", "Hardware", "I/O", "Other", "Software")
FAILURE_MODES = (
    "Alarm/Message",
    "Device Operation",
    "Display/Image",
    "Output/Calculation",
    "Physical Safety Hazards",
    "Treatment/Delivery/Therapy",
)
"""The study's names (IEEE Security & Privacy 11(4), 2013), as its labelled table spells them."""
HEADS = ("computer", *FAULT_CLASSES, *FAILURE_MODES)
EARLY = 60.0
"""Characters after which a first hit counts half as early."""

_COLUMNS = ("term", "lists", "idf", *HEADS)


@dataclass(frozen=True)
class Weights:
    """A fitted linear classifier over a fixed vocabulary."""

    terms: tuple[str, ...]
    lists: tuple[tuple[str, ...], ...]
    """For every term the word lists it stands in."""
    idf: NDArray[np.float64]
    """shape (terms,); zero for a term that only counts through its lists."""
    weight: NDArray[np.float64]
    """shape (terms, heads)."""
    list_names: tuple[str, ...]
    count_weight: NDArray[np.float64]
    """shape (lists, heads): of log(1 + hits)."""
    early_weight: NDArray[np.float64]
    """shape (lists, heads): of 1 / (1 + start / EARLY)."""
    intercept: NDArray[np.float64]
    """shape (heads,)."""
    note: str = ""
    """What it was fitted on, in one line."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The machine that finds the terms."""
        return Vocabulary(self.terms)

    @cached_property
    def membership(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(offsets, lists) in compressed-row form: the lists of term t are lists[offsets[t]:offsets[t + 1]]."""
        import numpy as np

        index = {name: i for i, name in enumerate(self.list_names)}
        flat = [index[name] for names in self.lists for name in names]
        offsets = np.zeros(len(self.lists) + 1, dtype=np.int64)
        np.cumsum([len(names) for names in self.lists], out=offsets[1:])
        return offsets, np.array(flat, dtype=np.int64)

    def write(self, path: Path) -> None:
        """Write the file; the same weights give the same bytes."""
        lines = [f"# {self.note}", "\t".join(_COLUMNS)]
        rows: list[tuple[str, str, float, Sequence[float]]] = [("(intercept)", "", 0.0, list(self.intercept))]
        rows += [(f"(hits) {n}", "", 0.0, list(w)) for n, w in zip(self.list_names, self.count_weight, strict=True)]
        rows += [(f"(early) {n}", "", 0.0, list(w)) for n, w in zip(self.list_names, self.early_weight, strict=True)]
        rows += [
            (t, ",".join(names), float(i), list(w))
            for t, names, i, w in zip(self.terms, self.lists, self.idf, self.weight, strict=True)
        ]
        lines += ["\t".join([term, names, _number(idf), *map(_number, w)]) for term, names, idf, w in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def read_weights(text: str, file: str = "weights.tsv") -> Weights:
    """Parse a weights file. Raises InputError naming the line that does not fit."""
    import numpy as np

    lines = text.splitlines()
    note = lines[0].removeprefix("# ") if lines and lines[0].startswith("#") else ""
    body = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not body or tuple(body[0][1].split("\t")) != _COLUMNS:
        raise InputError([Problem("weights-header", "not a weights file of this version", file, 1)])
    special: dict[str, list[float]] = {}
    terms: list[str] = []
    lists: list[tuple[str, ...]] = []
    idf: list[float] = []
    weight: list[list[float]] = []
    for number, line in body[1:]:
        cells = line.split("\t")
        try:
            values = [float(c) for c in cells[2:]]
        except ValueError:
            values = []
        if len(values) != len(HEADS) + 1 or not all(np.isfinite(values)):
            raise InputError([Problem("weights-row", "wrong number of cells, or not numbers", file, number)])
        if cells[0].startswith("("):
            special[cells[0]] = values[1:]
            continue
        terms.append(cells[0])
        lists.append(tuple(n for n in cells[1].split(",") if n))
        idf.append(values[0])
        weight.append(values[1:])
    names = tuple(k.removeprefix("(hits) ") for k in special if k.startswith("(hits) "))
    return Weights(
        tuple(terms),
        tuple(lists),
        np.array(idf),
        np.array(weight),
        names,
        _stack(special, "(hits) ", names),
        _stack(special, "(early) ", names),
        np.array(special["(intercept)"]),
        note,
    )


def _stack(special: Mapping[str, Sequence[float]], prefix: str, names: Sequence[str]) -> Any:
    import numpy as np

    return np.array([special[prefix + n] for n in names]).reshape(len(names), len(HEADS))


_SHIPPED: list[Weights] = []


def shipped_weights() -> Weights:
    """The weights that come with harmpath."""
    if not _SHIPPED:
        path = resources.files("harmpath.catalogue") / "landscape" / "weights.tsv"
        _SHIPPED.append(read_weights(path.read_text(encoding="utf-8"), "weights.tsv"))
    return _SHIPPED[0]
