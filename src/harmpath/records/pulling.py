"""Pull vulnerability records from their official services into a download folder, then import that folder.

Incremental: NVD is asked for what changed since the last pull (its API allows 120 days at a time), the single files of
CISA (KEV), FIRST (EPSS) and OSV are asked for with their ETag. Resumable: a page that is there and sound is not fetched
again. Only when everything is imported is the pull remembered as done.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from harmpath.errors import SourceError, UsageError
from harmpath.records.fetching import Fetcher, TruncatedError, write_whole
from harmpath.records.importing import ImportReport, Progress, import_folder
from harmpath.records.schema import default_store_path

__all__ = ["SOURCES", "Endpoints", "pull"]

SOURCES = ("nvd", "cisa-kev", "epss", "osv")
WINDOW = timedelta(days=120)
"""The longest range of lastModified dates that NVD's API answers."""
OVERLAP = timedelta(hours=2)
"""Asked for again, for records that NVD publishes late under an earlier time."""
PAGE = 2000
RESTARTS = 4


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the services are. Every one can be named otherwise: a mirror inside the house, or a test server."""

    nvd: str = "https://services.nvd.nist.gov/rest/json/cves/2.0"
    kev: str = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    epss: str = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
    osv: str = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"


class _Page(msgspec.Struct):
    totalResults: int
    startIndex: int
    vulnerabilities: list[msgspec.Raw]


@dataclass(slots=True)
class _Pull:
    folder: Path
    fetcher: Fetcher
    endpoints: Endpoints
    progress: Progress
    now: datetime
    state: dict[str, Any] = field(default_factory=dict)

    def single(self, source: str, url: str, name: str, check: Callable[[bytes], None]) -> None:
        """One file, fetched only when it changed since the last pull."""
        self.progress(source, 0, 1)
        target = self.folder / name
        known = self.state.get(source, {}).get("etag", "")
        fetched = self.fetcher.get(url, etag=known, check=check)
        if not fetched.not_modified:
            write_whole(target, fetched.body)
        self.state[source] = {"etag": fetched.etag or known, "until": _text(self.now)}
        self.progress(source, 1, 1)

    def nvd(self) -> None:
        """All of NVD at first, later what changed since."""
        until = self.state.get("nvd", {}).get("until", "")
        if not until:
            # Resumed pulls must go on with the start that the pages on disk were asked for under.
            begun = self.state.setdefault("nvd", {}).setdefault("begun", _text(self.now))
            self._pages("all", {}, fixed=False)
            self.state["nvd"] = {"until": begun}
            return
        start = _parsed(until)
        if start > self.now + timedelta(minutes=5):
            raise UsageError(
                f"this computer's clock says {_text(self.now)}, but the last pull was at {until}",
                remedy="Set the clock, or delete pull.json in the download folder to start again.",
            )
        end = self.now
        while start < end:
            stop = min(start + WINDOW - OVERLAP, end)
            low, high = _text(start - OVERLAP), _text(stop)
            name = f"{low}-{high}".replace(":", "")
            self._pages(name, {"lastModStartDate": low, "lastModEndDate": high}, fixed=True)
            start = stop
        self.state["nvd"] = {"until": _text(end)}

    def _pages(self, name: str, params: dict[str, str], *, fixed: bool) -> None:
        """Every page of one query. Records that change while the pages are fetched move out of a fixed range and
        shift the pages behind them: the number of results then shrinks, and the range is fetched again."""
        for _ in range(RESTARTS):
            if self._once(name, params, fixed=fixed):
                return
            for page in self.folder.glob(f"nvd-{name}-*.json"):
                page.unlink()
        raise SourceError(
            f"{self.endpoints.nvd}: its results kept changing while they were fetched",
            remedy="Run it again later; other sources were kept.",
        )

    def _once(self, name: str, params: dict[str, str], *, fixed: bool) -> bool:
        index, total = 0, 1
        first_total: int | None = None
        while index < total:
            page = self._page(name, params, index)
            if first_total is None:
                first_total = page.totalResults
            if page.totalResults != first_total and (fixed or page.totalResults < first_total):
                return False
            total = page.totalResults
            self.progress("nvd", min(index + len(page.vulnerabilities), total), total)
            if not page.vulnerabilities:
                return index >= total
            index += len(page.vulnerabilities)
        return True

    def _page(self, name: str, params: dict[str, str], index: int) -> _Page:
        path = self.folder / f"nvd-{name}-{index:07}.json"
        if path.exists():
            try:
                return _decoded(path.read_bytes(), index)
            except TruncatedError:
                path.unlink()
        query = {**params, "resultsPerPage": str(PAGE), "startIndex": str(index)}
        fetched = self.fetcher.get(self.endpoints.nvd, params=query, check=lambda body: _check_page(body, index))
        write_whole(path, fetched.body)
        return _decoded(fetched.body, index)


def pull(
    store_path: Path | None = None,
    *,
    sources: Sequence[str] = SOURCES,
    endpoints: Endpoints | None = None,
    api_key: str = "",
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    fetcher: Fetcher | None = None,
) -> ImportReport:
    """Bring the store up to date from the official services.

    ``api_key`` is NVD's, which allows ten times as many requests. Raises SourceError when a service does not answer
    as it should, StoreError when the store cannot be written, UsageError for an unknown source or a clock in the past.
    """
    unknown = sorted(set(sources) - set(SOURCES))
    if unknown:
        raise UsageError(f"there is no source {unknown[0]!r}", remedy=f"Sources: {', '.join(SOURCES)}.")
    store = Path(store_path) if store_path is not None else default_store_path()
    folder = store.with_name(store.name + ".downloads")
    # NVD's limits: 5 requests in 30 s without a key, 50 with one (https://nvd.nist.gov/developers/start-here).
    client = fetcher or Fetcher(interval=0.6 if api_key else 6.0, headers={"apiKey": api_key} if api_key else {})
    state = _read_state(folder)
    if not store.exists():
        # What was pulled went into a store that is gone; only pages not yet imported are worth going on with.
        state = {k: {"begun": v["begun"]} for k, v in state.items() if "begun" in v}
    work = _Pull(folder, client, endpoints or Endpoints(), progress or (lambda *told: None), now(), state)
    try:
        _fetch(work, sources)
    finally:
        if fetcher is None:
            client.close()
    folder.mkdir(parents=True, exist_ok=True)
    report = import_folder(folder, store, progress)
    _write_state(folder, work.state)
    for page in folder.glob("nvd-*.json"):
        page.unlink()
    return report


def _fetch(work: _Pull, sources: Sequence[str]) -> None:
    where = work.endpoints
    kept = json.loads(json.dumps(work.state))
    try:
        if "cisa-kev" in sources:
            work.single("cisa-kev", where.kev, "known_exploited_vulnerabilities.json", _check_kev)
        if "epss" in sources:
            work.single("epss", where.epss, "epss_scores.csv.gz", _check_gzip)
        if "osv" in sources:
            work.single("osv", where.osv, "osv_pypi.zip", _check_zip)
        if "nvd" in sources:
            work.nvd()
    except BaseException:
        # Remember only when the first pull of NVD began, so that its pages are gone on with.
        if work.state.get("nvd", {}).get("begun"):
            kept["nvd"] = work.state["nvd"]
        _write_state(work.folder, kept)
        raise


def _check_page(body: bytes, index: int) -> None:
    _decoded(body, index)


def _decoded(body: bytes, index: int) -> _Page:
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TruncatedError(f"not a page of NVD: {error}") from error
    if page.startIndex != index:
        raise TruncatedError(f"asked for the page at {index}, got the one at {page.startIndex}")
    if not page.vulnerabilities and page.totalResults > index:
        raise TruncatedError(f"an empty page at {index} of {page.totalResults}")
    return page


def _check_kev(body: bytes) -> None:
    try:
        catalogue = json.loads(body)
        stated, found = catalogue["count"], len(catalogue["vulnerabilities"])
    except (ValueError, KeyError, TypeError) as error:
        raise TruncatedError(f"not CISA's catalogue: {error}") from error
    if stated != found:
        raise TruncatedError(f"the catalogue says it has {stated} entries and has {found}")


def _check_gzip(body: bytes) -> None:
    try:
        with gzip.open(io.BytesIO(body)) as stream:
            while stream.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        raise TruncatedError(f"damaged gzip: {error}") from error


def _check_zip(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        raise TruncatedError(f"damaged zip: {error}") from error
    if broken:
        raise TruncatedError(f"damaged zip member {broken}")


def _read_state(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / "pull.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and all(isinstance(v, dict) for v in state.values()) else {}


def _write_state(folder: Path, state: dict[str, Any]) -> None:
    write_whole(folder / "pull.json", (json.dumps(state, indent=1, sort_keys=True) + "\n").encode())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)
