"""Tables of the device model, of what was not assessed, and of the bookkeeping: decisions, findings, traces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harmpath.deliverables.tables.table import Column, Table, Value, evidence_texts, pairs, table
from harmpath.deliverables.view import PROTECTION_WORDS, View, words

__all__ = [
    "channels",
    "components",
    "decisions",
    "elements",
    "findings",
    "gaps",
    "not_assessed",
    "proposals",
    "signals",
    "sources",
    "traces",
]

_NUMBERED: Final = re.compile(r"\b(CVE|CWE)-[0-9-]+(?:, CWE-[0-9]+)*")
_OWN_TABLE: Final = {"loss", "hazard", "sub-hazard", "component", "channel", "signal"}


def components(view: View) -> Table:
    """Components of the device and of the world it works in."""
    return table(
        "components",
        "Components",
        "The parts of the device and of the world it works in, people included.",
        view.listed("components"),
        {
            Column("id", "Component", "id"): lambda e: str(e["id"]),
            Column("name", "Name"): lambda e: str(e.get("name") or ""),
            Column("kind", "Kind"): lambda e: words(str(e.get("kind") or "")),
            Column("open_paths", "Open attack paths", "number"): lambda e: view.exposure[str(e["id"])],
            Column("owner", "Owner"): lambda e: words(str(e.get("owner") or "manufacturer")),
            Column("zone", "Zone", "ref"): lambda e: str(e.get("zone") or ""),
            Column("host", "Runs on", "ref"): lambda e: str(e.get("host") or ""),
            Column("protections", "Protections"): _protections,
            Column("description", "Description"): lambda e: str(e.get("description") or ""),
        },
    )


def channels(view: View) -> Table:
    """Channels, with how well each resists false data."""
    return table(
        "channels",
        "Channels",
        "Every way for data to pass between two components. Its state is the worst of authentication, integrity and "
        "replay protection; unknown counts as absent.",
        view.listed("channels"),
        {
            Column("id", "Channel", "id"): lambda e: str(e["id"]),
            Column("name", "Name"): lambda e: str(e.get("name") or ""),
            Column("state", "Against false data", "level"): lambda e: PROTECTION_WORDS[view.protection(e)],
            Column("open_paths", "Open attack paths", "number"): lambda e: view.exposure[str(e["id"])],
            Column("from", "From", "ref"): lambda e: str(e.get("from") or ""),
            Column("to", "To", "ref"): lambda e: str(e.get("to") or ""),
            Column("direction", "Direction"): lambda e: words(str(e.get("direction") or "one-way")),
            Column("medium", "Medium"): lambda e: words(str(e.get("medium") or "")),
            Column("protocol", "Protocol"): lambda e: str(e.get("protocol") or ""),
            Column("protections", "Protections"): _protections,
            Column("description", "Description"): lambda e: str(e.get("description") or ""),
        },
    )


def signals(view: View) -> Table:
    """Signals and the ML inputs they feed."""
    return table(
        "signals",
        "Signals",
        "Quantities that travel from where they are measured to where a model or a controller uses them.",
        view.listed("signals"),
        {
            Column("id", "Signal", "id"): lambda e: str(e["id"]),
            Column("name", "Name"): lambda e: str(e.get("name") or ""),
            Column("unit", "Unit"): lambda e: str(e.get("unit") or ""),
            Column("source", "Made by", "ref"): lambda e: str(e.get("source") or ""),
            Column("via", "Travels over", "ref"): lambda e: tuple(e.get("via") or ()),
            Column("feeds", "Feeds ML input", "ref"): lambda e: tuple(e.get("feeds") or ()),
            Column("range", "Accepted"): lambda e: _scalar(e.get("range")),
            Column("physiological", "Physiological"): lambda e: _scalar(e.get("physiological")),
            Column("max_rate", "Fastest plausible change"): lambda e: _scalar(e.get("max_rate")),
        },
    )


def elements(view: View) -> Table:
    """Every other element of the model, so that every id has a row."""
    return table(
        "elements",
        "Other elements of the model",
        "Everything else in device.yaml that has an id.",
        ((kind, element) for kind, element in view.elements() if kind not in _OWN_TABLE),
        {
            Column("id", "Element", "id"): lambda r: str(r[1]["id"]),
            Column("kind", "Kind"): lambda r: r[0],
            Column("name", "Name"): lambda r: str(r[1].get("name") or ""),
            Column("description", "Description"): lambda r: str(r[1].get("description") or ""),
            Column("refers_to", "Refers to", "ref"): lambda r: _references(view, r[1]),
        },
    )


def not_assessed(view: View) -> Table:
    """What was not looked at."""
    return table(
        "not_assessed",
        "What was not assessed, one by one",
        "Each line is a gap, with its reason and what would close it. A gap is not a sign of safety.",
        view.assessment.not_assessed,
        {
            Column("subject", "Subject", "ref"): lambda r: r.subject,
            Column("reading", "Reading"): lambda r: words(r.reading),
            Column("reason", "Reason"): lambda r: r.reason,
            Column("remedy", "What would close it"): lambda r: r.remedy,
        },
        empty="Nothing was left out.",
    )


def sources(view: View) -> Table:
    """The data behind the assessment."""
    return table(
        "sources",
        "Sources of data",
        "What each public source held when this was made.",
        view.assessment.coverage.sources,
        {
            Column("source", "Source"): lambda r: r.source,
            Column("as_of", "As of"): lambda r: r.as_of or "unknown",
            Column("records", "Records", "number"): lambda r: r.records,
            Column("by_year", "Records by year"): lambda r: ", ".join(
                f"{y}: {n}" for y, n in sorted(r.by_year.items())
            ),
            Column("note", "Note"): lambda r: r.note,
        },
        empty="No public records were available.",
    )


def proposals(view: View) -> Table:
    """Technologies that documents name and the model does not."""
    return table(
        "proposals",
        "Technologies that documents name and the model does not",
        "Read from the project's documents. They are not part of the analysis until someone accepts them.",
        view.assessment.proposals,
        {
            Column("id", "Proposal", "id"): lambda r: r.id,
            Column("name", "Name"): lambda r: r.name,
            Column("version", "Version"): lambda r: r.version,
            Column("vendor", "Vendor"): lambda r: r.vendor,
            Column("component", "Said of"): lambda r: r.component,
            Column("decision", "Decision"): lambda r: r.decision,
            Column("evidence", "Evidence", "evidence"): lambda r: evidence_texts(r.evidence),
        },
    )


def gaps(view: View) -> Table:
    """What was not assessed, alike gaps together."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for row in view.assessment.not_assessed:
        reason, remedy = (_NUMBERED.sub(r"\1-…", text.replace(row.subject, "it")) for text in (row.reason, row.remedy))
        grouped.setdefault((row.reading, reason, remedy), []).append(row.subject)
    return table(
        "gaps",
        "What was not assessed",
        "Gaps of one kind together; every single one is listed further down. A gap is not a sign of safety.",
        sorted(grouped.items(), key=lambda item: (item[0][0], -len(item[1]), item[0])),
        {
            Column("reading", "Reading"): lambda r: words(r[0][0]),
            Column("reason", "Reason"): lambda r: r[0][1],
            Column("count", "How many", "number"): lambda r: len(r[1]),
            Column("subjects", "What", "ref"): lambda r: tuple(r[1]),
            Column("remedy", "What would close it"): lambda r: r[0][2],
        },
        empty="Nothing was left out.",
        most=40,
    )


def decisions(view: View) -> Table:
    """The analyst's decisions, those without a finding included."""
    return table(
        "decisions",
        "Decisions",
        "The analyst's word on findings, from decisions.yaml. Orphaned: the finding is no longer there.",
        view.assessment.decisions,
        {
            Column("finding", "Finding", "ref"): lambda r: r.finding,
            Column("status", "Status", "level"): lambda r: r.status,
            Column("verdict", "Verdict"): lambda r: words(r.verdict),
            Column("reason", "Reason"): lambda r: r.reason,
            Column("by", "By"): lambda r: r.by,
            Column("date", "Date"): lambda r: r.date,
        },
        empty="No decision has been recorded yet.",
    )


def findings(view: View) -> Table:
    """What the consistency checks found in the model itself."""
    return table(
        "findings",
        "Findings about the model",
        "What the consistency and completeness checks say about the device description itself.",
        view.assessment.findings,
        {
            Column("severity", "Severity", "level"): lambda r: r.severity,
            Column("check", "Check", "code"): lambda r: r.check,
            Column("element", "Element", "ref"): lambda r: r.element,
            Column("message", "Finding"): lambda r: r.message,
            Column("remedy", "Remedy"): lambda r: r.remedy,
            Column("where", "Where", "code"): lambda r: r.where,
        },
        empty="The checks found nothing to report.",
    )


def traces(view: View) -> Table:
    """Every typed link between two ids."""
    return table(
        "traces",
        "Traces",
        "Every link between two things in this assessment, readable in both directions.",
        view.assessment.traces,
        {
            Column("source", "From", "ref"): lambda r: r.source,
            Column("relation", "Relation"): lambda r: words(r.relation),
            Column("target", "To", "ref"): lambda r: r.target,
        },
    )


def _protections(element: Mapping[str, Any]) -> Value:
    return "; ".join(words(text) for text in pairs(element.get("protections") or {}))


def _scalar(value: Any) -> str:
    return "" if value is None else str(value)


def _references(view: View, element: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of other elements that an element names, at most two levels deep, in order."""
    found: dict[str, None] = {}

    def look(value: Any, depth: int) -> None:
        if isinstance(value, str) and value in view.by_id and value != element["id"]:
            found[value] = None
        elif isinstance(value, (list, tuple)) and depth:
            for inner in value:
                look(inner, depth - 1)
        elif isinstance(value, Mapping) and depth:
            for key, inner in value.items():
                if key != "unsafe":
                    look(inner, depth - 1)

    look(element, 3)
    return tuple(found)
