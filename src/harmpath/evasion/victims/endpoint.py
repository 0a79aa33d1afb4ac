"""A prediction endpoint over HTTP: JSON in, JSON out; distrusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harmpath.errors import SourceError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EndpointVictim"]

MAX_ANSWER_BYTES = 64_000_000


class EndpointVictim:
    """POSTs ``{"inputs": [[[...], ...], ...]}`` (n, steps, features), expects ``{"outputs": [[...], ...]}`` (n rows).

    It asks only the host of ``url``: redirects are refused. An endpoint that hangs, answers with an error, with too
    much, or for another number of windows raises SourceError; nothing is guessed.
    """

    def __init__(self, url: str, timeout: float = 30.0, batch: int = 256, client: Any = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"not an http(s) address of a prediction endpoint: {url!r}")
        self._url, self._timeout, self._batch = url, timeout, batch
        self._client = client
        self.name = f"endpoint {parts.hostname}{parts.path}"

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answers, asked in batches."""
        import numpy as np

        parts = [self._ask(windows[i : i + self._batch]) for i in range(0, len(windows), self._batch)]
        if len({p.shape[1:] for p in parts}) > 1:
            raise SourceError(f"{self.name} answered with a different number of outputs from batch to batch")
        return np.concatenate(parts)

    def _ask(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        import httpx2
        import numpy as np

        if self._client is None:
            self._client = httpx2.Client(timeout=self._timeout, follow_redirects=False)
        try:
            with self._client.stream("POST", self._url, json={"inputs": windows.astype(float).tolist()}) as response:
                if response.status_code != 200:
                    raise SourceError(f"{self.name} answered {response.status_code}", remedy="Look at its log.")
                answer = json.loads(self._body(response))
        except httpx2.TimeoutException as error:
            said = f"{self.name} did not answer within {self._timeout:g} s"
            raise SourceError(said, remedy="Raise model.timeout or lower model.batch.") from error
        except httpx2.HTTPError as error:
            raise SourceError(f"{self.name} could not be asked: {error}") from error
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{self.name} did not answer with JSON: {error}") from error
        try:
            rows = np.array(answer["outputs"], dtype=np.float64)
        except (TypeError, KeyError, ValueError) as error:
            raise SourceError(
                f"{self.name}: expected an object with 'outputs', one row of numbers per window"
            ) from error
        if rows.ndim not in (1, 2) or len(rows) != len(windows):
            raise SourceError(f"{self.name} answered {len(np.atleast_1d(rows))} rows to {len(windows)} windows")
        return rows.reshape(len(rows), -1)

    def _body(self, response: Any) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise SourceError(f"{self.name} answered with more than {MAX_ANSWER_BYTES:,} bytes")
        return bytes(body)
