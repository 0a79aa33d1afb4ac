"""How wide text is, and how it breaks into lines, without a browser.

Widths are those of Arial and of the fonts made to its measure (Liberation Sans, Arimo, Helvetica), which the pictures
ask for first; a margin covers what a browser puts in their place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["balanced", "line_width", "wrap"]

_GROUPS: Final[dict[float, str]] = {
    0.24: "ijl'|",
    0.30: " .,:;!/\\[]()ftI·-`",
    0.37: 'r*"{}',
    0.52: "ckszvxyJ^",
    0.58: "abdeghnopquL0123456789$#?_+<>=~",
    0.70: "ABEFKPSVXYZTRCDHNUw&",
    0.80: "GOQ→≥≤×",
    0.86: "mM@%W",
}
_WIDTH: Final[dict[str, float]] = {c: width for width, chars in _GROUPS.items() for c in chars}
_OTHER: Final = 0.62
_WIDE: Final = 1.0
_MARGIN: Final = 1.04


def line_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line in the unit of ``size``; characters outside the table count as wide ones."""
    ems = 0.0
    for c in text:
        ems += _WIDTH.get(c) or (_OTHER if c < "\u2e80" else _WIDE)
    return ems * size * _MARGIN * (1.07 if bold else 1.0)


def wrap(text: str, width: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """Break text into at most ``lines`` lines no wider than ``width``; what does not fit ends in an ellipsis."""
    done: list[str] = []
    current = ""
    for word in _pieces(" ".join(text.split()), width, size, bold):
        longer = f"{current} {word}" if current else word
        if line_width(longer, size, bold=bold) <= width:
            current = longer
            continue
        if current:
            done.append(current)
        current = word
        if len(done) == lines:
            break
    if current and len(done) < lines:
        return (*done, current)
    if current:
        done[-1] = _shortened(done[-1] + "…", width, size, bold)
    return tuple(done)


@lru_cache(maxsize=4096)
def balanced(text: str, width: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """Like :func:`wrap`, but with lines of about the same length: no single word is left over on the last one."""
    best = wrap(text, width, size, lines=lines, bold=bold)
    if len(best) < 2 or best[-1].endswith("…"):
        return best
    narrower = width * 0.95
    while narrower > width * 0.5:
        tried = wrap(text, narrower, size, lines=lines, bold=bold)
        cut = " ".join(tried) != " ".join(best)
        if cut or len(tried) > len(best):
            break
        best = tried
        narrower *= 0.95
    return best


def _pieces(text: str, width: float, size: float, bold: bool) -> list[str]:
    """Words, the longest cut where they would not fit on a line of their own."""
    pieces: list[str] = []
    for word in text.split(" ")[:200]:
        rest = word[:400]
        while line_width(rest, size, bold=bold) > width and len(rest) > 1:
            cut = len(rest)
            while cut > 1 and line_width(rest[:cut], size, bold=bold) > width:
                cut -= 1
            soft = max((rest.rfind(mark, 1, cut) for mark in "-_./"), default=-1)
            cut = soft + 1 if soft >= cut // 2 else cut
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces


def _shortened(line: str, width: float, size: float, bold: bool) -> str:
    while len(line) > 2 and line_width(line, size, bold=bold) > width:
        line = line[:-2].rstrip() + "…"
    return line
