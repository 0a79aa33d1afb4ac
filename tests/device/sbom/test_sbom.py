"""SBOMs of every supported format are read; hostile and broken ones are refused with a reason."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.device.sbom import Sbom, completeness, read_sbom
from harmpath.device.sbom import reading as reading_module
from harmpath.errors import InputError

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"component": {"type": "device", "name": "Meter", "version": "2"}, "timestamp": "2026-01-01T00:00:00Z"},
    "components": [
        {
            "type": "firmware",
            "bom-ref": "fw",
            "name": "FreeRTOS",
            "version": "10.4.6",
            "supplier": {"name": "Amazon"},
            "cpe": "cpe:2.3:o:amazon:freertos:10.4.6:*:*:*:*:*:*:*",
            "licenses": [{"license": {"id": "MIT"}}],
            "hashes": [{"alg": "SHA-256", "content": "ab"}],
            "properties": [
                {"name": "harmpath:element", "value": "meter"},
                {"name": "Level of Support", "value": "Actively maintained"},
                {"name": "End-of-Support", "value": "2028-01-01"},
            ],
            "components": [{"type": "library", "name": "inner", "version": "1"}],
        }
    ],
    "services": [{"name": "Cloud", "provider": {"name": "Example"}}],
    "dependencies": [{"ref": "fw", "dependsOn": ["x"]}],
}

XML = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><timestamp>2026-01-01T00:00:00Z</timestamp>
    <component type="device"><name>Meter</name></component></metadata>
  <components>
    <component type="library" bom-ref="z"><supplier><name>wolfSSL</name></supplier><name>wolfssl</name>
      <version>4.8.1</version><hashes><hash alg="SHA-1">aa</hash></hashes>
      <licenses><license><id>GPL-2.0</id></license></licenses>
      <purl>pkg:github/wolfssl/wolfssl@4.8.1</purl>
      <properties><property name="harmpath:element">meter</property></properties>
      <components><component type="library"><name>inner</name></component></components>
    </component>
  </components>
  <dependencies><dependency ref="z"><dependency ref="y"/></dependency></dependencies>
</bom>"""

TAG_VALUE = """SPDXVersion: SPDX-2.3
DocumentName: Meter
Creator: Organization: Example ()
Created: 2026-01-01T00:00:00Z
PackageName: zlib
SPDXID: SPDXRef-zlib
PackageVersion: 1.2.11
PackageSupplier: Organization: zlib.net
PackageComment: <text>two
PackageVersion: lies</text>
ExternalRef: PACKAGE-MANAGER purl pkg:generic/zlib@1.2.11
ExternalRef: SECURITY cpe23Type cpe:2.3:a:zlib:zlib:1.2.11:*:*:*:*:*:*:*
Relationship: SPDXRef-zlib DEPENDS_ON NOASSERTION
"""


def read(tmp_path: Path, content: str | dict[str, object], name: str = "sbom.json") -> Sbom:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_sbom(path)


def test_cyclonedx_json(tmp_path: Path) -> None:
    sbom = read(tmp_path, CYCLONEDX)
    first, inner, service = sbom.components
    assert (sbom.format, sbom.subject, sbom.dependencies) == ("CycloneDX 1.6", "Meter", 1)
    assert (first.name, first.version, first.supplier, first.element) == ("FreeRTOS", "10.4.6", "Amazon", "meter")
    assert (first.support_level, first.end_of_support) == ("Actively maintained", "2028-01-01")
    assert (first.licences, first.hashes) == (("MIT",), (("SHA-256", "ab"),))
    assert (inner.name, inner.place) == ("inner", "components[0].components[0]")
    assert (service.name, service.supplier) == ("Cloud", "Example")


def test_cyclonedx_xml(tmp_path: Path) -> None:
    sbom = read(tmp_path, XML, "sbom.xml")
    first, inner = sbom.components
    assert (sbom.format, sbom.subject, sbom.dependencies) == ("CycloneDX 1.5", "Meter", 1)
    assert (first.name, first.version, first.supplier, first.element) == ("wolfssl", "4.8.1", "wolfSSL", "meter")
    assert (first.licences, first.hashes, first.ref) == (("GPL-2.0",), (("SHA-1", "aa"),), "z")
    assert inner.name == "inner"


def test_spdx_tag_value(tmp_path: Path) -> None:
    sbom = read(tmp_path, TAG_VALUE, "sbom.spdx")
    (package,) = sbom.components
    assert (sbom.format, sbom.author, sbom.subject, sbom.dependencies) == ("SPDX 2.3", "Example", "Meter", 1)
    assert (package.name, package.version, package.supplier) == ("zlib", "1.2.11", "zlib.net")
    assert package.purl == "pkg:generic/zlib@1.2.11"
    assert package.cpe.startswith("cpe:2.3:a:zlib")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "json"),
        ("[1]", "not-an-sbom"),
        ('{"a": 1}', "not-an-sbom"),
        ("plain words", "not-an-sbom"),
        ("", "not-an-sbom"),
        ('{"bomFormat": "CycloneDX", "specVersion": "9.9"}', "sbom-version"),
        ('{"spdxVersion": "SPDX-1.0"}', "sbom-version"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": "x"}', "sbom-structure"),
        ('{"spdxVersion": "SPDX-2.3"}', "sbom-structure"),
        ('{"@graph": []}', "not-an-sbom"),
        ("<bom", "xml"),
        ("<a/>", "not-an-sbom"),
        ('<!DOCTYPE b [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><b>&b;</b>', "xml"),
        ('<!DOCTYPE b SYSTEM "file:///etc/passwd"><b/>', "xml"),
        ('{"a":' * 100_000, "json"),
    ],
)
def test_not_an_sbom(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert caught.value.problems[0].code == code


def test_too_many_components_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_COMPONENTS", 2)
    with pytest.raises(InputError, match="3 components"):
        read(tmp_path, CYCLONEDX)


def test_nesting_cannot_exhaust_the_stack(tmp_path: Path) -> None:
    nested: dict[str, object] = {"name": "leaf"}
    for _ in range(300):
        nested = {"name": "n", "components": [nested]}
    sbom = read(tmp_path, {**CYCLONEDX, "components": [nested], "services": []})
    assert [p.code for p in sbom.problems] == ["sbom-depth"]


def test_completeness_names_file_and_component(tmp_path: Path) -> None:
    findings = completeness(read(tmp_path, CYCLONEDX))
    codes = [f.code for f in findings if "inner" in f.message]
    expected = {"ntia-supplier", "fda-support-level", "fda-end-of-support", "ntia-identifier"}
    assert set(codes) == expected
    assert not [f for f in findings if "FreeRTOS" in f.message]
    assert [f.code for f in findings if f.code == "ntia-author"], "nobody is named as the author"
    assert all(f.file == "sbom.json" for f in findings)


def test_every_official_valid_document_is_read(shared_data: Path, tmp_path: Path) -> None:
    count = {"cyclonedx": 0, "spdx": 0}
    for archive, kind in (("cyclonedx_spec_tests", "cyclonedx"), ("spdx_examples", "spdx")):
        with tarfile.open(shared_data / "tests" / f"{archive}.tar.xz") as tar:
            for member in tar:
                name = Path(member.name).name
                wanted = name.startswith("valid-") if kind == "cyclonedx" else "spdx" in member.name
                if not member.isfile() or not wanted or not name.endswith((".json", ".xml", ".spdx")):
                    continue
                stream = tar.extractfile(member)
                assert stream is not None
                path = tmp_path / name
                path.write_bytes(stream.read())
                assert read_sbom(path).format, member.name
                count[kind] += 1
    assert count["cyclonedx"] > 300
    assert count["spdx"] > 50


def test_real_medical_device_sbom(shared_data: Path) -> None:
    sbom = read_sbom(shared_data / "sboms" / "narrow.sbom.json")
    assert len(sbom.components) == 55
    assert all(c.support_level and c.end_of_support for c in sbom.components)


KEYS = st.sampled_from(["name", "components", "packages", "@graph", "externalRefs", "licenses"])
ANY_JSON = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
)


@settings(max_examples=60)
@given(ANY_JSON)
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for frame in ({"bomFormat": "CycloneDX", "specVersion": "1.5"}, {"spdxVersion": "SPDX-2.3"}, {"@graph": [{}]}):
        document = {**(value if isinstance(value, dict) else {"components": value, "packages": value}), **frame}
        try:
            completeness(read(folder, document))
        except InputError as error:
            assert error.problems
