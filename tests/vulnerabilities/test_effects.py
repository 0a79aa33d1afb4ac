"""What a vulnerability needs and gives: never more than its impact allows, never a guess."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.evidence import NotAssessed
from harmpath.records import Store
from harmpath.records.merge import merge
from harmpath.records.model import Cvss, Statement, Vulnerability, Weakness
from harmpath.vulnerabilities import GAINS, Effect, effect_of, primary_score
from harmpath.vulnerabilities.aliases import catalogue


def record(vector: str = "", *cwes: str, source: str = "nvd@nist.gov") -> Vulnerability:
    statement = Statement(
        id="CVE-2024-0001",
        source="nvd",
        modified="2024-05-06",
        cvss=(Cvss(vector, source),) if vector else (),
        weaknesses=tuple(Weakness(cwe, source) for cwe in cwes),
    )
    return merge("CVE-2024-0001", [statement], None, None)


def gains(vector: str, *cwes: str) -> tuple[str, ...]:
    effect = effect_of(record(vector, *cwes))
    assert isinstance(effect, Effect)
    return effect.gains


@pytest.mark.parametrize(
    ("vector", "cwe", "expected"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CWE-787", ("execute", "read", "modify", "drop")),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "CWE-787", ("read",)),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "CWE-787", ("drop",)),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L", "CWE-787", ("read", "modify", "drop")),
        ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "CWE-294", ("spoof", "modify", "inject", "replay")),
        ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "CWE-287", ("spoof", "read")),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "CWE-494", ("update", "modify")),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "CWE-94", ("execute", "read", "modify", "inject", "drop")),
        ("AV:N/AC:L/Au:N/C:P/I:N/A:N", "CWE-94", ("read",)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "CWE-78",
         ("execute", "read", "modify", "inject", "drop")),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CWE-999999", ("read", "modify", "drop")),
    ],
)  # fmt: skip
def test_gains(vector: str, cwe: str, expected: tuple[str, ...]) -> None:
    assert gains(vector, cwe) == expected


impact = st.sampled_from("NLH")


@given(impact, impact, impact, st.lists(st.sampled_from([e["id"] for e in catalogue("weaknesses")["weaknesses"]])))
def test_impact_bounds_every_gain(c: str, i: str, a: str, cwes: list[str]) -> None:
    found = set(gains(f"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:{c}/I:{i}/A:{a}", *cwes))
    assert ("read" in found) == (c != "N")
    assert ("modify" in found) == (i != "N")
    assert ("drop" in found) == (a != "N")
    if i == "N":
        assert not found & {"execute", "inject", "replay", "update", "modify"}
    if "execute" in found:
        assert c == i == "H"


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H", ("physical", "high", True, "high")),
        ("CVSS:3.0/AV:A/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", ("adjacent", "low", False, "low")),
        ("AV:L/AC:H/Au:M/C:C/I:C/A:C", ("local", "high", False, "high")),
        ("AV:A/AC:M/Au:S/C:C/I:C/A:C", ("adjacent", "low", False, "low")),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", ("network", "none", True, "high")),
    ],
)
def test_what_is_needed_is_normalised_over_versions(vector: str, expected: tuple[object, ...]) -> None:
    effect = effect_of(record(vector))
    assert isinstance(effect, Effect)
    assert (effect.position, effect.privileges, effect.user_interaction, effect.complexity) == expected


@pytest.mark.parametrize("vector", ["", "CVSS:3.1/AV:N", "nonsense", "CVSS:9.9/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"])
def test_without_a_usable_vector_the_effect_is_not_assessed(vector: str) -> None:
    answer = effect_of(record(vector, "CWE-287"))
    assert isinstance(answer, NotAssessed)
    assert "no CVSS vector" in answer.reason and "CWE-287" in answer.reason


def test_nvds_own_vector_stands_for_the_record(store: Store) -> None:
    known = store.get("CVE-2019-10964")
    assert known is not None
    score = primary_score(known)
    assert score is not None
    assert (score.source, score.version, score.base, score.severity) == ("nvd@nist.gov", "3.0", 8.8, "high")


def test_effect_cites_the_vector_and_the_weakness(store: Store) -> None:
    known = store.get("CVE-2019-10964")
    assert known is not None
    effect = effect_of(known)
    assert isinstance(effect, Effect)
    assert effect.position == "adjacent"
    assert [(e.kind, getattr(e, "id", "")) for e in effect.evidence] == [
        ("public-record", "CVE-2019-10964"),
        ("catalogue-entry", "CWE-284"),
    ]


def test_catalogue_of_weaknesses_is_well_formed() -> None:
    entries = catalogue("weaknesses")["weaknesses"]
    ids = [e["id"] for e in entries]
    assert len(ids) == len(set(ids)) >= 250
    for entry in entries:
        assert entry["gains"] and set(entry["gains"]) <= set(GAINS), entry["id"]
        assert entry["gains"] == [g for g in GAINS if g in entry["gains"]], entry["id"]
        assert all(re.fullmatch(r"CAPEC-\d+", c) for c in entry["capec"])
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", t) for t in entry["attack"])
