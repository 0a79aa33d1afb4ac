"""Step 3: for every control action all four ways of being unsafe, each judged or listed as not assessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harmpath.device.control import ControlAction
from harmpath.device.model import Device
from harmpath.device.vocabulary import ASPECT_GROUP, Aspect
from harmpath.evidence import ElementEvidence, Evidence
from harmpath.stpa.constraints import losses_of
from harmpath.stpa.identity import content_hash, readable_id
from harmpath.stpa.results import Condition, ControllerConstraint, Rule, UnsafeControlAction
from harmpath.stpa.sentences import Part, Sentence, cited, compose

__all__ = ["CLAUSE", "context_words", "controller_constraints", "element", "unsafe_control_actions"]

CLAUSE: dict[Aspect, str] = {
    "not-provided": "{source} does not provide {action}{context}",
    "provided": "{source} provides {action}{context}",
    "too-early": "{source} provides {action} too early{context}",
    "too-late": "{source} provides {action} too late{context}",
    "wrong-order": "{source} provides {action} in the wrong order{context}",
    "stopped-too-soon": "{source} ends {action} too soon{context}",
    "applied-too-long": "{source} goes on with {action} too long{context}",
}
"""What the controller does, by aspect."""

_INVERSE: dict[Aspect, tuple[Rule, str]] = {
    "not-provided": ("must", "{source} must provide {action}{context}"),
    "provided": ("must-not", "{source} must not provide {action}{context}"),
    "too-early": ("in-time", "{source} must not provide {action} too early{context}"),
    "too-late": ("in-time", "{source} must provide {action} in time{context}"),
    "wrong-order": ("in-order", "{source} must provide {action} in the right order{context}"),
    "stopped-too-soon": ("long-enough", "{source} must not end {action} too soon{context}"),
    "applied-too-long": ("no-longer", "{source} must not go on with {action} too long{context}"),
}

_GROUP_WORD = dict(
    zip(dict.fromkeys(ASPECT_GROUP.values()), ("not-provided", "provided", "timing", "duration"), strict=True)
)

_UNJUDGED = "no judgement of this way of being unsafe is recorded"


def element(device: Device, id_: str) -> Part:
    """The element for a sentence, or the bare id where the model has none (the device check reports it)."""
    found = device.by_id.get(id_)
    return found[1] if found else Sentence(id_)


def unsafe_control_actions(device: Device) -> tuple[UnsafeControlAction, ...]:
    """Every judgement as a structured value, and every unjudged group as not assessed; sorted by id."""
    found: list[UnsafeControlAction] = []
    for action in device.control_actions:
        judged = {ASPECT_GROUP[j.type] for j in action.unsafe}
        found += [_judged(device, action, place) for place in range(len(action.unsafe))]
        found += [_unjudged(device, action, g) for g in dict.fromkeys(ASPECT_GROUP.values()) if g not in judged]
    return _unique(found)


def _unique(found: Iterable[UnsafeControlAction]) -> tuple[UnsafeControlAction, ...]:
    """Sorted by id, a repeated judgement numbered so that every id stands for one finding."""
    seen: dict[str, int] = {}
    done: list[UnsafeControlAction] = []
    for uca in found:
        seen[uca.id] = seen.get(uca.id, 0) + 1
        done.append(uca if seen[uca.id] == 1 else replace(uca, id=readable_id(uca.id, str(seen[uca.id]))))
    return tuple(sorted(done, key=lambda u: u.id))


def _judged(device: Device, action: ControlAction, place: int) -> UnsafeControlAction:
    judgement = action.unsafe[place]
    context = _conditions({**{v: (s,) for v, s in judgement.context.items()}, **judgement.any_of})
    believed = _conditions({v: (s,) for v, s in judgement.believed.items()})
    canonical = content_hash(
        action.id, judgement.type, tuple(map(str, context)), tuple(map(str, believed)), judgement.when
    )
    hazards = tuple(sorted(judgement.hazards))
    clause = compose(
        CLAUSE[judgement.type],
        source=element(device, action.source),
        action=action,
        context=context_words(device, context, believed, judgement.when),
    )
    if hazards:
        named = cited([element(device, h) for h in hazards], "hazard")
        sentence = compose("{clause}. This can lead to {hazards}.", clause=clause, hazards=named)
    else:
        because = judgement.not_hazardous or ""
        sentence = compose("Not hazardous: {clause}. Reason: {because}.", clause=clause, because=because.rstrip("."))
    return UnsafeControlAction(
        id=judgement.id or readable_id("UCA", action.id, judgement.type, canonical),
        control_action=action.id,
        source=action.source,
        type=judgement.type,
        group=ASPECT_GROUP[judgement.type],
        context=context,
        believed=believed,
        when=judgement.when,
        hazards=hazards,
        losses=losses_of(device, hazards),
        sentence=sentence,
        evidence=_evidence(action, hazards, (*context, *believed)),
        status="hazardous" if hazards else "not-hazardous",
        reason=judgement.not_hazardous or "",
        note=judgement.note,
        judgement=place,
    )


def _unjudged(device: Device, action: ControlAction, group: str) -> UnsafeControlAction:
    sentence = compose(
        "Not assessed: {source} and {action}, {group}.",
        source=element(device, action.source),
        action=action,
        group=group,
    )
    return UnsafeControlAction(
        id=readable_id("UCA", action.id, _GROUP_WORD[group], "open"),
        control_action=action.id,
        source=action.source,
        type=None,
        group=group,
        context=(),
        believed=(),
        when="",
        hazards=(),
        losses=(),
        sentence=sentence,
        evidence=_evidence(action, (), ()),
        status="not-assessed",
        reason=_UNJUDGED,
    )


def _conditions(states: Mapping[str, tuple[str, ...]]) -> tuple[Condition, ...]:
    return tuple(sorted(Condition(variable, tuple(sorted(set(chosen)))) for variable, chosen in states.items()))


def _evidence(action: ControlAction, hazards: tuple[str, ...], conditions: Iterable[Condition]) -> tuple[Evidence, ...]:
    variables = sorted({c.variable for c in conditions})
    return tuple(ElementEvidence(i) for i in (action.id, action.source, *hazards, *variables))


def _state_words(device: Device, condition: Condition) -> Sentence:
    variable = element(device, condition.variable)
    states = {s.id: s for s in variable.states} if hasattr(variable, "states") else {}
    names = [states[s].label if s in states else s for s in condition.states]
    text = " or ".join(names)
    return compose("{variable} is {states}", variable=variable, states=text)


def context_words(
    device: Device, context: tuple[Condition, ...], believed: tuple[Condition, ...], when: str
) -> Sentence:
    """``when glucose is low, while it believes that glucose is high``, with a leading space; empty for any context."""
    parts: list[Part] = [_state_words(device, c) for c in context]
    bare = when.strip().rstrip(".")
    for opening in ("when ", "while ", "if "):
        bare = bare.removeprefix(opening).removeprefix(opening.capitalize())
    if bare:
        parts.append(bare)
    said = compose(" when {parts}", parts=parts) if parts else Sentence("")
    thinks = ", believing that {parts}" if parts else " believing that {parts}"
    belief = compose(thinks, parts=[_state_words(device, c) for c in believed]) if believed else Sentence("")
    ids = tuple(sorted({*said.ids, *belief.ids}))
    lead = " " if said.text else ""
    gap = "" if belief.text.startswith(",") or not belief.text else " "
    return Sentence(f"{lead}{said.text}{gap}{belief.text}", ids)


def controller_constraints(device: Device, actions: Iterable[UnsafeControlAction]) -> tuple[ControllerConstraint, ...]:
    """Each hazardous unsafe control action inverted; what the controller believes is no excuse and drops out.

    Free words under ``when`` mostly tell the deviation ("the patient has left"), which inverted would be required; they
    stay only with a prohibition, and otherwise the constraint points to the unsafe control action that they tell of.
    """
    found: list[ControllerConstraint] = []
    for uca in actions:
        if uca.type is None or uca.status != "hazardous":
            continue
        rule, template = _INVERSE[uca.type]
        kept = uca.when if rule == "must-not" else ""
        deviation = f"; the deviation to prevent is that of {uca.id}" if uca.when and not kept else ""
        clause = compose(
            template,
            source=element(device, uca.source),
            action=element(device, uca.control_action),
            context=context_words(device, uca.context, (), kept),
        )
        named = cited([element(device, h) for h in uca.hazards], "hazard")
        sentence = compose(
            "{clause}{deviation}. This prevents {hazards}.", clause=clause, deviation=deviation, hazards=named
        )
        id_ = readable_id("CC", uca.id)
        found.append(
            ControllerConstraint(
                id_, uca.id, uca.source, uca.control_action, rule, uca.context, uca.when, uca.hazards, sentence,
                uca.evidence,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda c: c.id))
