from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.stpa import analyse
from harmpath.stpa.boxes import Box, Space
from harmpath.stpa.contexts import ContextTable, Verdict, context_table, context_tables
from harmpath.stpa.pairwise import covers_all_pairs, pairwise_rows


def _table(loop: dict[str, Any], unsafe: list[dict[str, Any]], limit: int = 20_000, **action: Any) -> ContextTable:
    loop["process_models"][0]["variables"][1]["states"] = [{"id": "little"}, {"id": "much"}]
    loop["control_actions"][0].update(unsafe=unsafe, **action)
    device = Device.model_validate(loop)
    return context_table(device, analyse(device), device.control_actions[0], limit)


def _cell(table: ContextTable, states: tuple[str, ...], aspect: str) -> Verdict:
    row = next(r for r in table.rows if r.states == states)
    return next(v for v in row.verdicts if v.aspect == aspect)


def test_rows_are_every_combination_and_carry_all_seven_aspects(loop: dict[str, Any]):
    table = _table(loop, [{"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]}])
    assert table.variables == ("bg", "active-insulin")
    assert (table.possible, len(table.rows), table.combinations) == (6, 6, "full")
    assert {len(r.verdicts) for r in table.rows} == {7}


def test_one_rule_covers_every_row_it_fits(loop: dict[str, Any]):
    table = _table(loop, [{"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]}])
    assert _cell(table, ("low", "little"), "provided").decision == "hazardous"
    assert _cell(table, ("low", "much"), "provided").hazards == ("H1",)
    assert _cell(table, ("high", "much"), "provided").decision == "not-assessed"


def test_coverage_counts_rows_and_names_gaps(loop: dict[str, Any]):
    table = _table(
        loop,
        [
            {"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]},
            {"type": "provided", "context": {"bg": "high"}, "not_hazardous": "that is what it is for"},
            {"type": "provided", "context": {"bg": "in-range"}, "when": "no meal is eaten", "hazards": ["H1"]},
            {"type": "too-late", "not_hazardous": "late is as good as early here"},
        ],
    )
    coverage = {c.aspect: c for c in table.coverage}
    assert (coverage["provided"].judged, coverage["provided"].conditional, coverage["provided"].total) == (4, 2, 6)
    assert coverage["provided"].gaps == ()
    assert coverage["too-late"].judged == 6
    assert (coverage["not-provided"].judged, coverage["not-provided"].gaps) == (0, ({},))
    assert _cell(table, ("in-range", "much"), "provided").decision == "depends"


def test_a_row_judged_both_ways_is_a_conflict_with_an_example(loop: dict[str, Any]):
    table = _table(
        loop,
        [
            {"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]},
            {"type": "provided", "any_of": {"active-insulin": ["little"]}, "not_hazardous": "little can do no harm"},
        ],
    )
    (clash,) = table.clashes
    assert clash.kind == "conflict"
    assert clash.example == (("bg", "low"), ("active-insulin", "little"))
    assert _cell(table, ("low", "little"), "provided").decision == "conflict"


def test_providing_and_not_providing_both_hazardous_is_a_contradiction(loop: dict[str, Any]):
    table = _table(
        loop,
        [
            {"type": "provided", "context": {"bg": "low"}, "hazards": ["H1"]},
            {"type": "not-provided", "any_of": {"bg": ["low", "high"]}, "hazards": ["H2"]},
        ],
    )
    assert [c.kind for c in table.clashes] == ["contradiction"]


def test_a_desired_action_that_is_hazardous_clashes(loop: dict[str, Any]):
    unsafe = [{"type": "provided", "context": {"active-insulin": "much"}, "hazards": ["H1"]}]
    table = _table(loop, unsafe, desired=[{"type": "provided", "context": {"bg": "high"}}])
    (clash,) = table.clashes
    assert clash.kind == "desired"
    assert clash.example == (("bg", "high"), ("active-insulin", "much"))
    table = _table(loop, unsafe, desired=[{"type": "provided", "context": {"active-insulin": "little"}}])
    assert table.clashes == ()


def test_a_desired_state_that_does_not_exist_is_passed_over(loop: dict[str, Any]):
    unsafe = [{"type": "provided", "context": {"active-insulin": "much"}, "hazards": ["H1"]}]
    assert _table(loop, unsafe, desired=[{"type": "provided", "context": {"bg": "sky"}}]).clashes == ()


def test_a_rule_that_matches_no_row_is_named(loop: dict[str, Any]):
    unsafe = [
        {"type": "provided", "context": {"bg": "sideways"}, "hazards": ["H1"]},
        {"type": "provided", "context": {"active-insulin": "much"}, "hazards": ["H1"]},
    ]
    table = _table(loop, unsafe, variables=["bg"])
    assert sorted(n.reason.split(",")[0] for n in table.unmatched) == [
        "'bg' is never sideways",
        "the rule names 'active-insulin'",
    ]


def test_a_billion_combinations_are_counted_and_reduced(loop: dict[str, Any]):
    loop["process_models"][0]["variables"] = [
        {"id": f"v{i}", "states": [{"id": f"s{j}"} for j in range(10)]} for i in range(9)
    ]
    rule = {"type": "provided", "context": {"v0": "s3", "v8": "s7"}, "hazards": ["H1"]}
    loop["control_actions"][0].update(unsafe=[rule])
    device = Device.model_validate(loop)
    table = context_table(device, analyse(device), device.control_actions[0])
    assert table.possible == 10**9
    assert table.combinations == "pairwise"
    assert "1,000,000,000 combinations" in table.reason
    assert len(table.rows) < 400
    assert next(c for c in table.coverage if c.aspect == "provided").judged == 10**7
    assert any(v.decision == "hazardous" for r in table.rows for v in r.verdicts)


def test_what_cannot_even_be_reduced_is_refused_with_the_reason(loop: dict[str, Any]):
    loop["process_models"][0]["variables"] = [
        {"id": f"v{i}", "states": [{"id": f"s{j}"} for j in range(60)]} for i in range(20)
    ]
    loop["control_actions"][0]["unsafe"] = []
    device = Device.model_validate(loop)
    table = context_table(device, analyse(device), device.control_actions[0])
    assert (table.combinations, table.rows) == ("refused", ())
    assert "leave out variables" in table.reason


def test_an_action_without_variables_says_so(device: Device):
    tables = {t.control_action: t for t in context_tables(device, analyse(device))}
    assert tables["settings"].combinations == "refused"
    assert "no process-model variable" in tables["settings"].reason


def test_tangled_rules_are_not_counted_for_ever():
    space = Space({f"v{i}": ("a", "b") for i in range(40)})
    boxes = [Box({f"v{i}": frozenset("a"), f"v{(i * 7 + 20) % 40}": frozenset("b")}, i) for i in range(40)]
    assert space.covered(boxes) is None or space.covered(boxes) <= space.size
    assert len(space.gaps(boxes)) <= 20


_STATES = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), min_size=1).map(
    lambda d: {v: tuple(f"{v}{i}" for i in range(n)) for v, n in d.items()}
)


@st.composite
def _spaces(draw: st.DrawFn) -> tuple[Space, list[Box[int]]]:
    space = Space(draw(_STATES))
    boxes = []
    for number in range(draw(st.integers(0, 5))):
        chosen = draw(st.sets(st.sampled_from(sorted(space.states))))
        allowed = {v: frozenset(draw(st.sets(st.sampled_from(space.states[v]), min_size=1))) for v in sorted(chosen)}
        boxes.append(Box(allowed, number))
    return space, boxes


def _brute(space: Space, boxes: list[Box[int]]) -> set[tuple[str, ...]]:
    names = list(space.states)
    rows = [dict(zip(names, row, strict=True)) for row in product(*space.states.values())]
    hit = [r for r in rows if any(all(r[v] in a for v, a in b.allowed.items()) for b in boxes)]
    return {tuple(r.values()) for r in hit}


@settings(max_examples=200, deadline=None)
@given(_spaces())
def test_counting_agrees_with_writing_every_row_out(case: tuple[Space, list[Box[int]]]):
    space, boxes = case
    covered = _brute(space, boxes)
    assert space.covered(boxes) == len(covered)
    gaps = space.gaps(boxes, limit=1000)
    named = list(space.states)
    inside = {
        row for row in product(*space.states.values())
        for gap in gaps if all(dict(zip(named, row, strict=True))[v] == s for v, s in gap.items())
    }  # fmt: skip
    assert inside == set(product(*space.states.values())) - covered


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=7))
def test_pairwise_rows_hold_every_pair_once_at_least(sizes: list[int]):
    states = {f"v{i}": tuple(f"s{j}" for j in range(n)) for i, n in enumerate(sizes)}
    rows = pairwise_rows(states)
    assert covers_all_pairs(rows, states)
    assert len(set(rows)) == len(rows)
    assert rows == pairwise_rows(states)
