from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harmpath.catalogue import vocabulary
from harmpath.catalogue.controls import SecurityControl, load_controls, security_controls
from harmpath.catalogue.rules import attack_rules
from harmpath.catalogue.scales import exploitability_scale
from harmpath.errors import InputError

CONTROLS = security_controls()
RULES = {r.id: r for r in attack_rules()}
NOT_ON_PATHS = {"monitoring", "input_validation"}
"""Protections that no attack rule is licensed by: one makes attacks seen, the other bounds what they can do."""


def kinds(control: SecurityControl) -> set[str]:
    where = control.applies_to
    found = {"component"} if where.components else set()
    found |= {"channel"} if where.channels else set()
    return found | ({"ml-engine"} if where.engines else set())


def test_all_eight_categories_of_fda_are_covered() -> None:
    assert {c.category for c in CONTROLS} == set(vocabulary.FDA_CATEGORIES)
    assert len(CONTROLS) >= 35


@pytest.mark.parametrize("control", CONTROLS, ids=[c.id for c in CONTROLS])
def test_a_control_can_be_built_and_tested_and_removes_what_it_says(control: SecurityControl) -> None:
    assert len(control.requires) > 40 and control.requires.endswith(".")
    assert len(control.acceptance) > 40 and control.acceptance.endswith(".")
    assert kinds(control)
    assert control.ids.nist_800_53 or control.ids.emb3d or control.ids.iec_62443_4_2
    for rule in control.removes:
        assert rule in RULES, f"{rule} is no rule"
        places = RULES[rule].on or tuple(v for a in RULES[rule].gains for v in a.variables)
        sorts = {s for v in places for s in RULES[rule].sorts[v]}
        assert sorts & kinds(control), f"{rule} happens where {control.id} cannot be placed"
    for protection in set(control.raises) - NOT_ON_PATHS:
        licences = [
            a for r in RULES.values() for a in r.licences if a.predicate == "weak" and protection in a.arguments[1]
        ]
        assert licences, f"no rule is licensed by the lack of {protection}"


def test_every_missing_protection_that_licenses_a_step_can_be_supplied() -> None:
    raised = {p for c in CONTROLS for p in c.raises}
    needed = {p for r in RULES.values() for a in r.licences if a.predicate == "weak" for p in a.arguments[1]}
    assert needed <= raised
    assert any(c.removes_vulnerabilities for c in CONTROLS)
    assert {c.limits for c in CONTROLS} == {"", "values", "freshness"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"category": "Magic"}, "category"),
        ({"raises": ["courage"]}, "courage"),
        ({"applies_to": {"components": ["teapot"]}}, "teapot"),
        ({"raises": []}, "has to raise"),
        ({"cost": 9}, "cost"),
        ({"ids": {"nist-800-53": ["AC3"]}}, "pattern"),
    ],
)
def test_a_wrong_control_is_refused_with_file_and_line(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    good = {
        "id": "c", "title": "t", "category": "Authentication", "requires": "r", "acceptance": "a", "cost": 1,
        "applies_to": {"channels": ["wifi"]}, "raises": ["integrity"],
    }  # fmt: skip
    (tmp_path / "good.yaml").write_text(yaml.safe_dump([good]), encoding="utf-8")
    assert load_controls(tmp_path)[0].cost == 1
    (tmp_path / "good.yaml").write_text(yaml.safe_dump([good | change]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_controls(tmp_path)
    assert said in str(caught.value) and "good.yaml:1" in str(caught.value)


def test_the_exploitability_table_is_complete_and_ordered() -> None:
    scale = exploitability_scale()
    assert set(scale.start) == set(vocabulary.POSITIONS)
    points = scale.points
    assert points.AC["low"] < points.AC["high"]
    assert points.PR["none"] < points.PR["low"] < points.PR["high"]
    assert points.UI["none"] < points.UI["required"]
    assert points.AV["network"] < points.AV["adjacent"] < points.AV["physical"]
    assert points.licence["inherent"] < points.licence["missing-protection"] < points.licence["vulnerability"]
    assert points.known_exploited < points.epss.points < 0
