"""Pulling from services that behave as real ones do: rate limits, outages, cut bodies, pages that shift, bad TLS."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import ssl
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from harmpath.errors import SourceError, UsageError
from harmpath.records import open_store
from harmpath.records.fetching import Fetcher
from harmpath.records.pulling import Endpoints, pull

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    client = Fetcher(attempts=4, pause=0.01)
    yield client
    client.close()


@pytest.fixture(scope="module")
def real_items(shared_data: Path) -> list[dict[str, Any]]:
    """Real answers of NVD's API 2.0."""
    with lzma.open(shared_data / "nvd" / "nvdcve-2.0-modified-dependencycheck.json.xz") as stream:
        items: list[dict[str, Any]] = json.load(stream)["vulnerabilities"]
    return items[:25]


class Nvd:
    """NVD's API 2.0 over given items, in pages of ten; ``misbehave`` is asked before each answer."""

    def __init__(self, server: HTTPServer, items: list[dict[str, Any]]) -> None:
        self.items = items
        self.asked: list[dict[str, str]] = []
        self.misbehave: list[Response | str] = []
        server.expect_request("/nvd").respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.args))
        if self.misbehave:
            wrong = self.misbehave.pop(0)
            if isinstance(wrong, Response):
                return wrong
            if wrong == "shift":
                self.items = self.items[1:]
        start = int(request.args["startIndex"])
        page = {
            "resultsPerPage": 10, "startIndex": start, "totalResults": len(self.items), "format": "NVD_CVE",
            "version": "2.0", "timestamp": "2026-11-24T12:00:00.000", "vulnerabilities": self.items[start : start + 10],
        }  # fmt: skip
        body = json.dumps(page).encode()
        if wrong_is_cut(self.asked, self.misbehave):
            body = body[: len(body) // 2]
        return Response(body, content_type="application/json")


def wrong_is_cut(asked: list[dict[str, str]], queue: list[Response | str]) -> bool:
    """Consume a ``cut`` order: the body is cut, though its headers are right for what is sent."""
    if queue and queue[0] == "cut":
        queue.pop(0)
        return True
    return False


def endpoints(server: HTTPServer) -> Endpoints:
    return Endpoints(*(server.url_for(path) for path in ("/nvd", "/kev", "/epss", "/osv")))


def held(store: Path, items: list[dict[str, Any]]) -> bool:
    with open_store(store) as opened:
        return all(opened.get(item["cve"]["id"]) for item in items)


def test_first_pull_takes_every_page_and_the_next_asks_for_changes_only(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    nvd = Nvd(httpserver, real_items)
    store = tmp_path / "s.sqlite"
    report = pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert report.taken == 25 and held(store, real_items)
    assert [a["startIndex"] for a in nvd.asked] == ["0", "10", "20"]
    assert "lastModStartDate" not in nvd.asked[0]
    nvd.asked.clear()
    nvd.items = []
    later = NOW + timedelta(days=200)
    pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: later, fetcher=fetcher)
    windows = [(a["lastModStartDate"][:10], a["lastModEndDate"][:10]) for a in nvd.asked]
    assert windows[0][0] == "2026-11-24" and windows[-1][1] == later.date().isoformat()
    assert len(windows) == 2
    assert all((datetime.fromisoformat(b) - datetime.fromisoformat(a)).days <= 120 for a, b in windows)


def test_rate_limit_and_outage_are_waited_for_as_asked(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    nvd = Nvd(httpserver, real_items)
    nvd.misbehave = [
        Response("slow down", status=429, headers={"Retry-After": "0"}),
        Response("out", status=503),
        Response("out", status=503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    ]
    pull(tmp_path / "s.sqlite", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert held(tmp_path / "s.sqlite", real_items)
    assert [a["startIndex"] for a in nvd.asked] == ["0", "0", "0", "0", "10", "20"]


def test_cut_body_is_fetched_again(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    nvd = Nvd(httpserver, real_items)
    nvd.misbehave = ["-", "cut", "-", "cut"]
    pull(tmp_path / "s.sqlite", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert held(tmp_path / "s.sqlite", real_items)
    assert len(nvd.asked) == 5


def test_pages_that_shift_under_way_are_fetched_from_the_start(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    nvd = Nvd(httpserver, real_items)
    nvd.misbehave = ["-", "shift"]
    pull(tmp_path / "s.sqlite", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert held(tmp_path / "s.sqlite", nvd.items)
    assert [a["startIndex"] for a in nvd.asked] == ["0", "10", "0", "10", "20"]


def test_failed_pull_goes_on_where_it_stopped_and_leaves_no_store(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    nvd = Nvd(httpserver, real_items)
    nvd.misbehave = ["-", *(Response("out", status=503) for _ in range(4))]
    store = tmp_path / "s.sqlite"
    with pytest.raises(SourceError, match=r"no proper answer in 4 attempts.*status 503") as error:
        pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert "kept" in error.value.remedy and not store.exists()
    nvd.asked.clear()
    later = NOW + timedelta(days=1)
    pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: later, fetcher=fetcher)
    assert [a["startIndex"] for a in nvd.asked] == ["10", "20"]
    assert held(store, real_items)
    state = json.loads((tmp_path / "s.sqlite.downloads" / "pull.json").read_text())
    assert state["nvd"]["until"] == "2026-11-24T12:00:00.000Z"


def test_a_long_wait_is_left_for_another_day(httpserver: HTTPServer, fetcher: Fetcher, tmp_path: Path) -> None:
    httpserver.expect_request("/nvd").respond_with_data("", status=429, headers={"Retry-After": "86400"})
    with pytest.raises(SourceError, match="come back in 86400 seconds"):
        pull(tmp_path / "s", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert len(httpserver.log) == 1


def test_refusal_is_not_tried_again(httpserver: HTTPServer, fetcher: Fetcher, tmp_path: Path) -> None:
    httpserver.expect_request("/nvd").respond_with_data("no", status=403)
    with pytest.raises(SourceError, match="status 403"):
        pull(tmp_path / "s", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert len(httpserver.log) == 1


def test_redirection_to_a_host_that_was_not_named_is_refused(
    httpserver: HTTPServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    elsewhere = httpserver.url_for("/x").replace("localhost", "127.0.0.1")
    httpserver.expect_request("/nvd").respond_with_data("", status=302, headers={"Location": elsewhere})
    with pytest.raises(SourceError, match="another host"):
        pull(tmp_path / "s", sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert len(httpserver.log) == 1


def test_clock_in_the_past_is_said(
    httpserver: HTTPServer, fetcher: Fetcher, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    Nvd(httpserver, real_items)
    store = tmp_path / "s.sqlite"
    pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    past = NOW - timedelta(days=3)
    with pytest.raises(UsageError, match="clock"):
        pull(store, sources=["nvd"], endpoints=endpoints(httpserver), now=lambda: past, fetcher=fetcher)


def _single_files(httpserver: HTTPServer, shared_data: Path) -> None:
    with lzma.open(shared_data / "cisa_kev" / "kev_20250825.json.xz") as stream:
        kev = stream.read()
    scores = b"#model_version:v1,score_date:2026-11-23T00:00:00Z\ncve,epss,percentile\nCVE-2021-44228,0.9,0.99\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        advisory = {"id": "PYSEC-1", "modified": "2024-01-01T00:00:00Z", "aliases": ["CVE-2024-0001"], "affected": []}
        archive.writestr("PYSEC-1.json", json.dumps(advisory))

    def answer(body: bytes) -> Any:
        def handler(request: Request) -> Response:
            if request.headers.get("If-None-Match") == '"v1"':
                return Response(status=304)
            return Response(body, headers={"ETag": '"v1"'})

        return handler

    for path, body in (("/kev", kev), ("/epss", gzip.compress(scores)), ("/osv", buffer.getvalue())):
        httpserver.expect_request(path).respond_with_handler(answer(body))


def test_single_files_are_fetched_again_only_when_they_change(
    httpserver: HTTPServer, fetcher: Fetcher, shared_data: Path, tmp_path: Path
) -> None:
    _single_files(httpserver, shared_data)
    store, where = tmp_path / "s.sqlite", endpoints(httpserver)
    sources = ["cisa-kev", "epss", "osv"]
    report = pull(store, sources=sources, endpoints=where, now=lambda: NOW, fetcher=fetcher)
    assert report.taken == 1404 + 1 + 1
    with open_store(store) as opened:
        kev, epss = opened.signals("CVE-2021-44228")
    assert kev is not None and epss is not None and epss.as_of == "2026-11-23"
    again = pull(store, sources=sources, endpoints=where, now=lambda: NOW, fetcher=fetcher)
    assert again.taken == 0
    assert [response.status_code for _, response in httpserver.log[-3:]] == [304, 304, 304]


def test_lost_store_is_built_again_from_what_is_there(
    httpserver: HTTPServer, fetcher: Fetcher, shared_data: Path, real_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    _single_files(httpserver, shared_data)
    nvd = Nvd(httpserver, real_items)
    store, where = tmp_path / "s.sqlite", endpoints(httpserver)
    pull(store, endpoints=where, now=lambda: NOW, fetcher=fetcher)
    store.unlink()
    nvd.asked.clear()
    pull(store, endpoints=where, now=lambda: NOW, fetcher=fetcher)
    assert "lastModStartDate" not in nvd.asked[0]
    assert held(store, real_items)


@pytest.mark.parametrize("wrong", ["kev-count", "kev-json", "gzip", "zip"])
def test_file_that_is_not_whole_is_not_taken(
    httpserver: HTTPServer, fetcher: Fetcher, tmp_path: Path, wrong: str
) -> None:
    bodies = {
        "kev-count": (
            "/kev",
            b'{"catalogVersion": "2026", "count": 2, "vulnerabilities": [{"cveID": "CVE-2024-0001"}]}',
        ),
        "kev-json": ("/kev", b'{"count": 1, "vulnerab'),
        "gzip": ("/epss", gzip.compress(b"CVE-2024-0001,0.1,0.1\n" * 1000)[:-30]),
        "zip": ("/osv", b"PK\x03\x04 cut"),
    }
    path, body = bodies[wrong]
    httpserver.expect_request(path).respond_with_data(body)
    source = {"/kev": "cisa-kev", "/epss": "epss", "/osv": "osv"}[path]
    with pytest.raises(SourceError, match="no proper answer"):
        pull(tmp_path / "s", sources=[source], endpoints=endpoints(httpserver), now=lambda: NOW, fetcher=fetcher)
    assert not (tmp_path / "s").exists()
    assert len(httpserver.log) == 4


def test_certificate_of_nobody_is_not_accepted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with HTTPServer(host="localhost", ssl_context=context) as server:
        server.expect_request("/kev").respond_with_data(b"{}")
        client = Fetcher(attempts=4, pause=0.01)
        with pytest.raises(SourceError, match="certificate was not accepted") as error:
            pull(tmp_path / "s", sources=["cisa-kev"], endpoints=endpoints(server), now=lambda: NOW, fetcher=client)
        client.close()
        assert "SSL_CERT_FILE" in error.value.remedy
        assert server.log == []


def test_nobody_at_home(fetcher: Fetcher, tmp_path: Path) -> None:
    where = Endpoints(kev="http://localhost:9/kev")
    with pytest.raises(SourceError, match="no connection in 4 attempts"):
        pull(tmp_path / "s", sources=["cisa-kev"], endpoints=where, now=lambda: NOW, fetcher=fetcher)


def test_unknown_source_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no source 'nvdd'"):
        pull(tmp_path / "s", sources=["nvdd"])


def test_requests_keep_their_distance(httpserver: HTTPServer) -> None:
    waited: list[float] = []
    client = Fetcher(interval=6.0, sleep=waited.append)
    httpserver.expect_request("/a").respond_with_data(b"x")
    for _ in range(3):
        client.get(httpserver.url_for("/a"))
    client.close()
    assert len(waited) == 2 and all(5 < w <= 6 for w in waited)
