"""Random numbers by counter: every window has its own stream, whatever else is attacked along and in which chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["integers", "uniforms"]


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014)."""
    import numpy as np

    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniforms(seed: int, ids: NDArray[np.int64], counter: int, count: int = 1) -> NDArray[np.float64]:
    """Numbers in [0, 1), (len(ids), count): the ``counter``-th draw of each id's stream."""
    import numpy as np

    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        start = _mix(np.asarray(ids).astype(np.uint64) * golden + np.uint64(seed % 2**63) + golden)
        step = np.uint64(counter) * np.uint64(0xD1342543DE82EF95)
        at = start[:, None] + step + (np.arange(1, count + 1, dtype=np.uint64) * golden)[None, :]
        bits = _mix(_mix(at) + golden)
    return (bits >> np.uint64(11)).astype(np.float64) / 2.0**53


def integers(seed: int, ids: NDArray[np.int64], counter: int, below: int, count: int = 1) -> NDArray[np.int64]:
    """Whole numbers in [0, below), (len(ids), count)."""
    import numpy as np

    drawn = (uniforms(seed, ids, counter, count) * below).astype(np.int64)
    return np.minimum(drawn, below - 1)
