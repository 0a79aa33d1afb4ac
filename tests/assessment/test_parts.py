"""Parts of the pipeline: technologies, decisions that take a licence away, proposals, look-ups, controls."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from harmpath.assessment.lookup import lookup
from harmpath.assessment.pipeline import assess
from harmpath.assessment.technologies import collect
from harmpath.device.project import open_project
from harmpath.errors import InputError, StoreError


@pytest.fixture
def bgms(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example that a test may change."""
    monkeypatch.setenv("HARMPATH_STORE", str(tmp_path / "no" / "store.sqlite"))
    return Path(shutil.copytree(examples / "bgms", tmp_path / "bgms"))


def decide(folder: Path, *decisions: dict[str, str]) -> None:
    rows = [{"reason": "test", "by": "tester", "date": "2026-11-24", **d} for d in decisions]
    (folder / "decisions.yaml").write_text(json.dumps({"decisions": rows}))


def test_a_dismissed_vulnerability_licenses_no_step(bgms: Path) -> None:
    before = assess(open_project(bgms))
    used = next(p for p in before.attack_paths if p.vulnerabilities)
    match = next(m for m in before.matches if m.id == used.vulnerabilities[0])
    same = [m.id for m in before.matches if (m.cve, m.element) == (match.cve, match.element)]
    decide(bgms, *({"finding": id_, "verdict": "not-affected"} for id_ in same))
    after = assess(open_project(bgms))
    assert not [p.id for p in after.attack_paths if match.id in p.vulnerabilities]
    assert next(m for m in after.matches if m.id == match.id).decision == "not-affected", "it stays in the table"
    assert [d.status for d in after.decisions] == ["applied"] * len(same)


def test_a_decision_on_what_is_gone_is_orphaned(bgms: Path) -> None:
    decide(bgms, {"finding": "R-never-was", "verdict": "accepted"})
    assert [d.status for d in assess(open_project(bgms)).decisions] == ["orphaned"]


def test_an_accepted_proposal_becomes_a_technology(bgms: Path) -> None:
    text = "The meter's firmware is built on the software library zlib 1.2.11, which unpacks its settings.\n"
    (bgms / "documents" / "firmware.md").write_text(text)
    found = collect(open_project(bgms))
    proposal = next(p for p in found.proposals if p.name == "zlib")
    assert proposal.evidence[0].text in text
    assert not [t for t in found.rows if t.name == "zlib"]
    accepted = collect(open_project(bgms), {proposal.id: "accepted"})
    assert [t.version for t in accepted.rows if t.name == "zlib"] == ["1.2.11"]


def test_a_document_that_cannot_be_read_is_not_silence(bgms: Path) -> None:
    (bgms / "documents" / "broken.docx").write_bytes(b"PK\x03\x04 not a zip")
    assert [n.subject for n in collect(open_project(bgms)).not_assessed if "broken" in n.subject]


def test_an_sbom_entry_joins_the_technology_it_is(bgms: Path) -> None:
    entry = {"type": "firmware", "name": "FreeRTOS", "version": "10.0.1", "bom-ref": "rtos"}
    stray = {"type": "library", "name": "stray", "version": "1", "bom-ref": "stray"}
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [entry, stray]}
    for old in bgms.glob("*sbom*"):
        old.unlink()
    (bgms / "sbom.cdx.json").write_text(json.dumps(bom))
    found = collect(open_project(bgms))
    rtos = [t for t in found.rows if t.name == "FreeRTOS"]
    assert [t.element for t in rtos] == ["meter"]
    assert {e.kind for e in rtos[0].evidence} == {"model-element", "document-span"}
    assert [n for n in found.not_assessed if n.subject.startswith("stray")], "what belongs nowhere is said"


def test_lookup_gives_every_component_an_answer(bgms: Path) -> None:
    found = lookup(bgms, None)
    technologies = {t.id for t in collect(open_project(bgms)).rows}
    assert {m.component.bom_ref for m in found.matches} | {u.component.bom_ref for u in found.unmatched} == technologies
    assert all(m.because for m in found.matches)
    assert all(u.reason for u in found.unmatched)
    value = json.loads(msgspec.json.encode(found))
    assert {"coverage", "matches", "unmatched"} <= set(value)
    assert {"bom_ref", "name", "version", "cpe", "purl"} == set(value["matches"][0]["component"])


def test_lookup_without_any_data_says_so(bgms: Path) -> None:
    found = lookup(next(bgms.glob("*sbom*")), None)
    assert found.matches == ()
    assert found.unmatched
    assert found.coverage.statement.startswith("No public records were available")
    assert [m.subject for m in found.coverage.missing] == ["local store of public records"]


def test_a_store_that_was_named_must_be_there(bgms: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        lookup(bgms, tmp_path / "nothing.sqlite")


def test_a_broken_sbom_stops_the_assessment_with_its_place(bgms: Path) -> None:
    (bgms / "sbom.extra.json").write_text('{"bomFormat": "CycloneDX",\n')
    with pytest.raises(InputError) as caught:
        assess(open_project(bgms))
    assert caught.value.problems[0].file == "sbom.extra.json"


def test_before_controls_lowers_what_they_raise(bgms: Path) -> None:
    """A risk that an implemented control cuts is there before it, and not after."""
    a = assess(open_project(bgms))
    cut = [r for r in a.risks if r.exploitability_after == "none"]
    assert cut
    paths = {p.id: p for p in a.attack_paths}
    controls = {c.id for c in a.controls if c.status == "implemented"}
    for risk in cut:
        path = paths[risk.attack_path]
        assert not path.open
        assert set(path.cut_by) <= controls
