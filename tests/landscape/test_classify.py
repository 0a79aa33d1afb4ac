"""Classification: the kernel agrees with the slow reading, negation counts, and the report part keeps its level."""

from __future__ import annotations

import collections
import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.errors import InputError
from harmpath.landscape.classify import COLUMNS, classify_csv, classify_texts
from harmpath.landscape.evaluate import area_under_curve, detection, macro_f1
from harmpath.landscape.score import score
from harmpath.landscape.text import Vocabulary, plain_terms
from harmpath.landscape.training import labelled_recalls
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES, HEADS, read_weights, shipped_weights

TERMS = ("software", "the", "^softwa", "0", "software error", "a 0", "pump", "^infusi", "infusion pump", "no", "x")


@given(st.lists(st.text("abx0 1.-\nPp éİ&umopsftware", max_size=60), max_size=8))
@settings(max_examples=150, deadline=None)
def test_kernel_finds_exactly_the_plain_terms(texts: list[str]) -> None:
    vocabulary = Vocabulary(TERMS)
    hits = vocabulary.find(texts)
    found: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for text, term in zip(hits.text.tolist(), hits.term.tolist(), strict=True):
        found[text][vocabulary.terms[term]] += 1
    for index, text in enumerate(texts):
        assert found[index] == collections.Counter(t for t in plain_terms(text) if t in TERMS)


def test_positions_point_at_the_words() -> None:
    text = "An Infusion pump, software error 404."
    hits = Vocabulary(TERMS).find(["", text])
    words = {text[s:e] for s, e in zip(hits.start.tolist(), hits.end.tolist(), strict=True)}
    assert {"Infusion pump", "pump", "software", "software error", "404"} <= words


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A software error may cause the pump to stop infusing.", "Software"),
        ("The battery may deplete early and the device shuts down without warning.", "Battery"),
        ("A capacitor on the printed circuit board may fail and short.", "Hardware"),
    ],
)
def test_plain_cases(text: str, fault: str) -> None:
    (answer,) = classify_texts([text])
    assert answer.computer_related
    assert answer.fault_class == fault
    assert answer.phrases
    assert all(p in text for p in answer.phrases)


@pytest.mark.parametrize(
    "text",
    [
        "The catheter tip may fracture during insertion.",
        "Sterility of the pouch may be compromised by an incomplete seal.",
        "The event was not related to a software problem; the tubing cracked.",
        "Mislabeled expiration date on the carton.",
    ],
)
def test_others_are_left_alone(text: str) -> None:
    (answer,) = classify_texts([text])
    assert not answer.computer_related
    assert answer.fault_class == ""
    assert answer.failure_mode == ""


def test_negated_security_is_no_security() -> None:
    positive, negative = classify_texts(
        ["A cybersecurity vulnerability allows remote access.", "There was no cybersecurity vulnerability involved."]
    )
    assert positive.security_related
    assert not negative.security_related


def test_data_input_problem_is_seen() -> None:
    (answer,) = classify_texts(["Results may be assigned to the wrong patient when demographics are imported."])
    assert answer.data_input_problem


def test_order_and_batches_do_not_matter() -> None:
    texts = [
        f"Software version {i} may display the wrong image." if i % 3 else "The screw may break." for i in range(3000)
    ]
    together = [a.computer_related for a in classify_texts(texts)]
    assert together == [next(iter(classify_texts([t]))).computer_related for t in texts[:50]] + together[50:]
    assert together[1:3] == [True, True]
    assert not together[0]


def test_csv_gains_the_columns(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        'id,text\n1,"Software error, alarms are lost."\n2,"=cmd|error in software display"\n', encoding="utf-8-sig"
    )
    assert classify_csv(source, "text", target) == 2
    rows = list(csv.DictReader(target.open(encoding="utf-8")))
    assert list(rows[0])[2:] == list(COLUMNS)
    assert rows[0]["computer_related"] == "true"
    assert rows[0]["security_related"] == "false"
    assert not rows[1]["phrases"].startswith("=")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id,other\n1,x\n", "no-column"),
        (b"id,text\n1,x,y\n", "column-count"),
        (b"id,text,phrases\n1,x,y\n", "column-taken"),
        (b"id,text\n1,caf\xe9\n", "encoding"),
    ],
)
def test_bad_csv_is_one_clear_error_and_nothing_half_written(tmp_path: Path, content: bytes, code: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    with pytest.raises(InputError) as caught:
        classify_csv(source, "text", target)
    assert caught.value.problems[0].code == code
    assert list(tmp_path.iterdir()) == [source]


def test_weights_file_reads_back_what_was_written(tmp_path: Path) -> None:
    weights = shipped_weights()
    weights.write(tmp_path / "w.tsv")
    again = read_weights((tmp_path / "w.tsv").read_text(encoding="utf-8"))
    assert again.terms == weights.terms
    assert (again.weight == weights.weight).all()
    again.write(tmp_path / "w2.tsv")
    assert (tmp_path / "w.tsv").read_bytes() == (tmp_path / "w2.tsv").read_bytes()


def test_damaged_weights_name_the_line() -> None:
    with pytest.raises(InputError, match="weights"):
        read_weights("term\tlists\n")


def test_level_on_the_report_part(fda_data: Path) -> None:
    """The shipped weights never saw these recalls; the docs state the figures, here less a small margin."""
    material = labelled_recalls(fda_data)
    report = [e for e in material.examples if e.part == "report"]
    values = score([e.text for e in report], shipped_weights()).values
    computer = values[:, 0].tolist()
    truth = [e.adjudicated for e in report]
    assert area_under_curve(computer, truth) > 0.975
    found = detection([v > 0 for v in computer], truth)
    assert found.sensitivity > 0.91
    assert found.specificity > 0.92
    for names, values_of, least in (
        (FAULT_CLASSES, [e.fault_class for e in report], 0.52),
        (FAILURE_MODES, [e.failure_mode for e in report], 0.62),
    ):
        rows = [i for i, name in enumerate(values_of) if name in names]
        at = HEADS.index(names[0])
        said = [names[k] for k in values[rows, at : at + len(names)].argmax(axis=1)]
        assert macro_f1(said, [values_of[i] for i in rows], names)[0] > least


def test_security_rules_on_every_recall_text(fda_data: Path) -> None:
    """Precision and recall against the recalls read one by one (catalogue/landscape/security.tsv)."""
    from importlib import resources

    from harmpath.landscape.store import open_store

    lines = (resources.files("harmpath.catalogue") / "landscape" / "security.tsv").read_text(encoding="utf-8")
    gold = {c[0] for c in (line.split("\t") for line in lines.splitlines()) if c[0].startswith("Z-") and c[1] == "1"}
    with open_store(fda_data) as store:
        rows = store.rows("select recall_number, max(reason) from recalls group by 1 order by 1")
    said = {n for (n, _), a in zip(rows, classify_texts(t for _, t in rows), strict=True) if a.security_related}
    assert len(gold) == 43
    assert len(said & gold) / len(said) >= 0.9
    assert len(said & gold) / len(gold) >= 0.9
