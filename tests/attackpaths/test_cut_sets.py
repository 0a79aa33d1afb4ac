from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from made_models import STRONG_CHANNEL, STRONG_COMPONENT, models, pump

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.cutgraph import CutGraph
from harmpath.attackpaths.cutsets import Objective, cut_sets
from harmpath.attackpaths.placement import SYSTEM, Placement
from harmpath.attackpaths.problem import Problem
from harmpath.attackpaths.replay import check_path
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.controls import security_controls
from harmpath.catalogue.rules import attack_rules
from harmpath.device.goals import Goal, goals_of
from harmpath.device.model import Device

SLOW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
GLUCOSE = Goal("falsify-signal", "glucose")


def reached(device: Device, found: tuple[KnownVulnerability, ...], goals: list[Goal], placed: list[Placement]) -> bool:
    """Whether any of the goals is reached, asked of ``analyse``, which knows nothing of cut sets."""
    return bool(analyse(device, found, k=1, goals=goals, controls=placed).paths)


def cost(placed: list[Placement]) -> int:
    price = {c.id: c.cost for c in security_controls()}
    return sum(price[p.control] for p in placed)


@SLOW
@given(models(most=3), st.sampled_from(("smallest", "cheapest")), st.data())
def test_cut_sets_are_minimal_and_best_by_exhaustive_check(
    made: tuple[Device, tuple[KnownVulnerability, ...]], objective: Objective, data: st.DataObject
) -> None:
    device, found = made
    every = goals_of(device)
    assume(every)
    goals = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=2, unique=True))
    result = cut_sets(device, found, goals, objective, n=3)
    assert set(result.goals) | {u.goal for u in result.uncuttable} | set(result.already_cut) == set(goals)
    cut = list(result.goals)
    for answer in result.sets:
        placed = list(answer.placements)
        assert answer.cost == cost(placed)
        assert not reached(device, found, cut, placed)
        for left_out in placed:
            assert reached(device, found, cut, [p for p in placed if p != left_out]), "one of them is not needed"
        for number, others in enumerate(answer.equivalents):
            for other in others:
                swapped = [*placed[:number], other, *placed[number + 1 :]]
                assert not reached(device, found, cut, swapped)
    values = [
        (len(a.placements), a.cost) if objective == "smallest" else (a.cost, len(a.placements)) for a in result.sets
    ]
    assert values == sorted(values)
    sets = [frozenset(a.placements) for a in result.sets]
    assert not any(a < b for a in sets for b in sets) and len(set(sets)) == len(sets)
    if cut:
        assert result.sets, "what can be cut is cut"
        _nothing_better(device, found, cut, objective, values[0])


def _nothing_better(
    device: Device, found: tuple[KnownVulnerability, ...], cut: list[Goal], objective: Objective, best: tuple[int, int]
) -> None:
    """Try every set of placements that would be better."""
    problem = Problem(device, found, attack_rules(), security_controls())
    solution = problem.solve()
    graph = CutGraph(solution, [problem.graph.number[g.kind, g.target] for g in cut])
    candidates = [c.members[0] for c in graph.classes]
    most = best[0] if objective == "smallest" else min(best[0], len(candidates))
    assume(len(candidates) <= 14 or most <= 3)
    for size in range(most + 1):
        for chosen in combinations(candidates, size):
            placed = list(chosen)
            value = (size, cost(placed)) if objective == "smallest" else (cost(placed), size)
            if value < best:
                solved = problem.solve(placed)
                assert any(solved.reached(g) for g in cut), f"{placed} is better"


@SLOW
@given(models())
def test_what_no_control_can_cut_is_named_with_a_path(made: tuple[Device, tuple[KnownVulnerability, ...]]) -> None:
    device, found = made
    result = cut_sets(device, found, goals_of(device), n=1)
    for uncuttable in result.uncuttable:
        assert check_path(uncuttable.path, device, found, attack_rules()) == ()
        assert not any(step.removed_by for step in uncuttable.path.steps)
        assert uncuttable.reason
    if result.sets:
        after = analyse(device, found, k=1, controls=result.sets[0].placements)
        assert {p.goal for p in after.paths} == {u.goal for u in result.uncuttable}, "residual risk is what is left"


def test_jamming_stays_as_residual_risk_where_a_person_reads_the_value_unaided() -> None:
    parts = [c.model_dump(by_alias=True) for c in pump().components]
    nurse = {"id": "nurse", "kind": "clinician", "zone": "z-home"}
    link = pump().channels[0].model_dump(by_alias=True)
    belief = {"controller": "nurse", "variables": [{"id": "v", "signals": ["glucose"]}]}
    signal = {"id": "glucose", "source": "sensor", "via": ["ble", "unknown-channel"]}
    device = pump(components=[*parts, nurse], channels=[link], signals=[signal], process_models=[belief], ml_engines=[])
    result = cut_sets(device, (), [Goal("withhold-signal", "glucose")])
    assert [u.path.steps[0].rule for u in result.uncuttable] == ["radio-jam"]
    assert result.sets == () and result.complete


def test_the_cut_set_of_the_one_missing_protection() -> None:
    quiet = pump()
    result = cut_sets(quiet, (), [GLUCOSE], positions=["radio-range", "home-network"], n=10)
    sets = [{str(p) for p in s.placements} for s in result.sets]
    assert {"confirmed-pairing on ble", "shielded-sensor on sensor"} in sets
    first = result.sets[0]
    assert Placement("mutual-authentication", "ble") in first.equivalents[0]


def test_controls_in_place_are_not_proposed_again() -> None:
    placed = [Placement("confirmed-pairing", "ble"), Placement("shielded-sensor", "sensor")]
    result = cut_sets(pump(), (), [GLUCOSE], positions=["radio-range"], controls=placed)
    assert result.already_cut == (GLUCOSE,) and result.sets == ()


def test_a_control_for_the_whole_system_is_placed_once() -> None:
    parts = [c.model_dump(by_alias=True) | {"technologies": [{"name": "t"}]} for c in pump().components]
    channel = pump().channels[0].model_dump(by_alias=True) | {"protections": STRONG_CHANNEL}
    assert parts[0]["protections"] | STRONG_COMPONENT == parts[0]["protections"]
    result = cut_sets(pump(components=parts, channels=[channel]), (), [GLUCOSE], positions=["supply-chain"])
    assert [s.placements for s in result.sets] == [(Placement("supplier-assurance", SYSTEM),)]


@pytest.mark.parametrize("objective", ["smallest", "cheapest"])
def test_the_solver_says_nothing(objective: Objective, capfd: pytest.CaptureFixture[str]) -> None:
    cut_sets(pump(), (), [GLUCOSE], objective)
    assert capfd.readouterr() == ("", "")


def test_data_authenticated_end_to_end_cannot_be_altered_on_the_way_but_at_the_source() -> None:
    """sensor -> phone -> app: with the phone taken, only what the phone itself makes can be falsified."""
    parts = [c.model_dump(by_alias=True) for c in pump().components]
    phone = parts[0] | {"id": "phone", "kind": "mobile-app", "owner": "third-party"}
    link = {"protections": STRONG_CHANNEL, "medium": "bluetooth-le"}
    channels = [
        {"id": "in", "from": "sensor", "to": "phone", **link},
        {"id": "out", "from": "phone", "to": "app", **link},
    ]
    signals = [
        {"id": "glucose", "source": "sensor", "via": ["in", "out"], "feeds": ["f-glucose"]},
        {"id": "clock", "source": "phone", "via": ["own"], "feeds": ["f-clock"]},
    ]
    channels.append({"id": "own", "from": "phone", "to": "app", **link})
    device = pump(components=[*parts, phone], channels=channels, signals=signals)
    placed = [Placement("end-to-end-authentication", "phone")]
    own = Goal("falsify-signal", "clock")
    for controls, expected in ((placed, {own}), ([], {own, GLUCOSE})):
        analysis = analyse(device, (), positions=["supply-chain"], goals=[GLUCOSE, own], controls=controls)
        assert {p.goal for p in analysis.paths} == expected


def test_what_is_planned_already_is_preferred_where_it_decides_nothing() -> None:
    assert (
        cut_sets(pump(), (), [GLUCOSE], positions=["radio-range"], n=1).sets[0].placements[0].control
        == "confirmed-pairing"
    )
    alike = next(c for c in security_controls() if c.id == "mutual-authentication")
    cheap = [c.model_copy(update={"cost": 2}) if c is alike else c for c in security_controls()]
    planned = [{"id": "S-1", "control": "mutual-authentication", "on": ["ble"], "status": "planned"}]
    found = cut_sets(pump(controls=planned), (), [GLUCOSE], positions=["radio-range"], n=1, catalogue=cheap)
    assert found.sets[0].placements[0] == Placement("mutual-authentication", "ble")


def test_a_loss_that_is_noticed_is_no_path() -> None:
    goal = Goal("withhold-signal", "glucose")
    result = cut_sets(pump(), (), [goal], positions=["radio-range"])
    assert {Placement("stale-data-detection", "app")} in [set(s.placements) for s in result.sets]
    after = analyse(pump(), (), positions=["radio-range"], controls=[Placement("stale-data-detection", "app")])
    assert "drop" not in after.reach[0].operations
    assert not after.of(goal), "what is noticed is not withheld"
