"""CVSS v2, v3.0, v3.1 and v4.0 vectors: base score, severity, and their metrics in one vocabulary.

Parsing and scoring are the ``cvss`` library's (FIRST's formulas, https://www.first.org/cvss/). Severity of v2 scores
follows NVD's rating (https://nvd.nist.gov/vuln-metrics/cvss): low below 4, medium below 7, high from 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from harmpath.records.model import Cvss, Vulnerability

__all__ = ["Impact", "Position", "Score", "ScoreError", "primary_score", "score_vector", "scores_of"]

Position = Literal["network", "adjacent", "local", "physical"]
Impact = Literal["none", "low", "high"]

_VECTOR: dict[str, Position] = {"N": "network", "A": "adjacent", "L": "local", "P": "physical"}
_IMPACT: dict[str, Impact] = {"N": "none", "L": "low", "H": "high", "P": "low", "C": "high"}
_PREFERENCE = {"3.1": 0, "3.0": 1, "4.0": 2, "2.0": 3}
"""Which version stands for a vulnerability among vectors of the same party: v3 states what v2 leaves open, and NVD
scores nearly all of its records with it."""


class ScoreError(ValueError):
    """The text is not a CVSS vector."""


@dataclass(frozen=True, slots=True)
class Score:
    """A CVSS vector, scored, its metrics normalised over the versions."""

    vector: str
    version: str
    """2.0, 3.0, 3.1 or 4.0."""
    base: float
    """0 to 10."""
    severity: str
    """none, low, medium, high or critical."""
    source: str
    position: Position
    complexity: Literal["low", "high"]
    """v2 ``AC:H``, v3 ``AC:H``, v4 ``AC:H`` or ``AT:P`` are high."""
    privileges: Literal["none", "low", "high"]
    """v2 Au: N, S, M."""
    user_interaction: bool
    """False for v2, which does not state it."""
    confidentiality: Impact
    integrity: Impact
    availability: Impact
    """v2 P is low, C is high; v4 the greater of the vulnerable and the subsequent system."""
    scope_changed: bool = False
    """Whether other components than the vulnerable one are hit (v3 ``S:C``, v4 any subsequent-system impact)."""


@lru_cache(maxsize=32768)
def score_vector(vector: str, source: str = "") -> Score:
    """The score of one vector. Raises ScoreError when it is not a valid base vector."""
    import cvss

    text = vector.strip()
    try:
        if text.startswith("CVSS:4"):
            return _v4(text, source, cvss.CVSS4(text))
        if text.startswith("CVSS:3"):
            return _v3(text, source, cvss.CVSS3(text))
        return _v2(text, source, cvss.CVSS2(text.removeprefix("CVSS2#").strip("()")))
    except (cvss.CVSSError, KeyError, ArithmeticError, ValueError, IndexError) as error:
        raise ScoreError(f"{vector[:120]!r} is not a CVSS vector: {error}") from error


def scores_of(record: Vulnerability) -> tuple[Score, ...]:
    """Every vector of the record that can be scored, NVD's first; damaged vectors are left out."""
    found = []
    for stated in record.cvss:
        score = _scored(stated)
        if score is not None:
            found.append(score)
    return tuple(found)


def primary_score(record: Vulnerability) -> Score | None:
    """The score that stands for the record: NVD's before others', and v3 before v4 before v2."""
    scores = scores_of(record)
    return min(scores, key=lambda s: (_party(s.source), _PREFERENCE[s.version]), default=None)


def _party(source: str) -> int:
    return 0 if source == "nvd@nist.gov" else 1


def _scored(stated: Cvss) -> Score | None:
    try:
        return score_vector(stated.vector, stated.source)
    except ScoreError:
        return None


def _v2(text: str, source: str, parsed: object) -> Score:
    metrics: dict[str, str] = parsed.metrics  # type: ignore[attr-defined]
    base = float(parsed.base_score)  # type: ignore[attr-defined]
    return Score(
        vector=text,
        version="2.0",
        base=base,
        severity="low" if base < 4 else "medium" if base < 7 else "high",
        source=source,
        position=_VECTOR[metrics["AV"]],
        complexity="high" if metrics["AC"] == "H" else "low",
        privileges={"N": "none", "S": "low", "M": "high"}[metrics["Au"]],  # type: ignore[arg-type]
        user_interaction=False,
        confidentiality=_IMPACT[metrics["C"]],
        integrity=_IMPACT[metrics["I"]],
        availability=_IMPACT[metrics["A"]],
    )


def _v3(text: str, source: str, parsed: object) -> Score:
    metrics: dict[str, str] = parsed.metrics  # type: ignore[attr-defined]
    return Score(
        vector=text,
        version=text[5:8],
        base=float(parsed.base_score),  # type: ignore[attr-defined]
        severity=str(parsed.severities()[0]).lower(),  # type: ignore[attr-defined]
        source=source,
        position=_VECTOR[metrics["AV"]],
        complexity="high" if metrics["AC"] == "H" else "low",
        privileges={"N": "none", "L": "low", "H": "high"}[metrics["PR"]],  # type: ignore[arg-type]
        user_interaction=metrics["UI"] == "R",
        confidentiality=_IMPACT[metrics["C"]],
        integrity=_IMPACT[metrics["I"]],
        availability=_IMPACT[metrics["A"]],
        scope_changed=metrics["S"] == "C",
    )


def _v4(text: str, source: str, parsed: object) -> Score:
    metrics: dict[str, str] = parsed.original_metrics  # type: ignore[attr-defined]

    def greater(name: str) -> Impact:
        values = {metrics[f"V{name}"], metrics[f"S{name}"]}
        return "high" if "H" in values else "low" if "L" in values else "none"

    return Score(
        vector=text,
        version="4.0",
        base=float(parsed.base_score),  # type: ignore[attr-defined]
        severity=str(parsed.severity).lower(),  # type: ignore[attr-defined]
        source=source,
        position=_VECTOR[metrics["AV"]],
        complexity="high" if metrics["AC"] == "H" or metrics["AT"] == "P" else "low",
        privileges={"N": "none", "L": "low", "H": "high"}[metrics["PR"]],  # type: ignore[arg-type]
        user_interaction=metrics["UI"] != "N",
        confidentiality=greater("C"),
        integrity=greater("I"),
        availability=greater("A"),
        scope_changed=any(metrics[f"S{name}"] != "N" for name in "CIA"),
    )
