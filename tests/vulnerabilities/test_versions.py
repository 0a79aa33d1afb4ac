"""The order of versions, and what people mean by a version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.vulnerabilities.versions import ecosystem_key, interval, is_unknown, literal_key, version_key

ASCENDING = [
    ["1.9", "1.10", "1.10.1", "2"],
    ["1.0-dev", "1.0-alpha1", "1.0-alpha2", "1.0b1", "1.0-rc1", "1.0-RC2", "1.0", "1.0.1"],
    ["1.0.2", "1.0.2a", "1.0.2k", "1.0.2zb", "1.0.3"],
    ["2.4", "2.4a", "2.4b", "2.5"],
    ["7.2", "7.2p1", "7.2p2", "7.3"],
    ["2019-08-01", "2019-08-05", "2020-01-01"],
    ["16.1", "16.1r1", "16.1r7", "16.2"],
    ["15.2(3)m1", "15.2(4)m", "15.2(4)m3", "15.3"],
    ["a.01", "a.02", "b.01"],
    ["10.0.17763", "10.0.17763.5", "10.0.19041"],
]


@pytest.mark.parametrize("versions", ASCENDING, ids=lambda v: v[0])
def test_ascending(versions: list[str]) -> None:
    keys = [version_key(v) for v in versions]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "two"), [("5", "5.0"), ("5", "v5.0.0"), ("1.0rc1", "1.0.0-rc.1"), ("2.0", "2.0.Final")]
)
def test_same_place_in_the_order(one: str, two: str) -> None:
    assert version_key(one) == version_key(two)


@pytest.mark.parametrize(("one", "two", "same"), [("5", "5.0", True), ("1.02", "1.2", False), ("V2.1", "2.1", True)])
def test_written_alike(one: str, two: str, same: bool) -> None:
    assert (literal_key(one) == literal_key(two)) is same


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_the_order_is_total(a: str, b: str, c: str) -> None:
    x, y, z = sorted((version_key(a), version_key(b), version_key(c)))
    assert x <= y <= z and x <= z


@pytest.mark.parametrize(
    ("stated", "affected", "inside"),
    [
        ("8.0", "<= 8.0", True),
        ("8.0", "< 8.0", False),
        ("8.0.1", "< 8.1", True),
        ("13.x", "< 14", True),
        ("13.x", "<= 13.2", None),
        ("13.x", "14.1", False),
        ("13.x", "< 13.0", False),
        ("8.0 or above", "< 9", None),
        ("8.0 or later", "< 8.0", False),
        ("8.0+", ">= 7", True),
        (">= 8.0", "<= 8.0", None),
        ("2.3 and earlier", "<= 2.4", True),
        ("2.3 or prior", "> 2.3", False),
        ("<= 2.3", "< 2.3", None),
    ],
)
def test_what_is_stated_against_what_is_affected(stated: str, affected: str, inside: bool | None) -> None:
    ours, theirs = interval(stated), interval(affected)
    assert ours is not None and theirs is not None
    assert ours.against(theirs) is inside


@pytest.mark.parametrize("text", ["", "*", "unknown", "N/A", " various "])
def test_no_version_is_known_as_none(text: str) -> None:
    assert is_unknown(text) and interval(text) is None


def test_ecosystems_have_orders_of_their_own() -> None:
    assert ecosystem_key("PyPI", "1.0.post1") > ecosystem_key("PyPI", "1.0")
    assert ecosystem_key("Debian:12", "1:1.0-1") > ecosystem_key("Debian:12", "2.0-1")
    assert ecosystem_key("Red Hat", "1.0-2.el8") > ecosystem_key("Red Hat", "1.0-1.el8")
    assert ecosystem_key("Maven", "1.0-alpha-1") < ecosystem_key("Maven", "1.0")
    assert ecosystem_key("npm", "1.0.0-rc.1") < ecosystem_key("npm", "1.0.0")
    with pytest.raises(ValueError, match="no version order"):
        ecosystem_key("Cobol", "1")
    with pytest.raises(ValueError, match="not a version"):
        ecosystem_key("PyPI", "not//a version")
