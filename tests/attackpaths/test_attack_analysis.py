from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from made_models import STRONG_CHANNEL, models, pump, vulnerability

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.placement import Placement
from harmpath.attackpaths.replay import check_path
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.rules import attack_rules
from harmpath.catalogue.vocabulary import POSITIONS
from harmpath.device.goals import Goal, goals_of
from harmpath.device.model import Device
from harmpath.evidence import CatalogueEvidence, ElementEvidence

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
GLUCOSE = Goal("falsify-signal", "glucose")


@SLOW
@given(models())
def test_every_published_path_replays_by_the_rules_alone(made: tuple[Device, tuple[KnownVulnerability, ...]]) -> None:
    device, found = made
    for path in analyse(device, found, k=25).paths:
        assert check_path(path, device, found, attack_rules()) == ()


@SLOW
@given(models())
def test_a_tampered_path_does_not_replay(made: tuple[Device, tuple[KnownVulnerability, ...]]) -> None:
    device, found = made
    for path in analyse(device, found, k=3).paths[:10]:
        assert check_path(dataclasses.replace(path, cost=path.cost + 1), device, found, attack_rules())
        assert check_path(dataclasses.replace(path, steps=path.steps[:-1]), device, found, attack_rules())
        if len(path.steps) > 1:
            assert check_path(dataclasses.replace(path, steps=path.steps[1:]), device, found, attack_rules())
            assert check_path(dataclasses.replace(path, steps=path.steps[::-1]), device, found, attack_rules())
        renamed = dataclasses.replace(path.steps[0], binding=tuple((k, "elsewhere") for k, _ in path.steps[0].binding))
        if path.steps[0].binding:
            assert check_path(
                dataclasses.replace(path, steps=(renamed, *path.steps[1:])), device, found, attack_rules()
            )


@SLOW
@given(models())
def test_every_goal_is_answered_and_the_answer_does_not_depend_on_order(
    made: tuple[Device, tuple[KnownVulnerability, ...]],
) -> None:
    device, found = made
    first = analyse(device, found, k=4)
    turned = device.model_copy(
        update={
            "components": device.components[::-1],
            "channels": device.channels[::-1],
            "signals": device.signals[::-1],
            "control_actions": device.control_actions[::-1],
        }
    )
    second = analyse(Device.model_validate(turned.model_dump(by_alias=True)), found[::-1], k=4)
    assert second.paths == first.paths
    assert second.unreachable == first.unreachable
    answered = {p.goal for p in first.paths} | {u.goal for u in first.unreachable}
    assert answered == set(goals_of(device))
    assert len({p.id for p in first.paths}) == len(first.paths)
    assert all(u.reason for u in first.unreachable)


@SLOW
@given(models())
def test_reach_agrees_with_the_goals(made: tuple[Device, tuple[KnownVulnerability, ...]]) -> None:
    device, found = made
    analysis = analyse(device, found, k=2)
    reached = {p.goal for p in analysis.paths}
    assert [r.feature for r in analysis.reach] == [f.id for e in device.ml_engines for f in e.inputs]
    for reach in analysis.reach:
        assert bool(reach.operations) != bool(reach.reason)
        for signal in reach.per_signal:
            falsified = Goal("falsify-signal", signal.signal) in reached
            withheld = Goal("withhold-signal", signal.signal) in reached
            assert falsified or withheld
            assert falsified or not {"replace", "add", "replay"} & set(signal.operations)
            assert signal.paths


def test_the_one_missing_protection_is_the_way_in() -> None:
    analysis = analyse(pump(), ())
    falsifying = analysis.of(GLUCOSE)
    assert [[s.rule for s in p.steps] for p in falsifying[:1]] == [
        ["radio-in-range", "spoof-end", "signal-from-impostor"]
    ]
    path = falsifying[0]
    assert path.position == "radio-range"
    assert ElementEvidence("ble", "authentication: none") in path.steps[1].evidence
    assert Placement("mutual-authentication", "ble") in path.steps[1].removed_by
    assert path.cost == sum(s.cost for s in path.steps) == 2 + 3 + 1
    assert path.exploitability.level == "high"
    assert path.exploitability.reasons == ("starts at 'high' for an attacker of position radio-range",)
    assert path.id.startswith("AP-falsify-signal.glucose-")


def test_unknown_counts_as_absent_and_is_said() -> None:
    known = pump()
    unknown = pump(
        channels=[
            known.channels[0].model_dump(by_alias=True) | {"protections": STRONG_CHANNEL | {"integrity": "unknown"}}
        ]
    )
    analysis = analyse(unknown, ())
    note = "integrity: unknown, treated as absent"
    assert any(ElementEvidence("ble", note) in s.evidence for p in analysis.of(GLUCOSE) for s in p.steps)
    assert any(n.subject == "ble" and "integrity" in n.reason and n.remedy for n in analysis.not_assessed)


def test_what_keeps_an_attacker_out_is_named() -> None:
    device = pump(channels=[pump().channels[0].model_dump(by_alias=True) | {"protections": STRONG_CHANNEL}])
    analysis = analyse(device, (), positions=["radio-range"], goals=[Goal("tamper-model", "model"), GLUCOSE])
    out = {u.goal: u for u in analysis.unreachable}
    assert "strong" in out[Goal("tamper-model", "model")].reason
    assert out[Goal("tamper-model", "model")].kept_out_by
    assert any("position internet" in n.subject for n in analysis.not_assessed)


def test_a_vulnerability_decides_position_and_effect() -> None:
    device = pump(channels=[pump().channels[0].model_dump(by_alias=True) | {"protections": STRONG_CHANNEL}])
    goal = Goal("tamper-model", "model")
    nearby = vulnerability("app", position="adjacent", gains=("execute",))
    assert analyse(device, [nearby]).of(goal)[0].vulnerabilities == ("CVE-2024-0001",)
    for other in (
        vulnerability("app", position="adjacent", gains=("drop",)),
        vulnerability("app", position="local", gains=("execute",)),
        vulnerability("app", position="adjacent", privileges="low", gains=("execute",)),
        vulnerability("sensor", position="adjacent", gains=("drop",)),
    ):
        assert not analyse(device, [other], positions=["radio-range"]).of(goal)


def test_known_exploited_vulnerabilities_are_cheaper_and_the_alternatives_are_listed() -> None:
    device = pump()
    plain = vulnerability("app", position="adjacent", id="CVE-2024-1111")
    exploited = vulnerability("app", position="adjacent", id="CVE-2024-2222", exploited=True)
    analysis = analyse(device, [plain, exploited])
    step = next(s for s in analysis.of(Goal("tamper-model", "model"))[0].steps if s.vulnerabilities)
    assert step.vulnerabilities == ("CVE-2024-2222", "CVE-2024-1111")
    alone = analyse(device, [plain]).of(Goal("tamper-model", "model"))[0]
    assert analysis.of(Goal("tamper-model", "model"))[0].cost == alone.cost - 2


def test_controls_remove_steps_and_limit_values() -> None:
    before = analyse(pump(), ())
    after = analyse(
        pump(), (), controls=[Placement("mutual-authentication", "ble"), Placement("plausibility-check", "app")]
    )
    assert any(s.rule == "spoof-end" for p in before.of(GLUCOSE) for s in p.steps)
    assert not any(s.rule == "spoof-end" for p in after.of(GLUCOSE) for s in p.steps)
    wide, narrow = before.reach[0], after.reach[0]
    assert (str(wide.bounds), str(narrow.bounds)) == ("[20, 600]", "[20, 600]"), "input_validation of app is strong"
    assert narrow.max_rate is not None and narrow.period == 300
    assert any(isinstance(e, CatalogueEvidence | ElementEvidence) for e in narrow.per_signal[0].limited_by)


def test_input_validation_bounds_the_reach_but_does_not_remove_it() -> None:
    parts = [c.model_dump(by_alias=True) for c in pump().components]
    parts[1]["protections"]["input_validation"] = "none"
    open_ = analyse(pump(components=parts), ()).reach[0]
    assert str(open_.bounds) == "[0, 1000]" and open_.max_rate is None
    closed = analyse(pump(), ()).reach[0]
    assert str(closed.bounds) == "[20, 600]" and closed.operations == open_.operations


def test_existing_controls_are_those_implemented() -> None:
    def spoofed(status: str) -> bool:
        placed = {"id": "S-1", "control": "mutual-authentication", "on": ["ble"], "status": status}
        paths = analyse(pump(controls=[placed]), (), controls="existing").of(GLUCOSE)
        return any(s.rule == "spoof-end" for p in paths for s in p.steps)

    assert not spoofed("implemented")
    assert spoofed("planned")


def test_a_control_that_cannot_be_placed_is_reported() -> None:
    analysis = analyse(
        pump(), (), controls=[Placement("redundant-sensing", "ble"), Placement("no-such-control", "ble")]
    )
    assert {"redundant-sensing on ble", "no-such-control on ble"} <= {n.subject for n in analysis.not_assessed}


@pytest.mark.parametrize("position", POSITIONS)
def test_each_position_alone_gives_paths_from_there_only(position: str) -> None:
    for path in analyse(pump(), (), positions=[position]).paths:
        assert path.positions == (position,)


def test_a_vulnerability_without_evidence_or_with_an_unknown_gain_is_refused() -> None:
    with pytest.raises(ValueError, match="evidence"):
        KnownVulnerability("CVE-1", "app")
    with pytest.raises(ValueError, match="fly"):
        vulnerability("app", gains=("fly",))


def test_controls_that_keep_an_attacker_out_are_named() -> None:
    placed = [Placement("confirmed-pairing", "ble"), Placement("shielded-sensor", "sensor")]
    analysis = analyse(pump(), (), positions=["radio-range"], goals=[GLUCOSE], controls=placed)
    (out,) = analysis.unreachable
    assert out.kept_out_by and "closed" in out.reason
    named = {e.id for e in out.kept_out_by if isinstance(e, CatalogueEvidence)}
    named |= {e.id for e in out.kept_out_by if isinstance(e, ElementEvidence)}
    assert named & {"confirmed-pairing", "shielded-sensor", "ble"}
