"""Fetch openFDA's device records: page by page over the API, or the bulk zips, resumable, into a folder to import.

Paging follows openFDA's ``search_after`` links and never skips (https://open.fda.gov/apis/paging/). A page is a file;
what is there is not fetched again, so an interrupted pull goes on where it stopped.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from harmpath.errors import OutputError, SourceError, UsageError

__all__ = ["ENDPOINTS", "Pulled", "pull_bulk", "pull_pages"]

ENDPOINTS = ("event", "recall", "enforcement", "510k", "pma", "classification", "registrationlisting", "udi")
API = "https://api.fda.gov"
BULK = "https://api.fda.gov/download.json"
PAGE = 1000
"""openFDA's largest page."""
PER_MINUTE = 240
"""openFDA's limit without and with a key."""
_SORT = {"event": "mdr_report_key", "recall": "product_res_number", "enforcement": "recall_number", "510k": "k_number"}
_LARGEST_PAGE = 256 << 20
_LARGEST_ZIP = 4 << 30
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought."""

    endpoint: str
    files: tuple[Path, ...]
    records: int
    """Records in the files, those of an earlier, interrupted pull included."""
    stated: int
    """How many records the source says match."""
    resumed_at: int
    """Files that were there already."""

    @property
    def complete(self) -> bool:
        """Whether as many records came as the source stated."""
        return self.records == self.stated


class _Results(msgspec.Struct):
    total: int = 0


class _Meta(msgspec.Struct):
    last_updated: str = ""
    results: _Results = msgspec.field(default_factory=_Results)


class _Page(msgspec.Struct):
    results: list[msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)


def pull_pages(
    endpoint: str,
    folder: Path,
    *,
    search: str = "",
    api_key: str = "",
    base_url: str = API,
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Fetch every record of one endpoint that matches ``search`` (openFDA's query syntax; empty for all).

    Raises:
        UsageError: no such endpoint, or the folder holds another query's pages.
        SourceError: the source refused, failed after retries, or answered with something other than openFDA's JSON.
    """
    if endpoint not in ENDPOINTS:
        raise UsageError(f"openFDA has no endpoint '{endpoint}'.", remedy="Known: " + ", ".join(ENDPOINTS))
    folder.mkdir(parents=True, exist_ok=True)
    first = _first_url(endpoint, search, base_url)
    state = _State.open(folder / f"{endpoint}.pull.json", first)
    records, stated, resumed = state.records, state.stated, len(state.files)
    with _client(api_key) as client:
        while state.next_url:
            body, following = _fetch_page(client, state.next_url, base_url, pause)
            page = _parsed(body, state.next_url)
            name = f"{endpoint}-{len(state.files) + 1:06d}.json"
            _write(folder / name, body)
            records, stated = records + len(page.results), page.meta.results.total
            state.step(name, following if page.results else "", records, stated)
            if progress:
                progress(endpoint, records, stated)
            pause(60 / PER_MINUTE if following else 0)
    return Pulled(endpoint, tuple(folder / f for f in state.files), records, stated, resumed)


def _first_url(endpoint: str, search: str, base_url: str) -> str:
    from urllib.parse import urlencode

    query: dict[str, str] = {"limit": str(PAGE)}
    if search:
        query["search"] = search
    if endpoint in _SORT:
        query["sort"] = f"{_SORT[endpoint]}:asc"
    return f"{base_url}/device/{endpoint}.json?{urlencode(query)}"


class _State:
    """Where a pull is, on disk after every page."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self._content = path, content

    @classmethod
    def open(cls, path: Path, first_url: str) -> _State:
        fresh = {"query": first_url, "next": first_url, "files": [], "records": 0, "stated": 0}
        if not path.exists():
            return cls(path, fresh)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            query, files = content["query"], content["files"]
        except (ValueError, KeyError, TypeError):
            return cls(path, fresh)
        if query != first_url:
            said = f"{path.parent} holds the pages of another query."
            raise UsageError(said, remedy="Pull into an empty folder.")
        if not all((path.parent / f).is_file() for f in files):
            return cls(path, fresh)
        return cls(path, content)

    @property
    def next_url(self) -> str:
        return str(self._content["next"])

    @property
    def files(self) -> list[str]:
        return list(self._content["files"])

    @property
    def records(self) -> int:
        return int(self._content["records"])

    @property
    def stated(self) -> int:
        return int(self._content["stated"])

    def step(self, name: str, following: str, records: int, stated: int) -> None:
        self._content["files"].append(name)
        self._content |= {"next": following, "records": records, "stated": stated}
        _write(self.path, json.dumps(self._content, indent=1, sort_keys=True).encode())


def _client(api_key: str) -> Any:
    import httpx2

    headers = {"User-Agent": "harmpath", "Accept": "application/json"}
    if api_key:
        headers["Authorization"] = "Basic " + _basic(api_key)
    return httpx2.Client(timeout=60, headers=headers, follow_redirects=False)


def _basic(key: str) -> str:
    import base64

    return base64.b64encode(f"{key}:".encode()).decode("ascii")


def _fetch_page(client: Any, url: str, base_url: str, pause: Callable[[float], None]) -> tuple[bytes, str]:
    """(body, address of the next page or empty)."""
    headers, body = _get(client, url, pause)
    link = _NEXT.search(headers.get("link", ""))
    following = link[1] if link else ""
    if following and urlsplit(following)[:2] != urlsplit(base_url)[:2]:
        raise SourceError(f"openFDA's next page is on another host: {urlsplit(following).netloc}.")
    return body, following


class _Again(Exception):
    """The source asks to be asked again."""

    def __init__(self, said: str, seconds: float) -> None:
        super().__init__(said)
        self.seconds = seconds


def _get(client: Any, url: str, pause: Callable[[float], None], tries: int = 6) -> tuple[Mapping[str, str], bytes]:
    """One answer, tried again when the source is busy or the line breaks, waiting as long as the source asks."""
    import httpx2

    for attempt in range(tries):
        try:
            return _once(client, url)
        except (_Again, httpx2.TransportError) as error:
            if attempt == tries - 1:
                said = f"openFDA could not be reached after {tries} tries: {error}"
                raise SourceError(said, remedy="Run the same command later; it goes on from here.") from error
            pause(getattr(error, "seconds", 0.0) or 2.0**attempt)
    raise AssertionError("unreachable")


def _once(client: Any, url: str) -> tuple[Mapping[str, str], bytes]:
    with client.stream("GET", url) as response:
        if response.status_code == 429 or response.status_code >= 500:
            wait = response.headers.get("retry-after", "")
            raise _Again(f"status {response.status_code}", min(float(wait), 120.0) if wait.isdigit() else 0.0)
        if response.status_code == 404:  # openFDA's way of saying that nothing matches
            return response.headers, b'{"meta": {"results": {"total": 0}}, "results": []}'
        if response.status_code != 200:
            said = response.read()[:300].decode("utf-8", "replace")
            raise SourceError(f"openFDA answered {response.status_code}: {said}", remedy="Check the query.")
        parts, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > _LARGEST_PAGE:
                raise SourceError(f"openFDA's answer is larger than {_LARGEST_PAGE:,} bytes.")
            parts.append(chunk)
        return response.headers, b"".join(parts)


def _parsed(body: bytes, url: str) -> _Page:
    try:
        return msgspec.json.decode(body, type=_Page)
    except msgspec.DecodeError as error:
        raise SourceError(f"openFDA's answer is not what it documents: {error} ({url})") from error


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error


class _Partition(msgspec.Struct):
    file: str
    records: int = 0


class _Bulk(msgspec.Struct):
    partitions: list[_Partition] = []
    total_records: int = 0


class _Download(msgspec.Struct):
    device: dict[str, _Bulk] = {}


class _Index(msgspec.Struct):
    results: _Download = msgspec.field(default_factory=_Download)


def pull_bulk(
    endpoint: str,
    folder: Path,
    *,
    index_url: str = BULK,
    hosts: tuple[str, ...] = ("download.open.fda.gov", "api.fda.gov"),
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Fetch the bulk zips of one endpoint, as openFDA's index of downloads lists them.

    ``hosts`` are the only hosts that files are taken from. Raises as :func:`pull_pages`.
    """
    if endpoint not in ENDPOINTS:
        raise UsageError(f"openFDA has no endpoint '{endpoint}'.", remedy="Known: " + ", ".join(ENDPOINTS))
    folder.mkdir(parents=True, exist_ok=True)
    with _client("") as client:
        _, body = _get(client, index_url, pause)
        try:
            bulk = msgspec.json.decode(body, type=_Index).results.device.get(endpoint)
        except msgspec.DecodeError as error:
            raise SourceError(f"openFDA's index of downloads is not what it documents: {error}") from error
        if bulk is None:
            raise SourceError(f"openFDA's index of downloads lists no device/{endpoint}.")
        files, there, records = [], 0, 0
        for number, part in enumerate(bulk.partitions, 1):
            if urlsplit(part.file).netloc not in hosts:
                raise SourceError(f"A part lies on a host that was not named: {urlsplit(part.file).netloc}.")
            path = folder / f"{endpoint}-{number:04d}-of-{len(bulk.partitions):04d}.json.zip"
            if path.exists():
                there += 1
            else:
                _save_zip(client, part.file, path, pause)
            files.append(path)
            records += part.records
            if progress:
                progress(endpoint, number, len(bulk.partitions))
    return Pulled(endpoint, tuple(files), records, bulk.total_records or records, there)


def _save_zip(client: Any, url: str, path: Path, pause: Callable[[float], None], tries: int = 4) -> None:
    """Stream one part to disk; a broken or truncated transfer is begun again, and never takes the file's name."""
    import zipfile

    import httpx2

    temporary = path.with_name(path.name + ".part")
    for attempt in range(tries):
        try:
            with client.stream("GET", url) as response, temporary.open("wb") as out:
                if response.status_code != 200:
                    raise _Again(f"status {response.status_code}", 0.0)
                for chunk in response.iter_bytes():
                    if out.tell() + len(chunk) > _LARGEST_ZIP:
                        raise SourceError("A part is larger than 4 GB.")
                    out.write(chunk)
            if zipfile.is_zipfile(temporary):
                temporary.replace(path)
                return
            raise _Again("the zip file is cut short", 0.0)
        except (_Again, httpx2.TransportError) as error:
            temporary.unlink(missing_ok=True)
            if attempt == tries - 1:
                remedy = "Run the same command later; it goes on from here."
                raise SourceError(f"{url} could not be fetched: {error}", remedy=remedy) from error
            pause(2.0**attempt)
