"""What a victim is, and the guards around every one: query counting, checked answers, a cache for slow ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from harmpath.errors import HarmpathError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cached", "Counted", "FunctionVictim", "Victim"]

MAX_OUTPUTS = 4096
"""Numbers per window that a victim may answer with; more is an image, not a forecast or a class."""


@runtime_checkable
class Victim(Protocol):
    """A model that is asked about windows.

    ``predict`` takes float32 windows (n, steps, features) and returns (n, outputs): forecasts in the target's unit,
    class scores, or one number.
    """

    name: str

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answers for a batch of windows."""
        ...


class FunctionVictim:
    """A Python function, e.g. one that calls another framework. Only for code that the caller has already imported."""

    def __init__(self, function: Callable[[Any], Any], name: str = "") -> None:
        self._function = function
        self.name = name or f"function {getattr(function, '__name__', '?')}"

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the function returns; an exception in it becomes an error that names the function."""
        import numpy as np

        try:
            return np.asarray(self._function(windows), dtype=np.float64)
        except HarmpathError:
            raise
        except Exception as error:
            said = f"{self.name} raised {type(error).__name__} on windows {windows.shape}: {error}"
            raise HarmpathError(said, remedy="Try the function alone on an array of this shape.") from error


class Counted:
    """Counts the windows asked about and refuses answers that are not one row of numbers per window.

    Batches are cut to ``batch`` windows, so that memory stays bounded and answers do not depend on how many are asked
    together by the caller's chunks.
    """

    def __init__(self, victim: Victim, batch: int = 65_536) -> None:
        self.victim = victim
        self.name = victim.name
        self.batch = batch
        self.queries = 0
        """Windows asked so far."""
        self._outputs: int | None = None

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Checked answers, (n, outputs).

        Raises:
            HarmpathError: wrong number of rows, changing number of outputs, NaN or infinite answers.
        """
        import numpy as np

        if windows.ndim != 3:
            raise UsageError(f"windows must be (n, steps, features), not {windows.shape}")
        if len(windows) == 0:
            return np.zeros((0, self._outputs or 1))
        parts = [self._one(windows[i : i + self.batch]) for i in range(0, len(windows), self.batch)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _one(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        import numpy as np

        answer = np.asarray(self.victim.predict(windows), dtype=np.float64)
        if answer.ndim == 1:
            answer = answer[:, None]
        elif answer.ndim > 2:
            answer = answer.reshape(len(answer), -1)
        if answer.ndim != 2 or len(answer) != len(windows):
            raise HarmpathError(
                f"{self.name} answered {answer.shape} to {len(windows)} windows; expected one row per window",
                remedy="The model must keep the batch dimension first.",
            )
        if answer.shape[1] > MAX_OUTPUTS or (self._outputs is not None and answer.shape[1] != self._outputs):
            raise HarmpathError(f"{self.name} answered with {answer.shape[1]} outputs; expected {self._outputs}")
        self._outputs = answer.shape[1]
        bad = ~np.isfinite(answer).all(axis=1)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            raise HarmpathError(
                f"{self.name} answered NaN or infinity for {int(bad.sum())} of {len(windows)} windows (first: {first})",
                remedy="Check scaling and missing values in the input, and the layout of columns.",
            )
        self.queries += len(windows)
        return answer


class Cached:
    """Remembers answers by the bytes of the window; for victims that cost money or time per question."""

    def __init__(self, victim: Victim, limit: int = 200_000) -> None:
        self.victim = victim
        self.name = victim.name
        self.limit = limit
        self.hits = 0
        self._known: OrderedDict[bytes, Any] = OrderedDict()

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answers; only windows not seen before, each once, reach the victim."""
        import numpy as np

        keys = [w.tobytes() for w in np.ascontiguousarray(windows)]
        new = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._known}
        order = sorted(new.values())
        answers = {keys[i]: row for i, row in zip(order, self._ask(windows, order), strict=True)}
        self.hits += len(keys) - len(order)
        rows = [answers[key] if key in answers else self._known[key] for key in keys]
        self._known.update(answers)
        while len(self._known) > self.limit:
            self._known.popitem(last=False)
        return np.array(rows, dtype=np.float64)

    def _ask(self, windows: NDArray[np.float32], order: list[int]) -> Any:
        import numpy as np

        if not order:
            return []
        answer = np.asarray(self.victim.predict(windows[order]), dtype=np.float64)
        if len(answer) != len(order):
            raise HarmpathError(f"{self.name} answered {len(answer)} rows to {len(order)} windows")
        return answer
