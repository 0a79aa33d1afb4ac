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
    def _number(self) -> dict[str, int]:
        """A bit for each id; members of a kind are neighbours, so that a kind is one run of bits."""
        return {id_: n for n, id_ in enumerate(i for ids in self.members.values() for i in ids)}

    @cached_property
    def _below(self) -> dict[str, int]:
        """Bits of everything that an id rests on, itself included."""
        below: dict[str, int] = {}
        for group in strong_components(self._edges):
            bits = 0
            for id_ in group:
                bits |= 1 << self._number[id_]
                for target in self._edges[id_]:
                    bits |= below.get(target, 0)
            below.update(dict.fromkeys(group, bits))
        return below

    @cached_property
    def _related(self) -> dict[str, int]:
        """Bits of everything that an id traces to: what it rests on, what rests on it, what they share."""
        order = [i for ids in self.members.values() for i in ids]
        related = dict.fromkeys(order, 0)
        for id_ in self._tops:
            bits = self._below[id_]
            rest = bits
            while rest:
                lowest = rest & -rest
                related[order[lowest.bit_length() - 1]] |= bits
                rest ^= lowest
        return related

    @cached_property
    def _tops(self) -> list[str]:
        """One id of each group on which nothing else rests: every trace is part of what one of these rests on."""
        targets = {(link.source, link.target) for link in self.links}
        resting = {t for s, t in targets if s not in self._twins.get(t, ())}
        return [i for i in sorted(self.kinds) if i not in resting and i == min(self._twins.get(i, (i,)))]

    @cached_property
    def _twins(self) -> dict[str, tuple[str, ...]]:
        """Members of a circle by member; a model should have none."""
        return {i: tuple(g) for g in strong_components(self._edges) if len(g) > 1 for i in g}

    def traces(self, id_: str, kind: str) -> tuple[str, ...]:
        """Ids of a kind that an id traces to, in either direction."""
        bits = self._related.get(id_, 0)
        return tuple(m for m in self.members.get(kind, ()) if m != id_ and bits >> self._number[m] & 1)

    def matrix(self, rows: str, columns: str) -> Matrix:
        """The traceability matrix between two kinds."""
        row_ids, column_ids = self.members.get(rows, ()), self.members.get(columns, ())
        if not column_ids:
            return Matrix(row_ids, (), ())
        first = self._number[column_ids[0]]
        mask = (1 << len(column_ids)) - 1
        marks: list[tuple[str, str]] = []
        for row in row_ids:
            bits = self._related[row] >> first & mask
            while bits:
                lowest = bits & -bits
                column = column_ids[lowest.bit_length() - 1]
                if column != row:
                    marks.append((row, column))
                bits ^= lowest
        return Matrix(row_ids, column_ids, tuple(marks))

    def summary(self) -> tuple[tuple[str, str, int, int], ...]:
        """For each ordered pair of kinds: how many of the first trace to some of the second, and how many there are."""
        runs = {k: ((1 << len(ids)) - 1) << self._number[ids[0]] for k, ids in self.members.items()}
        found: list[tuple[str, str, int, int]] = []
        for row, ids in self.members.items():
            for column, mask in runs.items():
                if row != column:
                    found.append((row, column, sum(1 for i in ids if self._related[i] & mask), len(ids)))
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
