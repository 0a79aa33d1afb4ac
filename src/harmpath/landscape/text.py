"""Texts as arrays of known terms: the inner loop of classification, in NumPy over one byte buffer.

A *term* is a lower-case word, a pair of neighbouring words, or the first six letters of a longer word (written
``^contam``); every number counts as the word ``0``. Terms are found by a polynomial rolling hash over the whole
buffer, so no Python code runs per word.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Hits", "Vocabulary", "plain_terms"]

_BASE = 0x9E3779B97F4A7C15 | 1
_PAIR = 0xC2B2AE3D27D4EB4F
_STEM = 0x165667B19E3779F9
_MASK = (1 << 64) - 1
_STEM_LETTERS = 6
_BLOOM_BITS = 20
_TOKEN = re.compile(r"[a-z]+|[0-9]+")


def plain_terms(text: str) -> list[str]:
    """The terms of one text, slowly and readably; what :class:`Vocabulary` must agree with (used to refit and test)."""
    words = ["0" if w[0].isdigit() else w for w in _TOKEN.findall(_ascii_lower(text).decode("ascii"))]
    pairs = [f"{a} {b}" for a, b in itertools.pairwise(words)]
    return words + pairs + ["^" + w[:_STEM_LETTERS] for w in words if len(w) >= _STEM_LETTERS]


def _ascii_lower(text: str) -> bytes:
    """One byte per character, lower case, everything outside ASCII as ``?`` (a separator)."""
    return text.encode("ascii", "replace").lower()


def _word_hash(word: str) -> int:
    """sum(c_i * BASE**(i + 1)) modulo 2**64; the number word has its own constant."""
    total, power = 0, _BASE
    for char in word.encode("ascii"):
        total = (total + char * power) & _MASK
        power = (power * _BASE) & _MASK
    return total


_NUMBER = _word_hash("0")


def _term_hash(term: str) -> int:
    if term.startswith("^"):
        return (_word_hash(term[1:]) ^ _STEM) & _MASK
    first, _, second = term.partition(" ")
    one = _word_hash(first)
    return (one * _PAIR + _word_hash(second)) & _MASK if second else one


@dataclass(frozen=True)
class Hits:
    """Every occurrence of a known term, ordered by text and position within each kind of term."""

    text: NDArray[np.int64]
    """Index of the text."""
    term: NDArray[np.int64]
    """Index of the term in the vocabulary."""
    start: NDArray[np.int64]
    """First character in the text."""
    end: NDArray[np.int64]
    """One past the last character."""


class Vocabulary:
    """A fixed list of terms, and the machine that finds them."""

    def __init__(self, terms: Sequence[str]) -> None:
        import numpy as np

        self.terms = tuple(terms)
        hashes = np.array([_term_hash(t) for t in self.terms], dtype=np.uint64)
        if len(np.unique(hashes)) != len(hashes):
            raise ValueError("two terms share one hash")
        self._order = np.argsort(hashes)
        self._sorted = hashes[self._order]
        self._bloom = np.zeros(1 << _BLOOM_BITS, dtype=np.bool_)
        self._bloom[(hashes >> np.uint64(64 - _BLOOM_BITS)).astype(np.int64)] = True
        self._powers: Any = np.ones(1, dtype=np.uint64)
        self._inverse: Any = np.ones(1, dtype=np.uint64)
        kinds = np.zeros(256, dtype=np.uint8)
        kinds[ord("a") : ord("z") + 1] = 1
        kinds[ord("0") : ord("9") + 1] = 2
        self._kinds = kinds

    def _grow(self, size: int) -> None:
        import numpy as np

        if len(self._powers) < size:
            steps = np.full(size, _BASE, dtype=np.uint64)
            self._powers = np.cumprod(steps)
            steps[:] = pow(_BASE, -1, 1 << 64)
            steps[0] = 1
            self._inverse = np.cumprod(steps)

    def find(self, texts: Sequence[str]) -> Hits:
        """Every known term in ``texts``; entities such as ``&amp;`` are read as words, as they stand."""
        import numpy as np

        encoded = [_ascii_lower(t) for t in texts]
        buffer = b"\n".join(encoded) + b"\n"
        codes = np.frombuffer(buffer, dtype=np.uint8)
        self._grow(len(codes))
        lengths = np.fromiter((len(e) + 1 for e in encoded), dtype=np.int64, count=len(encoded))
        begin = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum(lengths, out=begin[1:])

        kind = self._kinds[codes]
        change = np.flatnonzero(np.diff(kind, prepend=np.uint8(0)))
        kinds_at = kind[change]
        word = np.flatnonzero(kinds_at)
        start = change[word]
        end = change[np.minimum(word + 1, len(change) - 1)]
        number = kinds_at[word] == 2
        text = np.searchsorted(begin, start, side="right") - 1

        sums = np.empty(len(codes) + 1, dtype=np.uint64)
        sums[0] = 0
        np.cumsum(codes * self._powers[: len(codes)], out=sums[1:])
        base = sums[start]
        shift = self._inverse[start]
        words = (sums[end] - base) * shift
        words[number] = _NUMBER
        long = np.flatnonzero((end - start >= _STEM_LETTERS) & ~number)
        stems = ((sums[start[long] + _STEM_LETTERS] - base[long]) * shift[long]) ^ np.uint64(_STEM)
        pairs = words[:-1] * np.uint64(_PAIR) + words[1:]
        pairs_ok = text[1:] == text[:-1]

        parts = []
        for hashes, first, last, keep in (
            (words, start, end, None),
            (pairs, start[:-1], end[1:], pairs_ok),
            (stems, start[long], end[long], None),
        ):
            where = np.flatnonzero(self._bloom[(hashes >> np.uint64(64 - _BLOOM_BITS)).astype(np.int64)])
            if keep is not None:
                where = where[keep[where]]
            spot = np.searchsorted(self._sorted, hashes[where])
            spot[spot == len(self._sorted)] = 0
            same = self._sorted[spot] == hashes[where]
            where, spot = where[same], spot[same]
            parts.append((first[where], last[where], self._order[spot]))
        first = np.concatenate([p[0] for p in parts])
        last = np.concatenate([p[1] for p in parts])
        term = np.concatenate([p[2] for p in parts])
        owner = np.searchsorted(begin, first, side="right") - 1
        return Hits(owner, term, first - begin[owner], last - begin[owner])


def readable(text: str) -> str:
    """A text with its HTML entities resolved and its white space collapsed; for showing, not for matching."""
    return " ".join(html.unescape(text).split())
