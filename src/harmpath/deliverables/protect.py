"""The cards of what to protect first: what it is, how it is protected, what crosses it, what that could lead to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from harmpath.deliverables.goals import level_rank
from harmpath.deliverables.view import View, words

__all__ = ["ProtectCard", "protect_cards"]

_MOST_HAZARDS: Final = 3
_PROTECTIONS_NOW: Final = " Its protections now:"
_SEVERITY: Final = ("catastrophic", "critical", "serious", "minor", "negligible")


@dataclass(frozen=True, slots=True)
class ProtectCard:
    """One element to protect first."""

    id: str
    name: str
    what: str
    """``channel, Bluetooth LE`` or the component's kind."""
    between: tuple[str, str]
    """Names of both ends; empty for a component."""
    protections: tuple[tuple[str, str], ...]
    """Protection and level, the levels that are none, weak or unknown first."""
    open_paths: int
    all_open: int
    risks: tuple[tuple[str, int], ...]
    """Risks now on paths through it, by level, worst first."""
    hazards: tuple[str, ...]
    """Ids of the worst hazards those paths end in."""
    because: str


def protect_cards(view: View) -> tuple[ProtectCard, ...]:
    """A card for each element of the summary's list, in its order."""
    reasons = view.assessment.summary.protect_because
    firsts = view.assessment.summary.protect_first
    return tuple(_card(view, id_, reasons[n] if n < len(reasons) else "") for n, id_ in enumerate(firsts))


def _card(view: View, id_: str, because: str) -> ProtectCard:
    kind, element = view.by_id.get(id_, ("", {}))
    ranks = level_rank(view)
    through = [path for path in view.open_paths if id_ in path.elements]
    risks = [risk for path in through for risk in view.risk_of.get(path.id, ())]
    levels = Counter(risk.risk_after for risk in risks)
    order = {"none": 0, "unknown": 1, "weak": 2, "strong": 3, "not-applicable": 4}
    said = sorted((element.get("protections") or {}).items(), key=lambda item: (order.get(item[1], 5), item[0]))
    medium = element.get("medium") or element.get("kind")
    ends = (view.name(str(element["from"])), view.name(str(element["to"]))) if kind == "channel" else ("", "")
    name = view.name(id_)
    return ProtectCard(
        id_,
        name,
        f"{kind}, {words(str(medium))}" if medium else kind,
        ends,
        tuple((words(key), str(level)) for key, level in said if level != "not-applicable"),
        len(through),
        len(view.open_paths),
        tuple(sorted(levels.items(), key=lambda item: -ranks.get(item[0], 0))),
        _hazards(view, [h for risk in risks for h in risk.hazards]),
        _without_name(_without_protections(because), name),
    )


def _hazards(view: View, ids: list[str]) -> tuple[str, ...]:
    """The worst of the hazards, each once, sub-hazards left to their parents."""
    severity = {str(h["id"]): str(h.get("severity")) for h in view.listed("hazards")}
    own = sorted({id_ for id_ in ids if id_ in severity}, key=lambda h: (_place(severity[h]), h))
    return tuple(own[:_MOST_HAZARDS])


def _place(severity: str) -> int:
    return _SEVERITY.index(severity) if severity in _SEVERITY else len(_SEVERITY)


def _without_protections(because: str) -> str:
    """The reason without its last sentence, which repeats what the card shows as chips."""
    return because.partition(_PROTECTIONS_NOW)[0]


def _without_name(because: str, name: str) -> str:
    """The reason without the element's name at its start, which the card already has as its title."""
    head, colon, rest = because.partition(": ")
    if colon and head.startswith(name):
        return rest[:1].upper() + rest[1:]
    return because
