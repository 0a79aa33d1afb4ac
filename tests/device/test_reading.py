"""From a device file to a device: what is wrong is named with place, value and remedy, all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.device.reading import device_from
from harmpath.device.values import Interval, Rate
from harmpath.device.yamltree import parse
from harmpath.errors import InputError, Problem

MINIMAL = """\
harmpath: 1
device:
  name: Meter
  manufacturer: Example
  intended_use: Measures.
  software: SaMD
losses:
  - id: L-1
    name: Harm to the patient
hazards:
  - id: H-1
    losses: L-1
    severity: critical
components:
  - id: meter
    kind: sensor
    technologies:
      - {name: FreeRTOS, version: 10.40}
"""


def device(text: str = MINIMAL) -> Device:
    return device_from(parse(text, "device.yaml"))


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        device(text)
    return caught.value.problems


def test_minimal_device_reads() -> None:
    read = device()
    assert read.hazards[0].losses == ("L-1",), "one id may be written without brackets"
    assert read.components[0].technologies[0].version == "10.40", "a version stays as written"
    assert read.components[0].protections.authentication == "unknown", "what is not said is unknown, not fine"


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "says"),
    [
        ("severity: critical", "severity: critcal", "wrong-value", 13, "Did you mean 'critical'?"),
        ("kind: sensor", "knd: sensor", "unknown-key", 16, "Did you mean 'kind'?"),
        ("id: meter", "id: =cmd()", "wrong-form", 15, "starts with a letter"),
        ("id: meter", "id: <script>", "wrong-form", 15, "starts with a letter"),
        ("  software: SaMD\n", "", "missing-key", 2, "software"),
        ("losses: L-1", "losses: {a: b}", "wrong-type", 12, ""),
        ("software: SaMD", "software: SaMD\n  product_code: nbw", "wrong-form", 7, "three capital letters"),
    ],
)
def test_wrong_value_names_line_and_remedy(old: str, new: str, code: str, line: int, says: str) -> None:
    found = problems(MINIMAL.replace(old, new))
    assert (found[0].code, found[0].line, found[0].file) == (code, line, "device.yaml")
    assert says in found[0].remedy


def test_several_problems_at_once_in_file_order() -> None:
    text = MINIMAL.replace("severity: critical", "severity: bad").replace("kind: sensor", "kind: snsor")
    found = problems(text)
    assert [p.line for p in found] == [13, 16]
    assert found[1].value == "snsor"


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_not_a_mapping(text: str) -> None:
    assert problems(text)[0].code == "not-a-mapping"


def test_judgement_is_hazardous_or_not_but_never_both() -> None:
    action = "control_actions:\n  - id: CA\n    from: meter\n    to: meter\n    unsafe:\n      - type: provided\n"
    assert "either hazards, or not_hazardous" in problems(MINIMAL + action)[0].message


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [("[54, 70)", [54, 69.9], [53.9, 70]), ("(MIN, 3]", [-1e9, 3], [3.1]), ("[40, 400]", [40, 400], [39, 401])],
)
def test_intervals(text: str, inside: list[float], outside: list[float]) -> None:
    interval = Interval.parse(text)
    assert all(x in interval for x in inside)
    assert not any(x in interval for x in outside)


@pytest.mark.parametrize("wrong", ["70", "[70, 54]", "[a, b]", "[1, 2, 3]", [1], None, "[1e999999999"])
def test_wrong_intervals(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"interval|lower end"):
        Interval.parse(wrong)


numbers = st.integers(-50, 50)


@given(numbers, numbers, st.booleans(), st.booleans(), numbers, numbers, st.booleans(), st.booleans())
def test_overlap_is_symmetric_and_true(a: int, b: int, ac: bool, bc: bool, c: int, d: int, cc: bool, dc: bool) -> None:
    one = Interval(min(a, b), max(a, b), ac, bc)
    two = Interval(min(c, d), max(c, d), cc, dc)
    assert one.overlaps(two) == two.overlaps(one)
    assert one.overlaps(two) == any(x / 2 in one and x / 2 in two for x in range(-100, 101))


@pytest.mark.parametrize(
    ("text", "per_second"), [("1 / 5 min", 1 / 300), ("4 mg/dL / min", 4 / 60), ("4 mg/dL/min", 4 / 60), ("2/s", 2.0)]
)
def test_rates(text: str, per_second: float) -> None:
    assert Rate.parse(text).per_second == pytest.approx(per_second)


@pytest.mark.parametrize("wrong", ["4", "fast", "4 / week", "/ min", "1 / 0 min"])
def test_wrong_rates(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"amount per time|above zero"):
        Rate.parse(wrong)


junk = st.recursive(
    st.none() | st.text(max_size=8) | st.sampled_from(["L-1", "sensor", "1", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "losses", "device", "components", "unsafe", "context", "x"]), inner)
    ),
    max_leaves=12,
)


@given(junk, st.sampled_from(["device", "losses", "hazards", "components", "control_actions", "process_models"]))
def test_any_tree_is_a_device_or_a_list_of_problems(value: object, key: str) -> None:
    tree = parse(MINIMAL, "device.yaml")
    tree.value[key] = value
    try:
        device_from(tree)
    except InputError as error:
        assert all(p.line is not None for p in error.problems)
