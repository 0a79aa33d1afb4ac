"""What STPA says in depth is published whole, and what it leaves open is visible."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.assessment.model import Assessment
from harmpath.assessment.pipeline import assess
from harmpath.catalogue.stpa import ai_threat_entries
from harmpath.device.project import Project, open_project
from harmpath.stpa import analyse
from harmpath.stpa.contexts import context_tables
from harmpath.stpa.lifecycle import STAGES
from harmpath.stpa.monitors import monitor_rules


@pytest.fixture(scope="module")
def project(examples: Path) -> Project:
    return open_project(examples / "bgms")


@pytest.fixture(scope="module")
def assessment(project: Project) -> Assessment:
    return assess(project)


def open_subjects(a: Assessment, reading: str) -> set[str]:
    return {n.subject for n in a.not_assessed if n.reading == reading}


def test_four_formal_scenarios_for_each_hazardous_action(assessment: Assessment) -> None:
    hazardous = {u.id for u in assessment.unsafe_control_actions if u.status == "hazardous"}
    asked = [(f.uca, f.archetype) for f in assessment.formal_scenarios]
    assert len(asked) == len(set(asked)) == 4 * len(hazardous)
    assert {uca for uca, _ in asked} == hazardous


def test_a_formal_scenario_counts_the_supported_ones_that_refine_it(assessment: Assessment) -> None:
    support = {s.id: s.support for s in assessment.loss_scenarios}
    for formal in assessment.formal_scenarios:
        assert formal.supported == sum(support[s] == "supported" for s in formal.refined_by)
    assert any(f.supported for f in assessment.formal_scenarios)


def test_coverage_of_every_context_table(project: Project, assessment: Assessment) -> None:
    tables = context_tables(project.device, analyse(project.device))
    assert [t.control_action for t in assessment.context_tables] == [t.control_action for t in tables]
    for row, table in zip(assessment.context_tables, tables, strict=True):
        assert [(c.judged, c.total) for c in row.coverage] == [(c.judged, c.total) for c in table.coverage]
        assert len(row.coverage) == 7
        assert [c.rules for c in row.clashes] == [c.rules for c in table.clashes]


def test_an_action_has_a_rule_or_the_reason_why_not(project: Project, assessment: Assessment) -> None:
    hazardous = {u.id for u in assessment.unsafe_control_actions if u.status == "hazardous"}
    watched = {r.uca for r in assessment.monitor_rules}
    assert watched | open_subjects(assessment, "monitors") == hazardous
    assert not watched & open_subjects(assessment, "monitors")
    formulas = [r.formula for r in monitor_rules(project.device, analyse(project.device)).rules]
    assert [r.formula for r in assessment.monitor_rules] == formulas


def test_every_stage_of_every_engine_and_the_empty_ones_are_open(project: Project, assessment: Assessment) -> None:
    engines = {e.id for e in project.device.ml_engines}
    assert {(x.engine, x.stage) for x in assessment.lifecycle_loops} == {(e, s) for e in engines for s in STAGES}
    unseen = {x.id for x in assessment.lifecycle_loops if x.status == "not-assessed"}
    assert unseen == open_subjects(assessment, "lifecycle")
    assert unseen


def test_seven_threats_and_the_unanswered_ones_are_open(assessment: Assessment) -> None:
    assert {t.threat for t in assessment.ai_threats} == {t.id for t in ai_threat_entries()}
    assert len(assessment.ai_threats) == 7
    unanswered = {t.id for t in assessment.ai_threats if t.status == "not-assessed"}
    assert unanswered == open_subjects(assessment, "ai-threats")
    assert unanswered, "the example leaves some unanswered"
    answered = [t for t in assessment.ai_threats if t.status == "addressed"]
    assert all(t.addressed_by for t in answered)


def test_traces_lead_from_the_answer_to_the_engine(assessment: Assessment) -> None:
    links = {(t.source, t.relation, t.target) for t in assessment.traces}
    for threat in assessment.ai_threats:
        assert (threat.id, "threatens", threat.engine) in links
        assert {(by, "addresses", threat.id) for by in threat.addressed_by} <= links
    for formal in assessment.formal_scenarios:
        assert {(s, "refines", formal.id) for s in formal.refined_by} <= links


def test_one_set_for_all_hazards_and_at_most_three_for_each(assessment: Assessment) -> None:
    numbers: dict[str, list[str]] = {}
    for row in assessment.cut_sets:
        numbers.setdefault(row.hazard, []).append(row.id)
    assert len(numbers.pop("all")) == 1
    assert numbers
    assert all(1 <= len(ids) <= 3 for ids in numbers.values())
