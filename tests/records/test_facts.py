"""Facts tables: what is extracted reads back as the same facts, and combines with the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harmpath.errors import InputError
from harmpath.records import Combined, Store, extract_facts, load_facts, write_facts
from harmpath.records.memory import MemorySource
from harmpath.records.model import Criterion, Epss, Kev, Node, Statement

IDS = ["CVE-2019-10964", "CVE-2021-44228", "CVE-2022-0204"]


def _statement(modified: str, end: str) -> Statement:
    criterion = Criterion("cpe:2.3:a:acme:pump:*:*:*:*:*:*:*:*", end_excluding=end)
    return Statement(
        id="CVE-2024-0001", source="nvd", modified=modified, configurations=(Node("OR", False, (criterion,)),)
    )


def test_extracted_facts_read_back_the_same(real_store: Store, tmp_path: Path) -> None:
    write_facts(extract_facts(real_store, IDS), tmp_path / "facts.json")
    facts = load_facts(tmp_path / "facts.json")
    for identifier in IDS:
        held, read = real_store.get(identifier), facts.get(identifier)
        assert held is not None and read is not None
        for part in ("configurations", "cvss", "weaknesses", "kev", "epss", "ssvc", "products", "published", "sources"):
            assert getattr(read, part) == getattr(held, part), part
        assert read.description == ""
    assert facts.candidates("bluez", "bluez") == {
        k: v for k, v in real_store.candidates("bluez", "bluez").items() if k == "CVE-2022-0204"
    }


def test_extraction_is_deterministic(real_store: Store, tmp_path: Path) -> None:
    for name, ids in (("a", IDS), ("b", IDS[::-1])):
        write_facts(extract_facts(real_store, ids), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"format": "other", "version": 1}',
        '{"format": "harmpath-facts", "version": 2}',
        '{"format": "harmpath-facts", "version": 1, "statements": [{"id": "CVE-2024-0001"}]}',
        '{"format": "harmpath-facts", "version": 1, "unknown": 1}',
        '{"format": "harmpath-facts", "version": 1, "epss": {"CVE-2024-0001": {"score": "high", "percentile": 1}}}',
    ],
)
def test_what_is_no_facts_table_is_an_input_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "facts.json").write_text(content)
    with pytest.raises(InputError) as error:
        load_facts(tmp_path / "facts.json")
    assert error.value.problems[0].file.endswith("facts.json") and error.value.problems[0].remedy


def test_missing_facts_table_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_facts(tmp_path / "absent.json")


def test_over_long_version_in_facts_is_an_input_error(tmp_path: Path) -> None:
    match = {"criteria": "cpe:2.3:a:a:b:*:*:*:*:*:*:*:*", "versionEndExcluding": "1" * 10_000}
    statement = {
        "id": "CVE-2024-0001", "source": "nvd", "modified": "2024-01-01",
        "configurations": [{"cpeMatch": [match]}],
    }  # fmt: skip
    content = {"format": "harmpath-facts", "version": 1, "statements": [statement]}
    (tmp_path / "facts.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="longer than"):
        load_facts(tmp_path / "facts.json")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_newest_statement_wins_wherever_it_is_held(order: tuple[int, int]) -> None:
    parts = [
        MemorySource([_statement("2024-01-01", "2.0")], {"CVE-2024-0001": Kev("2024-02-02")}),
        MemorySource([_statement("2024-05-01", "1.5")], epss={"CVE-2024-0001": Epss(0.5, 0.9, "2024-05-01")}),
    ]
    both = Combined([parts[i] for i in order])
    record = both.get("CVE-2024-0001")
    assert record is not None and record.kev is not None and record.epss is not None
    candidate = both.candidates("acme", "pump")["CVE-2024-0001"]
    assert [c.end_excluding for c in candidate.criteria] == ["1.5"]
    assert candidate.as_of == "2024-05-01"
    assert [e.product for e in both.products_named("pump")] == ["pump"]


def test_coverage_of_a_facts_table_says_that_it_is_a_choice(real_store: Store, tmp_path: Path) -> None:
    write_facts(extract_facts(real_store, IDS), tmp_path / "facts.json")
    facts = load_facts(tmp_path / "facts.json")
    (lacking,) = facts.coverage().missing
    assert "a choice of vulnerabilities" in lacking.reason
    both = Combined([facts, real_store]).coverage()
    assert len(both.sources) == len(facts.coverage().sources) + len(real_store.coverage().sources)
