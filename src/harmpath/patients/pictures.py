"""Pictures of a campaign as self-contained SVG: same numbers, same bytes; no fonts or scripts from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from harmpath.errors import OutputError, UsageError
from harmpath.patients.outcome import Harm, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harmpath.patients.campaign import Campaign

__all__ = ["agp_day", "draw_campaign", "glucose_bands", "harm_table", "time_to_harm", "variability_grid"]

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 380, 58, 44, 16, 48
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""Okabe and Ito 2008: told apart with any colour vision."""


class _Canvas:
    """Axes and marks in data coordinates."""

    def __init__(self, title: str, x: tuple[float, float], y: tuple[float, float], labels: tuple[str, str]) -> None:
        self.x, self.y = x, y
        self.parts = [
            f'<text x="{_WIDTH / 2:.0f}" y="20" text-anchor="middle" font-size="15">{escape(title)}</text>',
            f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(labels[0])}</text>',
            f'<text transform="translate(14 {_HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(labels[1])}</text>",
        ]
        self.title = title

    def at(self, x: float, y: float) -> str:
        """Pixel pair of a point, held inside the frame."""
        across = min(max((x - self.x[0]) / (self.x[1] - self.x[0]), 0.0), 1.0)
        up = min(max((y - self.y[0]) / (self.y[1] - self.y[0]), 0.0), 1.0)
        px = _LEFT + across * (_WIDTH - _LEFT - _RIGHT)
        py = _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)
        return f"{px:.1f},{py:.1f}"

    def band(
        self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str, opacity: float
    ) -> None:
        """The area between two curves."""
        points = [self.at(a, b) for a, b in zip(x, high, strict=True)]
        points += [self.at(a, b) for a, b in reversed(list(zip(x, low, strict=True)))]
        self.parts.append(f'<polygon points="{" ".join(points)}" fill="{colour}" fill-opacity="{opacity:g}"/>')

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, dash: str = "", width: float = 1.8) -> None:
        """A curve; gaps where y is not a number."""
        run: list[str] = []
        for a, b in [*zip(x, y, strict=True), (0.0, math.nan)]:
            if not math.isnan(b):
                run.append(self.at(a, b))
                continue
            if len(run) > 1:
                extra = f' stroke-dasharray="{dash}"' if dash else ""
                self.parts.append(
                    f'<polyline points="{" ".join(run)}" fill="none" stroke="{colour}" '
                    f'stroke-width="{width:g}"{extra}/>'
                )
            run = []

    def dot(self, x: float, y: float, colour: str, text: str) -> None:
        """A point with a tooltip."""
        px, py = self.at(x, y).split(",")
        self.parts.append(
            f'<circle cx="{px}" cy="{py}" r="3.5" fill="{colour}" fill-opacity="0.75">'
            f"<title>{escape(text)}</title></circle>"
        )

    def text(self, x: float, y: float, text: str, anchor: str = "start", colour: str = "#333") -> None:
        """Text at a point."""
        px, py = self.at(x, y).split(",")
        self.parts.append(f'<text x="{px}" y="{py}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>')

    def ticks(self, xs: Sequence[tuple[float, str]], ys: Sequence[tuple[float, str]]) -> None:
        """Frame, tick marks and their labels."""
        x0, x1, y0, y1 = _LEFT, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM, _TOP
        frame = f'<path d="M{x0} {y1}V{y0}H{x1}" fill="none" stroke="#333"/>'
        marks = [frame]
        for value, label in xs:
            px = self.at(value, self.y[0]).split(",")[0]
            marks.append(f'<path d="M{px} {y0}v4" stroke="#333"/>')
            marks.append(f'<text x="{px}" y="{y0 + 16}" text-anchor="middle">{escape(label)}</text>')
        for value, label in ys:
            py = self.at(self.x[0], value).split(",")[1]
            marks.append(f'<path d="M{x0 - 4} {py}H{x1}" stroke="#333" stroke-opacity="0.15"/>')
            marks.append(f'<text x="{x0 - 7}" y="{float(py) + 4:.1f}" text-anchor="end">{escape(label)}</text>')
        self.parts[3:3] = marks

    def legend(self, names: Sequence[str]) -> None:
        """Names with their colours, in one row under the title."""
        x = float(_LEFT)
        for i, name in enumerate(names):
            shown = name if len(name) <= 34 else name[:33] + "…"
            colour = _COLOURS[i % len(_COLOURS)]
            self.parts.append(f'<rect x="{x:.0f}" y="29" width="11" height="9" fill="{colour}"/>')
            self.parts.append(f'<text x="{x + 15:.0f}" y="37">{escape(shown)}</text>')
            x += 28 + 6.3 * len(shown)

    def svg(self, description: str) -> str:
        """The whole picture; ``description`` is read out by screen readers."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'font-family="sans-serif" font-size="11"><title>{escape(self.title)}</title>'
            f"<desc>{escape(description)}</desc>"
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>' + "".join(self.parts) + "</svg>\n"
        )


def _quantiles(glucose: NDArray[np.float32], levels: Sequence[float]) -> list[list[float]]:
    """Quantiles over runs per step; NaN where half of the runs have left the model's validity."""
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step that no run reached is all NaN
        rows = np.nanquantile(glucose, levels, axis=0)
    rows[:, np.isnan(glucose).mean(axis=0) > 0.5] = np.nan
    return [[float(v) for v in row] for row in rows]


def _glucose_axes(title: str, hours: float, start_hour: float, highest: float) -> _Canvas:
    top = max(300.0, math.ceil(highest / 50.0) * 50.0)
    canvas = _Canvas(title, (0.0, hours), (0.0, top), ("hour of day", "plasma glucose, mg/dL"))
    step = max(3, round(hours / 8 / 3) * 3)
    ticks = [(float(h), f"{int((start_hour + h) % 24)}") for h in range(0, int(hours) + 1, step)]
    canvas.ticks(ticks, [(v, f"{v:g}") for v in (54.0, 70.0, 180.0, 250.0, top)])
    canvas.band([0.0, hours], [70.0, 70.0], [180.0, 180.0], "#009E73", 0.08)
    return canvas


def glucose_bands(runs: Mapping[str, NDArray[np.float32]], *, start_hour: float = 0.0) -> str:
    """Median and 5 to 95 % band of glucose over patients, one colour per scenario (first: without attack)."""
    import numpy as np

    if not runs or any(g.ndim != 2 or g.shape[0] == 0 for g in runs.values()):
        raise UsageError("bands need at least one scenario with runs x steps of glucose")
    steps = next(iter(runs.values())).shape[1]
    hours = [i / 12.0 for i in range(steps)]
    highest = max(float(np.nanquantile(g, 0.97)) for g in runs.values())
    canvas = _glucose_axes("Glucose with and without attack: median, 5 to 95 %", steps / 12.0, start_hour, highest)
    for i, glucose in enumerate(runs.values()):
        low, middle, high = _quantiles(glucose, (0.05, 0.5, 0.95))
        colour = _COLOURS[i % len(_COLOURS)]
        good = [j for j in range(steps) if not math.isnan(low[j])]
        canvas.band([hours[j] for j in good], [low[j] for j in good], [high[j] for j in good], colour, 0.18)
        canvas.line(hours, middle, colour)
    canvas.legend(list(runs))
    return canvas.svg("Bands of plasma glucose over patients, by scenario")


def agp_day(glucose: NDArray[np.float32], *, title: str = "", start_hour: float = 0.0) -> str:
    """Ambulatory glucose profile: all days of all runs laid over one day, 5/25/50/75/95 % (Danne et al. 2017)."""
    import numpy as np

    days = glucose.shape[1] // 288
    if days < 1:
        raise UsageError("a daily profile needs at least one whole day")
    day = glucose[:, : days * 288].reshape(-1, 288)
    rows = _quantiles(day, (0.05, 0.25, 0.5, 0.75, 0.95))
    name = f"Daily glucose profile: {title}" if title else "Daily glucose profile"
    canvas = _glucose_axes(name, 24.0, start_hour, float(np.nanquantile(day, 0.97)))
    hours = [i / 12.0 for i in range(288)]
    good = [j for j in range(288) if not math.isnan(rows[0][j])]
    for low, high, opacity in ((0, 4, 0.15), (1, 3, 0.3)):
        canvas.band(
            [hours[j] for j in good], [rows[low][j] for j in good], [rows[high][j] for j in good], _COLOURS[0], opacity
        )
    canvas.line(hours, rows[2], _COLOURS[0], width=2.4)
    return canvas.svg("Percentiles 5, 25, 50, 75 and 95 of glucose by time of day")


def variability_grid(harm: Harm, scenarios: Sequence[str]) -> str:
    """Control-variability grid (Magni et al., J Diabetes Sci Technol 2008;2:630): lowest against highest glucose
    per run."""
    canvas = _Canvas(
        "Control-variability grid", (110.0, 50.0), (110.0, 400.0), ("lowest glucose of a run, mg/dL", "highest, mg/dL")
    )
    canvas.ticks(
        [(v, f"{v:g}") for v in (110.0, 90.0, 70.0, 50.0)], [(v, f"{v:g}") for v in (110.0, 180.0, 300.0, 400.0)]
    )
    for x0, x1, y0, y1, colour in (
        (110, 90, 110, 180, "#009E73"), (110, 90, 180, 300, "#56B4E9"), (90, 70, 110, 180, "#56B4E9"),
        (90, 70, 180, 300, "#56B4E9"), (110, 90, 300, 400, "#E69F00"), (70, 50, 110, 180, "#E69F00"),
        (90, 70, 300, 400, "#D55E00"), (70, 50, 180, 300, "#D55E00"), (70, 50, 300, 400, "#CC3311"),
    ):  # fmt: skip
        canvas.band([x0, x1], [y0, y0], [y1, y1], colour, 0.15)
    for x, y, zone in (
        (108, 170, "A"), (108, 290, "upper B"), (88, 170, "lower B"), (88, 290, "B"), (108, 390, "upper C"),
        (68, 170, "lower C"), (88, 390, "upper D"), (68, 290, "lower D"), (68, 390, "E"),
    ):  # fmt: skip
        canvas.text(x, y, zone)
    for i, name in enumerate(scenarios):
        for row in harm.lanes:
            if row.scenario == name and not math.isnan(row.values["minimum"]):
                low, high = row.values["minimum"], row.values["maximum"]
                canvas.dot(
                    low, high, _COLOURS[i % len(_COLOURS)], f"{name}, {row.patient}: {low:.0f} to {high:.0f} mg/dL"
                )
    canvas.legend(list(scenarios))
    return canvas.svg("Lowest and highest glucose of every run in the zones of the control-variability grid")


def time_to_harm(harm: Harm, scenarios: Sequence[str], *, measure: str = "time_to_54", hours: float = 24.0) -> str:
    """Share of runs that have reached the limit by a time after the onset, with 95 % Wilson bands."""
    label = {"time_to_54": "below 54 mg/dL", "time_to_70": "below 70 mg/dL", "time_to_250": "above 250 mg/dL"}.get(
        measure
    )
    if label is None:
        raise UsageError(f"no time to {measure!r}", remedy="time_to_54, time_to_70 or time_to_250")
    canvas = _Canvas(f"Time to harm: {label}", (0.0, hours), (0.0, 1.0), ("hours after the onset", "share of runs"))
    canvas.ticks([(float(h), str(h)) for h in range(0, int(hours) + 1, 4)], [(v / 4, f"{25 * v} %") for v in range(5)])
    for i, name in enumerate(scenarios):
        times = [r.values[measure] for r in harm.lanes if r.scenario == name]
        grid = [h / 4.0 for h in range(int(hours * 4) + 1)]
        counts = [sum(t <= g * 60.0 for t in times) for g in grid]
        # Runs of one patient are alike: the band rests on the number of patients, not of runs.
        patients = len({r.patient for r in harm.lanes if r.scenario == name})
        bounds = [wilson(round(c * patients / max(len(times), 1)), patients) for c in counts]
        canvas.band(grid, [b[0] for b in bounds], [b[1] for b in bounds], _COLOURS[i % len(_COLOURS)], 0.12)
        canvas.line(grid, [c / len(times) if times else math.nan for c in counts], _COLOURS[i % len(_COLOURS)])
    canvas.legend(list(scenarios))
    return canvas.svg(f"Share of runs {label} by hours after the onset")


def harm_table(harm: Harm, figure: str = "share below 54") -> str:
    """Harm by channel (rows) and operation (columns): the largest share over scenarios with that single fault."""
    cells: dict[tuple[str, str], float] = {}
    for item in harm.scenarios:
        for fault in item.scenario.faults[:1]:
            key = (fault.channel, fault.operation)
            cells[key] = max(cells.get(key, 0.0), item.figure(figure).value)
    rows, columns = sorted({a for a, _ in cells}), sorted({b for _, b in cells})
    if not cells:
        raise UsageError("no scenario has a fault to show")
    what = harm.scenarios[0].figure(figure).what
    canvas = _Canvas(
        f"Harm by channel and operation: {what}", (0.0, float(len(columns))), (0.0, float(len(rows))), ("", "")
    )
    canvas.ticks([(i + 0.5, c) for i, c in enumerate(columns)], [(i + 0.5, r) for i, r in enumerate(rows)])
    for (channel, operation), share in sorted(cells.items()):
        x, y = float(columns.index(operation)), float(rows.index(channel))
        canvas.band([x + 0.03, x + 0.97], [y + 0.03] * 2, [y + 0.97] * 2, "#D55E00", 0.06 + 0.8 * share)
        canvas.text(x + 0.5, y + 0.5, f"{share:.0%}", "middle", "#000")
    return canvas.svg(f"{what} for every channel and operation simulated")


def draw_campaign(campaign: Campaign, limit: int = 6) -> tuple[Path, ...]:
    """Write the pictures of a campaign to its folder; at most ``limit`` scenarios per picture. OutputError on
    failure."""
    names = [s.scenario.name for s in campaign.harm.scenarios][:limit]
    pictures = {
        "variability-grid.svg": variability_grid(campaign.harm, names),
        "time-to-54.svg": time_to_harm(campaign.harm, names, hours=campaign.spec.days * 24.0),
    }
    if any(s.scenario.faults for s in campaign.harm.scenarios):
        pictures["harm-by-channel.svg"] = harm_table(campaign.harm)
    if len(campaign.glucose):
        width = len(campaign.glucose) // len(campaign.harm.scenarios)
        runs = {n: campaign.glucose[i * width : (i + 1) * width] for i, n in enumerate(names)}
        pictures["glucose-bands.svg"] = glucose_bands(runs, start_hour=campaign.spec.start_hour)
        pictures["daily-profile.svg"] = agp_day(runs[names[0]], title=names[0], start_hour=campaign.spec.start_hour)
    written = []
    for name, text in sorted(pictures.items()):
        path = campaign.folder / name
        try:
            temporary = path.with_name(name + ".part")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"cannot write {name}: {error.strerror}") from error
        written.append(path)
    return tuple(written)
