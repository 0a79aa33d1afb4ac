from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.device.yamltree import read
from harmpath.stpa import analyse
from harmpath.stpa.graphs import shortest_cycle, strong_components
from harmpath.stpa.links import INVERSE, Link
from harmpath.stpa.traceability import TraceGraph, trace_graph

SOUND = read(Path(__file__).parent / "projects" / "sound" / "device.yaml").value


@pytest.fixture(scope="module")
def graph() -> TraceGraph:
    device = Device.model_validate(SOUND)
    return trace_graph(device, analyse(device))


def test_every_relation_has_an_inverse(graph: TraceGraph):
    assert {link.relation for link in graph.links} <= set(INVERSE)
    assert len(set(INVERSE.values())) == len(INVERSE)


def test_traces_go_both_ways_between_every_pair_of_kinds(graph: TraceGraph):
    kinds = sorted(graph.members)
    for rows in kinds:
        for columns in kinds:
            forth, back = graph.matrix(rows, columns), graph.matrix(columns, rows)
            assert set(forth.marks) == {(a, b) for b, a in back.marks}


def test_a_channel_traces_to_the_loss_it_can_cause(graph: TraceGraph):
    assert graph.traces("ble1", "loss") == ("L1",)
    assert "UCA-1" in graph.traces("ble1", "unsafe-control-action")
    assert "glucose" in graph.traces("L1", "signal")
    assert graph.traces("SR2", "sub-hazard") == ("H1.1",)


def test_the_matrix_marks_what_traces_says_and_names_what_is_bare(graph: TraceGraph):
    matrix = graph.matrix("requirement", "hazard")
    assert matrix.marks == (("SR1", "H1"), ("SR2", "H1"))
    assert matrix.bare_rows == ()
    lonely = TraceGraph({"A": "x", "B": "y", "C": "y"}, (Link("A", "covers", "B", "none"),))
    assert lonely.matrix("x", "y").bare_columns == ("C",)
    assert lonely.matrix("y", "x").bare_rows == ("C",)
    assert lonely.matrix("x", "nothing").bare_rows == ("A",)


def test_the_summary_counts_the_traced(graph: TraceGraph):
    summary = {(a, b): (n, of) for a, b, n, of in graph.summary()}
    assert summary["hazard", "loss"] == (1, 1)
    for (rows, columns), (traced, total) in summary.items():
        matrix = graph.matrix(rows, columns)
        assert traced == total - len(matrix.bare_rows)


def test_a_circle_does_not_stop_it():
    pairs = (("A", "B"), ("B", "A"), ("B", "C"))
    circle = TraceGraph({"A": "x", "B": "x", "C": "y"}, tuple(Link(a, "covers", b, "each") for a, b in pairs))
    assert circle.traces("A", "y") == ("C",)
    assert circle.traces("C", "x") == ("A", "B")
    assert {b.id for b in circle.what_breaks("C")} == {"A", "B"}


def test_one_of_several_supports_may_go():
    graph = TraceGraph(
        {"U": "uca", "H1": "hazard", "H2": "hazard"},
        (Link("U", "leads-to", "H1", "some"), Link("U", "leads-to", "H2", "some")),
    )
    (changed,) = graph.what_breaks("H1")
    assert (changed.id, changed.outcome, changed.because) == ("U", "changed", "H1")
    alone = TraceGraph({"U": "uca", "H1": "hazard"}, (Link("U", "leads-to", "H1", "some"),))
    assert alone.what_breaks("H1")[0].outcome == "lost"


def _without(value: Any, id_: str) -> Any:
    """The file without the element, without every mention of it, and without what cannot be without it."""
    if isinstance(value, list):
        return [v for v in (_without(v, id_) for v in value) if v is not None]
    if isinstance(value, dict):
        named = [value.get(k) for k in ("id", "from", "to", "controller", "component")]
        inside = {**value.get("context", {}), **value.get("believed", {})} if "type" in value else {}
        if id_ in named or id_ in inside:
            return None
        done = {k: _without(v, id_) for k, v in value.items() if k != id_}
        if "type" in value and "unsafe" not in value and not (done.get("hazards") or done.get("not_hazardous")):
            return None
        if "threat" in value and not (done.get("addressed_by") or done.get("not_applicable")):
            return None
        return {k: v for k, v in done.items() if v is not None or k not in value}
    return None if value == id_ else value


def _listed(file: dict[str, Any]) -> dict[str, Any]:
    """Single ids written without brackets become lists, so that taking one out leaves a list."""
    keys = {"hazards", "via", "signals", "feeds", "outputs", "constraints", "covers", "addressed_by"}

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(v) for v in value]
        if isinstance(value, dict):
            return {k: [v] if k in keys and isinstance(v, str) else walk(v) for k, v in value.items()}
        return value

    return walk(copy.deepcopy(file))


REMOVABLE = ("loss", "hazard", "sub-hazard", "component", "channel", "signal", "control-action", "process-variable",
             "ml-engine", "model-output", "feature", "feedback")  # fmt: skip


@pytest.mark.parametrize(
    "removed", sorted(i for i, (k, _) in Device.model_validate(SOUND).by_id.items() if k in REMOVABLE)
)
def test_what_breaks_is_what_is_gone_when_it_is_done(graph: TraceGraph, removed: str):
    """The prediction against the analysis of the device from which the element was really taken."""
    file = _listed(SOUND)
    for part in (removed, *(link.source for link in graph.resting.get(removed, ()) if link.relation == "part-of")):
        file = _without(file, part)
    device = Device.model_validate(file)
    after = trace_graph(device, analyse(device))
    results = ("unsafe-control-action", "controller-constraint", "loss-scenario")
    open_ = {i for i in after.kinds if i.endswith("-open")}  # ways that become unjudged are new, not left over
    left = {i for i, k in after.kinds.items() if k in results} - open_
    before = {i for i, k in graph.kinds.items() if k in results}
    lost = {b.id for b in graph.what_breaks(removed) if b.outcome == "lost" and b.kind in results}
    assert lost <= before - left, "predicted as lost, but still there"
    surprising = before - left - lost
    assert not surprising, "gone, but not predicted"


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=4)))
def test_strong_components_agree_with_reaching_one_another(edges: dict[str, list[str]]):
    nodes = sorted({*edges, *(t for ts in edges.values() for t in ts)})
    reach = {n: {n} for n in nodes}
    for _ in nodes:
        for n in nodes:
            reach[n] |= {x for t in edges.get(n, []) for x in reach[t]}
    expected = {tuple(sorted(m for m in reach[n] if n in reach[m])) for n in nodes if n in edges or any(
        n in reach[e] for e in edges)}  # fmt: skip
    found = strong_components(edges)
    assert {tuple(g) for g in found} == expected
    place = {n: i for i, g in enumerate(found) for n in g}
    assert all(place[t] <= place[s] for s, ts in edges.items() for t in ts)


def test_the_shortest_cycle():
    edges = {"a": ["b", "c"], "b": ["c"], "c": ["a"]}
    assert shortest_cycle(edges, {"a", "b", "c"}) == ["a", "c"]
    assert shortest_cycle({"a": ["b"]}, {"a"}) == ["a"]
