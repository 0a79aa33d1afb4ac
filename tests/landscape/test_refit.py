"""Fitting again: what comes out is a readable file that does what it was taught, and never sees the report part."""

from __future__ import annotations

from pathlib import Path

from harmpath.landscape.classify import classify_texts
from harmpath.landscape.refit import fit_weights
from harmpath.landscape.training import Example, LabelledRecalls, adjudications, labelled_recalls
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES, read_weights

GOOD = (
    "Software version {} may display the wrong image",
    "Battery pack {} may deplete and the pump shuts down",
    "Circuit board {} may short and overheat",
    "Sensor cable {} may give no alarm message",
    "System error {} in treatment dose calculation",
    "Software {} calculates incorrect results",
)
BAD = ("Pouch seal {} may compromise sterility", "Screw {} may break in surgery", "Label {} states a wrong expiry date")


def _material() -> LabelledRecalls:
    examples = []
    for i in range(120):
        positive = i % 2 == 0
        text = (GOOD[i // 2 % 6] if positive else BAD[i // 2 % 3]).format(i)
        fault = FAULT_CLASSES[i // 2 % 5] if positive else ""
        mode = FAILURE_MODES[i // 2 % 6] if positive else ""
        examples.append(Example(f"Z-{i:04d}-2010", text, "development", positive, positive, fault, mode, ""))
    background = tuple((t.format(n), "oftware" in t) for n in range(200, 260) for t in (*GOOD, *BAD))
    return LabelledRecalls(tuple(examples), background, {})


def test_a_fit_learns_what_it_is_shown_and_is_the_same_every_time(tmp_path: Path) -> None:
    material = _material()
    weights = fit_weights(material.examples, material)
    weights.write(tmp_path / "one.tsv")
    fit_weights(material.examples, material).write(tmp_path / "two.tsv")
    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "two.tsv").read_bytes()
    fitted = read_weights((tmp_path / "one.tsv").read_text(encoding="utf-8"))
    answers = list(classify_texts([e.text for e in material.examples], fitted))
    right = sum(a.computer_related == e.presumed for a, e in zip(answers, material.examples, strict=True))
    assert right / len(answers) > 0.95


def test_material_of_the_real_records(fda_data: Path) -> None:
    material = labelled_recalls(fda_data)
    positives = [e for e in material.examples if e.presumed]
    assert len(positives) == 597
    assert len({e.recall_number for e in material.examples}) == len(material.examples)
    assert {"sibling of a listed recall", "classified after the study"} <= material.left_out.keys()
    read = adjudications()
    assert len(read) >= 200
    assert all(reason for _, _, reason in read.values())
    assert {e.recall_number for e in material.examples} >= read.keys()
    held_back = {e.text for e in material.examples if e.part == "report"}
    assert not held_back & {text for text, _ in material.background}
