"""Error grids: how much harm a wrong glucose value would do, in zones A (none) to E (dangerous)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Grid", "clarke", "parkes", "zones"]

Grid = Literal["clarke", "parkes"]


def clarke(reference: ArrayLike, shown: ArrayLike) -> NDArray[np.int64]:
    """Zones of the Clarke error grid, 0 (A) to 4 (E); mg/dL.

    Source: Clarke WL et al., Diabetes Care 1987;10:622-628.
    """
    import numpy as np

    r, p = np.broadcast_arrays(np.asarray(reference, dtype=float), np.asarray(shown, dtype=float))
    a = ((r <= 70) & (p <= 70)) | ((p >= 0.8 * r) & (p <= 1.2 * r))
    e = ((r >= 180) & (p <= 70)) | ((r <= 70) & (p >= 180))
    d = ((r >= 240) & (p >= 70) & (p <= 180)) | ((r <= 70) & (p >= 70) & (p <= 180))
    c = ((r >= 70) & (r <= 290) & (p >= r + 110)) | ((r >= 130) & (r <= 180) & (p <= 1.4 * r - 182))
    result: NDArray[np.int64] = np.select([a, e, d, c], [0, 4, 3, 2], default=1)
    return result


# Borders of the Parkes grid for type 1 diabetes: (reference, shown) corners of the polyline between two zones.
_Line = tuple[tuple[int, int], ...]
_ABOVE: tuple[_Line, ...] = (
    ((0, 50), (30, 50), (140, 170), (280, 380), (430, 550)),
    ((0, 60), (30, 60), (50, 80), (70, 110), (260, 550)),
    ((0, 100), (25, 100), (50, 125), (80, 215), (125, 550)),
    ((0, 150), (35, 155), (50, 550)),
)
_BELOW: tuple[_Line, ...] = (
    ((50, 0), (50, 30), (170, 145), (385, 300), (550, 450)),
    ((120, 0), (120, 30), (260, 130), (550, 250)),
    ((250, 0), (250, 40), (550, 150)),
)


def parkes(reference: ArrayLike, shown: ArrayLike) -> NDArray[np.int64]:
    """Zones of the Parkes (consensus) error grid for type 1 diabetes, 0 (A) to 4 (E); mg/dL, up to 550.

    Source: Parkes JL et al., Diabetes Care 2000;23:1143-1148; corners from Pfützner A et al., J Diabetes Sci Technol
    2013;7:1275-1281.
    """
    import numpy as np

    r, p = np.broadcast_arrays(np.asarray(reference, dtype=float), np.asarray(shown, dtype=float))
    r, p = np.clip(r, 0, 550), np.clip(p, 0, 550)
    zone = np.zeros(r.shape, dtype=np.int64)
    for border in _ABOVE:
        x, y = np.array(border, dtype=float).T
        # The line runs on to the edge of the grid with its last slope.
        end = y[-1] + (r - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])
        zone += p > np.where(r <= x[-1], np.interp(r, x, y), end)
    for border in _BELOW:
        x, y = np.array(border, dtype=float).T
        zone += (r > x[0]) & (p < np.interp(r, x, y))
    return zone


def zones(grid: Grid, reference: ArrayLike, shown: ArrayLike) -> NDArray[np.int64]:
    """Zones of the named grid."""
    return (clarke if grid == "clarke" else parkes)(reference, shown)
