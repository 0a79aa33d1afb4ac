"""Pictures: nothing overlaps, nothing is lost, colour is not the only sign, the same bytes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import made
import pytest

from harmpath.deliverables.pictures.architecture import architecture_picture
from harmpath.deliverables.pictures.attack_graph import merge_paths
from harmpath.deliverables.pictures.attack_paths import goal_picture
from harmpath.deliverables.pictures.control_structure import control_structure_picture
from harmpath.deliverables.pictures.drawing import Picture
from harmpath.deliverables.pictures.text import balanced, line_width, wrap
from harmpath.deliverables.view import View
from harmpath.device.project import open_project

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = Path(__file__).resolve().parents[2] / "src" / "harmpath" / "examples"
NAMES = sorted(p.parent.name for p in EXAMPLES.glob("*/device.yaml"))
Box = tuple[float, float, float, float]


def example(name: str) -> View:
    """A view of a shipped example's device, with no results."""
    device = open_project(EXAMPLES / name).device.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return View(made.assessment(device=device, attack_paths=(), risks=(), unsafe_control_actions=()))


def cards(picture: Picture) -> list[Box]:
    """Left, top, right, bottom of every card, the legend's left out."""
    root = ElementTree.fromstring(picture.svg)
    drawing = root.find(f"{SVG}g")
    assert drawing is not None
    found = []
    for rect in drawing.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(k, "0")) for k in ("x", "y", "width", "height"))
        found.append((x, y, x + w, y + h))
    return found


def lines(picture: Picture) -> list[list[tuple[float, float]]]:
    """The corner points of every route."""
    root = ElementTree.fromstring(picture.svg)
    drawing = root.find(f"{SVG}g")
    assert drawing is not None
    routes = list(drawing.iter(f"{SVG}path"))
    return [
        [(float(x), float(y)) for x, y in re.findall(r"[MLQ ](-?[\d.]+) (-?[\d.]+)", p.get("d", ""))] for p in routes
    ]


def crosses(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    """An axis-parallel piece of a line runs through the inside of a box."""
    inset = 1.5
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return left < box[2] - inset and right > box[0] + inset and top < box[3] - inset and bottom > box[1] + inset


def check_nothing_overlaps(picture: Picture) -> None:
    """No two cards overlap, and no line runs through a card."""
    boxes = cards(picture)
    assert len(boxes) > 2
    for n, a in enumerate(boxes):
        assert not [b for b in boxes[n + 1 :] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]], (
            picture.title
        )
    through = [
        (p, q, b) for line in lines(picture) for p, q in itertools.pairwise(line) for b in boxes if crosses(p, q, b)
    ]
    assert through == [], picture.title


def pictures(view: View) -> list[Picture]:
    by_goal: dict[str, list[made.AttackPathRow]] = {}
    for path in view.open_paths:
        by_goal.setdefault(path.goal, []).append(path)
    drawn = [goal_picture(view, goal, paths, {}).picture for goal, paths in by_goal.items()]
    return [architecture_picture(view, {}), control_structure_picture(view, {}), *drawn]


@pytest.mark.parametrize("name", [*NAMES, "made"])
def test_no_cards_overlap_and_no_line_runs_through_one(name: str) -> None:
    view = View(made.assessment()) if name == "made" else example(name)
    for picture in pictures(view):
        check_nothing_overlaps(picture)


@pytest.mark.parametrize("name", NAMES)
def test_every_component_and_channel_is_drawn_with_its_words(name: str) -> None:
    view = example(name)
    svg = architecture_picture(view, {}).svg
    for element in (*view.listed("components"), *view.listed("channels")):
        assert f"({element['id']})" in svg


@pytest.mark.parametrize("name", NAMES)
def test_the_patient_is_at_the_bottom(name: str) -> None:
    view = example(name)
    patient = next(c["id"] for c in view.listed("components") if c["kind"] == "patient")
    root = ElementTree.fromstring(architecture_picture(view, {}).svg)
    tops = {
        g.findtext(f"{SVG}title", ""): float(g.find(f"{SVG}rect").get("y"))
        for g in root.iter(f"{SVG}g")
        if g.find(f"{SVG}title") is not None
    }  # type: ignore[union-attr, arg-type]
    channels = {title: y for title, y in tops.items() if title.startswith("Channel ")}
    own = next(y for title, y in tops.items() if f"({patient})" in title)
    assert all(own > y for y in channels.values())


def test_a_picture_is_accessible_and_stands_alone() -> None:
    picture = architecture_picture(View(made.assessment()), {"ble": "#ble"})
    root = ElementTree.fromstring(picture.standalone())
    assert root.get("role") == "group"
    assert root.findtext(f"{SVG}title") == "System architecture"
    assert "channels" in (root.findtext(f"{SVG}desc") or "")
    assert root.find(f"{SVG}style") is not None
    link = next(root.iter(f"{SVG}a"))
    assert link.get("href") == "#ble"
    assert (link.findtext(f"{SVG}g/{SVG}title") or "").startswith("Channel Glucose radio (ble)")
    alone = architecture_picture(View(made.assessment()), {})
    assert ElementTree.fromstring(alone.svg).get("role") == "img"


def test_protection_is_a_pattern_and_a_word_not_only_a_colour() -> None:
    picture = architecture_picture(View(made.assessment()), {})
    style = picture.standalone().partition("<style>")[2].partition("</style>")[0]
    patterns = {state: re.search(rf"\.picture \.{state}{{([^}}]*)}}", style) for state in ("open", "weak", "unknown")}
    dashes = {state: re.search(r"stroke-dasharray:([^;}]*)", m[1]) for state, m in patterns.items() if m}
    assert len({m[1] for m in dashes.values() if m}) == 3
    assert (
        "Channel Glucose radio (ble), Glucose sensor to Phone app, Bluetooth LE: not protected against false data"
        in picture.svg
    )


def test_exposed_elements_and_the_order_of_protection_are_marked() -> None:
    picture = architecture_picture(View(made.assessment()), {})
    assert "on 1 open attack path" in picture.svg
    assert ">1</text>" in picture.svg
    assert ">3</text>" in picture.svg


def test_a_rejected_or_cut_path_exposes_nothing() -> None:
    a = made.assessment()
    cut = View(made.assessment(attack_paths=tuple(p for p in a.attack_paths if not p.open)))
    assert not cut.exposure
    assert "open attack path" not in architecture_picture(cut, {}).svg.partition("</desc>")[2]


def test_paths_to_one_goal_share_steps_and_show_and_and_or() -> None:
    a = made.assessment()
    graph = merge_paths("falsify-signal.glucose", [p for p in a.attack_paths if p.goal == "falsify-signal.glucose"])
    assert len(graph.steps) == 5
    assert sorted(g.word for g in graph.gates.values()) == ["AND", "OR"]
    twice = merge_paths("g", [a.attack_paths[0], a.attack_paths[0]])
    assert len(twice.steps) == 3
    assert [g.word for g in twice.gates.values()] == ["AND"]


def test_a_crowd_of_paths_is_drawn_up_to_what_can_be_read() -> None:
    many = [
        made.path(
            f"AP-{n}", "g", "glucose", "internet", *(made.step(f"AP-{n}", k, f"c{n}-{k}", "ble") for k in range(6))
        )
        for n in range(40)
    ]
    graph = merge_paths("g", many)
    assert len(graph.steps) <= 22
    assert next(p.id for p in graph.paths) == "AP-0"


def test_the_same_input_gives_the_same_picture() -> None:
    assert [p.svg for p in pictures(View(made.assessment()))] == [p.svg for p in pictures(View(made.assessment()))]


def test_markup_in_a_name_is_text() -> None:
    device = made.device()
    device["components"][1] |= {"name": "</text><script>alert(1)</script>"}
    svg = architecture_picture(View(made.assessment(device=device)), {}).svg
    assert "<script" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.parametrize("text", ["", "a", "one two three", "w" * 500, "mixed " + "m" * 40 + " end", "漢字" * 60])
def test_wrapped_lines_fit(text: str) -> None:
    for done in (wrap(text, 90, 11, lines=3), balanced(text, 90, 11, lines=3)):
        assert len(done) <= 3
        assert all(line_width(line, 11) <= 90.01 for line in done)


def test_balanced_lines_leave_no_single_word_behind() -> None:
    assert balanced("Home and wherever the user is", 154, 11, lines=2)[-1] != "is"


@pytest.mark.parametrize(
    "text", ["Acknowledgement of the message", "Manufacturer's service desk", "Infrared light from the skin and chest"]
)
def test_balancing_cuts_no_word(text: str) -> None:
    assert " ".join(balanced(text, 118, 11, lines=3, bold=True)) == text
