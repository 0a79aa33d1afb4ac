from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.project import open_project
from harmpath.errors import InputError
from harmpath.stpa import analyse
from harmpath.stpa.exchange.otm_export import export_otm
from harmpath.stpa.exchange.otm_import import import_otm

REQUIRED = {
    "trustZones": {"id", "name", "risk"},
    "components": {"id", "name", "type", "parent"},
    "dataflows": {"id", "name", "source", "destination"},
    "assets": {"id", "name", "risk"},
    "threats": {"id", "name", "risk"},
    "mitigations": {"id", "name", "riskReduction"},
}
"""What the OTM 0.2.0 JSON Schema (iriusrisk/OpenThreatModel) requires of each object."""


@pytest.fixture
def otm(examples: Path) -> dict[str, Any]:
    device = open_project(examples / "aid").device
    return json.loads(export_otm(device, analyse(device)))


def test_the_export_has_what_the_schema_requires(otm: dict[str, Any]):
    assert otm["otmVersion"] == "0.2.0"
    assert {"name", "id"} <= set(otm["project"])
    for key, required in REQUIRED.items():
        assert otm[key], key
        for item in otm[key]:
            assert required <= set(item)
    for component in otm["components"]:
        assert len(component["parent"]) == 1
    for threat in otm["threats"]:
        assert threat["risk"]["likelihood"] is None
        assert isinstance(threat["risk"]["impact"], int)


def test_references_of_the_export_resolve(otm: dict[str, Any]):
    components = {c["id"] for c in otm["components"]}
    zones = {z["id"] for z in otm["trustZones"]}
    assets = {a["id"] for a in otm["assets"]}
    for flow in otm["dataflows"]:
        assert {flow["source"], flow["destination"]} <= components
        assert set(flow["assets"]) <= assets
    for component in otm["components"]:
        assert component["parent"].get("trustZone", next(iter(zones))) in zones
        assert component["parent"].get("component", next(iter(components))) in components


def test_what_was_exported_comes_back(examples: Path, otm: dict[str, Any]):
    before = open_project(examples / "aid").device
    imported = import_otm(json.dumps(otm), "aid.otm")
    after = imported.device()
    assert sorted(after.components, key=lambda c: c.id) == sorted(
        (c.model_copy(update={"name": c.label}) for c in before.components), key=lambda c: c.id
    )
    assert {c.id: (c.source, c.target, c.medium, c.protections) for c in after.channels} == {
        c.id: (c.source, c.target, c.medium, c.protections) for c in before.channels
    }
    assert {n.subject for n in imported.left_out} == {"threats", "mitigations", "control structure"}


FOREIGN: dict[str, Any] = {
    "otmVersion": "0.1.0",
    "project": {"name": "Portal", "id": "p"},
    "trustZones": [{"id": "b61d6911", "name": "Cloud", "risk": {"trustRating": 10}}],
    "components": [
        {"id": "1", "name": "DB", "type": "CD-MSSQL-DATABASE", "parent": {"trustZone": "b61d6911"}},
        {"id": "1/a", "name": "Job", "type": "thing", "parent": {"component": "1"}},
    ],
    "dataflows": [
        {"id": "f", "name": "q", "source": "1/a", "destination": "1", "bidirectional": True, "assets": ["r"]}
    ],
    "assets": [{"id": "r", "name": "Records", "risk": {"confidentiality": 1, "integrity": 1, "availability": 1}}],
}  # fmt: skip


def test_a_foreign_file_is_read_with_what_had_to_be_assumed():
    imported = import_otm(json.dumps(FOREIGN), "portal.otm")
    device = imported.device()
    assert {c.id: (c.kind, c.host, c.zone) for c in device.components} == {
        "x1": ("data-store", None, "b61d6911"), "x1-a": ("external-system", "x1", None),
    }  # fmt: skip
    (channel,) = device.channels
    assert (channel.source, channel.target, channel.direction, channel.medium) == ("x1-a", "x1", "two-way", "internet")
    assert device.signals[0].via == ("f",)
    reasons = {n.subject: n.reason for n in imported.left_out}
    assert "taken as public" in reasons["b61d6911"]
    assert "read as external-system" in reasons["1/a"]
    assert "taken as internet" in reasons["f"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "json"),
        ("[]", "not-otm"),
        ('{"otmVersion": "0.2.0"}', "not-otm"),
        ('{"otmVersion": "0.2.0", "project": {"name": "x"}, "components": [{"id": 1}]}', "not-otm"),
        ('{"otmVersion": "0.2.0", "project": {"name": "x"}, "components": ["x"]}', "not-otm"),
        ('{"otmVersion": "0.2.0", "project": {"name": "x"}, "components": {}, "dataflows": 3}', "not-otm"),
        ("[" * 100_000, "too-deep"),
    ],
)
def test_a_bad_file_is_one_clear_error(text: str, code: str):
    with pytest.raises(InputError) as error:
        import_otm(text, "bad.otm")
    assert error.value.problems[0].code == code


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["id", "name", "type", "attributes", "assets", "parent", "source", "destination"])
_ITEMS = st.lists(st.dictionaries(_KEYS, st.text(max_size=3) | _JSON), max_size=3)


@given(st.dictionaries(st.sampled_from([*REQUIRED, "project"]), _JSON | _ITEMS))
def test_any_json_is_read_or_refused(found: dict[str, Any]):
    try:
        import_otm(json.dumps({"otmVersion": "0.2.0", **found}), "any.otm")
    except InputError as error:
        assert error.problems


def test_odd_attributes_do_not_matter():
    odd = {"otmVersion": "1", "project": {"name": "x", "attributes": [1]},
           "components": [{"id": "a", "name": "a", "type": "t", "parent": 3, "attributes": "x"}],
           "assets": [{"id": "s", "name": "s"}],
           "dataflows": [{"id": "f", "name": "f", "source": "a", "destination": "a", "assets": "s"}]}  # fmt: skip
    assert import_otm(json.dumps(odd), "odd.otm").device().components[0].id == "a"
