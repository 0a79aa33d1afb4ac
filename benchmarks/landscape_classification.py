"""How often the classifier is right, and how fast it is. Prints every figure that docs/explanation/landscape.md states.

    python benchmarks/landscape_classification.py FOLDER_OF_FDA_FILES [DATA_DIR]

The report part was used for nothing but these figures; see docs/decisions on the split and on reading.
"""

from __future__ import annotations

import csv
import lzma
import sys
import tempfile
import time
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np

from harmpath.landscape.classify import classify_texts
from harmpath.landscape.evaluate import area_under_curve, detection, macro_f1
from harmpath.landscape.score import score
from harmpath.landscape.store import open_store
from harmpath.landscape.training import labelled_recalls
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES, HEADS, shipped_weights
from harmpath.records.fda_import import import_records


def _interval(values: list[float]) -> str:
    low, high = np.quantile(values, [0.025, 0.975])
    return f"[{low:.3f}, {high:.3f}]"


def _computer(texts: list[str], presumed: list[bool], adjudicated: list[bool]) -> None:
    odds = score(texts, shipped_weights()).values[:, 0]
    said = (odds > 0).tolist()
    rng = np.random.default_rng(1)
    for name, truth in (("presumed", presumed), ("adjudicated", adjudicated)):
        counts = detection(said, truth)
        area = area_under_curve(odds.tolist(), truth)
        labels = np.array(truth)
        draws = []
        for _ in range(500):
            pick = rng.integers(0, len(labels), len(labels))
            draws.append(area_under_curve(odds[pick].tolist(), labels[pick].tolist()))
        low, high = counts.sensitivity_interval()
        below, above = counts.specificity_interval()
        found, missed = counts.true_positive, counts.false_negative
        right, wrong = counts.true_negative, counts.false_positive
        print(f"computer-related, {name} labels: AUC {area:.3f} {_interval(draws)} (bootstrap, seed 1)")
        print(f"   sensitivity {counts.sensitivity:.3f} [{low:.3f}, {high:.3f}] ({found} of {found + missed})")
        print(f"   specificity {counts.specificity:.3f} [{below:.3f}, {above:.3f}] ({right} of {right + wrong})")
        threshold = np.sort(odds[~labels])[int(np.ceil(0.965 * (~labels).sum())) - 1]
        print(f"   sensitivity where specificity is 0.965 on this part: {np.mean(odds[labels] > threshold):.3f}")


def _classes(texts: list[str], names: tuple[str, ...], truth: list[str], what: str) -> None:
    at = HEADS.index(names[0])
    values = score(texts, shipped_weights()).values[:, at : at + len(names)]
    said = [names[k] for k in values.argmax(axis=1)]
    mean, each = macro_f1(said, truth, names)
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(500):
        pick = rng.integers(0, len(truth), len(truth)).tolist()
        draws.append(macro_f1([said[i] for i in pick], [truth[i] for i in pick], names)[0])
    right = sum(s == t for s, t in zip(said, truth, strict=True))
    print(
        f"{what}: macro-F1 {mean:.3f} {_interval(draws)}, accuracy {right / len(truth):.3f} ({right} of {len(truth)})"
    )
    shown = (f"{n} {each[n]:.2f} (n = {truth.count(n)})" for n in names)
    print("   F1 per class: " + ", ".join(shown))


def _security(data_dir: Path) -> None:
    lines = (resources.files("harmpath.catalogue") / "landscape" / "security.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in lines.splitlines() if line.startswith("Z-")]
    gold = {r[0] for r in rows if r[1] == "1"}
    with open_store(data_dir) as store:
        texts = store.rows("select recall_number, max(reason) from recalls group by 1 order by 1")
    said = {n for (n, _), a in zip(texts, classify_texts(t for _, t in texts), strict=True) if a.security_related}
    hit = len(said & gold)
    print(f"security-related on {len(texts):,} recall numbers: precision {hit}/{len(said)}, recall {hit}/{len(gold)}")
    print("   the rules were written while reading these same recalls, so this is a fit, not a forecast")


def _speed(folder: Path, texts: list[str]) -> None:
    samples = {"recall reasons": texts * 8}
    narratives = next(folder.rglob("philips_dreamstation_*.csv.xz"), None)
    if narratives:
        with lzma.open(narratives, "rt", encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))[:10_000]
        samples["MAUDE event descriptions"] = [r["event_description"] for r in rows]
        whole = [f"{r['event_description']} {r['manufacturer_narrative']}" for r in rows]
        samples["MAUDE event and manufacturer narratives"] = whole
    for name, sample in samples.items():
        Counter(a.computer_related for a in classify_texts(sample[:500]))
        begin = time.process_time()
        Counter(a.computer_related for a in classify_texts(sample))
        each = sum(map(len, sample)) / len(sample)
        rate = len(sample) / (time.process_time() - begin)
        print(f"speed, {name} ({each:.0f} characters each): {rate:,.0f} per CPU second")


def main(folder: Path, data_dir: Path) -> None:
    """Import, then print the figures."""
    import_records(folder, data_dir)
    material = labelled_recalls(data_dir)
    report = [e for e in material.examples if e.part == "report"]
    print(shipped_weights().note)
    print("presumed negatives not used, by reason:", dict(material.left_out))
    texts = [e.text for e in report]
    _computer(texts, [e.presumed for e in report], [e.adjudicated for e in report])
    faults = [e for e in report if e.fault_class]
    _classes([e.text for e in faults], FAULT_CLASSES, [e.fault_class for e in faults], "fault class")
    modes = [e for e in report if e.failure_mode]
    _classes([e.text for e in modes], FAILURE_MODES, [e.failure_mode for e in modes], "failure mode")
    _security(data_dir)
    _speed(folder, texts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary))
