"""What lies beside device.yaml in an example: description, SBOM, decisions, facts."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harmpath.assessment.decisions import read_decisions
from harmpath.device.elements import Channel, Component
from harmpath.device.project import Project
from harmpath.device.sbom import completeness, read_sbom
from harmpath.vulnerabilities.cpe import parse_cpe


def _technologies(project: Project) -> list[Any]:
    parts: list[Component | Channel] = [*project.device.components, *project.device.channels]
    return [t for part in parts for t in part.technologies]


def test_technologies_carry_versions_and_well_formed_names(project: Project) -> None:
    technologies = _technologies(project)
    assert len(technologies) >= 12
    versioned = [t for t in technologies if t.version]
    assert len(versioned) >= len(technologies) * 3 // 4
    for technology in technologies:
        assert technology.cpe or technology.purl, technology.name
        if technology.purl:
            from packageurl import PackageURL

            assert PackageURL.from_string(technology.purl).version == technology.version or ".0.25" in technology.purl
        if technology.cpe:
            name = parse_cpe(technology.cpe)
            assert str(name) == technology.cpe
            stated = (technology.version or "").lower()
            assert name.version in (stated, "-", "*") or technology.name == "Windows 7", technology.cpe


def test_description_names_the_technologies_with_their_versions(project: Project) -> None:
    (document,) = project.documents()
    text = document.read_text(encoding="utf-8")
    words = re.sub(r"\s+", " ", text)
    assert "Fictional product" in text
    missing = [f"{t.name} {t.version}" for t in _technologies(project) if t.version and t.version not in words]
    assert missing == []


def test_no_absolute_paths_and_no_carriage_returns(project: Project) -> None:
    files = [project.device_file, project.decisions_file, *project.sboms(), *project.documents(), *project.facts()]
    for file in files:
        raw = file.read_text(encoding="utf-8")
        assert "\r" not in raw
        assert not re.search(r"(?<![\w.:/])/(?:home|work|tmp|usr|Users|opt)/", raw), file


def test_decisions_are_explained_and_each_has_a_reason(project: Project) -> None:
    decisions = read_decisions(project.decisions_file)
    assert bool(decisions) == (project.folder.name in ("aid", "bgms"))
    assert "verdict" in project.decisions_file.read_text(encoding="utf-8")
    assert all(d.verdict == "not-affected" and d.justification and len(d.reason) > 20 for d in decisions)


def test_sbom_is_complete_and_about_this_device(project: Project) -> None:
    (file,) = project.sboms()
    sbom = read_sbom(file)
    assert sbom.subject == project.device.about.name
    assert [p.message for p in (*sbom.problems, *completeness(sbom))] == []
    own = [
        (c.id, t.name, t.cpe or "", t.purl or "")
        for c in project.device.components
        if c.owner == "manufacturer"
        for t in c.technologies
        if not (t.cpe or "").startswith("cpe:2.3:h:")  # a bill of software
    ]
    assert sorted(own) == sorted((c.element, c.name, c.cpe, c.purl) for c in sbom.components)


@pytest.fixture(scope="session")
def cyclonedx(shared_data: Path) -> Any:
    """A validator for CycloneDX 1.6 JSON, from the specification's own schema files."""
    from jsonschema import Draft7Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT7

    with tarfile.open(shared_data / "tests" / "cyclonedx_spec_tests.tar.xz") as archive:
        member = archive.extractfile("schema/bom-1.6.schema.json")
        assert member is not None
        schema = json.load(member)
    # The two schemas it refers to (licence ids, signatures) are not among the stored files; the examples use neither.
    beside = {"spdx.schema.json": {"type": "string"}, "jsf-0.82.schema.json": {"definitions": {"signature": False}}}
    base = schema["$id"].rsplit("/", 1)[0]
    registry: Registry[Any] = Registry().with_resources(
        (f"{base}/{name}", DRAFT7.create_resource(content)) for name, content in beside.items()
    )
    return Draft7Validator(schema, registry=registry)


def test_sbom_is_valid_cyclonedx(project: Project, cyclonedx: Any) -> None:
    (file,) = project.sboms()
    bom = json.loads(file.read_text(encoding="utf-8"))
    assert [e.message for e in cyclonedx.iter_errors(bom)] == []
    del bom["bomFormat"]
    assert [e.message for e in cyclonedx.iter_errors(bom)] != []
