"""The tables of a report: every figure and every number in its text comes from one of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harmpath.landscape.cohort import Cohort
from harmpath.landscape.statistics import kaplan_meier, log_rank, poisson_rate_interval, trend_test
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES

__all__ = ["Table", "all_tables"]

Cell = str | int | float | None
NOT_STATED = "not stated"
_TOP = 10
_DAYS = 365.25
_ENOUGH_DEVICES = 20
"""Fewer devices give no curve worth drawing."""


@dataclass(frozen=True)
class Table:
    """One table, with how it was counted."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    counted: str
    """What was counted and how, as a sentence: the query behind the table."""
    remarks: tuple[str, ...] = ()
    """Test results and what to beware of."""
    as_of: str = ""
    """Newest date in the records counted."""


def all_tables(cohort: Cohort) -> tuple[Table, ...]:
    """Every table that has rows, in the order of the report."""
    makers: tuple[Callable[[Cohort], Table], ...] = (
        _devices_by_year,
        _recalls_by_year,
        _causes,
        _fault_by_mode,
        _fault_by_hazard,
        _by_class,
        _events_by_year,
        _events_about,
        _survival,
        _rates,
        _security,
        _newest,
    )
    made = (make(cohort) for make in makers)
    return tuple(replace(t, as_of=_as_of(cohort, t.id)) for t in made if t.rows)


def _as_of(c: Cohort, table: str) -> str:
    """Newest record of the kind that the table counts."""
    if table.startswith("events"):
        dates = [e.received for e in c.events]
    elif table.startswith("devices"):
        dates = [d.decided for d in c.devices]
    else:
        dates = [r.posted for r in c.recalls]
    return max((d.isoformat() for d in dates if d), default="an unknown date")


def _devices_by_year(c: Cohort) -> Table:
    panels = [p for p, _ in sorted(Counter(d.panel for d in c.devices).items(), key=lambda x: (-x[1], x[0]))]
    kept = panels[:5]
    count = Counter((d.decided.year, d.panel if d.panel in kept else "Other panels") for d in c.devices if d.decided)
    rows = tuple((y, p, n) for (y, p), n in sorted(count.items()) if not c.since or y >= c.since)
    counted = "Devices on the newest edition of FDA's list by year of final decision and lead panel."
    return Table("devices-by-year", "AI-enabled devices authorised", ("year", "panel", "devices"), rows, counted)


def _recalls_by_year(c: Cohort) -> Table:
    name = {True: "computer-related", False: "other"}
    count = Counter((r.year, name[r.about.computer_related]) for r in c.recalls if r.year)
    seen = {y for y, _ in count}
    years = list(range(min(seen), max(seen) + 1)) if seen else []
    rows = tuple((y, kind, count[y, kind]) for y in years for kind in name.values())
    hits = [count[y, "computer-related"] for y in years]
    totals = [h + count[y, "other"] for h, y in zip(hits, years, strict=True)]
    z, p = trend_test(hits, totals)
    said = f"Share of computer-related recalls by year, Cochran-Armitage trend: z = {z:.2f}, p = {p:.3g}."
    return Table(
        "recalls-by-year", "Recall events", ("year", "kind", "recalls"), rows, c.recall_rule, (said,) if rows else ()
    )


def _causes(c: Cohort) -> Table:
    count = Counter(r.cause or NOT_STATED for r in c.recalls)
    computer = Counter(r.cause or NOT_STATED for r in c.recalls if r.about.computer_related)
    top = sorted(count.items(), key=lambda x: (-x[1], x[0]))[:_TOP]
    rows = tuple((name, n, computer[name]) for name, n in top)
    counted = (
        f"The {_TOP} most frequent causes as FDA determined them, and how many of those recalls are computer-related."
    )
    return Table("causes", "FDA-determined causes", ("cause", "recalls", "computer-related"), rows, counted)


def _fault_by_mode(c: Cohort) -> Table:
    count = Counter((r.about.fault_class, r.about.failure_mode) for r in c.recalls if r.about.computer_related)
    rows = tuple((f, m, count[f, m]) for f in FAULT_CLASSES for m in FAILURE_MODES) if count else ()
    counted = "Computer-related recall events by predicted fault class and failure mode (names of the 2013 study)."
    columns = ("fault class", "failure mode", "recalls")
    return Table("fault-by-mode", "What failed, and how it showed", columns, rows, counted, (_CLASSIFIED,))


_CLASSIFIED = (
    "Classes are predicted from the text of the recall; docs/explanation/landscape.md states how often that is right."
)


def _fault_by_hazard(c: Cohort) -> Table:
    count = Counter(
        (r.about.fault_class if r.about.computer_related else "not computer-related", h.replace("_", " "))
        for r in c.recalls
        for h in r.hazards or ("none named",)
    )
    faults = [*FAULT_CLASSES, "not computer-related"]
    hazards = sorted({h for _, h in count})
    rows = tuple((f, h, count[f, h]) for f in faults for h in hazards if count[f, h])
    counted = "Recall events by fault class and by every hazard that their text names; one event can name several."
    columns = ("fault class", "hazard", "recalls")
    return Table("fault-by-hazard", "From cause to hazard", columns, rows, counted, (_CLASSIFIED,))


def _by_class(c: Cohort) -> Table:
    label = {1: "class I", 2: "class II", 3: "class III", None: NOT_STATED}
    count = Counter(label[r.recall_class] for r in c.recalls)
    stated = any(name != NOT_STATED for name in count)
    rows = tuple((name, count[name]) for name in label.values() if count[name]) if stated else ()
    counted = "Recall events by FDA recall class; the imported recall tables mostly do not state it."
    return Table("recall-class", "Recall class", ("class", "recalls"), rows, counted)


def _events_by_year(c: Cohort) -> Table:
    count = Counter((e.received.year, e.event_type or NOT_STATED) for e in c.events if e.received)
    rows = tuple((y, t, n) for (y, t), n in sorted(count.items()))
    undated = sum(e.received is None for e in c.events)
    remarks = (
        "Reports are unverified, under-reported and repeated; their number is no rate of harm.",
        f"{undated:,} further reports have no usable date." if undated else "",
    )
    counted = "Adverse-event reports (MAUDE) by year received and event type; rows of one report key count once."
    columns = ("year", "event type", "reports")
    return Table("events-by-year", "Adverse-event reports", columns, rows, counted, tuple(r for r in remarks if r))


def _events_about(c: Cohort) -> Table:
    told = [e.about for e in c.events if e.about]
    rows: tuple[tuple[Cell, ...], ...] = ()
    if told:
        rows = (
            ("with a narrative", len(told)),
            ("computer-related", sum(a.computer_related for a in told)),
            ("data-input problem", sum(a.data_input_problem for a in told)),
            ("security-related", sum(a.security_related for a in told)),
        )
    counted = "Adverse-event reports that hold a narrative, by what the narrative is about."
    return Table("events-about", "What the narratives are about", ("reports", "count"), rows, counted, (_CLASSIFIED,))


def _survival(c: Cohort) -> Table:
    groups = _durations(c)
    rows: list[tuple[Cell, ...]] = []
    for name, (times, seen) in groups.items():
        rows += [
            (name, round(s.time, 4), s.at_risk, s.events, round(s.survival, 5), round(s.low, 5), round(s.high, 5))
            for s in kaplan_meier(times, seen)
        ]
    remarks: tuple[str, ...] = ("A recall is linked by product code and company; see the note at the recalls.",)
    if len(groups) > 1 and rows:
        chi, p = log_rank(list(groups.values()))
        remarks = (f"Log-rank test between the groups: chi-square = {chi:.2f}, p = {p:.3g}.", *remarks)
    columns = ("panel", "years", "at risk", "recalled", "not recalled", "low", "high")
    counted = (
        "Kaplan-Meier estimate of the share of devices without a recall, by years since authorisation, with 95 % "
        f"log(-log) intervals; devices not recalled are censored at the newest recall held ({_last_recall(c)})."
    )
    return Table("time-to-recall", "Time from authorisation to first recall", columns, tuple(rows), counted, remarks)


def _last_recall(c: Cohort) -> str:
    return max((r.posted.isoformat() for r in c.recalls if r.posted), default="none")


def _durations(c: Cohort) -> dict[str, tuple[list[float], list[bool]]]:
    first = _first_recalls(c)
    end = max((r.posted for r in c.recalls if r.posted), default=None)
    groups: dict[str, tuple[list[float], list[bool]]] = {}
    if end is None or not first or len(c.devices) < _ENOUGH_DEVICES:
        return groups
    for device in c.devices:
        if device.decided is None or device.decided > end:
            continue
        recalled = first.get(device.submission)
        group = groups.setdefault("Radiology" if device.panel == "Radiology" else "Other panels", ([], []))
        group[0].append(((recalled or end) - device.decided).days / _DAYS)
        group[1].append(recalled is not None)
    return dict(sorted(groups.items()))


def _first_recalls(c: Cohort) -> dict[str, date]:
    first: dict[str, date] = {}
    dated = [(r.posted, r.number, r.submissions) for r in c.recalls if r.posted]
    for posted, _, submissions in sorted(dated):
        for submission in submissions:
            first.setdefault(submission, posted)
    return first


def _rates(c: Cohort) -> Table:
    groups = _durations(c)
    rows: list[tuple[Cell, ...]] = []
    for name, (times, seen) in groups.items():
        years, hits = sum(times), sum(seen)
        if years > 0:
            low, high = poisson_rate_interval(hits, years / 100)
            rows.append(
                (name, len(times), round(years, 1), hits, *(round(v, 3) for v in (hits / years * 100, low, high)))
            )
    columns = ("panel", "devices", "device-years", "first recalls", "per 100 device-years", "low", "high")
    counted = "First recalls per 100 device-years without a recall, with exact 95 % Poisson intervals (Garwood)."
    return Table("recall-rate", "Rate of first recalls", columns, tuple(rows), counted)


def _security(c: Cohort) -> Table:
    rows = tuple(
        (
            r.number,
            r.posted.isoformat() if r.posted else NOT_STATED,
            r.firm,
            r.product[:90],
            " | ".join(r.about.phrases[:2]),
        )
        for r in c.recalls
        if r.about.security_related
    )
    columns = ("recall", "posted", "firm", "product", "phrases that decided")
    return Table("security", "Security-related recalls", columns, rows, "Recall events whose text is about security.")


def _newest(c: Cohort) -> Table:
    picked = sorted(
        (r for r in c.recalls if r.about.computer_related), key=lambda r: (str(r.posted or ""), r.number), reverse=True
    )[:15]
    rows: Sequence[tuple[Cell, ...]] = [
        (
            r.number,
            r.posted.isoformat() if r.posted else NOT_STATED,
            r.firm,
            r.product[:70],
            r.about.fault_class,
            r.about.failure_mode,
            " | ".join(r.about.phrases[:3]),
        )
        for r in picked
    ]
    columns = ("recall", "posted", "firm", "product", "fault class", "failure mode", "phrases that decided")
    return Table(
        "newest", "Newest computer-related recalls", columns, tuple(rows), "The 15 newest, predicted from their text."
    )
