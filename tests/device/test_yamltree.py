"""Hostile and ordinary YAML: what is read, what is refused, and where it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.yamltree import MAX_BYTES, parse, read
from harmpath.errors import InputError


def test_scalars_stay_text() -> None:
    tree = parse("version: 4.20\nanswer: no\nnothing: ~\nempty:\nquoted: '~'\n", "d.yaml")
    assert tree.value == {"version": "4.20", "answer": "no", "nothing": None, "empty": None, "quoted": "~"}


def test_marks_point_at_keys_and_items() -> None:
    tree = parse("a:\n  - x\n  - b: 1\n", "d.yaml")
    assert tree.mark(("a",)) == (1, 1)
    assert tree.mark(("a", 0)) == (2, 5)
    assert tree.mark(("a", 1, "b")) == (3, 5)
    assert tree.mark(("a", 1, "missing")) == (3, 5), "a path that is not there falls back to its parent"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: 1\na: 2\n", "duplicate-key", 2),
        ("a: &x 1\nb: *x\n", "yaml-anchor", 1),
        ("a: !!python/object/apply:os.system ['true']\n", "yaml-tag", 1),
        ("a: !custom 1\n", "yaml-tag", 1),
        ("a: 1\n---\nb: 2\n", "several-documents", 2),
        ("a: [1, 2\nb: 3\n", "yaml", 2),
        ("a:\n\t- b\n", "yaml", 2),
        ("? [a, b]\n: 1\n", "yaml-key", 1),
        ("[" * 60, "too-deep", 1),
    ],
)
def test_refused_with_its_place(text: str, code: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "d.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line) == (code, "d.yaml", line)


def test_anchor_bomb_costs_nothing() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    with pytest.raises(InputError) as caught:
        parse(bomb, "d.yaml")
    assert caught.value.problems[0].line == 1, "refused at the first anchor, before anything is expanded"


def test_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "device.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(InputError, match="50,000,000 bytes") as caught:
        read(path)
    assert caught.value.problems[0].code == "too-large"
    assert path.stat().st_size > MAX_BYTES


def test_not_utf8_and_missing(tmp_path: Path) -> None:
    path = tmp_path / "device.yaml"
    with pytest.raises(InputError, match="no such file"):
        read(path)
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read(path)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text, "d.yaml")
    except InputError as error:
        assert all(p.file == "d.yaml" and p.message for p in error.problems)
    else:
        assert tree.marks or tree.value is None
