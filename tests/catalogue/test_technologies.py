"""The gazetteer: one schema, no contradiction, and CPE products that NVD knows."""

from __future__ import annotations

import lzma
import re
from pathlib import Path

import msgspec
import pytest

from harmpath.catalogue.technologies import CATEGORIES, load_gazetteer, plain_words
from harmpath.device.documents import versions


def test_every_category_of_the_issue_is_covered() -> None:
    entries = load_gazetteer().entries
    assert {entry.category for entry in entries} == set(CATEGORIES)
    assert len(entries) > 600


def test_a_name_has_one_category_and_one_entry() -> None:
    seen: dict[str, str | None] = {}
    for entry in load_gazetteer().entries:
        assert seen.setdefault(entry.name, entry.category) == entry.category, entry.name


def test_an_alias_names_one_technology() -> None:
    owners: dict[str, set[str]] = {}
    for entry in load_gazetteer().entries:
        for alias in entry.aliases:
            owners.setdefault(alias, set()).add(entry.name)
    assert {alias: sorted(names) for alias, names in owners.items() if len(names) > 1} == {}


def test_folds_name_entries_or_categories() -> None:
    names = load_gazetteer().names()
    for entry in load_gazetteer().entries:
        if entry.fold.startswith("*"):
            assert entry.fold[1:] in CATEGORIES
        elif entry.fold:
            assert set(entry.fold.split("|")) <= names, entry.name


def test_tails_are_styles_or_expressions_with_a_version() -> None:
    for entry in load_gazetteer().entries:
        if entry.tail not in versions.STYLES:
            assert "(?P<version>" in entry.tail, entry.name
            re.compile(entry.tail)


def test_cpe_strings_are_part_vendor_product() -> None:
    for entry in load_gazetteer().entries:
        for cpe in (entry.cpe, *(variant.cpe for variant in entry.variants)):
            if cpe:
                assert re.fullmatch(r"[aoh]:[a-z0-9_.-]+:\S+", cpe), entry.name


def test_a_file_outside_the_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "category: wireless\nentries: [{name: X, aliases: [X], colour: red}]\n", encoding="utf-8"
    )
    with pytest.raises(msgspec.ValidationError, match="colour"):
        load_gazetteer(tmp_path)


def test_a_yaml_tag_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("category: !!python/name:os.system x\nentries: []\n", encoding="utf-8")
    with pytest.raises(Exception, match="tag"):
        load_gazetteer(tmp_path)


def test_plain_words_are_lower_case() -> None:
    assert all(word == word.lower() for word in plain_words())
    assert "mobile" in plain_words()


def test_every_cpe_product_is_one_that_nvd_uses(shared_data: Path) -> None:
    """A vendor:product pair that occurs in no NVD configuration would never match a vulnerability."""
    wanted = {
        cpe.replace("\\", "")
        for entry in load_gazetteer().entries
        for cpe in (entry.cpe, *(variant.cpe for variant in entry.variants))
        if cpe and "{" not in cpe
    }
    pattern = re.compile(rb"cpe:2\.3:([aoh]:[^:\"]+:(?:\\\\.|[^:\"])+?):")
    for path in sorted((shared_data / "nvd").glob("*.xz"), reverse=True):
        with lzma.open(path, "rb") as stream:
            found = {match.decode("utf-8", "replace").replace("\\", "") for match in pattern.findall(stream.read())}
        wanted -= found
        if not wanted:
            break
    assert sorted(wanted) == []
