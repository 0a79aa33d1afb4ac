"""What the record says about real devices."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harmpath.errors import StoreError
from harmpath.landscape.companies import resolve_company
from harmpath.landscape.precedents import RULES, DeviceQuery, precedents
from harmpath.records import import_folder, open_store


def test_insulin_pump_meets_its_security_recall_first(fda_data: Path) -> None:
    query = DeviceQuery("LZG", (), "Medtronic MiniMed", ("Bluetooth", "radio frequency"))
    found = precedents(query, fda_data)
    assert found.items[0].id == "fda-recall:Z-1582-2020"
    assert found.items[0].about.security_related
    assert {link.rule for link in found.items[0].links} >= {"product-code", "manufacturer"}
    assert all(p.evidence and p.links for p in found.items)
    assert [p.score for p in found.items] == sorted((p.score for p in found.items), reverse=True)


def test_glucose_meter_finds_its_own_app_recall(fda_data: Path) -> None:
    found = precedents(DeviceQuery("NBW", ("K150817",), "LabStyle Innovations"), fda_data)
    ids = {p.id: p for p in found.items}
    assert {link.rule for link in ids["fda-recall:Z-0260-2020"].links} == {"product-code", "manufacturer"}
    assert found.event_counts == {"Death": 2, "Injury": 42, "Malfunction": 231}
    assert found.ancestors[0] == "K150817"
    assert len(found.ancestors) > 1


def test_numbers_of_one_event_are_one_precedent(fda_data: Path) -> None:
    found = precedents(DeviceQuery(technologies=("pacemaker firmware",)), fda_data)
    pacemaker = [p for p in found.items if p.id.startswith("fda-recall:Z-003") and p.id.endswith("-2018")]
    assert len(pacemaker) == 1
    assert len(pacemaker[0].also) == 9


def test_what_is_unknown_is_said(fda_data: Path) -> None:
    found = precedents(DeviceQuery(technologies=("BLE",)), fda_data)
    assert found.items == ()
    assert {g.subject for g in found.not_assessed} >= {"product code", "predicates", "manufacturer", "technology 'BLE'"}
    assert found.coverage.sources


def test_same_question_same_answer(fda_data: Path) -> None:
    query = DeviceQuery("NBW", technologies=("Bluetooth", "Windows 7"), component_vendors=("Roche", "Abbott"))
    assert precedents(query, fda_data) == precedents(query, fda_data)


def test_hostile_names_are_only_text(fda_data: Path) -> None:
    query = DeviceQuery("X'; drop table recalls; --", ("K1' or 1=1",), "(((", ("a{9999999}", ".*"))
    assert precedents(query, fda_data).items == ()


def test_medical_advisories_are_precedents_too(fda_data: Path, shared_data: Path, tmp_path: Path) -> None:
    with open_store(_advisory_store(shared_data, tmp_path)) as store:
        found = precedents(DeviceQuery("LZG", (), "Medtronic MiniMed"), fda_data, advisories=store)
    advisory = next(p for p in found.items if p.kind == "advisory")
    assert advisory.id.startswith("cisa-csaf:ICSMA-")
    assert advisory.also[0].startswith("CVE-")
    assert {link.rule for link in advisory.links} == {"manufacturer"}
    assert "cisa-csaf" in {s.source for s in found.coverage.sources}
    assert not any("advisories" in g.subject for g in found.not_assessed)


def _advisory_store(shared_data: Path, tmp_path: Path) -> Path:
    shutil.copytree(shared_data / "cisa_csaf", tmp_path / "cisa")
    import_folder(tmp_path / "cisa", tmp_path / "records.sqlite")
    return tmp_path / "records.sqlite"


def test_nothing_imported_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        precedents(DeviceQuery("NBW"), tmp_path)


@pytest.mark.parametrize(
    ("name", "company"),
    [
        ("Philips Medical Systems (Cleveland) Inc", "philips"),
        ("RESPIRONICS, INC.", "philips"),
        ("St Jude Medical Inc.", "abbott"),
        ("Medtronic MiniMed", "medtronic"),
        ("LabStyle Innovations Ltd.", "dario"),
        ("GE Healthcare, LLC", "ge healthcare"),
        ("Datex - Ohmeda; Inc", "ge healthcare"),
        ("C.R. BARD, INC. (BASD) -3006260740", "becton dickinson"),
        ("Genuine Health Group", "genuine health"),
        ("", ""),
    ],
)
def test_company_names(name: str, company: str) -> None:
    assert resolve_company(name) == company


def test_rules_are_named_after_their_key() -> None:
    assert all(key == rule.id and rule.meaning for key, rule in RULES.items())
