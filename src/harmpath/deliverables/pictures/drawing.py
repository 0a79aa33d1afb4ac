"""Drawing: cards (boxes with wrapped text), routes with arrowheads, a legend; written as accessible static SVG.

Nothing in a picture has an ``id`` attribute and nothing refers to one, so that any number of pictures can be put into
one page. Colours and patterns come from ``pictures.css``; a stand-alone picture carries that style sheet with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Final

from harmpath.deliverables.pictures.layered import Placed, Point
from harmpath.deliverables.pictures.text import balanced, line_width

__all__ = ["Canvas", "Card", "Legend", "Line", "Picture", "make_card"]

_CORNER: Final = 6.0
_PAD_X: Final = 11.0
_PAD_Y: Final = 8.0
_LEADING: Final = 1.28


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text on a card, before wrapping."""

    text: str
    css: str = ""
    size: float = 11.0
    bold: bool = False
    lines: int = 1
    """How many lines it may take."""


@dataclass(frozen=True, slots=True)
class Card:
    """A box with its text, ready to be placed."""

    id: str
    css: str
    lines: tuple[Line, ...]
    """Already wrapped: each takes one line."""
    width: float
    height: float
    radius: float = 6.0
    href: str = ""
    title: str = ""
    badge: str = ""
    """A number in a circle at the top right corner."""
    barred: bool = False
    """A bar along the left edge inside."""


@dataclass(frozen=True, slots=True)
class Legend:
    """One entry below the picture: a sample of a line or of a card, and what it stands for."""

    css: str
    text: str
    sample: str = "line"


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture."""

    svg: str
    width: float
    height: float
    title: str
    description: str

    def standalone(self) -> str:
        """The picture as a file of its own, with its style sheet."""
        style = files("harmpath.deliverables").joinpath("templates", "report", "pictures.css").read_text("utf-8")
        head, mark, rest = self.svg.partition("</desc>")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{mark}<style>{style}</style>{rest}\n'


def make_card(
    id_: str,
    lines: Sequence[Line],
    *,
    css: str,
    max_width: float = 176.0,
    min_width: float = 60.0,
    radius: float = 6.0,
    href: str = "",
    title: str = "",
    badge: str = "",
    barred: bool = False,
) -> Card:
    """Wrap the lines and size the card to them."""
    room = max_width - 2 * _PAD_X
    wrapped = [
        Line(part, line.css, line.size, line.bold)
        for line in lines
        if line.text
        for part in balanced(line.text, room, line.size, lines=line.lines, bold=line.bold)
    ]
    widest = max((line_width(line.text, line.size, bold=line.bold) for line in wrapped), default=0.0)
    height = sum(line.size * _LEADING for line in wrapped) + 2 * _PAD_Y
    width = max(min_width, min(widest, room) + 2 * _PAD_X)
    return Card(id_, css, tuple(wrapped), round(width), round(height), radius, href, title, badge, barred)


@dataclass
class Canvas:
    """Collects what is drawn; routes lie below cards."""

    _routes: list[str] = field(default_factory=list)
    _cards: list[str] = field(default_factory=list)

    def route(self, points: Sequence[Point], css: str, *, start: bool = False, end: bool = True) -> None:
        """A line along ``points`` with rounded corners and arrowheads where asked for."""
        self._routes.append(f'<path class="route {css}" d="{_path(points)}"/>')
        if end:
            self._routes.append(_arrowhead(points[-2], points[-1], css))
        if start:
            self._routes.append(_arrowhead(points[1], points[0], css))

    def card(self, card: Card, centre: Point) -> None:
        """A card with its middle at ``centre``; a link when it has somewhere to go."""
        x, y = centre[0] - card.width / 2, centre[1] - card.height / 2
        parts = [
            f"<title>{escape(card.title)}</title>" if card.title else "",
            _rect(x, y, card.width, card.height, card.radius),
        ]
        top = y + _PAD_Y
        for line in card.lines:
            baseline = top + line.size
            top += line.size * _LEADING
            parts.append(_text(line, centre[0], baseline))
        if card.badge:
            parts.append(_badge(card.badge, x + card.width - 4, y + 3))
        if card.barred:
            parts.append(_bar(x, y, card.height))
        body = f'<g class="card {card.css}">{"".join(parts)}</g>'
        if card.href:
            body = f'<a href="{escape(card.href, quote=True)}">{body}</a>'
        self._cards.append(body)

    def finish(self, placed: Placed, title: str, description: str, legend: Sequence[Legend] = ()) -> Picture:
        """The whole picture, the legend below it."""
        width = max(placed.width, 620.0 if legend else 0.0)
        shift = (width - placed.width) / 2
        drawn, depth = _legend(legend, width, placed.height)
        height = placed.height + depth
        body = f'<g transform="translate({_n(shift)} 0)">{"".join(self._routes)}{"".join(self._cards)}</g>{drawn}'
        # An image hides what is in it from a screen reader; a picture with links has to be a group.
        role = "group" if any(card.startswith("<a ") for card in self._cards) else "img"
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="{role}" '
            f'viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}" '
            f'aria-label="{escape(title, quote=True)}">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
        )
        return Picture(svg, width, height, title, description)


def _legend(legend: Sequence[Legend], width: float, top: float) -> tuple[str, float]:
    """The legend's markup and how much height it takes."""
    if not legend:
        return "", 0.0
    parts, x, y = [], 10.0, top + 22.0
    for entry in legend:
        needed = 34 + line_width(entry.text, 11) + 22
        if x > 10 and x + needed > width:
            x, y = 10.0, y + 20.0
        if entry.sample == "line":
            parts.append(f'<path class="route {entry.css}" d="M{_n(x)} {_n(y - 4)}h28"/>')
        elif entry.sample == "badge":
            parts.append(_badge("1", x + 16, y - 4))
        elif entry.sample == "bar":
            parts.append(f'<g class="card">{_rect(x, y - 11, 28, 14, 3)}</g>{_bar(x, y - 11, 14)}')
        else:
            parts.append(f'<g class="card {entry.css}">{_rect(x, y - 11, 28, 14, 3)}</g>')
        parts.append(_text(Line(entry.text, "legend"), x + 34, y, anchor="start"))
        x += needed
    return f'<g class="key">{"".join(parts)}</g>', y - top + 10.0


def _badge(text: str, x: float, y: float) -> str:
    return (
        f'<circle class="badge" cx="{_n(x)}" cy="{_n(y)}" r="10"/>'
        f'<text class="badge-text" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle" font-size="12">'
        f"{escape(text)}</text>"
    )


def _bar(x: float, y: float, height: float) -> str:
    return f'<path class="bar" d="M{_n(x + 1)} {_n(y + 1)}h6v{_n(height - 2)}h-6z"/>'


def _rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"/>'


def _text(line: Line, x: float, y: float, anchor: str = "middle") -> str:
    css = " ".join(filter(None, ["b" if line.bold else "", line.css]))
    attribute = f' class="{css}"' if css else ""
    place = f'x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" font-size="{_n(line.size)}"'
    return f"<text{attribute} {place}>{escape(line.text)}</text>"


def _path(points: Sequence[Point]) -> str:
    """An SVG path along the points, corners rounded."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{_n(enter[0])} {_n(enter[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(leave[0])} {_n(leave[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _towards(start: Point, end: Point) -> Point:
    """The point a corner's radius away from ``start`` on the way to ``end``, at most half-way."""
    length = max(abs(end[0] - start[0]) + abs(end[1] - start[1]), 1e-9)
    share = min(_CORNER, length / 2) / length
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _arrowhead(before: Point, tip: Point, css: str) -> str:
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    ux, uy = dx / length, dy / length
    back = (tip[0] - 8 * ux, tip[1] - 8 * uy)
    left, right = (back[0] - 4 * uy, back[1] + 4 * ux), (back[0] + 4 * uy, back[1] - 4 * ux)
    corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in (tip, left, right))
    return f'<polygon class="tip {css}" points="{corners}"/>'


def _n(number: float) -> str:
    """A coordinate with at most one decimal and no negative zero."""
    rounded = round(number + 0.0, 1) + 0.0
    return f"{rounded:.1f}".removesuffix(".0")
