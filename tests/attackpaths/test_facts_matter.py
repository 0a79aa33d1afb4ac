"""Every fact a path rests on matters, and what the engine concludes only ever grows with what the attacker has."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_models import models

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.placement import Placement
from harmpath.attackpaths.results import AttackAnalysis
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.controls import security_controls
from harmpath.catalogue.vocabulary import POSITIONS
from harmpath.device.goals import Goal
from harmpath.device.model import Device
from harmpath.evidence import ElementEvidence

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
Made = tuple[Device, tuple[KnownVulnerability, ...]]


def reached(analysis: AttackAnalysis) -> set[Goal]:
    return {p.goal for p in analysis.paths}


def strengthened(device: Device, element: str, protection: str) -> Device:
    """The device with one protection made strong."""
    raw: dict[str, Any] = device.model_dump(by_alias=True)
    for part in (*raw["components"], *raw["channels"], *raw["ml_engines"]):
        if part["id"] == element:
            if protection == "update_authenticity":
                part["update"]["authenticity"] = "strong"
            elif protection == "training_integrity":
                part["training"]["data_integrity"] = "strong"
            else:
                part["protections"][protection] = "strong"
    return Device.model_validate(raw)


@SLOW
@given(models(most=4))
def test_a_path_goes_with_any_protection_it_found_missing(made: Made) -> None:
    device, found = made
    for path in analyse(device, found, k=2).paths[:4]:
        for step in path.steps:
            for evidence in step.evidence:
                if step.licence == "missing-protection" and isinstance(evidence, ElementEvidence):
                    protection = evidence.note.split(":")[0]
                    changed = strengthened(device, evidence.id, protection)
                    left = analyse(changed, found, k=60, goals=[path.goal])
                    assert path.id not in {p.id for p in left.paths}


@SLOW
@given(models(most=4))
def test_a_path_goes_with_the_vulnerabilities_it_uses(made: Made) -> None:
    device, found = made
    for path in analyse(device, found, k=3).paths:
        for step in path.steps:
            if step.vulnerabilities:
                kept = [v for v in found if v.id not in step.vulnerabilities]
                left = analyse(device, kept, k=60, goals=[path.goal])
                assert path.id not in {p.id for p in left.paths}


@SLOW
@given(models(most=4), st.data())
def test_more_for_the_attacker_never_means_less_reached(made: Made, data: st.DataObject) -> None:
    device, found = made
    everything = reached(analyse(device, found, k=1))
    fewer = data.draw(st.lists(st.sampled_from(found), unique_by=lambda v: v.id)) if found else []
    assert reached(analyse(device, fewer, k=1)) <= everything
    positions = data.draw(st.lists(st.sampled_from(POSITIONS), unique=True))
    assert reached(analyse(device, found, k=1, positions=positions)) <= everything
    elements = [*device.component, *device.channel, "system"]
    placements = st.builds(Placement, st.sampled_from([c.id for c in security_controls()]), st.sampled_from(elements))
    placed = data.draw(st.lists(placements, max_size=6))
    assert reached(analyse(device, found, k=1, controls=placed)) <= everything


@SLOW
@given(models(most=4), st.data())
def test_a_placement_removes_exactly_the_steps_that_name_it(made: Made, data: st.DataObject) -> None:
    device, found = made
    before = analyse(device, found, k=8)
    named = sorted({p for path in before.paths for s in path.steps for p in s.removed_by})
    if not named:
        return
    chosen = data.draw(st.sampled_from(named))
    after = {p.id for p in analyse(device, found, k=200, controls=[chosen]).paths}
    for path in before.paths:
        cut = any(chosen in s.removed_by for s in path.steps)
        assert cut != (path.id in after) or len([i for i in after if i.startswith(f"AP-{path.goal.id}-")]) >= 200
