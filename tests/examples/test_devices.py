"""Every example is a whole, consistent device."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from harmpath.catalogue.controls import security_controls
from harmpath.device.check import check
from harmpath.device.elements import Signal
from harmpath.device.examples import example_names
from harmpath.device.model import Device
from harmpath.device.project import Project
from harmpath.device.references import references
from harmpath.device.vocabulary import ASPECT_GROUP, ComponentKind

PEOPLE: tuple[ComponentKind, ...] = ("patient", "clinician", "operator")


def test_the_six_kinds_of_device_ship_with_the_package(examples: Path) -> None:
    assert example_names() == ("aid", "bgms", "bone-density", "embryo", "retina", "vital-signs")
    assert examples.is_symlink(), "examples/ at the root shows the files that are inside the package"
    assert sorted(p.name for p in examples.iterdir()) == list(example_names())


def test_nothing_is_left_to_check(project: Project) -> None:
    assert [str(p) for p in check(project)] == []
    assert not project.device.checks_off


def test_every_id_named_is_declared(project: Project) -> None:
    known = project.device.by_id
    assert [r for r in references(project.device) if r.id not in known] == []
    elements = [element.id for _, element in project.device.elements()]
    assert len(elements) == len(set(elements))


def test_a_device_has_parts_people_and_a_maker(project: Project) -> None:
    parts = [c for c in project.device.components if c.kind not in PEOPLE]
    assert len(parts) >= 6
    assert {"patient", "ml-engine", "training-environment", "sensor"} <= {c.kind for c in project.device.components}
    assert {"manufacturer", "third-party"} <= {c.owner for c in project.device.components}
    assert all(c.zone for c in project.device.components)


def test_every_ml_input_is_fed_and_every_output_used(project: Project) -> None:
    device = project.device
    fed = {f for s in device.signals for f in s.feeds}
    assert [f for f in device.feature if f not in fed] == []
    used = {o for a in device.control_actions for o in a.outputs}
    unused = sorted(set(device.output) - used)
    assert unused in ([], ["o-activity"]), unused


def _ends(device: Device, signal: Signal) -> set[str]:
    """Where the signal can be after the last of its channels, each of which has to start where it is."""
    assert signal.source
    places = {signal.source}
    for id_ in signal.via:
        channel = device.channel[id_]
        ways = [(channel.source, channel.target)]
        if channel.direction == "two-way":
            ways.append((channel.target, channel.source))
        reached = {c for place in places for c in device.host_chain(place)}
        hosted = {c.id for c in device.components if set(device.host_chain(c.id)) & places}
        places = {b for a, b in ways if a in reached | hosted}
        assert places, f"{signal.id}: {id_} does not go on from where the signal is"
    return places


def test_signals_travel_without_a_gap_from_source_to_model(project: Project) -> None:
    device = project.device
    for signal in device.signals:
        assert signal.via, signal.id
        assert not [pair for pair in pairwise(signal.via) if pair[0] == pair[1]]
        ends = _ends(device, signal)
        for feature in signal.feeds:
            assert device.feature[feature][0].component in ends, (signal.id, ends)


def test_every_control_action_is_judged_in_all_seven_aspects(project: Project) -> None:
    for action in project.device.control_actions:
        assert {j.type for j in action.unsafe} == set(ASPECT_GROUP), action.id
        assert any(j.hazards for j in action.unsafe), action.id


def test_every_hazard_is_met_by_a_control_action_and_harms_someone(project: Project) -> None:
    device = project.device
    met = {h for a in device.control_actions for j in a.unsafe for h in j.hazards}
    for hazard in device.hazards:
        assert hazard.harm, hazard.id
        assert hazard.id in met or {s.id for s in hazard.sub_hazards} & met, hazard.id
    served = {h for r in device.responsibilities for h in r.constraints}
    assert served <= {f"SC-{h}" for h in device.hazard}


def test_alarm_update_and_a_measured_quantity_are_modelled(project: Project) -> None:
    device = project.device
    assert {"alarm", "update"} <= {a.kind for a in device.control_actions}
    assert any(s.range and s.physiological and s.unit for s in device.signals)


def test_protections_are_neither_all_good_nor_all_bad(project: Project) -> None:
    words = {level for c in project.device.channels for level in c.protections.model_dump().values()}
    assert {"none", "weak", "strong"} <= words


def test_controls_are_of_the_catalogue_and_fit_their_elements(project: Project) -> None:
    catalogue = {c.id for c in security_controls()}
    statuses = {c.status for c in project.device.controls}
    assert [c.control for c in project.device.controls if c.control not in catalogue] == []
    assert all(c.evidence for c in project.device.controls)
    assert "implemented" in statuses


@pytest.mark.parametrize("rule", range(1, 13))
def test_aid_holds_the_twelve_context_rules(examples: Path, rule: int) -> None:
    """Zhou et al., DSN 2021 (arXiv 2104.02545), table of unsafe control actions in context."""
    from harmpath.device.project import open_project

    action_of = dict.fromkeys(range(1, 6), "decrease") | dict.fromkeys(range(6, 9), "increase")
    action_of |= {9: "stop", 10: "stop", 11: "keep", 12: "keep"}
    device = open_project(examples / "aid").device
    action = next(a for a in device.control_actions if a.id == f"CA-{action_of[rule]}-insulin")
    found = next(j for j in action.unsafe if j.id == f"UCA-rule-{rule}")
    states = {k: {v} for k, v in found.context.items()} | {k: set(v) for k, v in found.any_of.items()}
    assert states == RULES[rule]
    assert found.type == ("not-provided" if rule == 10 else "provided")
    expected = "H-1" if rule in (6, 7, 8, 10, 12) else "H-2"
    assert {device.hazard[h].id for h in found.hazards} == {expected}


BELOW = {"low", "below-target"}
RULES: dict[int, dict[str, set[str]]] = {
    1: {"bg": {"above-target"}, "bg-trend": {"rising"}, "iob-trend": {"falling"}, "iob": {"low"}},
    2: {"bg": {"above-target"}, "bg-trend": {"rising"}, "iob-trend": {"steady"}, "iob": {"low"}},
    3: {"bg": {"above-target"}, "bg-trend": {"falling"}, "iob-trend": {"rising"}, "iob": {"low"}},
    4: {"bg": {"above-target"}, "bg-trend": {"falling"}, "iob-trend": {"falling"}, "iob": {"low"}},
    5: {"bg": {"above-target"}, "bg-trend": {"falling"}, "iob-trend": {"steady"}, "iob": {"low"}},
    6: {"bg": BELOW, "bg-trend": {"falling"}, "iob-trend": {"rising"}, "iob": {"high"}},
    7: {"bg": BELOW, "bg-trend": {"falling"}, "iob-trend": {"falling"}, "iob": {"high"}},
    8: {"bg": BELOW, "bg-trend": {"falling"}, "iob-trend": {"steady"}, "iob": {"high"}},
    9: {"bg": {"above-target"}, "iob": {"low"}},
    10: {"bg": {"low"}},
    11: {"bg": {"above-target"}, "bg-trend": {"rising"}, "iob-trend": {"falling", "steady"}, "iob": {"low"}},
    12: {"bg": BELOW, "bg-trend": {"falling"}, "iob-trend": {"rising", "steady"}, "iob": {"high"}},
}
