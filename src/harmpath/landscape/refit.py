"""Fit the shipped weights again from the labelled recalls. Needs scikit-learn; using the weights does not.

How: unit-length TF-IDF of the kept terms, the word lists, and a *teacher*. The teacher is fitted on recalls outside the
study's years, first to FDA's determined cause (software or not), then to a crude score of the word lists; its weights
are linear in the same terms, so they fold into the final ones. Every choice was made by cross-validation inside the
development part; the report part takes no part in anything here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from harmpath.errors import MissingExtraError
from harmpath.landscape.score import features
from harmpath.landscape.text import plain_terms
from harmpath.landscape.training import Example, LabelledRecalls, labelled_recalls
from harmpath.landscape.weights import FAILURE_MODES, FAULT_CLASSES, HEADS, Weights

__all__ = ["fit_weights", "refit"]

TERMS = 6000
"""Terms kept: those of the word lists and those with the largest weights in a first fit over all terms."""
STRENGTH = {"computer": 10.0, "fault": 3.0, "mode": 1.0}
"""Inverse regularisation, by cross-validation inside the development part."""
SPECIFICITY = 0.965
"""Specificity at which the threshold of the computer-related question is set, inside the development part."""
_CRUDE = {
    "software": 1.2,
    "electronics": 1.5,
    "power": 1.5,
    "input_output": 1.2,
    "malfunction": 0.5,
    "computing_device": 0.7,
    "mechanics": -1.5,
    "chemistry": -1.3,
    "labelling": -1.5,
    "instruments": -1.5,
}


def refit(data_dir: Path, out: Path) -> Weights:
    """Fit on the development part of an import and write the weights file."""
    material = labelled_recalls(data_dir)
    development = [e for e in material.examples if e.part == "development"]
    weights = fit_weights(development, material)
    weights.write(out)
    return weights


def word_lists() -> dict[str, list[str]]:
    """The word lists, as shipped."""
    path = resources.files("harmpath.catalogue") / "landscape" / "dictionaries.yaml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {str(name): [str(w) for w in words] for name, words in loaded.items()}


def fit_weights(examples: Sequence[Example], material: LabelledRecalls) -> Weights:
    """Fit on ``examples``; the background texts only teach, they are not labelled."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Refitting the classifier", "landscape") from error
    import numpy as np

    texts = [e.text for e in examples]
    labels = np.array([e.adjudicated for e in examples])
    background = [t for t, _ in material.background]
    software = np.array([s for _, s in material.background])
    terms, idf = _candidates(texts + background)
    wide = _blank(terms, idf)
    keep = _useful(wide, texts, labels, background, software)
    blank = _blank([terms[i] for i in keep], [idf[i] for i in keep])
    return _calibrated(_fit(blank, examples, texts, labels, background, software), texts, labels, examples, material)


def _candidates(texts: Sequence[str]) -> tuple[list[str], list[float]]:
    import math

    seen = Counter(t for text in texts for t in set(plain_terms(text)))
    listed = {w for words in word_lists().values() for w in words}
    terms = sorted(t for t, n in seen.items() if n >= 3 or t in listed)
    terms += sorted(listed - set(terms))
    return terms, [math.log((1 + len(texts)) / (1 + seen[t])) + 1 for t in terms]


def _blank(terms: Sequence[str], idf: Sequence[float]) -> Weights:
    import numpy as np

    lists = word_lists()
    of: dict[str, list[str]] = {}
    for name, words in lists.items():
        for word in words:
            of.setdefault(word, []).append(name)
    zero = np.zeros((len(lists), len(HEADS)))
    return Weights(
        tuple(terms),
        tuple(tuple(sorted(of.get(t, ()))) for t in terms),
        np.round(np.array(idf), 3),
        np.zeros((len(terms), len(HEADS))),
        tuple(lists),
        zero,
        zero.copy(),
        np.zeros(len(HEADS)),
    )


def _matrix(texts: Sequence[str], weights: Weights) -> tuple[Any, Any]:
    """(sparse TF-IDF, dense list features)."""
    import numpy as np
    import scipy.sparse as sp

    parts, lists = [], []
    for at in range(0, len(texts), 200):
        seen = features(texts[at : at + 200], weights)
        shape = (len(texts[at : at + 200]), len(weights.terms))
        parts.append(sp.csr_matrix((seen.values, (seen.rows, seen.terms)), shape=shape))
        lists.append(np.hstack([seen.hits, seen.early]))
    return sp.vstack(parts).tocsr(), np.vstack(lists)


def _logistic(matrix: Any, labels: Any, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000, tol=1e-4)
    return model.fit(matrix, labels)


def _teachers(weights: Weights, background: Sequence[str], software: Any) -> list[Any]:
    """Two fixed directions in term space: FDA's software cause, and the crude score of the word lists."""
    import numpy as np

    matrix, lists = _matrix(background, weights)
    crude = lists[:, : len(weights.list_names)] @ np.array([_CRUDE.get(n, 0.0) for n in weights.list_names])
    high, low = crude > np.quantile(crude, 0.72), crude < np.quantile(crude, 0.55)
    sure = np.flatnonzero(high | low)
    first = _logistic(matrix, software, 3.0)
    second = _logistic(matrix[sure], high[sure], 1.0)
    return [(m.coef_[0] / 4, m.intercept_[0] / 4) for m in (first, second)]


def _useful(weights: Weights, texts: Sequence[str], labels: Any, background: Sequence[str], software: Any) -> list[int]:
    """Indices of the terms to keep, from a first fit over all of them."""
    import numpy as np

    matrix, _ = _matrix(texts, weights)
    size = np.abs(_logistic(matrix, labels, STRENGTH["computer"]).coef_[0])
    for direction, _ in _teachers(weights, background, software):
        size = size + np.abs(direction)
    listed = np.array([bool(names) for names in weights.lists])
    size[listed] = np.inf
    best = np.argsort(-size, kind="stable")[:TERMS]
    return sorted(best.tolist())


def _fit(
    weights: Weights, examples: Sequence[Example], texts: Sequence[str], labels: Any, background: Any, software: Any
) -> Weights:
    import numpy as np
    import scipy.sparse as sp

    teachers = _teachers(weights, background, software)
    matrix, lists = _matrix(texts, weights)
    taught = np.column_stack([matrix @ direction + base for direction, base in teachers])
    width = len(weights.list_names)
    term, count, early = weights.weight.copy(), weights.count_weight.copy(), weights.early_weight.copy()
    intercept = weights.intercept.copy()

    def keep(head: int, row: Any, base: float) -> None:
        size = len(weights.terms)
        term[:, head] = row[:size] + sum(row[size + i] * direction for i, (direction, _) in enumerate(teachers))
        rest = row[size + len(teachers) :]
        count[:, head], early[:, head] = rest[:width], rest[width:]
        intercept[head] = base + sum(row[size + i] * b for i, (_, b) in enumerate(teachers))

    whole = sp.hstack([matrix, sp.csr_matrix(taught), sp.csr_matrix(lists)]).tocsr()
    model = _logistic(whole, labels, STRENGTH["computer"])
    keep(0, model.coef_[0], model.intercept_[0])
    for names, kind in ((FAULT_CLASSES, "fault"), (FAILURE_MODES, "mode")):
        target = [(e.fault_class or e.read_fault) if kind == "fault" else e.failure_mode for e in examples]
        rows = np.array([i for i, t in enumerate(target) if t in names])
        model = _logistic(whole[rows], np.array(target)[rows], STRENGTH[kind])
        for name, row, base in zip(model.classes_, model.coef_, model.intercept_, strict=True):
            keep(HEADS.index(str(name)), row, base)
    return replace(weights, weight=term, count_weight=count, early_weight=early, intercept=intercept)


def _calibrated(
    weights: Weights, texts: Sequence[str], labels: Any, examples: Sequence[Example], material: LabelledRecalls
) -> Weights:
    """Shift the computer question so that log-odds above zero mean the chosen specificity, cross-validated."""
    import numpy as np

    held = cross_validated(weights, examples, material)[:, 0]
    threshold = float(np.quantile(held[~labels], SPECIFICITY))
    intercept = weights.intercept.copy()
    intercept[0] -= threshold
    note = (
        f"Recall classifier of harmpath: fitted on the {len(texts)} recalls of the development part "
        f"({int(labels.sum())} computer-related after reading) and taught by {len(material.background)} recall texts "
        f"outside 2006-2011. Weights are log-odds per unit of the feature."
    )
    return replace(weights, intercept=intercept, note=note)


def cross_validated(weights: Weights, examples: Sequence[Example], material: LabelledRecalls, folds: int = 5) -> Any:
    """Out-of-fold log-odds (examples, heads) over the kept terms; fold k holds every ``folds``-th example."""
    import numpy as np

    from harmpath.landscape.score import score

    background = [t for t, _ in material.background]
    software = np.array([s for _, s in material.background])
    blank = replace(weights, weight=np.zeros_like(weights.weight))
    out = np.zeros((len(examples), len(HEADS)))
    for fold in range(folds):
        test = [i for i in range(len(examples)) if i % folds == fold]
        train = [examples[i] for i in range(len(examples)) if i % folds != fold]
        labels = np.array([e.adjudicated for e in train])
        fitted = _fit(blank, train, [e.text for e in train], labels, background, software)
        out[test] = score([examples[i].text for i in test], fitted).values
    return out
