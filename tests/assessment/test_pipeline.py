"""The main job on the shipped examples: it keeps its promises, and says nothing that the model does not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harmpath.assessment.model import Assessment
from harmpath.assessment.pipeline import assess
from harmpath.assessment.references import broken_references
from harmpath.assessment.schemas import assessment_schema
from harmpath.device.check import check
from harmpath.device.model import Device
from harmpath.device.project import Project, open_project
from harmpath.device.yamltree import Tree

EXAMPLES = ("aid", "bgms", "bone-density", "embryo", "retina", "vital-signs")
NO_STORE = Path("/nonexistent/store.sqlite")


@pytest.fixture(scope="module", params=EXAMPLES)
def project(request: pytest.FixtureRequest, examples: Path) -> Project:
    return open_project(examples / request.param)


@pytest.fixture(scope="module")
def assessment(project: Project) -> Assessment:
    return assess(project)


def test_every_reference_resolves(project: Project, assessment: Assessment) -> None:
    assert broken_references(project.device, assessment) == ()


def test_it_satisfies_the_published_schema(assessment: Assessment) -> None:
    from jsonschema import Draft202012Validator

    value = json.loads(msgspec.json.encode(assessment))
    assert [e.message for e in Draft202012Validator(assessment_schema()).iter_errors(value)] == []
    wanted = [
        "device",
        "coverage",
        "technologies",
        "matches",
        "unmatched",
        "unsafe_control_actions",
        "constraints",
        "loss_scenarios",
        "attack_paths",
        "reach",
        "risks",
        "controls",
        "cut_sets",
        "traces",
        "not_assessed",
    ]
    assert set(wanted) <= set(value)


def test_every_finding_carries_evidence(assessment: Assessment) -> None:
    for group in (
        assessment.technologies,
        assessment.matches,
        assessment.unsafe_control_actions,
        assessment.constraints,
        assessment.loss_scenarios,
        assessment.attack_paths,
        assessment.risks,
    ):
        assert group
        assert [row.id for row in group if not row.evidence] == []
    assert [s.id for p in assessment.attack_paths for s in p.steps if not s.evidence] == []


def test_all_four_ways_are_answered_for_every_action(project: Project, assessment: Assessment) -> None:
    for action in project.device.control_actions:
        groups = {u.group for u in assessment.unsafe_control_actions if u.control_action == action.id}
        assert len(groups) == 4, action.id


def test_every_technology_is_matched_or_unmatched(assessment: Assessment) -> None:
    told = {m.technology for m in assessment.matches} | {u.technology for u in assessment.unmatched}
    assert {t.id for t in assessment.technologies} == told
    assert all(u.reason for u in assessment.unmatched)


def test_paths_lead_to_risks_and_name_what_crosses(assessment: Assessment) -> None:
    told = {s.attack_path for s in assessment.attack_scenarios}
    assert {r.attack_path for r in assessment.risks} == told
    for path in assessment.attack_paths:
        assert path.steps
        assert path.exploitability_because
        before: set[str] = set()
        for step in path.steps:
            assert set(step.requires) <= before, "steps come in an order in which they can be taken"
            before.add(step.id)


def test_reach_is_stated_for_every_ml_input(project: Project, assessment: Assessment) -> None:
    features = {f.id for e in project.device.ml_engines for f in e.inputs}
    assert {r.feature for r in assessment.reach} == features
    assert all(r.operations or r.reason for r in assessment.reach)


def test_controls_lower_risks_and_never_raise_them(assessment: Assessment) -> None:
    order = ["none", *(level["id"] for level in assessment.risk_matrix["levels"])]
    for risk in assessment.risks:
        levels = [order.index(level) for level in (risk.risk_before, risk.risk_after, risk.risk_planned)]
        assert levels == sorted(levels, reverse=True), risk.id
    assert assessment.cut_sets


def test_coverage_is_stated(assessment: Assessment) -> None:
    assert assessment.coverage.statement
    assert assessment.coverage.sources, "the example's own facts are a source"
    assert any(m.reading == "data" for m in assessment.coverage.missing), "that no store was there is said"


def test_three_channels_to_protect_first(assessment: Assessment, project: Project) -> None:
    first = assessment.summary.protect_first
    assert 1 <= len(first) <= 3
    assert len(assessment.summary.protect_because) == len(first)
    assert all(c in project.device.channel for c in first)


def test_same_input_same_bytes(examples: Path, tmp_path: Path) -> None:
    """Two processes with different hash seeds write the same files."""
    written = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "HARMPATH_STORE": str(NO_STORE)}
        call = [sys.executable, "-m", "harmpath", "assess", str(examples / "aid"), "-o", str(out)]
        subprocess.run(call, check=True, env=environment, capture_output=True)
        written.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert written[0].keys() == written[1].keys()
    assert [name for name in written[0] if written[0][name] != written[1][name]] == []
    assert {"report.html", "assessment.json", "run.json"} <= {str(p) for p in written[0]}


def without(value: Any, id_: str) -> Any:
    """The model without one element, and without everything that cannot be said without it."""
    if isinstance(value, dict):
        if value.get("id") == id_ or id_ in {value.get(k) for k in ("from", "to", "component", "controller", "source")}:
            return None
        kept = {k: without(v, id_) for k, v in value.items() if k != id_ and v != id_}
        return {k: v for k, v in kept.items() if v is not None or value[k] is None}
    if isinstance(value, list):
        kept_items = [without(v, id_) for v in value if v != id_]
        return [v for v in kept_items if v is not None]
    return value


def sentences(a: Assessment) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Every sentence of every attack scenario, with the ids it rests on."""
    found = {}
    for s in a.attack_scenarios:
        texts = {f"steps.{n}": text for n, text in enumerate(s.steps)}
        texts |= {k: getattr(s, k) for k in ("entry", "false_datum", "model_effect", "unsafe_action", "hazard", "loss")}
        found.update({(s.id, key): (text, s.ids.get(key, ())) for key, text in texts.items() if text})
    return found


def test_every_trace_has_two_ends(assessment: Assessment) -> None:
    assert [t for t in assessment.traces if not t.source or not t.target] == []


def test_every_scenario_sentence_traces_to_ids(assessment: Assessment) -> None:
    assert [key for key, (_, ids) in sentences(assessment).items() if not ids] == []


def test_removing_a_fact_removes_what_rested_on_it(examples: Path, tmp_path: Path) -> None:
    """Take out any one element of the model: no sentence that rested on it is said any more."""
    project = open_project(examples / "bgms")
    before = sentences(assess(project))
    rested: dict[str, set[str]] = {}
    for text, ids in before.values():
        for id_ in ids:
            rested.setdefault(id_, set()).add(text)
    elements = [id_ for id_ in sorted(rested) if id_ in project.device.by_id]
    assert len(elements) > 20
    raw = project.device.model_dump(mode="json", by_alias=True)
    reduced = {id_: reduction(project, raw, id_) for id_ in elements}
    tried = {id_: device for id_, device in reduced.items() if device is not None}
    assert len(tried) > 0.8 * len(elements), "most elements can be taken out and leave a model"
    for id_ in random.Random(20261124).sample(sorted(tried), 12):
        after = sentences(assess(tried[id_]))
        assert not [key for key, (_, ids) in after.items() if id_ in ids], id_
        still = {text for text, _ in after.values()}
        assert not (rested[id_] & still), (id_, sorted(rested[id_] & still)[:1])


def reduction(project: Project, raw: dict[str, Any], id_: str) -> Project | None:
    """The project without the element and without what only made sense with it; None when no model is left."""
    value, gone = raw, [id_]
    while gone:
        for one in gone:
            value = without(value, one)
        try:
            reduced = Project(project.folder, Device.model_validate(value), Tree("device.yaml", {}, {}))
        except ValueError:
            return None
        gone = [p.value for p in check(reduced) if p.code == "unknown-id" and p.value]
    return reduced
