"""The questions that rules answer: security, input data, machine learning, hazard, patient impact; and negation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from harmpath.landscape.text import Vocabulary

__all__ = ["QUESTIONS", "Rule", "RuleBook", "rule_book"]

SECOND = 100
QUESTIONS = ("security_related", "data_input_problem", "ml_related")
_CLAUSE_END = re.compile(r"[.;:!?]|\b(?:but|however|although|because)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One question: patterns that answer yes, exceptions that take it back."""

    patterns: tuple[re.Pattern[str], ...]
    exceptions: tuple[re.Pattern[str], ...] = ()

    def phrases(self, text: str, most: int = 2) -> tuple[str, ...]:
        """The phrases that answer yes, in reading order; empty when the answer is no."""
        spans = sorted(m.span() for p in self.patterns if (m := p.search(text)))
        if not spans or any(e.search(text) for e in self.exceptions):
            return ()
        kept: list[tuple[int, int]] = []
        for start, end in spans:
            if len(kept) < most and (not kept or start >= kept[-1][1]):
                kept.append((start, end))
        return tuple(text[s:e] for s, e in kept)


@dataclass(frozen=True)
class RuleBook:
    """All rules, and the one vocabulary of their gate words."""

    gates: Vocabulary
    doors_of_gate: tuple[tuple[int, ...], ...]
    """For every gate word the doors it opens: question q has door q and, where a second word is needed, door
    ``q + SECOND``; negation has door ``len(QUESTIONS)``."""
    double: frozenset[int]
    """The second doors that exist."""
    rules: tuple[Rule, ...]
    negation: Rule
    hazards: Mapping[str, Rule]
    patient_impact: Mapping[str, Rule]

    def opened(self, texts: Sequence[str]) -> dict[int, list[int]]:
        """For every question (and negation) the texts that it has to look at."""
        found = self.gates.find(texts)
        pairs: dict[int, set[int]] = {}
        for text, gate in zip(found.text.tolist(), found.term.tolist(), strict=True):
            for door in self.doors_of_gate[gate]:
                pairs.setdefault(door, set()).add(text)
        return {
            door: sorted(members & pairs.get(door + SECOND, set()) if door + SECOND in self.double else members)
            for door, members in pairs.items()
            if door < SECOND
        }

    def without_negated(self, text: str) -> str:
        """The text with every negated cause blanked, so that positions stay what they were."""
        for pattern in self.negation.patterns:
            text = pattern.sub(_blank, text)
        return text


def _blank(found: re.Match[str]) -> str:
    said = found.group()
    end = _CLAUSE_END.search(said)
    cut = end.start() if end else len(said)
    return " " * cut + said[cut:]


@lru_cache(maxsize=1)
def rule_book() -> RuleBook:
    """The rules that come with harmpath."""
    path = resources.files("harmpath.catalogue") / "landscape" / "rules.yaml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    opened: dict[str, list[int]] = {}
    for number, name in enumerate((*QUESTIONS, "negation")):
        for gate in loaded[name]["gates"]:
            opened.setdefault(str(gate), []).append(number)
        for gate in loaded[name].get("needs", ()):
            opened.setdefault(str(gate), []).append(number + SECOND)
    gates = sorted(opened)
    return RuleBook(
        Vocabulary(gates),
        tuple(tuple(opened[g]) for g in gates),
        frozenset(d for doors in opened.values() for d in doors if d >= SECOND),
        tuple(Rule(_compiled(loaded[n]["patterns"]), _compiled(loaded[n]["exceptions"])) for n in QUESTIONS),
        Rule(_compiled(loaded["negation"]["patterns"])),
        {name: Rule(_compiled(patterns)) for name, patterns in loaded["hazards"].items()},
        {name: Rule(_compiled(patterns)) for name, patterns in loaded["patient_impact"].items()},
    )


def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)
