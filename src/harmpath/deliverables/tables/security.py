"""Tables of the security reading: attack paths, reach, risks, controls, vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.assessment.model import AttackPathRow, MatchRow, StepRow
from harmpath.deliverables.tables.table import Column, Table, evidence_texts, pairs, table
from harmpath.deliverables.view import View, words

__all__ = [
    "attack_paths",
    "attack_steps",
    "controls",
    "matches",
    "precedents",
    "reach",
    "risks",
    "technologies",
    "unmatched",
]

_EVIDENCE = Column("evidence", "Evidence", "evidence")
_EVIDENCE_IN_CSV = Column("evidence", "Evidence", "evidence", csv_only=True)
"""Where the page shows the evidence with the path."""


def attack_paths(view: View) -> Table:
    """Every attack path."""
    return table(
        "attack_paths",
        "All attack paths",
        "Each path is one way to reach one goal, cheapest first within its goal. Open: no existing control cuts it.",
        view.assessment.attack_paths,
        {
            Column("id", "Attack path", "id"): lambda r: r.id,
            Column("state", "State", "level"): lambda r: "open" if r.open else "cut",
            Column("goal", "Goal", "ref"): lambda r: r.goal,
            Column("target", "Target", "ref"): lambda r: r.target,
            Column("position", "Attacker's position"): lambda r: words(r.position),
            Column("exploitability", "Exploitability", "level"): lambda r: r.exploitability,
            Column("exploitability_because", "Because", csv_only=True): lambda r: r.exploitability_because,
            Column("steps", "Steps", "number"): lambda r: len(r.steps),
            Column(
                "cost", "Cost", "number", "Effort by the rules' own scale; only for ordering.", csv_only=True
            ): lambda r: r.cost,
            Column("elements", "Through", "ref"): lambda r: r.elements,
            Column("vulnerabilities", "Vulnerabilities", "ref"): lambda r: _cves(view, r.vulnerabilities),
            Column("cut_by", "Cut by", "ref"): lambda r: r.cut_by,
            Column("decision", "Decision"): lambda r: r.decision,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
    )


def attack_steps(view: View) -> Table:
    """Every step of every path; for spreadsheets (the page shows steps with their path)."""
    rows: Iterator[tuple[AttackPathRow, StepRow]] = ((p, s) for p in view.assessment.attack_paths for s in p.steps)
    return table(
        "attack_steps",
        "Steps of the attack paths",
        "One row for each step of each path, in order.",
        rows,
        {
            Column("attack_path", "Attack path", "ref"): lambda r: r[0].id,
            Column("step", "Step", "id"): lambda r: r[1].id,
            Column("sentence", "In words"): lambda r: r[1].sentence,
            Column("capability", "Capability"): lambda r: words(r[1].capability),
            Column("element", "Element", "ref"): lambda r: r[1].element,
            Column("licence", "Possible through"): lambda r: words(r[1].licence),
            Column("rule", "Rule", "code"): lambda r: r[1].rule,
            Column("requires", "Needs", "ref"): lambda r: r[1].requires,
            Column("vulnerabilities", "Vulnerabilities", "ref"): lambda r: _cves(view, r[1].vulnerabilities),
            Column("more_vulnerabilities", "More that would do", "number"): lambda r: r[1].more_vulnerabilities,
            Column("techniques", "Techniques"): lambda r: pairs(r[1].techniques),
            Column("removed_by", "Removed by"): lambda r: r[1].removed_by,
            _EVIDENCE: lambda r: evidence_texts(r[1].evidence),
        },
    )


def reach(view: View) -> Table:
    """What open paths can do to each ML input."""
    return table(
        "reach",
        "Reach: what an attacker can do to each input of the model",
        "For each ML input: which operations the open attack paths allow on the signals behind it, and within which "
        "bounds. A test of the model under attack must stay within this reach.",
        view.assessment.reach,
        {
            Column("id", "Reach", "id"): lambda r: r.id,
            Column("engine", "ML engine", "ref"): lambda r: r.engine,
            Column("feature", "ML input", "ref"): lambda r: r.feature,
            Column("signals", "Signals", "ref"): lambda r: r.signals,
            Column("operations", "Operations"): lambda r: r.operations,
            Column("bounds", "Within"): lambda r: r.bounds,
            Column("max_rate", "Fastest change"): lambda r: r.max_rate,
            Column("period", "One value every"): lambda r: r.period,
            Column("attack_paths", "Attack paths", "ref"): lambda r: r.attack_paths,
            Column("reason", "Why"): lambda r: r.reason,
        },
    )


def risks(view: View) -> Table:
    """Every risk before, after and with planned controls."""
    return table(
        "risks",
        "All risks",
        "One risk for each attack path: exploitability against severity of harm, by the matrix "
        "above. Before: without any "
        "control. Now: with implemented controls. Planned: with planned and recommended controls.",
        view.assessment.risks,
        {
            Column("id", "Risk", "id"): lambda r: r.id,
            Column("attack_path", "Attack path", "ref"): lambda r: r.attack_path,
            Column("severity", "Severity of harm", "level"): lambda r: r.severity,
            Column(
                "measured_severity",
                "Severity measured",
                "level",
                "What simulated patients suffered within the reach of the path's signal.",
                csv_only=not any(r.measured_severity for r in view.assessment.risks),
            ): lambda r: r.measured_severity,
            Column("exploitability_before", "Exploitability before", "level", csv_only=True): lambda r: (
                r.exploitability_before
            ),
            Column("risk_before", "Risk before", "level"): lambda r: r.risk_before,
            Column("exploitability_after", "Exploitability now", "level"): lambda r: r.exploitability_after,
            Column("risk_after", "Risk now", "level"): lambda r: r.risk_after,
            Column("exploitability_planned", "Exploitability planned", "level", csv_only=True): lambda r: (
                r.exploitability_planned
            ),
            Column("risk_planned", "Risk planned", "level"): lambda r: r.risk_planned,
            Column("acceptability", "Acceptability"): lambda r: r.acceptability,
            Column("security_impact", "Security impact"): lambda r: r.security_impact,
            Column("unsafe_control_actions", "Unsafe control actions", "ref", csv_only=True): lambda r: (
                r.unsafe_control_actions
            ),
            Column("hazards", "Hazards", "ref"): lambda r: r.hazards,
            Column("losses", "Losses", "ref", csv_only=True): lambda r: r.losses,
            Column("because", "Because", csv_only=True): lambda r: r.because,
            Column("decision", "Decision"): lambda r: r.decision,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
    )


def controls(view: View) -> Table:
    """Existing, planned and recommended security controls."""
    return table(
        "controls",
        "Security controls",
        "Controls in the eight categories of FDA's premarket guidance, where they apply, and which "
        "attack paths they cut.",
        view.assessment.controls,
        {
            Column("id", "Control", "id"): lambda r: r.id,
            Column("title", "Name"): lambda r: r.title,
            Column("status", "Status", "level"): lambda r: r.status,
            Column("category", "Category"): lambda r: words(r.category),
            Column("element", "On", "ref"): lambda r: r.element,
            Column("requirement", "Requirement"): lambda r: r.requirement,
            Column("acceptance", "Accepted when"): lambda r: r.acceptance,
            Column("cuts", "Cuts", "ref"): lambda r: r.cuts,
            Column("references", "References", csv_only=True): lambda r: pairs(r.references),
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
    )


def technologies(view: View) -> Table:
    """Technologies of the device."""
    return table(
        "technologies",
        "Technologies",
        "Products, libraries and protocols of the device, as its maker names them.",
        view.assessment.technologies,
        {
            Column("id", "Technology", "id"): lambda r: r.id,
            Column("name", "Name"): lambda r: r.name,
            Column("version", "Version"): lambda r: r.version,
            Column("vendor", "Vendor"): lambda r: r.vendor,
            Column("element", "On", "ref"): lambda r: r.element,
            Column("supported_until", "Supported until"): lambda r: r.supported_until,
            Column("cpe", "CPE", "code"): lambda r: r.cpe,
            Column("purl", "Package URL", "code"): lambda r: r.purl,
            Column("origin", "Said in"): lambda r: r.origin,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
    )


def matches(view: View) -> Table:
    """Known vulnerabilities of the device's technologies."""
    return table(
        "matches",
        "Known vulnerabilities",
        "Published vulnerabilities that match a technology of this device, each with the reason it matches.",
        _by_use(view),
        {
            Column("id", "Match", "id"): lambda r: r.id,
            Column("cve", "CVE", "code"): lambda r: r.cve,
            Column("severity", "CVSS severity", "level"): lambda r: r.severity.lower(),
            Column("cvss_score", "CVSS score", "number", csv_only=True): lambda r: r.cvss_score,
            Column("on_open_path", "Used by an open path", "flag"): lambda r: r.id in view.licensing,
            Column("cvss_vector", "CVSS vector", "code"): lambda r: r.cvss_vector,
            Column("known_exploited", "Known exploited", "flag", "Listed by CISA as exploited."): lambda r: (
                r.known_exploited
            ),
            Column("epss", "EPSS", "number", "Exploit prediction score by FIRST."): lambda r: r.epss,
            Column("technology", "Technology", "ref", csv_only=True): lambda r: r.technology,
            Column("element", "On", "ref"): lambda r: r.element,
            Column("confidence", "Confidence", "level"): lambda r: r.confidence,
            Column("because", "Matches because"): lambda r: r.because,
            Column("condition", "Only if"): lambda r: r.condition,
            Column("gains", "Attacker gains"): lambda r: r.gains,
            Column("position", "From", csv_only=True): lambda r: words(r.position),
            Column("weaknesses", "Weaknesses", "code", csv_only=True): lambda r: r.weaknesses,
            Column("decision", "Decision"): lambda r: r.decision,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
        most=200,
    )


def unmatched(view: View) -> Table:
    """Technologies without a known vulnerability, and why."""
    return table(
        "unmatched",
        "Technologies without a match",
        "For these no vulnerability could be looked up or none was found. This is not the same as "
        "safe: read the reason.",
        view.assessment.unmatched,
        {
            Column("technology", "Technology", "ref"): lambda r: r.technology,
            Column("reason", "Reason"): lambda r: r.reason,
            Column("nearest", "Nearest names in the data", "code"): lambda r: r.nearest,
        },
    )


def precedents(view: View) -> Table:
    """Recalls, adverse events and advisories of comparable devices."""
    return table(
        "precedents",
        "Recalls, adverse events and advisories",
        "Recalls, adverse events and advisories of devices like this one. One without a loss "
        "scenario is not yet in the "
        "analysis.",
        view.assessment.precedents,
        {
            Column("id", "Record", "id"): lambda r: r.id,
            Column("source", "Source"): lambda r: r.source,
            Column("date", "Date"): lambda r: r.date,
            Column("title", "Title"): lambda r: r.title,
            Column("relation", "Why it counts"): lambda r: r.relation,
            Column("scenarios", "Loss scenarios", "ref"): lambda r: r.scenarios,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
        empty="No precedent was found in the records held; see the coverage.",
    )


def _by_use(view: View) -> list[MatchRow]:
    """Matches used by an open attack path first, then known-exploited ones, then by CVSS score."""

    def weight(row: MatchRow) -> tuple[bool, bool, float, str]:
        return row.id not in view.licensing, not row.known_exploited, -(row.cvss_score or 0.0), row.id

    return sorted(view.assessment.matches, key=weight)


def _cves(view: View, matches: tuple[str, ...]) -> tuple[str, ...]:
    """The vulnerabilities of matches, each once; people know CVEs, not ids of matches."""
    return tuple(dict.fromkeys(view.cve_of.get(match, match) for match in matches))
