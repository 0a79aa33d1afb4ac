"""One picture per table, in one style, as SVG and PNG without a browser or a network.

Colours: Okabe & Ito's palette (https://jfly.uni-koeln.de/color/), told apart with every common colour blindness; the
single-hue scale of the heat maps is Viridis-like and prints in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harmpath.errors import MissingExtraError
from harmpath.landscape.tables import Table

__all__ = ["Figure", "draw"]

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999")
_FIXED = {
    "computer-related": PALETTE[0],
    "other": PALETTE[6],
    "Malfunction": PALETTE[0],
    "Injury": PALETTE[1],
    "Death": PALETTE[3],
    "Other": PALETTE[6],
    "not stated": PALETTE[5],
}
"""Kinds that have one colour everywhere."""
_FEWEST = 4
"""Tables with fewer rows are better read than drawn."""
_FONT = "DejaVu Sans, Liberation Sans, Arial, sans-serif"
_WIDTH = 640


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of one table."""

    table: str
    alt: str
    """What a person who cannot see it should be told."""
    svg: str
    png: bytes


def draw(table: Table) -> Figure | None:
    """The picture of a table; None for a table that is better read."""
    maker = _MAKERS.get(table.id)
    if maker is None or (len(table.rows) < _FEWEST and table.id != "recall-rate"):
        return None
    try:
        import altair
        import vl_convert
    except ImportError as error:
        raise MissingExtraError("Drawing figures", "landscape") from error
    alt: Any = altair
    names = [c.replace(" ", "_").replace("-", "_") for c in table.columns]
    data = alt.Data(values=[dict(zip(names, row, strict=True)) for row in table.rows])
    chart = maker(alt, data, names, table)
    chart = chart.configure(font=_FONT).configure_view(strokeWidth=0).configure_range(category=list(PALETTE))
    chart = chart.configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#e6e6e6")
    chart = chart.configure_legend(labelFontSize=12, titleFontSize=12, orient="top", labelLimit=260)
    spec = chart.to_json(indent=None)
    svg: str = vl_convert.vegalite_to_svg(spec)
    png: bytes = vl_convert.vegalite_to_png(spec, scale=2)
    return Figure(table.id, _alt(table), svg, png)


def _alt(table: Table) -> str:
    first = table.rows[0]
    number = next((i for i, v in enumerate(first) if isinstance(v, int) and table.columns[i] != "year"), None)
    if table.id == "time-to-recall" or number is None:
        ends = {str(row[0]): row for row in table.rows}
        said = "; ".join(f"{g}: {row[4]:.1%} without recall after {row[1]:.1f} years" for g, row in ends.items())
        return f"{table.title}. {said}."
    top = max(table.rows, key=lambda row: row[number] or 0)
    where = ", ".join(str(v) for i, v in enumerate(top) if isinstance(v, str) or table.columns[i] == "year")
    return f"{table.title}: {len(table.rows)} values; the largest is {top[number]:,} ({where})."


def _stacked(alt: Any, data: Any, names: list[str], table: Table) -> Any:
    year, kind, count = names
    order = sorted({str(r[1]) for r in table.rows}, key=lambda k: -sum(int(r[2] or 0) for r in table.rows if r[1] == k))
    colours = [_FIXED.get(k, PALETTE[i % len(PALETTE)]) for i, k in enumerate(order)]
    years = [int(r[0]) for r in table.rows if isinstance(r[0], int)]
    every = list(range(min(years), max(years) + 1))
    colour = alt.Color(f"{kind}:N", title=None, sort=order, scale=alt.Scale(domain=order, range=colours))
    return (
        alt.Chart(data, width=_WIDTH, height=260)
        .mark_bar()
        .encode(
            x=alt.X(f"{year}:O", title=None, scale=alt.Scale(domain=every), axis=alt.Axis(labelAngle=-45)),
            y=alt.Y(f"sum({count}):Q", title=table.columns[2], axis=alt.Axis(tickMinStep=1, format=",d")),
            color=colour,
        )
    )


def _bars(alt: Any, data: Any, names: list[str], table: Table) -> Any:
    base = alt.Chart(data, width=_WIDTH - 180, height=alt.Step(24)).encode(
        y=alt.Y(f"{names[0]}:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    )
    whole = base.mark_bar(color="#c8c8c8").encode(x=alt.X(f"{names[1]}:Q", title="recalls (dark: computer-related)"))
    part = base.mark_bar(color=PALETTE[0], size=11).encode(x=alt.X(f"{names[2]}:Q"))
    return whole + part


def _heat(alt: Any, data: Any, names: list[str], table: Table) -> Any:
    row, column, count = names
    base = alt.Chart(data, width=alt.Step(84), height=alt.Step(34)).encode(
        x=alt.X(f"{column}:N", sort=None, title=None, axis=alt.Axis(labelAngle=-30, labelLimit=240)),
        y=alt.Y(f"{row}:N", sort=None, title=None, axis=alt.Axis(labelLimit=240)),
    )
    top = max(int(r[2] or 0) for r in table.rows) or 1
    scale = alt.Scale(scheme="blues", domain=[0, top])
    cells = base.mark_rect(stroke="#ffffff").encode(color=alt.Color(f"{count}:Q", scale=scale, legend=None))
    text = base.mark_text(fontSize=13).encode(
        text=f"{count}:Q", color=alt.condition(f"datum['{count}'] > {top * 0.55}", alt.value("#fff"), alt.value("#222"))
    )
    return cells + text


def _curve(alt: Any, data: Any, names: list[str], table: Table) -> Any:
    group, years, _, _, share, low, high = names
    x = alt.X(f"{years}:Q", title="years since authorisation", scale=alt.Scale(domainMin=0))
    lowest = min(float(r[5] or 0) for r in table.rows)
    scale = alt.Scale(domain=[max(0.0, lowest - 0.05), 1.0])
    y = alt.Y(f"{share}:Q", title="share without a recall", scale=scale, axis=alt.Axis(format=".0%"))
    base = alt.Chart(data, width=_WIDTH, height=280)
    colour = alt.Color(f"{group}:N", title=None, scale=alt.Scale(range=list(PALETTE)))
    band = base.mark_area(opacity=0.18, interpolate="step-after").encode(
        x=x, y=alt.Y(f"{low}:Q", title="share without a recall", scale=scale), y2=f"{high}:Q", color=colour
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2.5).encode(
        x=x, y=y, color=colour, strokeDash=alt.StrokeDash(f"{group}:N", legend=None)
    )
    return band + line


def _intervals(alt: Any, data: Any, names: list[str], table: Table) -> Any:
    group, _, _, _, rate, low, high = names
    base = alt.Chart(data, width=_WIDTH - 120, height=alt.Step(44)).encode(y=alt.Y(f"{group}:N", title=None))
    rule = base.mark_rule(strokeWidth=2.5, color=PALETTE[0]).encode(
        x=alt.X(f"{low}:Q", title=table.columns[4]), x2=f"{high}:Q"
    )
    point = base.mark_point(filled=True, size=90, color=PALETTE[3], opacity=1).encode(x=f"{rate}:Q")
    return rule + point


_MAKERS: Mapping[str, Callable[[Any, Any, list[str], Table], Any]] = {
    "devices-by-year": _stacked,
    "recalls-by-year": _stacked,
    "events-by-year": _stacked,
    "causes": _bars,
    "fault-by-mode": _heat,
    "fault-by-hazard": _heat,
    "time-to-recall": _curve,
    "recall-rate": _intervals,
}
