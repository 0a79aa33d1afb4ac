"""Fetch a document from a public service: retried, bounded, verified, never from a host that was not named.

Retries follow what the service says: ``429`` and ``503`` wait as ``Retry-After`` asks, a truncated body or a dropped
connection is tried again, a wrong certificate or a refusal is not. Proxies are taken from the environment
(``HTTPS_PROXY``, ``NO_PROXY``) and certificates from ``SSL_CERT_FILE``, as is usual.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from harmpath.errors import OutputError, SourceError

if TYPE_CHECKING:
    import httpx2

__all__ = ["Fetched", "Fetcher", "TruncatedError"]

MAX_BODY = 640 * 1024 * 1024
MAX_WAIT = 600.0
"""Seconds; a service that asks for a longer pause is left for another day."""
_REDIRECTS = 5
_AGENT = "harmpath (+https://pypi.org/project/harmpath/)"


class TruncatedError(Exception):
    """The body is not what the service announced; worth another try."""


class _Again(Exception):
    """The service asks to come back in ``seconds``."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body and what came with it."""

    body: bytes
    etag: str = ""
    not_modified: bool = False


@dataclass(slots=True)
class Fetcher:
    """One HTTP client with its manners."""

    attempts: int = 6
    pause: float = 1.0
    """Seconds before the second try; doubled for each further one, where the service does not say how long."""
    interval: float = 0.0
    """Seconds to leave between two requests, for services that limit their rate."""
    sleep: Callable[[float], None] = time.sleep
    headers: Mapping[str, str] = field(default_factory=dict)
    verify: ssl.SSLContext | bool = True
    _client: httpx2.Client | None = None
    _last: float = 0.0

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        etag: str = "",
        check: Callable[[bytes], None] = lambda body: None,
    ) -> Fetched:
        """The body at ``url``, whole and accepted by ``check`` (which raises TruncatedError for what is worth another
        try). Raises SourceError when the service refuses, or does not answer properly after all attempts."""
        import httpx2
        import stamina

        # Without a handler of the caller's, the library's note of each retry would be printed.
        logging.getLogger("stamina").addHandler(logging.NullHandler())
        tries = stamina.retry_context(
            on=_backoff,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.pause,
            wait_max=max(self.pause, 60.0),
            wait_jitter=self.pause / 2,
        )
        try:
            for attempt in tries:
                with attempt:
                    fetched = self._once(url, params, etag)
                    if not fetched.not_modified:
                        check(fetched.body)
                    return fetched
        except httpx2.ConnectError as error:
            if _is_certificate(error):
                raise _refused(url, f"its certificate was not accepted: {error}", _TLS) from error
            raise _refused(url, f"no connection in {self.attempts} attempts: {error}", _LATER) from error
        except (_Again, TruncatedError, httpx2.HTTPError) as error:
            problem = f"no proper answer in {self.attempts} attempts; the last: {error or type(error).__name__}"
            raise _refused(url, problem, _LATER) from error
        raise AssertionError("the loop returns or raises")

    def _once(self, url: str, params: Mapping[str, str] | None, etag: str) -> Fetched:
        import httpx2

        if self._client is None:
            self._client = httpx2.Client(timeout=httpx2.Timeout(60.0), verify=self.verify, follow_redirects=False)
        headers = {"User-Agent": _AGENT, **self.headers, **({"If-None-Match": etag} if etag else {})}
        for _ in range(_REDIRECTS):
            self._polite()
            with self._client.stream("GET", url, params=params, headers=headers) as answer:
                if answer.status_code in (301, 302, 303, 307, 308):
                    url, params = _redirected(url, answer.headers.get("location", "")), None
                    continue
                return self._body(url, answer)
        raise _refused(url, f"more than {_REDIRECTS} redirections", _LATER)

    def _body(self, url: str, answer: httpx2.Response) -> Fetched:
        status = answer.status_code
        if status == 304:
            return Fetched(b"", not_modified=True)
        if status in (429, 500, 502, 503, 504):
            seconds = _retry_after(answer.headers.get("retry-after", ""))
            if seconds is not None and seconds > MAX_WAIT:
                raise _refused(url, f"it asks to come back in {seconds:.0f} seconds", _LATER)
            raise _Again(f"status {status}", seconds)
        if status != 200:
            raise _refused(url, f"status {status}", "Check the address, and the API key where one is used.")
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > MAX_BODY:
                raise _refused(url, f"the answer is larger than {MAX_BODY >> 20} MB", _LATER)
            parts.append(part)
        return Fetched(b"".join(parts), answer.headers.get("etag", ""))

    def _polite(self) -> None:
        """Leave the interval between two requests, whoever made the last one."""
        since = time.monotonic() - self._last
        if self._last and since < self.interval:
            self.sleep(self.interval - since)
        self._last = time.monotonic()


def write_whole(path: Path, body: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises OutputError."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{path} could not be written: {error.strerror}", remedy="Free some space or name another folder."
        ) from error


def _backoff(error: Exception) -> bool | float:
    """Whether to try again: as the service asks, after a doubled pause, or not at all."""
    import httpx2

    if isinstance(error, _Again):
        return True if error.seconds is None else error.seconds
    return isinstance(error, TruncatedError) or (isinstance(error, httpx2.HTTPError) and not _is_certificate(error))


_TLS = "If your site inspects TLS, name its certificate in SSL_CERT_FILE; else do not trust this network."
_LATER = "Run it again later; what was fetched is kept and not fetched again."


def _refused(url: str, message: str, remedy: str) -> SourceError:
    parts = urlsplit(url)
    return SourceError(f"{parts.scheme}://{parts.netloc}{parts.path}: {message}", remedy=remedy)


def _redirected(url: str, location: str) -> str:
    """The new address, if it is on the same host over the same or a safer scheme."""
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if new.hostname != old.hostname or (old.scheme == "https" and new.scheme != "https"):
        raise _refused(url, f"it redirects to another host ({new.netloc}), which was not named", "Check the address.")
    return target


def _retry_after(text: str) -> float | None:
    """Seconds, from a number or an HTTP date (RFC 9110, section 10.2.3); None when the header says nothing."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time()) if text else None
    except (TypeError, ValueError):
        return None


def _is_certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
