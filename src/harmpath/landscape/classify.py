"""Classify recall reasons and event narratives, and say which words decided.

Needs NumPy only. Texts are taken in batches of about 64 KB, which is what a core's cache holds.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harmpath.errors import InputError, MissingExtraError, Problem
from harmpath.landscape.rules import QUESTIONS, RuleBook, rule_book
from harmpath.landscape.score import score, top_phrases
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES, HEADS, Weights, shipped_weights

__all__ = ["COLUMNS", "Classified", "classify_csv", "classify_texts"]

_BATCH_CHARACTERS = 1 << 16
_FAULTS = slice(HEADS.index(FAULT_CLASSES[0]), HEADS.index(FAULT_CLASSES[-1]) + 1)
_MODES = slice(HEADS.index(FAILURE_MODES[0]), HEADS.index(FAILURE_MODES[-1]) + 1)
COLUMNS = (
    "computer_related",
    "fault_class",
    "failure_mode",
    "security_related",
    "data_input_problem",
    "ml_related",
    "phrases",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Classified:
    """What one text is about. The fault class and failure mode are given for computer-related texts only."""

    computer_related: bool
    log_odds: float
    """Of being computer-related; 0 is the threshold."""
    fault_class: str
    failure_mode: str
    security_related: bool
    data_input_problem: bool
    ml_related: bool
    phrases: tuple[str, ...]
    """The words that decided, as they stand in the text."""


def classify_texts(texts: Iterable[str], weights: Weights | None = None) -> Iterator[Classified]:
    """Classify texts one after another, in the order given. A security-related text is computer-related by meaning."""
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Classifying texts", "landscape") from error
    chosen, book = weights or shipped_weights(), rule_book()
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield from _batch(batch, chosen, book)
            batch, size = [], 0
    if batch:
        yield from _batch(batch, chosen, book)


def _batch(texts: Sequence[str], weights: Weights, book: RuleBook) -> list[Classified]:
    opened = book.opened(texts)
    negated = opened.get(len(QUESTIONS), [])
    read = list(texts)
    for index in negated:
        read[index] = book.without_negated(texts[index])
    said: list[dict[int, tuple[str, ...]]] = []
    for question, rule in enumerate(book.rules):
        found = ((index, rule.phrases(read[index])) for index in opened.get(question, ()))
        said.append({index: phrases for index, phrases in found if phrases})
    scores = score(read, weights)
    positive = (scores.values[:, 0] > 0).tolist()
    for index in said[0]:
        positive[index] = True
    wanted = [i for i, p in enumerate(positive) if p]
    faults = scores.values[:, _FAULTS].argmax(axis=1).tolist()
    modes = scores.values[:, _MODES].argmax(axis=1).tolist()
    words = top_phrases(read, scores, weights, wanted, [0] * len(wanted))
    odds = scores.values[:, 0].tolist()
    out: list[Classified] = []
    for i, computer in enumerate(positive):
        by_rule = [p for answers in said for p in answers.get(i, ())]
        phrases = tuple(dict.fromkeys([*by_rule, *words.get(i, ())]))
        fault = FAULT_CLASSES[faults[i]] if computer else ""
        mode = FAILURE_MODES[modes[i]] if computer else ""
        out.append(Classified(computer, odds[i], fault, mode, i in said[0], i in said[1], i in said[2], phrases))
    return out


def classify_csv(source: Path, text_column: str, target: Path) -> int:
    """Copy a CSV file with the classification columns added; returns the number of rows.

    The answers are written as ``true``/``false``; phrases are joined with `` | ``. A phrase that a spreadsheet would
    take for a formula gets an apostrophe in front.

    Raises:
        InputError: no such column, an answer column that is already there, or a row with another number of cells.
    """
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    temporary = target.with_name(target.name + ".part")
    try:
        with source.open(encoding="utf-8-sig", newline="", errors="strict") as reading:
            rows = csv.reader(reading)
            header = next(rows, [])
            _check_header(header, text_column, source)
            at = header.index(text_column)
            with temporary.open("w", encoding="utf-8", newline="") as writing:
                count = _copy(rows, header, at, csv.writer(writing, lineterminator="\n"), source)
        temporary.replace(target)
    except UnicodeDecodeError as error:
        remedy = "Save it as UTF-8."
        raise InputError([Problem("encoding", f"Not UTF-8: {error}", str(source), remedy=remedy)]) from error
    except FileNotFoundError as error:
        raise InputError([Problem("no-file", "There is no such file.", str(source))]) from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _check_header(header: Sequence[str], text_column: str, source: Path) -> None:
    if text_column not in header:
        names = ", ".join(header[:30])
        said = f"There is no column '{text_column}'."
        raise InputError([Problem("no-column", said, str(source), 1, remedy=f"The columns are: {names}")])
    taken = [c for c in COLUMNS if c in header]
    if taken:
        said = f"The file already has the column '{taken[0]}'."
        raise InputError([Problem("column-taken", said, str(source), 1, remedy="Rename it first.")])


def _copy(rows: Iterator[list[str]], header: Sequence[str], at: int, writer: Any, source: Path) -> int:
    writer.writerow([*header, *COLUMNS])
    kept: list[list[str]] = []
    count = 0

    def texts() -> Iterator[str]:
        for number, row in enumerate(rows, 2):
            if not row:
                continue
            if len(row) != len(header):
                said = f"{len(row)} cells instead of {len(header)}."
                raise InputError([Problem("column-count", said, str(source), number)])
            kept.append(row)
            yield row[at]

    for answer in classify_texts(texts()):
        writer.writerow([*kept[count], *_cells(answer)])
        kept[count] = []
        count += 1
    return count


def _cells(answer: Classified) -> list[str]:
    phrases = " | ".join(answer.phrases)
    if phrases.startswith(_FORMULA):
        phrases = "'" + phrases
    yes = [answer.computer_related, answer.security_related, answer.data_input_problem, answer.ml_related]
    computer, security, data, learning = ("true" if y else "false" for y in yes)
    return [computer, answer.fault_class, answer.failure_mode, security, data, learning, phrases]
