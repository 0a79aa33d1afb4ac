"""The one way in which sentences are made: a template, filled with elements of the model, that remembers their ids.

A sentence never states anything that no element stands for. Take an element out of the model and every sentence that
names it is gone or says something else; that is tested.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias, Union

from harmpath.device.values import Element

__all__ = ["Part", "Sentence", "cited", "compose", "join", "places"]


_LOOSE = re.compile(r"[ ,]+([.,])")
"""A comma or full stop after an empty place."""


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """Generated words and the ids of the model elements they rest on."""

    text: str
    ids: tuple[str, ...] = ()
    """Sorted, without repeats."""

    def resting_on(self, *ids: str) -> Sentence:
        """The same words, resting on further elements that they paraphrase without naming."""
        return Sentence(self.text, tuple(sorted({*self.ids, *ids})))

    def __str__(self) -> str:
        return self.text


Part: TypeAlias = Union[str, Element, Sentence, "Sequence[Part]"]
"""What a template takes: words, an element (its label, and its id remembered), a sentence, or a list of these."""


def join(parts: Sequence[Part], last: str = "and") -> Sentence:
    """``a, b and c``."""
    done = [_as_sentence(p) for p in parts]
    texts = [d.text for d in done if d.text]
    if len(texts) > 1:
        texts = [", ".join(texts[:-1]) + f" {last} " + texts[-1]]
    return Sentence("".join(texts), _ids(done))


def compose(template: str, /, **parts: Part) -> Sentence:
    """Fill ``{name}`` places of a template; the ids of every element used are kept.

    Raises:
        KeyError: the template names a part that was not given (a defect of the template).
    """
    text: list[str] = []
    used: list[Sentence] = []
    for literal, name in _parsed(template):
        text.append(literal)
        if name is not None:
            filled = _as_sentence(parts[name])
            text.append(filled.text)
            used.append(filled)
    return Sentence(_tidy("".join(text)), _ids(used))


def cited(elements: Sequence[Part], noun: str) -> Sentence:
    """``hazards H1 (too much insulin) and H2 (...)``: the noun, then each id with its name; empty for none."""
    done = [compose("{id} ({name})", id=e.id, name=e) if isinstance(e, Element) and e.name else e for e in elements]
    plural = noun + ("es" if noun.endswith("s") else "s")
    return compose("{noun} {all}", noun=plural if len(done) > 1 else noun, all=done) if done else Sentence("")


@cache
def _parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    """Words and place names of a template, in turn; templates are few and used thousands of times."""
    return tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(template))


def places(template: str) -> frozenset[str]:
    """The names of the places in a template."""
    return frozenset(name for _, name in _parsed(template) if name is not None)


def _as_sentence(part: Part) -> Sentence:
    if isinstance(part, Sentence):
        return part
    if isinstance(part, str):
        return Sentence(part)
    if isinstance(part, Element):
        return Sentence(part.label, (part.id,))
    return join(part)


def _ids(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(sorted({i for s in sentences for i in s.ids}))


@lru_cache(maxsize=65_536)
def _tidy(text: str) -> str:
    """One space between words, none before a comma or full stop: empty parts leave no trace.

    Kept, because a model that is checked again on every save says nearly the same sentences again.
    """
    flat = " ".join(text.split())
    return _LOOSE.sub(r"\1", flat) if _LOOSE.search(flat) else flat
