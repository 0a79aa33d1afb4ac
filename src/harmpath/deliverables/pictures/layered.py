"""The seam to the layout engine: boxes and arrows in, positions out.

The engine is graphlay (layered layout after Sugiyama, orthogonal routing; decision record 0020). It is deterministic:
the same request gives the same coordinates on every platform. Everything else here draws; only this file lays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["Arrow", "Box", "Placed", "Point", "lay_out"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Something to place; the label is drawn inside, so its size is the size of its text."""

    id: str
    width: float
    height: float
    rank: Literal["free", "first", "last"] = "free"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A connection from one box to another; ``up`` runs against the direction of the layers (feedback)."""

    source: str
    target: str
    up: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything went, in pixels; the origin is the top left corner of the picture."""

    centre: dict[str, Point]
    routes: tuple[tuple[Point, ...], ...]
    """One polyline per arrow, in the order given, from source to target."""
    width: float
    height: float


_SPACING: Final[dict[str, float]] = {
    "layer_gap": 30.0,
    "node_gap": 16.0,
    "dummy_gap": 12.0,
    "stub": 9.0,
    "isolated_gap": 24.0,
}
_LIMITS: Final[dict[str, int]] = {"max_nodes": 4000, "max_edges": 12000, "max_dummies": 60000}


def lay_out(
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    direction: Literal["down", "right"],
    *,
    layer_gap: float = 30.0,
    margin: float = 8.0,
    careful: bool = False,
) -> Placed:
    """Place boxes in layers along ``direction`` and route the arrows at right angles around them.

    ``careful`` takes several times as long to find fewer crossings and bends; for the few pictures that all look at.

    Raises:
        graphlay.GraphlayError: more boxes or arrows than the engine is allowed (4,000 and 12,000).
    """
    import graphlay

    graph = graphlay.Graph()
    for box in boxes:
        graph.node(box.id, width=box.width, height=box.height, rank=box.rank)
    for arrow in arrows:
        graph.edge(arrow.source, arrow.target, reverse_for_ranking=arrow.up)
    options: dict[str, Any] = {
        "direction": "topbottom" if direction == "down" else "leftright",
        "effort": "thorough" if careful and len(boxes) <= 150 else "balanced",
        "spacing": {**_SPACING, "layer_gap": layer_gap},
        "limits": _LIMITS,
    }
    done = graphlay.layout(graph, preset="layered", options=options)
    low, high = done.bounds["min"], done.bounds["max"]
    dx, dy = margin - low["x"], margin - low["y"]
    routes = tuple(tuple((p["x"] + dx, p["y"] + dy) for p in edge["points"]) for edge in done.edges)
    centre = {id_: (x + dx, y + dy) for id_, (x, y) in done.positions().items()}
    return Placed(centre, routes, high["x"] - low["x"] + 2 * margin, high["y"] - low["y"] + 2 * margin)
