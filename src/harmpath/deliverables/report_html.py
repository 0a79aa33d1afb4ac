"""report.html: one self-contained page with everything an assessment says.

Nothing in it is fetched and nothing in it can be: a content security policy forbids every request, and the only script
allowed is the one in the page, by its hash. Without JavaScript every table is still there, as a plain table.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from harmpath.assessment.model import Assessment
from harmpath.deliverables.goals import goal_sections, level_rank
from harmpath.deliverables.links import Links
from harmpath.deliverables.pictures.architecture import architecture_picture
from harmpath.deliverables.pictures.control_structure import control_structure_picture
from harmpath.deliverables.protect import protect_cards
from harmpath.deliverables.run_json import RunInfo
from harmpath.deliverables.tables import all_tables
from harmpath.deliverables.tables.table import evidence_texts, pairs
from harmpath.deliverables.view import View, words

if TYPE_CHECKING:
    import jinja2

__all__ = ["report_html"]

_ABOUT: Final = dict.fromkeys(
    ("name", "manufacturer", "description", "intended_use", "software", "product_code", "regulation"), ""
)
_NOT_SHOWN: Final = frozenset({"attack_steps", "context_gaps", "traces"})
"""Tables that only CSV has: the page shows steps with their path, gaps as counts, traces as the links of each row."""

_CHIP: Final[dict[str, str]] = {
    **dict.fromkeys(("none", "cut", "not-hazardous", "applied", "implemented", "protected", "info"), "calm"),
    **dict.fromkeys(("addressed", "not-applicable", "analysed"), "calm"),
    **dict.fromkeys(("negligible", "very-low", "low", "not-adversarial", "no data protection applicable"), "l1"),
    **dict.fromkeys(("minor", "medium", "moderate", "weakly protected", "warning", "planned", "conditional"), "l2"),
    "open-loop": "l2",
    **dict.fromkeys(("serious", "high", "hazardous", "supported", "open"), "l3"),
    **dict.fromkeys(("critical", "catastrophic", "very-high", "error"), "l4"),
    **dict.fromkeys(("not protected against false data",), "l4"),
    **dict.fromkeys(("not-assessed", "protection unknown", "unknown", "orphaned", "unsupported"), "ask"),
}
_ORDER: Final = {"calm": 1, "l1": 2, "ask": 3, "l2": 4, "l3": 5, "l4": 6}
_WORSE: Final = {"very-high": 1, "catastrophic": 1}
"""Words that sort above the others of their colour."""


def report_html(assessment: Assessment, run: RunInfo) -> str:
    """The whole report as one HTML text. The same assessment and run give the same text."""
    view = View(assessment)
    tables = {id_: one for id_, one in all_tables(view).items() if id_ not in _NOT_SHOWN}
    links = Links(view, tables.values())
    anchors = links.as_mapping()
    environment = _environment(view, links)
    script = _resource("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("report.html.j2").render(
        a=assessment,
        about=_ABOUT | dict(view.device.get("device") or {}),
        run=run,
        view=view,
        tables=tables,
        goals=goal_sections(view, anchors),
        firsts=protect_cards(view),
        architecture=architecture_picture(view, anchors),
        control_structure=control_structure_picture(view, anchors),
        matrix=_matrix(view),
        bars=_bars(view),
        style=_resource("report.css") + _resource("pictures.css"),
        script=script,
        script_hash=f"sha256-{digest}",
    )


def _environment(view: View, links: Links) -> jinja2.Environment:
    import jinja2
    import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harmpath.deliverables", "templates/report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["words"] = words
    environment.globals.update(
        href=links.href,
        claim=links.claim,
        back=links.back,
        name=view.name,
        chip_class=lambda value: _CHIP.get(value, "l1"),
        order=lambda value: _ORDER[_CHIP.get(value, "l1")] * 10 + _WORSE.get(value, 0),
        evidence=evidence_texts,
        cve=lambda match: view.cve_of.get(match, match),
        pairs=pairs,
        trusted=markupsafe.Markup,
    )
    return environment


def _resource(name: str) -> str:
    """A file beside the templates; ``</`` cannot occur in style or script, which would end them early."""
    text = files("harmpath.deliverables").joinpath("templates", "report", name).read_text("utf-8")
    if "</" in text:
        raise ValueError(f"{name} must not contain '</'")
    return text


def _matrix(view: View) -> dict[str, Any]:
    """The risk matrix with the number of risks in each cell, now and as planned; the worst row first."""
    given = view.assessment.risk_matrix
    now = Counter((r.exploitability_after, r.severity) for r in view.assessment.risks)
    planned = Counter((r.exploitability_planned, r.severity) for r in view.assessment.risks)
    severities = tuple(given.get("severity") or ())
    rows = []
    for word in reversed(tuple(given.get("exploitability") or ())):
        levels = (given.get("matrix") or {}).get(word) or ()
        cells = [(level, now[(word, s)], planned[(word, s)]) for level, s in zip(levels, severities, strict=False)]
        rows.append((word, cells))
    return {"title": given.get("title", ""), "severity": severities, "rows": rows, "levels": given.get("levels") or ()}


def _bars(view: View) -> list[tuple[str, list[tuple[str, int]], int]]:
    """Risks by level before controls, now, and as planned; worst level first."""
    ranks = level_rank(view)
    stages = (("before", "Before controls"), ("after", "Now"), ("planned", "With planned and recommended controls"))
    bars = []
    for key, label in stages:
        counted = view.assessment.summary.risks_by_level.get(key) or {}
        ordered = sorted(counted.items(), key=lambda item: (-ranks.get(item[0], 0), item[0]))
        bars.append((label, [(level, n) for level, n in ordered if n], sum(counted.values())))
    return bars
