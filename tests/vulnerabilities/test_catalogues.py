"""The catalogues of names and protocols: well formed, sourced, and meaning what they say on real records."""

from __future__ import annotations

import re

from harmpath.records import Store
from harmpath.vulnerabilities import Product, match, protocol_named
from harmpath.vulnerabilities.aliases import bare, catalogue, slugs, technology_named, vendor_names
from harmpath.vulnerabilities.effects import weakness
from harmpath.vulnerabilities.protocols import protocols


def test_every_vendor_has_names_cpe_names_and_a_source() -> None:
    seen: dict[str, str] = {}
    for vendor in catalogue("vendors")["vendors"]:
        assert vendor["names"] and vendor["cpe"] and len(vendor["source"]) > 5
        assert all(re.fullmatch(r"[\w.\-]+", name) for name in vendor["cpe"])
        for name in vendor["names"]:
            assert seen.setdefault(bare(name), vendor["id"]) == vendor["id"], name


def test_every_technology_name_means_one_technology() -> None:
    seen: dict[str, str] = {}
    for technology in catalogue("technologies")["technologies"]:
        pairs = [*technology["cpe"], *(technology.get("versioned") or {}).values()]
        assert pairs and all(re.fullmatch(r"[\w.\-]+:[\w.\-+\\]+", pair) for pair in pairs)
        for name in technology["names"]:
            assert seen.setdefault(bare(name), technology["id"]) == technology["id"], name


def test_every_protocol_is_sourced_and_its_weaknesses_known() -> None:
    seen: dict[str, str] = {}
    for protocol in protocols():
        assert len(protocol.source) > 5
        for cwe in protocol.weaknesses:
            assert re.fullmatch(r"CWE-\d+", cwe)
        for name in protocol.names:
            assert seen.setdefault(bare(name), protocol.id) == protocol.id, name
        for known in protocol.vulnerabilities:
            assert re.fullmatch(r"CVE-\d{4}-\d{4,}", known.id)
            assert known.note and known.source
    known_cwes = {c for p in protocols() for c in p.weaknesses if weakness(c) is not None}
    assert {"CWE-319", "CWE-306", "CWE-300", "CWE-294"} <= known_cwes


def test_protocols_by_everyday_names() -> None:
    for name, version, expected in (
        ("BLE", "4.2", "bluetooth-le"),
        ("Bluetooth Low Energy (BLE)", "", "bluetooth-le"),
        ("BLE", "4.0", "bluetooth-le-legacy-pairing"),
        ("TLS", "1.0", "tls-1.0"),
        ("TLSv1.2", "", "tls-1.2"),
        ("WPA2-PSK", "", "wpa2"),
        ("HL7", "2.5.1", "hl7-v2"),
        ("DICOM", "", "dicom"),
        ("SMBv1", "", "smb-1"),
    ):
        found = protocol_named(name, version)
        assert found is not None and found.id == expected, name
    assert protocol_named("OpenSSL") is None


def test_tls_without_version_is_not_taken_for_an_old_one(store: Store) -> None:
    assert protocol_named("TLS") is None
    assert not match([Product("TLS", "1.3")], store).matches


def test_names_are_compared_without_case_marks_and_legal_form() -> None:
    assert bare("Philips® IntelliVue™ (R)") == bare("philips intellivue")
    assert bare("Drägerwerk AG & Co.") == bare("dragerwerk ag &")
    assert "smiths_medical" in slugs("Smiths Medical")
    assert vendor_names("Becton, Dickinson and Company (BD)")[0][-2:] == ("bd", "carefusion")
    technology = technology_named("Android OS", "Google")
    assert technology is not None and technology.cpe == (("google", "android"),)
