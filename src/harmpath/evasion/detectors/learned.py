"""Learned detectors of scikit-learn: nearest neighbours and isolation forest, on scaled windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harmpath.errors import MissingExtraError
from harmpath.evasion.detectors.detector import Detector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Forest", "Neighbours"]


@dataclass
class _Learned(Detector):
    columns: tuple[int, ...] = ()
    """Columns of the window that it looks at; all when empty. Rare events beside a continuous signal drown it."""
    scaler: Any = field(default=None, repr=False)
    model: Any = field(default=None, repr=False)

    def _flat(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        import numpy as np

        chosen = features[:, :, list(self.columns)] if self.columns else features
        return chosen.reshape(len(features), -1).astype(np.float64)

    def _scaled(self, features: NDArray[np.float32]) -> Any:
        return self.scaler.transform(self._flat(features))

    def _scale(self, features: NDArray[np.float32]) -> Any:
        try:
            from sklearn.preprocessing import StandardScaler
        except ImportError as error:
            raise MissingExtraError("a learned detector", "ml") from error
        self.scaler = StandardScaler().fit(self._flat(features))
        return self._scaled(features)


@dataclass
class Neighbours(_Learned):
    """Distance to the k-th nearest training window (Ramaswamy, Rastogi, Shim, SIGMOD 2000); k = 7 as in ROAST."""

    name = "k nearest neighbours"
    k: int = 7
    most: int = 20_000
    """Training windows kept, evenly spread."""

    def learn(self, features: NDArray[np.float32]) -> None:
        """Keep the training windows."""
        import numpy as np

        x = self._scale(features)
        from sklearn.neighbors import NearestNeighbors

        kept = np.linspace(0, len(x) - 1, min(self.most, len(x))).astype(np.int64)
        self.model = NearestNeighbors(n_neighbors=min(self.k, len(kept))).fit(x[kept])

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Distance in standard deviations."""
        import numpy as np

        return np.asarray(self.model.kneighbors(self._scaled(features))[0][:, -1])


@dataclass
class Forest(_Learned):
    """How few random cuts isolate the window (Liu, Ting, Zhou, ICDM 2008)."""

    name = "isolation forest"
    trees: int = 100
    seed: int = 0

    def learn(self, features: NDArray[np.float32]) -> None:
        """Grow the trees."""
        x = self._scale(features)
        from sklearn.ensemble import IsolationForest

        self.model = IsolationForest(n_estimators=self.trees, random_state=self.seed).fit(x)

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The paper's anomaly score, 0 to 1."""
        import numpy as np

        return np.asarray(-self.model.score_samples(self._scaled(features)))
