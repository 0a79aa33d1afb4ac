"""Matching: every confidence class, every reason for no match, the platform, and what a match carries."""

from __future__ import annotations

import pytest

from harmpath.evidence import RecordEvidence
from harmpath.records import Combined, Store
from harmpath.records.memory import MemorySource
from harmpath.records.model import AffectedPackage, Statement
from harmpath.vulnerabilities import CONFIDENCES, Match, Product, match, match_product

from .conftest import all_of, any_of, criterion, source_of


def _cpe(text: str) -> Product:
    return Product(text, cpe="cpe:2.3:" + text)


def _one(product: Product, source: object, platform: tuple[str, ...] = ()) -> Match | None:
    found, reasons = match_product(product, source, platform)  # type: ignore[arg-type]
    assert len(found) <= 1
    assert found or reasons
    return found[0] if found else None


PUMP = source_of(any_of(criterion("o:acme:pump:*", start_including="1.0", end_excluding="2.0")))


@pytest.mark.parametrize(
    ("version", "confidence"),
    [("0.9", None), ("1.0", "range"), ("1.9.9", "range"), ("2.0", None), ("2.0-rc1", "range")],
)
def test_bounds(version: str, confidence: str | None) -> None:
    found = _one(_cpe(f"o:acme:pump:{version}"), PUMP)
    assert (found.confidence if found else None) == confidence


def test_update_counts_in_the_order_of_versions() -> None:
    assert _one(_cpe("o:acme:pump:2.0:rc1"), PUMP) is not None
    assert _one(_cpe("o:acme:pump:2.0:sp1"), PUMP) is None


def test_a_match_says_identifier_bound_source_and_date() -> None:
    found = _one(_cpe("o:acme:pump:1.5"), PUMP)
    assert found is not None
    assert found.because == ("CPE acme:pump as stated", "version 1.5 lies within >= 1.0, < 2.0")
    assert found.condition == ""
    (evidence,) = found.evidence
    assert isinstance(evidence, RecordEvidence)
    assert (evidence.source, evidence.id, evidence.as_of) == ("nvd", "CVE-2024-0001", "2024-05-06")


def test_literal_version_is_exact() -> None:
    source = source_of(any_of(criterion("a:acme:pump:1.0"), criterion("a:acme:pump:1.2")))
    for version, confidence in (("1.0", "exact"), ("1.2.0", "exact"), ("1.1", None), ("1.02", None)):
        found = _one(_cpe(f"a:acme:pump:{version}"), source)
        assert (found.confidence if found else None) == confidence


def test_application_and_operating_system_of_one_name_are_one_product_and_hardware_another() -> None:
    source = source_of(any_of(criterion("a:amazon:freertos:*", end_including="10.0.1")))
    found = _one(_cpe("o:amazon:freertos:10.0.1"), source)
    assert found is not None and found.confidence == "alias"
    assert "NVD files it as an application, stated is an operating system" in found.because[1]
    assert _one(_cpe("h:amazon:freertos:10.0.1"), source) is None
    assert _one(_cpe("o:amazon:freertos:10.0.2"), source) is None


def test_record_without_edition_may_hold_for_the_stated_one() -> None:
    source = source_of(any_of(criterion("a:nodejs:node.js:*:*:*:*:-", end_excluding="14.17.4")))
    found = _one(_cpe("a:nodejs:node.js:14.15.0:*:*:*:lts"), source)
    assert found is not None and found.confidence == "conditional"
    assert found.condition == "NVD's record without sw_edition holds for lts"
    found = _one(_cpe("a:nodejs:node.js:14.15.0"), source)
    assert found is not None and found.confidence == "range"
    other = source_of(any_of(criterion("a:nodejs:node.js:*:*:*:*:esm")))
    assert _one(_cpe("a:nodejs:node.js:14.15.0:*:*:*:lts"), other) is None


@pytest.mark.parametrize(
    ("stated", "confidence", "condition"),
    [
        ("a:acme:pump:1.0:sp1", "exact", ""),
        ("a:acme:pump:1.0:sp2", None, ""),
        ("a:acme:pump:1.0", "conditional", "update is sp1"),
        ("a:acme:pump:1.0:-", None, ""),
    ],
)
def test_update_that_is_left_open_is_a_condition(stated: str, confidence: str | None, condition: str) -> None:
    found = _one(_cpe(stated), source_of(any_of(criterion("a:acme:pump:1.0:sp1"))))
    assert (found.confidence if found else None) == confidence
    assert found is None or found.condition == condition


PHONE_APP = source_of(
    all_of(any_of(criterion("a:acme:app:1.0")), any_of(criterion("o:google:android:*", False, end_excluding="9.0")))
)


def test_unstated_platform_makes_the_match_conditional_and_is_named() -> None:
    found = _one(_cpe("a:acme:app:1.0"), PHONE_APP)
    assert found is not None and found.confidence == "conditional"
    assert "google:android" in found.condition and "< 9.0" in found.condition


def test_stated_platform_settles_it() -> None:
    found = _one(_cpe("a:acme:app:1.0"), PHONE_APP, ("cpe:2.3:o:google:android:8.1:*:*:*:*:*:*:*",))
    assert found is not None and found.confidence == "exact"
    assert any("google:android" in why for why in found.because)


def test_platform_per_component() -> None:
    products = [Product("app", cpe="cpe:2.3:a:acme:app:1.0", ref=ref) for ref in ("phone", "tablet")]
    answer = match(products, PHONE_APP, {"phone": ["cpe:2.3:o:google:android:8.1"]})
    assert [m.confidence for m in answer.matches] == ["exact", "conditional"]


def test_the_platform_itself_is_not_vulnerable() -> None:
    found, (reason,) = match_product(_cpe("o:google:android:8.1"), PHONE_APP)
    assert found == [] and reason.code == "unknown-product"


def test_firmware_names_its_hardware() -> None:
    tree = all_of(any_of(criterion("o:acme:x1_firmware:*")), any_of(criterion("h:acme:x1:-", False)))
    found = _one(_cpe("o:acme:x1_firmware:3.1"), source_of(tree))
    assert found is not None and found.confidence == "range"
    found = _one(_cpe("h:acme:x1:-"), source_of(tree))
    assert found is not None and found.confidence == "alias" and "x1_firmware" in found.because[0]


def test_negated_platform() -> None:
    tree = all_of(any_of(criterion("a:acme:app:1.0")), any_of(criterion("o:acme:os:5", False), negate=True))
    assert _one(_cpe("a:acme:app:1.0"), source_of(tree), ("cpe:2.3:o:acme:os:5",)) is None
    found = _one(_cpe("a:acme:app:1.0"), source_of(tree))
    assert found is not None and found.condition.startswith("not (")


def test_two_products_joined_by_and_need_each_other() -> None:
    tree = all_of(any_of(criterion("a:acme:app:1.0")), any_of(criterion("a:acme:lib:2.0")))
    found = _one(_cpe("a:acme:app:1.0"), source_of(tree))
    assert found is not None and found.condition == "cpe:2.3:a:acme:lib:2.0:*:*:*:*:*:*:* is present"
    found = _one(_cpe("a:acme:app:1.0"), source_of(tree), ("cpe:2.3:a:acme:lib:2.0",))
    assert found is not None and found.condition == ""


def test_neighbour_in_an_or_does_not_make_a_product_vulnerable() -> None:
    source = source_of(any_of(criterion("a:acme:app:1.0"), criterion("a:acme:lib:2.0")))
    assert _one(_cpe("a:acme:app:9.9"), source, ("cpe:2.3:a:acme:lib:2.0",)) is None


def test_unknown_version_neither_matches_all_nor_none() -> None:
    found = _one(_cpe("o:acme:pump:*"), PUMP)
    assert found is not None
    assert (found.confidence, found.condition) == ("conditional", "its version is >= 1.0, < 2.0")


def test_many_possible_matches_of_an_unknown_version_are_one_question() -> None:
    statements = [
        Statement(id=f"CVE-2024-{n:04d}", source="nvd", modified="2024-01-01",
                  configurations=(any_of(criterion("o:acme:pump:*", end_excluding=f"{n}.0")),))
        for n in range(1, 100)
    ]  # fmt: skip
    statements.append(Statement(id="CVE-2023-0001", source="nvd", modified="2024-01-01",
                                configurations=(any_of(criterion("o:acme:pump:*")),)))  # fmt: skip
    found, (reason,) = match_product(_cpe("o:acme:pump:*"), MemorySource(statements))
    assert [m.cve for m in found] == ["CVE-2023-0001"]
    assert (reason.code, "99 of the 100" in reason.reason) == ("no-version", True)


def test_version_that_is_not_exact_is_compared_as_what_it_means() -> None:
    found = _one(Product("pump", "1.x", cpe="cpe:2.3:o:acme:pump"), PUMP)
    assert found is not None and found.confidence == "range"
    found = _one(Product("pump", "1.5 or above", cpe="cpe:2.3:o:acme:pump"), PUMP)
    assert found is not None and found.confidence == "conditional"
    assert _one(Product("pump", "2.0 or later", cpe="cpe:2.3:o:acme:pump"), PUMP) is None


def test_name_without_vendor_is_name_only() -> None:
    found = _one(Product("Pump", "1.5"), PUMP)
    assert found is not None and found.confidence == "name-only"


def test_vendor_and_name_in_any_spelling_are_exact_identity() -> None:
    found = _one(Product("Pump", "1.5", vendor="ACME, Inc."), PUMP)
    assert found is not None and found.confidence == "range"


def test_ambiguous_name_is_left_to_the_user() -> None:
    statements = [
        Statement(id=f"CVE-2024-000{n}", source="nvd", modified="2024-01-01",
                  configurations=(any_of(criterion(f"a:vendor{n}:monitor:1.0")),))
        for n in range(3)
    ]  # fmt: skip
    found, (reason,) = match_product(Product("monitor", "1.0"), MemorySource(statements))
    assert found == [] and reason.code == "ambiguous"
    assert set(reason.nearest) == {f"vendor{n}:monitor (1)" for n in range(3)}


def test_bad_identifier_is_said(store: Store) -> None:
    for product in (Product("x", cpe="openssl"), Product("x", purl="not a purl")):
        found, reasons = match_product(product, store)
        assert found == [] and reasons[0].code == "bad-identifier"


def test_cpe_that_a_tool_made_up_is_looked_up_by_what_it_means() -> None:
    source = source_of(any_of(criterion("a:jquery:jquery:*", end_excluding="3.5.0")))
    made_up = "cpe:2.3:a:the_jquery_foundation:jquery:3.1.1:*:*:*:*:*:*:*"
    found = _one(Product("jQuery", "3.1.1", vendor="The jQuery Foundation", cpe=made_up), source)
    assert found is not None and found.confidence == "name-only"
    assert found.because[0].startswith("no record names the stated CPE the_jquery_foundation:jquery")
    other = Product("jQuery", "3.1.1", cpe="cpe:2.3:a:someone_else:jquery:3.1.1")
    found_other, (reason,) = match_product(other, source)
    assert found_other == [] and reason.code == "unknown-product" and reason.nearest == ("jquery:jquery (1)",)


def test_a_product_that_nvd_renamed_is_looked_up_by_all_its_names() -> None:
    # NVD: CVE-2021-23017 was filed under nginx:nginx, later ones under f5:nginx.
    source = source_of(
        any_of(criterion("a:f5:nginx:1.27.0")),
        any_of(criterion("a:nginx:nginx:*", start_including="0.6.18", end_excluding="1.20.1")),
    )
    found = _one(_cpe("a:f5:nginx:1.14.0"), source)
    assert found is not None
    assert found.confidence == "alias"
    assert found.because[0] == "f5:nginx is also filed as nginx:nginx"
    assert _one(_cpe("a:f5:nginx:1.20.1"), source) is None


def test_a_windows_release_has_a_product_name_of_its_own() -> None:
    source = source_of(any_of(criterion("o:microsoft:windows_10:1607"), criterion("o:microsoft:windows_10_1809:-")))
    found = _one(_cpe("o:microsoft:windows_10:1809"), source)
    assert found is not None
    assert found.because[0] == "microsoft:windows_10 is also filed as microsoft:windows_10_1809"


def test_renamed_vendor_of_a_medical_device(store: Store) -> None:
    (found,) = match([Product("MiniMed 508", vendor="Medtronic MiniMed")], store).matches
    assert (found.cve, found.confidence) == ("CVE-2019-10964", "alias")
    assert found.condition == ""


def test_misspelt_vendor_of_an_advisory(store: Store) -> None:
    answer = match([Product("IntelliSpace Portal", "8.0", vendor="Phillips")], store)
    assert answer.matches and {m.confidence for m in answer.matches} <= {"alias", "name-only", "conditional"}


def test_advisory_product_without_cpe_is_name_only_and_cites_the_advisory(store: Store) -> None:
    answer = match([Product("Alaris 8015", "9.13", vendor="CareFusion")], store)
    assert answer.matches
    for found in answer.matches:
        assert found.confidence == "name-only"
        assert isinstance(found.evidence[0], RecordEvidence) and found.evidence[0].id.startswith("ICSMA-")
    assert not match([Product("Infusion Pump System", "9.13")], store).matches


def test_package_url_with_osv_ranges(store: Store) -> None:
    answer = match([Product("Django", purl="pkg:pypi/Django@4.2.3")], store)
    found = {m.cve: m for m in answer.matches}
    assert found["CVE-2023-41164"].confidence == "range"
    assert found["CVE-2023-41164"].evidence[0].id == "PYSEC-2023-225"  # type: ignore[union-attr]
    assert "CVE-2024-42005" in found
    assert "CVE-2024-42005" not in {m.cve for m in match([Product("x", purl="pkg:pypi/django@4.2.15")], store).matches}


def test_ecosystem_that_is_not_covered_says_so(store: Store) -> None:
    (absent,) = match([Product("left-pad", purl="pkg:npm/left-pad@1.0.0")], store).unmatched
    assert absent.code == "not-covered" and "PyPI" in absent.reason


def test_package_without_version_is_conditional() -> None:
    source = source_of(packages=(AffectedPackage("PyPI", "acme", (("0", "2.0", ""),)),))
    found = _one(Product("acme", purl="pkg:pypi/acme"), source)
    assert found is not None and (found.confidence, found.condition) == ("conditional", "its version is < 2.0")


def test_protocol(store: Store) -> None:
    answer = match([Product("WPA2 dongle"), Product("WPA2"), Product("TLS", "1.0"), Product("HL7 v2.x")], store)
    krack = [m for m in answer.matches if m.cve == "CVE-2017-13077"]
    assert [m.product.name for m in krack] == ["WPA2"]
    assert krack[0].confidence == "conditional" and "key reinstallation" in krack[0].condition
    assert "CVE-2011-3389" in {m.cve for m in answer.matches if m.product.name == "TLS"}
    reasons = {u.product.name: u.reason for u in answer.unmatched}
    assert "CWE-319" in reasons["HL7 v2.x"]


def test_protocol_version_bounds() -> None:
    def found(version: str) -> dict[str, Match]:
        return {m.cve: m for m in match([Product("Bluetooth", version)], MemorySource([])).matches}

    assert "CVE-2019-9506" in found("5.1") and "CVE-2019-9506" not in found("5.2")
    assert found("4.2")["CVE-2019-9506"].condition == ""
    assert "version" in found("")["CVE-2019-9506"].condition


def test_every_answer_has_coverage_and_every_product_an_answer(store: Store) -> None:
    products = [Product(name, version, ref=str(n)) for n, (name, version) in enumerate(
        [("BlueZ", "5.50"), ("OpenSSL", ""), ("nothing like it", "1"), ("DICOM", ""), ("Android", "8.0")])]  # fmt: skip
    answer = match(products, store)
    assert answer.coverage == store.coverage()
    answered = {m.product.ref for m in answer.matches} | {u.product.ref for u in answer.unmatched}
    assert answered == {p.ref for p in products}
    assert all(m.confidence in CONFIDENCES and m.because and m.evidence for m in answer.matches)
    assert all((m.confidence == "conditional") <= bool(m.condition) for m in answer.matches)


def test_same_question_same_answer(store: Store) -> None:
    products = [Product("BlueZ", "5.50"), Product("Android", "8.0"), Product("Django", purl="pkg:pypi/django@4.2.3")]
    assert match(products, store) == match(products, store)


def test_facts_and_store_together_answer_once(store: Store) -> None:
    (alone,) = match([Product("MiniMed 508", vendor="Medtronic")], store).matches
    both = Combined([MemorySource(store.statements("CVE-2019-10964")), store])
    assert match([Product("MiniMed 508", vendor="Medtronic")], both).matches == (alone,)
