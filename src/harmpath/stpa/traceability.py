"""What rests on what: traces both ways between every pair of kinds, and what breaks when something is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harmpath.device.model import Device
from harmpath.stpa.graphs import strong_components
from harmpath.stpa.links import Link, links
from harmpath.stpa.results import StpaAnalysis

__all__ = ["Breakage", "Matrix", "TraceGraph", "trace_graph"]


@dataclass(frozen=True)
class Matrix:
    """Which elements of one kind trace to which of another."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    """Row and column of every trace, sorted."""

    @property
    def bare_rows(self) -> tuple[str, ...]:
        """Rows that trace to nothing."""
        marked = {row for row, _ in self.marks}
        return tuple(r for r in self.rows if r not in marked)

    @property
    def bare_columns(self) -> tuple[str, ...]:
        """Columns that nothing traces to."""
        marked = {column for _, column in self.marks}
        return tuple(c for c in self.columns if c not in marked)


@dataclass(frozen=True, slots=True)
class Breakage:
    """What happens to one id when another is removed."""

    id: str
    kind: str
    outcome: Literal["lost", "changed"]
    """``lost``: it cannot be there without what was removed. ``changed``: it stays, but says less."""
    because: str
    """The id directly above it in the chain from what was removed."""


@dataclass(frozen=True)
class TraceGraph:
    """Every id with its kind, and the links between them."""

    kinds: Mapping[str, str]
    links: tuple[Link, ...]

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Ids by kind, sorted."""
        grouped: dict[str, list[str]] = {}
        for id_ in sorted(self.kinds):
            grouped.setdefault(self.kinds[id_], []).append(id_)
        return {kind: tuple(ids) for kind, ids in sorted(grouped.items())}

    @cached_property
    def resting(self) -> dict[str, tuple[Link, ...]]:
        """Links by the id that others rest on."""
        grouped: dict[str, list[Link]] = {}
        for link in self.links:
            grouped.setdefault(link.target, []).append(link)
        return {id_: tuple(found) for id_, found in grouped.items()}

    @cached_property
    def _edges(self) -> dict[str, tuple[str, ...]]:
        grouped: dict[str, list[str]] = {id_: [] for id_ in self.kinds}
        for link in self.links:
            grouped[link.source].append(link.target)
        return {id_: tuple(targets) for id_, targets in grouped.items()}

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        """Everything that an id rests on, itself included; worked out from the bottom up."""
        below: dict[str, frozenset[str]] = {}
        for group in _bottom_up(self._edges):
            targets = {below[t] for node in group for t in self._edges[node] if t in below}
            reached = frozenset(group).union(*targets)
            below.update(dict.fromkeys(group, reached))
        return below

    @cached_property
    def _bundles(self) -> tuple[frozenset[str], ...]:
        """What each id on which nothing else rests comes down to: two ids trace to each other when one holds both."""
        above: dict[str, set[str]] = {}
        for link in self.links:
            above.setdefault(link.target, set()).add(link.source)
        tops = {self._below[i] for i in self.kinds if above.get(i, set()) <= self._below[i]}
        return tuple(tops)

    def traces(self, id_: str, kind: str) -> tuple[str, ...]:
        """Ids of a kind that an id traces to, in either direction."""
        found = {m for bundle in self._bundles if id_ in bundle for m in bundle}
        return tuple(sorted(m for m in found if m != id_ and self.kinds[m] == kind))

    def matrix(self, rows: str, columns: str) -> Matrix:
        """The traceability matrix between two kinds."""
        marks: set[tuple[str, str]] = set()
        for bundle in self._bundles:
            across = [m for m in bundle if self.kinds[m] == columns]
            if across:
                marks.update((row, c) for row in bundle if self.kinds[row] == rows for c in across if c != row)
        return Matrix(self.members.get(rows, ()), self.members.get(columns, ()), tuple(sorted(marks)))

    def summary(self) -> tuple[tuple[str, str, int, int], ...]:
        """For each ordered pair of kinds: how many of the first trace to some of the second, and how many there are."""
        bit = {kind: 1 << n for n, kind in enumerate(self.members)}
        touched = dict.fromkeys(self.kinds, 0)
        for bundle in self._bundles:
            mask = 0
            for member in bundle:
                mask |= bit[self.kinds[member]]
            for member in bundle:
                touched[member] |= mask
        found: list[tuple[str, str, int, int]] = []
        for row, ids in self.members.items():
            masks = [touched[i] for i in ids]
            for column, wanted in bit.items():
                if row != column:
                    found.append((row, column, sum(1 for m in masks if m & wanted), len(ids)))
        return tuple(found)

    def what_breaks(self, removed: str) -> tuple[Breakage, ...]:
        """What is lost or changed when an id is removed, sorted by kind and id."""
        gone: dict[str, str] = {removed: ""}
        changed: dict[str, str] = {}
        queue = [removed]
        for lost in queue:
            for link in self.resting.get(lost, ()):
                if link.source in gone:
                    continue
                if self._cannot_do_without(link, gone):
                    gone[link.source] = lost
                    queue.append(link.source)
                else:
                    changed.setdefault(link.source, lost)
        return tuple(sorted(self._breakages(removed, gone, changed), key=lambda b: (b.kind, b.id)))

    def _breakages(self, removed: str, gone: dict[str, str], changed: dict[str, str]) -> Iterator[Breakage]:
        for id_, because in gone.items():
            if id_ != removed:
                yield Breakage(id_, self.kinds[id_], "lost", because)
        for id_, because in changed.items():
            if id_ not in gone:
                yield Breakage(id_, self.kinds[id_], "changed", because)

    def _cannot_do_without(self, link: Link, gone: Mapping[str, str]) -> bool:
        if link.need == "each":
            return True
        if link.need == "some":
            return all(t in gone for t in self._supports[link.source, link.relation])
        return False

    @cached_property
    def _supports(self) -> dict[tuple[str, str], tuple[str, ...]]:
        grouped: dict[tuple[str, str], list[str]] = {}
        for link in self.links:
            grouped.setdefault((link.source, link.relation), []).append(link.target)
        return {key: tuple(targets) for key, targets in grouped.items()}


def _bottom_up(edges: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Groups of ids, each after all that it leads to; a group has several members only where they form a circle."""
    waiting = {node: len(set(targets)) for node, targets in edges.items()}
    back: dict[str, set[str]] = {}
    for node, targets in edges.items():
        for target in targets:
            back.setdefault(target, set()).add(node)
    ready = [node for node, count in waiting.items() if count == 0]
    done: set[str] = set()
    for node in ready:
        done.add(node)
        yield [node]
        for source in back.get(node, ()):
            waiting[source] -= 1
            if waiting[source] == 0:
                ready.append(source)
    if len(done) < len(edges):
        rest = {n: [t for t in targets if t not in done] for n, targets in edges.items() if n not in done}
        yield from strong_components(rest)


def trace_graph(device: Device, analysis: StpaAnalysis) -> TraceGraph:
    """The trace graph of a device and its analysis. Ids that do not exist are left out (checks report them)."""
    kinds = {id_: kind for id_, (kind, _) in device.by_id.items()}
    for constraint in analysis.system_constraints:
        kinds.setdefault(constraint.id, "system-constraint")
    for uca in analysis.unsafe_control_actions:
        kinds.setdefault(uca.id, "unsafe-control-action")
    for inverse in analysis.controller_constraints:
        kinds.setdefault(inverse.id, "controller-constraint")
    for scenario in analysis.loss_scenarios:
        kinds.setdefault(scenario.id, "loss-scenario")
    found = (link for link in links(device, analysis) if link.source in kinds and link.target in kinds)
    return TraceGraph(kinds, tuple(sorted(set(found))))
