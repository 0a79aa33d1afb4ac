"""CPE names: both bindings, escapes, and the attribute relations of NIST IR 7696, table 6-2."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.vulnerabilities.cpe import CpeError, attribute_relation, parse_cpe, unescape


@pytest.mark.parametrize(
    ("source", "target", "relation"),
    [
        ("*", "*", "equal"),
        ("*", "-", "superset"),
        ("*", "1.0", "superset"),
        ("*", "1.*", "undefined"),
        ("-", "*", "subset"),
        ("-", "-", "equal"),
        ("-", "1.0", "disjoint"),
        ("-", "1.*", "undefined"),
        ("1.0", "*", "subset"),
        ("1.0", "-", "disjoint"),
        ("1.0", "1.0", "equal"),
        ("1.0", "1.1", "disjoint"),
        ("1.0", "1.*", "undefined"),
        ("1.*", "*", "subset"),
        ("1.*", "-", "disjoint"),
        ("1.*", "1.9", "superset"),
        ("1.*", "2.0", "disjoint"),
        ("1.?", "1.9", "superset"),
        ("1.?", "1.19", "disjoint"),
        ("1.*", "2.*", "undefined"),
        ("SP1", "sp1", "equal"),
        (r"15.2\(4\)m", "15.2(4)m", "equal"),
        (r"a\*b", "axb", "disjoint"),
    ],
)
def test_attribute_relation(source: str, target: str, relation: str) -> None:
    assert attribute_relation(source, target) == relation


def test_formatted_string_with_an_escaped_colon() -> None:
    name = parse_cpe(r"cpe:2.3:a:acme:pump\:control:1.0:*:*:*:*:wordpress:*:*")
    assert (name.product, name.version, name.target_sw) == (r"pump\:control", "1.0", "wordpress")
    assert unescape(name.product) == "pump:control"


def test_missing_trailing_attributes_are_any() -> None:
    assert str(parse_cpe("cpe:2.3:o:google:android:8.0")) == "cpe:2.3:o:google:android:8.0:*:*:*:*:*:*:*"


@pytest.mark.parametrize(
    ("uri", "formatted"),
    [
        ("cpe:/o:google:android:8.0", "cpe:2.3:o:google:android:8.0:*:*:*:*:*:*:*"),
        ("cpe:/a:microsoft:internet_explorer:8.%02:sp%01", "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*"),
        ("cpe:/a:hp:insight:7.4.0.1570:-:~~online~win2003~x64~",
         "cpe:2.3:a:hp:insight:7.4.0.1570:-:*:*:online:win2003:x64:*"),
        ("cpe:/a:foo%5cbar:big%24money", r"cpe:2.3:a:foo\\bar:big\$money:*:*:*:*:*:*:*:*"),
    ],
)  # fmt: skip
def test_uri_binding_of_ir_7695(uri: str, formatted: str) -> None:
    assert str(parse_cpe(uri)) == formatted


@pytest.mark.parametrize(
    "text", ["", "openssl", "cpe:2.3:x:a:b", "cpe:2.3:a", "cpe:/" + "a:" * 9, "cpe:2.3:a:b:" + "c" * 9999]
)
def test_what_is_no_cpe_name(text: str) -> None:
    with pytest.raises(CpeError):
        parse_cpe(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_answered(one: str, two: str) -> None:
    assert attribute_relation(one, two) in ("superset", "equal", "subset", "disjoint", "undefined")
    with contextlib.suppress(CpeError):
        parse_cpe("cpe:2.3:" + one)
