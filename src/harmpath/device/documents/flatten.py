"""Text without markup: what a reader would see, each character tied to where it stands in the raw text.

Markdown made from PDFs carries HTML tables, entities, LaTeX fragments (``$8 . 0 / 9 . 0$``) and trademark signs in the
middle of names. Matching works on the flat text; results point into the raw text.
"""

from __future__ import annotations

import html
import re
from array import array
from dataclasses import dataclass, field

TABLE, ROW, CELL, END = "\x1c", "\x1d", "\x1e", "\x1f"
"""Marks in the flat text: a table begins, a row begins, a cell begins, a table ends."""
HARD = frozenset((TABLE, ROW, CELL, END))

_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9]{0,10})(?P<attributes>[^<>]{0,400})>"
    r"|&(?P<entity>#?\w{1,8});"
    r"|\$(?P<math>[^$\n]{1,240})\$"
    r"|(?P<mask>\bhttps?://[^\s<>|)]+|\bwww\.[^\s<>|)]+|\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+)"
    r"|(?P<drop>[®™©\u00ad\u200b\u200c\u200d\ufeff]|\(R\)|\((?:TM|tm)\)|(?<=[a-z])TM(?=\s))"
    r"|(?P<pipe>^[ \t]*\|[^\n]*\|[ \t]*$)"
    r"|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f])",
    re.MULTILINE,
)
_SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?(\d{1,3})")
_COMMAND = re.compile(r"\\[A-Za-z]+|[\\{}^_~\s]")
_MARK_ONLY = re.compile(r"textregistered|circled|texttrademark|textsuperscript|trademark|copyright|textcircled|^\s*\^")
_BREAKS = {"p", "li", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "ul", "ol"}
_SAME_WIDTH = str.maketrans(
    "\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u201c\u201d\u00a0\u202f", "----,-''\"\"  "
)
_MAX_SPAN = 40


@dataclass(slots=True)
class Flat:
    """The flat text, the raw range of each of its characters, and the spans of its table cells."""

    text: str
    starts: array[int]
    ends: array[int]
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Flat offset of a CELL mark to (columns, rows) it spans."""

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The raw range that the flat range stands for."""
        return self.starts[start], self.ends[end - 1]


class _Builder:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.starts = array("l")
        self.ends = array("l")
        self.spans: dict[int, tuple[int, int]] = {}

    def plain(self, text: str, at: int) -> None:
        self.parts.append(text.translate(_SAME_WIDTH))
        self.starts.extend(range(at, at + len(text)))
        self.ends.extend(range(at + 1, at + len(text) + 1))

    def instead(self, text: str, start: int, end: int) -> None:
        """``text`` stands for the whole raw range."""
        self.parts.append(text.translate(_SAME_WIDTH))
        self.starts.extend([start] * len(text))
        self.ends.extend([end] * len(text))

    def mark(self, mark: str, start: int, end: int, attributes: str = "") -> None:
        if mark == CELL and attributes:
            found = {kind: int(n) for kind, n in _SPAN.findall(attributes)}
            span = (min(found.get("col", 1), _MAX_SPAN), min(found.get("row", 1), _MAX_SPAN))
            self.spans[len(self.starts)] = (max(span[0], 1), max(span[1], 1))
        self.instead(mark, start, end)


def _tag(builder: _Builder, match: re.Match[str]) -> None:
    name, closing = match["tag"].lower(), bool(match["close"])
    start, end = match.span()
    if name == "table":
        builder.mark(END if closing else TABLE, start, end)
    elif name == "tr" and not closing:
        builder.mark(ROW, start, end)
    elif name in ("td", "th") and not closing:
        builder.mark(CELL, start, end, match["attributes"])
    elif name in _BREAKS:
        builder.instead("\n", start, end)
    elif name not in ("td", "th", "tr", "b", "i", "em", "strong", "sup", "sub", "span", "u", "a"):
        builder.instead(" ", start, end)


def _math(builder: _Builder, match: re.Match[str]) -> None:
    inner, start, end = match["math"], *match.span()
    if _MARK_ONLY.search(inner):
        # a trademark sign or a footnote mark; letters inside belong to it
        return
    kept = _COMMAND.sub("", inner)
    if len(kept) > 60 or "=" in kept:
        builder.instead(" ", start, end)
    else:
        builder.instead(kept or " ", start, end)


def _pipe_row(builder: _Builder, line: str, at: int, *, first: bool) -> None:
    if first:
        builder.mark(TABLE, at, at + 1)
    if re.fullmatch(r"[\s|:+-]+", line):
        return
    begin = line.index("|")
    builder.mark(ROW, at + begin, at + begin + 1)
    cells = line[begin + 1 : line.rindex("|")].split("|")
    position = at + begin + 1
    for cell in cells:
        builder.mark(CELL, position - 1, position)
        builder.plain(cell, position)
        position += len(cell) + 1


def flatten(raw: str) -> Flat:
    """The flat text of ``raw``; linear in its length."""
    builder = _Builder()
    position, last_pipe = 0, -2
    for match in _TOKEN.finditer(raw):
        start, end = match.span()
        if start > position:
            between = raw[position:start]
            if last_pipe >= 0 and between.strip():
                builder.mark(END, position, position + 1)
                last_pipe = -2
            builder.plain(between, position)
        position = end
        if match["tag"]:
            _tag(builder, match)
        elif match["entity"]:
            decoded = html.unescape(match[0])
            builder.instead("".join(c for c in decoded if c.isprintable()) or " ", start, end)
        elif match["math"]:
            _math(builder, match)
        elif match["mask"] or match["control"]:
            builder.instead(" ", start, end)
        elif match["pipe"]:
            _pipe_row(builder, match["pipe"], start, first=last_pipe < 0)
            last_pipe = end
    if position < len(raw):
        if last_pipe >= 0:
            builder.mark(END, position, position + 1)
        builder.plain(raw[position:], position)
    return Flat("".join(builder.parts), builder.starts, builder.ends, builder.spans)
