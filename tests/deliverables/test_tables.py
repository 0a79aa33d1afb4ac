"""Tables and links: one anchor for each id, odd ids made harmless, references both ways, evidence in words."""

from __future__ import annotations

import made
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.assessment.model import EvidenceRow
from harmpath.deliverables.links import Links, slug
from harmpath.deliverables.tables import all_tables
from harmpath.deliverables.tables.table import evidence_texts, pairs
from harmpath.deliverables.tables_csv import table_csv
from harmpath.deliverables.view import View


@pytest.fixture
def links() -> Links:
    view = View(made.assessment())
    return Links(view, all_tables(view).values())


def test_a_plain_id_is_its_own_anchor_and_any_other_is_made_harmless() -> None:
    assert slug("AP-falsify-signal.glucose-3f9a") == "AP-falsify-signal.glucose-3f9a"
    assert slug('"><script>').isidentifier()
    assert slug("_summary") != "_summary"


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_two_ids_never_share_an_anchor(a: str, b: str) -> None:
    assert (slug(a) == slug(b)) == (a == b)
    assert set(slug(a)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")


def test_an_anchor_is_claimed_once_and_by_its_owner_only(links: Links) -> None:
    assert links.claim("H-1", "losses") == ""
    assert links.claim("H-1", "hazards") == "H-1"
    assert links.claim("H-1", "hazards") == ""
    assert links.href("H-1") == "#H-1"


def test_an_id_that_is_not_on_the_page_is_no_link(links: Links) -> None:
    assert links.href("AP-9") == ""


def test_a_cve_leads_to_its_match(links: Links) -> None:
    assert links.href("CVE-2020-0022") == "#M-1"


def test_references_are_known_from_both_ends(links: Links) -> None:
    found, count = links.back("H-1")
    assert {"UCA-1", "LS-1", "R-1", "CS-1", "SC-H-1", "H-1a"} <= set(found)
    assert count == len(found)


def test_a_crowd_of_references_is_counted_but_not_all_written() -> None:
    many = tuple(made.uca(f"U-{n}", "bolus", "provided", "hazardous", ("H-1",)) for n in range(500))
    view = View(made.assessment(unsafe_control_actions=many))
    found, count = Links(view, all_tables(view).values()).back("H-1")
    assert len(found) == 12
    assert count > 500


def test_rows_are_as_wide_as_the_header_and_ids_come_first_in_their_table() -> None:
    for one in all_tables(View(made.assessment())).values():
        assert {len(row) for row in one.rows} <= {len(one.columns)}
        assert len({column.key for column in one.columns}) == len(one.columns)
        assert one.title
        assert one.about.endswith(".")


def test_every_element_of_the_model_has_a_row_somewhere() -> None:
    view = View(made.assessment())
    tables = all_tables(view).values()
    rows = {str(row[one.id_column]) for one in tables if one.id_column is not None for row in one.rows}
    assert set(view.by_id) <= rows
    assert {"H-1a", "f-glucose", "o-forecast", "v-glucose", "in-use", "A-1", "z-body"} <= rows


@pytest.mark.parametrize(
    ("levels", "state"),
    [
        ({}, "unknown"),
        ({"authentication": "none"}, "open"),
        ({"authentication": "strong", "integrity": "none", "replay_protection": "strong"}, "open"),
        ({"authentication": "strong", "integrity": "strong", "replay_protection": "none"}, "weak"),
        ({"authentication": "strong", "integrity": "strong"}, "unknown"),
        ({"authentication": "weak", "integrity": "strong", "replay_protection": "strong"}, "weak"),
        (dict.fromkeys(("authentication", "integrity", "replay_protection"), "strong"), "strong"),
        (dict.fromkeys(("authentication", "integrity", "replay_protection"), "not-applicable"), "plain"),
    ],
)
def test_the_worst_protection_against_false_data_counts(levels: dict[str, str], state: str) -> None:
    assert View(made.assessment()).protection({"protections": levels}) == state


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (EvidenceRow(kind="model-element", id="ble", note="authentication: none"), "ble: authentication: none"),
        (
            EvidenceRow(kind="public-record", source="nvd", id="CVE-1", as_of="2026-01-02"),
            "nvd CVE-1 (as of 2026-01-02)",
        ),
        (EvidenceRow(kind="document-span", id="ifu.pdf", page=3, text="pairs"), "ifu.pdf, page 3: “pairs”"),
        (EvidenceRow(kind="catalogue-entry", source="attack-rules", id="R-1"), "attack-rules R-1"),
        (
            EvidenceRow(kind="measurement", id="harm", value=0.25, unit="events/d", low=0.2, high=0.3, n=30, seed=7),
            "measured: harm 0.25 events/d [0.2, 0.3], n = 30, seed 7",
        ),
    ],
)
def test_evidence_is_said_in_words(row: EvidenceRow, text: str) -> None:
    assert evidence_texts([row]) == (text,)


def test_pairs_are_sorted_and_empty_ones_left_out() -> None:
    assert pairs({"b": ("x", "y"), "a": 1, "c": (), "d": ""}) == ("a: 1", "b: x, y")


def test_an_alternative_names_only_what_differs_on_the_page_and_all_in_csv() -> None:
    first = made.assessment().cut_sets[0]
    other = msgspec.structs.replace(first, id="CS-2", controls=("C-2", "C-3"), reason="why")
    first = msgspec.structs.replace(first, controls=("C-1", "C-2"), reason="why")
    one = all_tables(View(made.assessment(cut_sets=(first, other))))["cut_sets"]
    keys = [c.key for c in one.columns]
    shown = [dict(zip(keys, row, strict=True)) for row in one.rows]
    assert [s["controls"] for s in shown] == [("C-1", "C-2"), ("C-2", "C-3")]
    assert [s["shown"] for s in shown] == [("C-1", "C-2"), ("C-3",)]
    assert [s["instead_of"] for s in shown] == [(), ("C-1",)]
    assert [s["why"] for s in shown] == ["why", ""]
    header = table_csv(one).decode().splitlines()[0].split(",")
    assert "controls" in header
    assert not {"shown", "why"} & set(header)


def test_how_much_of_a_context_table_is_judged() -> None:
    one = all_tables(View(made.assessment()))["context_tables"]
    row = dict(zip([c.key for c in one.columns], one.rows[0], strict=True))
    assert row["provided"] == "2 + 1 of 9"
    assert row["not_provided"] == "9 of 9"
    assert row["too_late"] == "not counted"
    assert row["too_early"] == ""
    gaps = all_tables(View(made.assessment()))["context_gaps"]
    assert gaps.rows == (("bolus", "provided", ("v-glucose: high",)),)


def test_formal_scenarios_that_nothing_refines_come_first() -> None:
    one = all_tables(View(made.assessment()))["formal_scenarios"]
    assert [row[0] for row in one.rows] == ["FS-UCA-1-2", "FS-UCA-1-1"]
    classes = all_tables(View(made.assessment()))["scenario_classes"]
    assert [row[2:] for row in classes.rows] == [(1, 1, 1), (1, 0, 0)]
