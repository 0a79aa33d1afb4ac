"""An analysis compared with a published one, unsafe control action by unsafe control action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from harmpath.device.values import Id, Ids, Strict, Text
from harmpath.device.vocabulary import Aspect
from harmpath.device.yamltree import read
from harmpath.errors import InputError
from harmpath.stpa.results import StpaAnalysis, UnsafeControlAction

__all__ = ["Comparison", "Published", "PublishedUca", "compare", "read_published"]


class PublishedUca(Strict):
    """One unsafe control action as published, in this project's names."""

    id: Text
    control_action: Id
    type: Aspect
    context: dict[Id, Ids] = Field(default_factory=dict, description="variable: states it is published for")
    words: Text = Field("", description="what the publication says where variables do not, in own words")
    hazards: Ids


class Published(Strict):
    """The published unsafe control actions of an analysis."""

    source: Text
    unsafe_control_actions: tuple[PublishedUca, ...]


@dataclass(frozen=True)
class Comparison:
    """What was found again, what was not, and what is new."""

    found: Mapping[str, tuple[str, ...]]
    """Published id to the unsafe control actions that cover it."""
    missed: tuple[str, ...]
    additional: tuple[str, ...]
    """Hazardous unsafe control actions that cover nothing published; for judgement."""

    @property
    def recall(self) -> float:
        """Share of the published that was found; 1 when nothing is published."""
        total = len(self.found) + len(self.missed)
        return len(self.found) / total if total else 1.0


def read_published(path: Path) -> Published:
    """Read a file of published unsafe control actions.

    Raises:
        InputError: the file cannot be read or does not have the form; with line and column.
    """
    tree = read(path)
    try:
        return TypeAdapter(Published).validate_python(tree.value)
    except ValidationError as error:
        problems = [tree.problem(tuple(e["loc"]), "wrong-form", f"{e['msg']}.") for e in error.errors()]
        raise InputError(problems) from error


def compare(analysis: StpaAnalysis, published: Published) -> Comparison:
    """Find each published unsafe control action again.

    One covers it when action and aspect are the same, its context holds wherever the published one does, and it leads
    to every published hazard. Where the publication gives words instead of variables, the analysis has to say its
    context in words too.
    """
    found: dict[str, tuple[str, ...]] = {}
    for one in published.unsafe_control_actions:
        covering = tuple(u.id for u in analysis.by_action.get(one.control_action, ()) if _covers(u, one))
        if covering:
            found[one.id] = covering
    used = {u for covering in found.values() for u in covering}
    missed = tuple(p.id for p in published.unsafe_control_actions if p.id not in found)
    return Comparison(found, missed, tuple(u.id for u in analysis.hazardous if u.id not in used))


def _covers(uca: UnsafeControlAction, published: PublishedUca) -> bool:
    if uca.status != "hazardous" or uca.type != published.type or not set(published.hazards) <= set(uca.hazards):
        return False
    if published.words:
        return _same_words(uca.when, published.words)
    narrower = any(not set(published.context.get(c.variable, ())) <= set(c.states) for c in uca.context)
    named = all(c.variable in published.context for c in uca.context)
    return named and not narrower and not uca.when


def _same_words(ours: str, theirs: str) -> bool:
    """The same statement, whatever its case, punctuation and spacing."""
    return _bare(ours) == _bare(theirs)


def _bare(text: Any) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in str(text).lower()).split()
