"""The report: sound structure, no way out, nothing executed, the same bytes."""

from __future__ import annotations

import re

import made
import msgspec
import pytest
from pages import Page

from harmpath.deliverables.report_html import report_html
from harmpath.deliverables.run_json import RunInfo

RUN = RunInfo({"device.yaml": "ab" * 32}, seed=7)
HOSTILE = '"><script>alert(1)</script><svg onload=alert(2)><img src=x onerror=alert(3)>{{7*7}}</style>]]>'


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(report_html(made.assessment(), RUN))


def test_every_link_leads_to_an_anchor_of_the_page(page: Page) -> None:
    assert len(page.links) > 100
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()


def test_no_anchor_is_there_twice(page: Page) -> None:
    assert [id_ for id_, n in page.ids.items() if n > 1] == []


def test_elements_are_closed_in_order(page: Page) -> None:
    assert page.wrong == []
    assert page.unclosed == []


def test_nothing_is_fetched_and_nothing_can_be() -> None:
    text = report_html(made.assessment(), RUN)
    assert set(re.findall(r"https?://[^\"'<> ]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in text
    assert "@import" not in text
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "'unsafe-inline'" not in policy[1].partition("script-src")[2].partition(";")[0]


def test_the_script_of_the_page_is_the_one_the_policy_allows() -> None:
    import base64
    import hashlib

    text = report_html(made.assessment(), RUN)
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text.replace("&#39;", "'")


def test_no_inline_event_handlers(page: Page) -> None:
    assert [key for key in page.attributes if key.startswith("on")] == []
    assert page.tags["script"] == 1


@pytest.mark.parametrize("kind", ["losses", "hazards", "components", "channels", "signals"])
def test_every_element_has_its_row(page: Page, kind: str) -> None:
    assert {e["id"] for e in made.device()[kind]} <= set(page.ids)


def test_every_row_with_an_id_has_its_anchor(page: Page) -> None:
    a = made.assessment()
    groups = (
        a.technologies,
        a.matches,
        a.unsafe_control_actions,
        a.constraints,
        a.loss_scenarios,
        a.formal_scenarios,
        a.context_tables,
        a.monitor_rules,
        a.lifecycle_loops,
        a.ai_threats,
        a.attack_paths,
        a.attack_scenarios,
        a.reach,
        a.risks,
        a.controls,
        a.cut_sets,
        a.precedents,
    )
    assert {row.id for group in groups for row in group} <= set(page.ids)
    assert {path.goal for path in a.attack_paths} <= set(page.ids)


def test_what_a_reader_needs_first_comes_first(page: Page) -> None:
    order = [
        "False glucose values can reach",
        "Carries glucose unprotected",
        "Risks by level",
        "epss : not imported",
        "protection unknown",
    ]
    order += ["How to read this The question", "Architecture: where false data can enter", "scenario AS-AP-1"]
    places = [page.words.index(text) for text in order]
    assert places == sorted(places)


def test_a_gap_is_said(page: Page) -> None:
    assert "1 thing was not assessed; 1 source of data is not complete or not there." in page.words
    assert "protection unknown" in page.words


def test_not_hazardous_and_not_assessed_ways_are_shown_with_the_reason(page: Page) -> None:
    assert "basal goes on" in page.words
    assert "not assessed" in page.words


def test_an_unanswered_ai_threat_and_an_uncontrolled_stage_are_seen_as_not_assessed() -> None:
    page = Page(report_html(made.assessment(), RUN))
    assert "1 of 2 AI threats are answered; 1 is not assessed" in page.words
    assert "1 of 2 stages of the model's life have no control action" in page.words
    text = report_html(made.assessment(), RUN)
    for id_ in ("AI-forecaster-model-bias", "LIFE-forecaster-training"):
        row = text.partition(f'id="{id_}"')[2].partition("</tr>")[0]
        assert ">not assessed</span>" in row


def test_long_tables_of_rules_are_folded_and_a_link_opens_them() -> None:
    text = report_html(made.assessment(), RUN)
    for table in ("monitor_rules", "formal_scenarios"):
        assert '<details class="fold">' in text.partition(f'id="_{table}"')[2].partition("<table")[0]
    assert "node.open = true" in text


def test_measured_severity_stands_beside_the_analysts() -> None:
    risks = tuple(
        msgspec.structs.replace(
            r, measured_severity="serious", because=(*r.because, "Simulated patients: 3 of 10 fell below 54 mg/dL.")
        )
        for r in made.assessment().risks
    )
    with_measure = Page(report_html(made.assessment(risks=risks), RUN)).words
    assert "catastrophic by the analyst, for the worst hazard; serious measured" in with_measure
    assert "Simulated patients: 3 of 10 fell" in with_measure
    assert "Severity measured" in with_measure
    without = Page(report_html(made.assessment(), RUN)).words
    assert "by the analyst" not in without
    assert "Severity measured" not in without


def test_the_card_does_not_repeat_the_protections() -> None:
    a = made.assessment()
    because = ("Cuts 4 risks. Its protections now: integrity none.", "Carries doses.", "Old system.")
    changed = made.assessment(summary=msgspec.structs.replace(a.summary, protect_because=because))
    words = Page(report_html(changed, RUN)).words
    assert "Cuts 4 risks." in words
    assert "Its protections now" not in words


def test_a_row_lists_what_refers_to_it() -> None:
    text = report_html(made.assessment(), RUN)
    row = text.partition('id="H-1"')[2].partition("</tr>")[0]
    assert 'class="back"' in row
    assert 'href="#UCA-1"' in row


def test_the_same_assessment_gives_the_same_bytes() -> None:
    assert report_html(made.assessment(), RUN) == report_html(made.assessment(), RUN)


def test_hostile_text_everywhere_stays_text() -> None:
    page = Page(report_html(_hostile(made.assessment()), RUN))
    assert page.tags["script"] == 1
    assert page.tags["img"] == 0
    assert [key for key in page.attributes if key.startswith("on")] == []
    assert page.wrong == []
    assert [link for link in page.links if not link.startswith("#")] == []
    assert [id_ for id_, n in page.ids.items() if n > 1] == []
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()
    assert "49" not in page.words.split()


def test_very_long_text_and_ids_are_taken() -> None:
    a = made.assessment(device=made.device(components=[{"id": "x" * 64, "name": "wide" * 1000, "kind": "sensor"}]))
    assert "x" * 64 in Page(report_html(a, RUN)).ids


def test_an_empty_assessment_says_so() -> None:
    a = made.assessment()
    empty = {f: () for f in a.__struct_fields__ if isinstance(getattr(a, f), tuple)}
    assert len(empty) > 15
    page = Page(report_html(made.assessment(**empty), RUN))
    assert "No attack path was found. Read the coverage above before taking this for safety." in page.words
    assert page.wrong == []


def test_thousands_of_rows_stay_small_and_what_is_left_out_is_said() -> None:
    first = made.assessment().matches[0]
    rows = tuple(
        msgspec.structs.replace(first, id=f"M-{n}", cve=f"CVE-2020-{n}", evidence=made.SEEN) for n in range(5000)
    )
    page = Page(text := report_html(made.assessment(matches=rows), RUN))
    assert len(text) < 1_000_000
    assert "The first 200 of 5000" in page.words
    assert "tables/matches.csv" in page.words
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()


def test_rows_that_matter_come_first() -> None:
    first = made.assessment().matches[0]
    other = msgspec.structs.replace(first, known_exploited=False, cvss_score=5.0)
    rows = (
        msgspec.structs.replace(other, id="M-low", cve="CVE-1"),
        msgspec.structs.replace(other, id="M-high", cve="CVE-2", cvss_score=9.8),
        msgspec.structs.replace(other, id="M-kev", cve="CVE-3", known_exploited=True),
        msgspec.structs.replace(other, id="M-1", cvss_score=1.0),
    )
    text = report_html(made.assessment(matches=rows), RUN).partition('id="_matches"')[2]
    places = [text.index(f'id="{id_}"') for id_ in ("M-1", "M-kev", "M-high", "M-low")]
    assert places == sorted(places)


def _hostile(assessment: made.Assessment) -> made.Assessment:
    """The assessment with every text replaced by an attack, ids made unlike each other, closed words kept."""
    keep = {"open", "two-way", "one-way", "patient", "ml-engine", "none", "strong", "weak"}

    def change(value: object, key: str = "") -> object:
        if isinstance(value, str) and value and value not in keep and key not in ("kind", "direction"):
            return f"{value}{HOSTILE}"
        if isinstance(value, dict):
            rename = key == "by_year"
            return {(f"{k}{HOSTILE}" if rename else k): change(v, k) for k, v in value.items()}
        return [change(v, key) for v in value] if isinstance(value, (list, tuple)) else value

    return msgspec.convert(change(msgspec.to_builtins(assessment)), made.Assessment)


def test_cells_of_a_table_stay_cells_on_paper() -> None:
    css = report_html(made.assessment(), RunInfo()).partition("<style>")[2].partition("</style>")[0]
    printed = css.partition("@media print{")[2]
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", printed)
    cells = [body for selectors, body in rules if {"td", "th", "tr"} & set(selectors.strip().split(","))]
    assert cells
    assert not any("display:" in body for body in cells)
