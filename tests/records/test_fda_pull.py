"""Pulling from openFDA, against a local server that pages, refuses, breaks off and lies."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from harmpath.errors import SourceError, UsageError
from harmpath.records.fda_import import import_records
from harmpath.records.fda_openfda_pull import pull_bulk, pull_pages

RECORDS = [
    {
        "recall_number": f"Z-{1000 + i}-2020",
        "event_id": str(i),
        "recalling_firm": "Firm",
        "classification": "Class II",
        "report_date": "20200131",
        "product_description": "Pump",
        "reason_for_recall": "Software error",
        "status": "Ongoing",
    }
    for i in range(25)
]


def _answer(server: HTTPServer, failures: list[int], per_page: int = 10) -> list[str]:
    """Serve RECORDS in pages; each entry of ``failures`` is a status to answer with first."""
    asked: list[str] = []

    def handle(request: Request) -> Response:
        asked.append(request.url)
        if failures:
            return Response(status=failures.pop(0), headers={"Retry-After": "0"})
        at = int(request.args.get("search_after", "0"))
        page = RECORDS[at : at + per_page]
        body: dict[str, Any] = {"meta": {"results": {"total": len(RECORDS)}}, "results": page}
        headers = {}
        if at + per_page < len(RECORDS):
            following = server.url_for(f"/device/enforcement.json?limit=1000&search_after={at + per_page}")
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(json.dumps(body), headers=headers, content_type="application/json")

    server.expect_request("/device/enforcement.json").respond_with_handler(handle)
    return asked


def _pull(server: HTTPServer, folder: Path, **more: Any) -> Any:
    return pull_pages("enforcement", folder, base_url=server.url_for("").rstrip("/"), pause=lambda _: None, **more)


def test_follows_search_after_and_never_skips(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked = _answer(httpserver, [])
    done = _pull(httpserver, tmp_path / "raw")
    assert (done.records, done.stated, done.complete, len(done.files)) == (25, 25, True, 3)
    assert not any("skip=" in url for url in asked)
    loaded = import_records(tmp_path / "raw", tmp_path / "data")
    assert loaded.rows["enforcement"] == 25
    assert {f.stated for f in loaded.files} == {25}


def test_waits_and_tries_again(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked = _answer(httpserver, [429, 503, 500])
    assert _pull(httpserver, tmp_path).complete
    assert len(asked) == 6


def test_interrupted_pull_goes_on_where_it_stopped(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked = _answer(httpserver, [])

    def stop(_: str, records: int, __: int) -> None:
        if records == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _pull(httpserver, tmp_path, progress=stop)
    done = _pull(httpserver, tmp_path)
    assert (done.records, done.resumed_at, done.complete) == (25, 2, True)
    assert len(asked) == len(set(asked)) == 3


def test_gives_up_with_a_remedy(httpserver: HTTPServer, tmp_path: Path) -> None:
    _answer(httpserver, [503] * 10)
    with pytest.raises(SourceError) as caught:
        _pull(httpserver, tmp_path)
    assert "goes on from here" in caught.value.remedy


@pytest.mark.parametrize("body", ["<html>busy</html>", '{"results": 7}', '{"error": {"code": "X"}}'])
def test_another_answer_than_documented_is_an_error(httpserver: HTTPServer, tmp_path: Path, body: str) -> None:
    httpserver.expect_request("/device/enforcement.json").respond_with_data(body)
    with pytest.raises(SourceError, match="documents"):
        _pull(httpserver, tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_no_host_that_was_not_named(httpserver: HTTPServer, tmp_path: Path) -> None:
    body = json.dumps({"meta": {"results": {"total": 2}}, "results": RECORDS[:1]})
    headers = {"Link": '<https://elsewhere.example/device/enforcement.json>; rel="next"'}
    httpserver.expect_request("/device/enforcement.json").respond_with_data(body, headers=headers)
    with pytest.raises(SourceError, match="another host"):
        _pull(httpserver, tmp_path)
    index = {"results": {"device": {"recall": {"partitions": [{"file": "https://elsewhere.example/a.zip"}]}}}}
    httpserver.expect_request("/download.json").respond_with_json(index)
    with pytest.raises(SourceError, match="not named"):
        pull_bulk("recall", tmp_path, index_url=httpserver.url_for("/download.json"), pause=lambda _: None)


def test_nothing_matches(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/device/enforcement.json").respond_with_data('{"error": {}}', status=404)
    assert _pull(httpserver, tmp_path).records == 0


def test_unknown_endpoint_and_other_query(httpserver: HTTPServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no endpoint"):
        pull_pages("drugs", tmp_path)
    _answer(httpserver, [])
    _pull(httpserver, tmp_path)
    with pytest.raises(UsageError, match="another query"):
        _pull(httpserver, tmp_path, search="status:Ongoing")


def test_bulk_zips_are_fetched_once_and_never_half(httpserver: HTTPServer, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("part.json", json.dumps({"meta": {"results": {"total": 25}}, "results": RECORDS}))
    host = httpserver.url_for("").rstrip("/")
    index = {
        "results": {
            "device": {
                "enforcement": {"total_records": 25, "partitions": [{"file": f"{host}/part.zip", "records": 25}]}
            }
        }
    }
    httpserver.expect_request("/download.json").respond_with_json(index)
    httpserver.expect_oneshot_request("/part.zip").respond_with_data(packed.getvalue()[:200])
    httpserver.expect_oneshot_request("/part.zip").respond_with_data(packed.getvalue())
    named = {"index_url": f"{host}/download.json", "hosts": (host.split("//")[1],), "pause": lambda _: None}
    first = pull_bulk("enforcement", tmp_path / "raw", **named)
    second = pull_bulk("enforcement", tmp_path / "raw", **named)
    assert (first.complete, first.resumed_at, second.resumed_at) == (True, 0, 1)
    assert import_records(tmp_path / "raw", tmp_path / "data").rows["enforcement"] == 25
