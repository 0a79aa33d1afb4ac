"""CVSS scores against FIRST's macrovectors and the scores that NVD published."""

from __future__ import annotations

import ast
import contextlib
import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.vulnerabilities import ScoreError, score_vector


def test_scores_as_nvd_published_them(shared_data: Path) -> None:
    with lzma.open(shared_data / "tests" / "nvd_cvss_vector_score_pairs.json.xz") as stream:
        published = [(v, s) for pairs in json.load(stream).values() for v, s in pairs]
    assert len(published) == 1714
    assert [(v, s, score_vector(v).base) for v, s in published if score_vector(v).base != s] == []


def test_macrovectors_of_cvss_4_as_first_scored_them(shared_data: Path) -> None:
    lines = (shared_data / "tests" / "first_cvss4" / "macro-scores").read_text().splitlines()
    entries = [ast.literal_eval(line) for line in lines if line.strip()]
    assert len(entries) >= 260
    wrong = [
        (e["vector"], e["score"], score_vector(e["vector"]).base)
        for e in entries
        if (score_vector(e["vector"]).base, score_vector(e["vector"]).severity) != (e["score"], e["severity"].lower())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("vector", "severity"),
    [
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "high"),
        ("AV:L/AC:H/Au:M/C:P/I:N/A:N", "low"),
        ("AV:A/AC:L/Au:N/C:P/I:P/A:P", "medium"),
    ],
)
def test_severity_of_version_2_is_nvds(vector: str, severity: str) -> None:
    assert score_vector(vector).severity == severity


def test_version_is_kept() -> None:
    metrics = "/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    assert [score_vector(f"CVSS:{v}{metrics}").version for v in ("3.0", "3.1")] == ["3.0", "3.1"]


@given(st.text(max_size=80) | st.from_regex(r"CVSS:(3\.[01]|4\.0)(/[A-Z]{1,2}:[A-Z]){0,12}", fullmatch=True))
def test_any_text_scores_or_is_refused(text: str) -> None:
    with contextlib.suppress(ScoreError):
        assert 0 <= score_vector(text).base <= 10
