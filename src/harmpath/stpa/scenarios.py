"""Step 4: loss scenarios, by asking every causal factor of every place in the control loop that the device has."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.catalogue.stpa import CausalFactor, causal_factors, scenario_classes
from harmpath.device.goals import Goal
from harmpath.device.model import Device
from harmpath.device.vocabulary import Aspect
from harmpath.evidence import CatalogueEvidence, ElementEvidence
from harmpath.stpa.actions import CLAUSE, context_words, element
from harmpath.stpa.constraints import losses_of
from harmpath.stpa.identity import readable_id
from harmpath.stpa.loop import Loop, Place
from harmpath.stpa.results import Condition, LossScenario, UnsafeControlAction
from harmpath.stpa.sentences import Part, Sentence, cited, compose, places

__all__ = ["CATALOGUE", "as_arrived", "effect_of", "loss_scenarios", "outcome_of"]

CATALOGUE = "stpa-causal-factors"

_FORGED: frozenset[Aspect] = frozenset({"provided", "too-early", "wrong-order", "applied-too-long"})
"""Applied too long: more of it is forged. Suppressed would be the action that ends it, which is another action."""
_SUPPRESSED: frozenset[Aspect] = frozenset({"not-provided", "too-late", "stopped-too-soon"})
"""What comes of an action that does not arrive; jamming it never brings it in the wrong order or makes it last."""

_CARRIED_OUT: dict[Aspect, str] = {
    "not-provided": "{target} does not receive or carry out {action}{context}",
    "provided": "{target} carries out {action} that {source} did not decide{context}",
    "too-early": "{target} carries out {action} too early{context}",
    "too-late": "{target} carries out {action} too late{context}",
    "wrong-order": "{target} carries out {action} in the wrong order{context}",
    "stopped-too-soon": "{target} ends {action} too soon{context}",
    "applied-too-long": "{target} goes on with {action} too long{context}",
}
"""What reaches the process although the controller decided as it should, by aspect."""

_TOLD: dict[Aspect, str] = {
    "not-provided": "{target} does not receive {action}{context}",
    "provided": "{target} receives {action} that {source} did not give{context}",
    "too-early": "{target} receives {action} too early{context}",
    "too-late": "{target} receives {action} too late{context}",
    "wrong-order": "{target} receives {action} in the wrong order{context}",
    "stopped-too-soon": "{action} reaches {target} for too short a time{context}",
    "applied-too-long": "{action} reaches {target} for too long{context}",
}
"""The same for what is shown or told rather than done."""

_TELLING = frozenset({"alarm", "advice", "diagnosis"})


def loss_scenarios(device: Device, actions: tuple[UnsafeControlAction, ...]) -> tuple[LossScenario, ...]:
    """Every scenario of every hazardous unsafe control action, sorted by id."""
    by_id = {a.id: a for a in device.control_actions}
    found: list[LossScenario] = []
    for uca in actions:
        if uca.status == "hazardous" and uca.type is not None:
            found += _of(Loop(device, uca, by_id[uca.control_action]), uca.type)
    found += _written(device, {u.id: u for u in actions})
    return tuple(sorted(found, key=lambda s: s.id))


def _written(device: Device, actions: dict[str, UnsafeControlAction]) -> Iterator[LossScenario]:
    """The scenarios in the analyst's own words; one that names an unknown unsafe control action is left to a check."""
    classes = {f.id: f.scenario_class for f in causal_factors()}
    for own in device.loss_scenarios:
        uca = actions.get(own.uca or "")
        if own.uca and (uca is None or uca.status != "hazardous"):
            continue
        hazards = uca.hazards if uca else tuple(sorted(own.hazards))
        factor = own.causal_factor or ""
        text = compose("{text}", text=own.description).resting_on(own.id, *hazards, *own.elements)
        evidence = tuple(ElementEvidence(i) for i in (own.id, *own.elements))
        yield LossScenario(
            own.id, own.uca or "", "safety", factor, classes.get(factor, ""), text, tuple(own.elements), (), (), "",
            hazards, losses_of(device, hazards), evidence,
        )  # fmt: skip


def _of(loop: Loop, aspect: Aspect) -> Iterator[LossScenario]:
    effects = {safe: effect_of(loop, aspect, safe) for safe in (False, True)}
    for factor in causal_factors():
        if factor.aspects and aspect not in factor.aspects:
            continue
        safe = scenario_classes()[factor.scenario_class].safe_decision
        for place in loop.places(factor.anchor):
            about = place.variable
            decides = factor.scenario_class == "controller-behaviour"
            if aspect == "wrong-order" and decides and about is not None and not _names(loop.uca, about.id):
                continue  # a belief brings actions into the wrong order only where the order depends on it
            yield _scenario(loop, aspect, factor, place, effects[safe])


def effect_of(loop: Loop, aspect: Aspect, safe_decision: bool) -> Sentence:
    """What happens; where the controller decided as it should, what reaches the target instead."""
    device, uca = loop.device, loop.uca
    believed = () if safe_decision else uca.believed
    arrived = _TOLD if loop.action.kind in _TELLING else _CARRIED_OUT
    return compose(
        (arrived if safe_decision else CLAUSE)[aspect],
        source=element(device, uca.source),
        target=element(device, loop.action.target),
        action=loop.action,
        context=context_words(device, uca.context, believed, uca.when),
    )


def as_arrived(device: Device, uca: UnsafeControlAction) -> Sentence:
    """The same unsafe control action where its controller decided as it should and something else arrived."""
    if uca.type is None:
        return uca.sentence
    loop = Loop(device, uca, next(a for a in device.control_actions if a.id == uca.control_action))
    hazards = cited([element(device, h) for h in uca.hazards], "hazard")
    return compose("{effect}. This can lead to {hazards}.", effect=effect_of(loop, uca.type, True), hazards=hazards)


def outcome_of(loop: Loop, aspect: Aspect) -> Sentence:
    """What comes out of it, whatever the controller believed or decided."""
    device, uca = loop.device, loop.uca
    context = context_words(device, uca.context, (), uca.when)
    return compose(CLAUSE[aspect], source=element(device, uca.source), action=loop.action, context=context)


def _scenario(loop: Loop, aspect: Aspect, factor: CausalFactor, place: Place, effect: Sentence) -> LossScenario:
    uca = loop.uca
    parts: dict[str, Part] = {**place.elements, **_states(uca, place)}
    cause = compose(factor.sentence, **parts)
    sentence = compose("{effect}, because {cause}. {end}", effect=effect, cause=cause, end=loop.consequence)
    starts = tuple(dict.fromkeys(e.id for name, e in place.elements.items() if name not in ("controller", "action")))
    elements = starts or (place.start.id,)
    model = tuple(ElementEvidence(i) for i in dict.fromkeys((uca.control_action, *elements)))
    return LossScenario(
        id=readable_id("LS", uca.id, factor.id, *elements),
        uca=uca.id,
        kind=factor.kind,
        causal_factor=factor.id,
        archetype=factor.scenario_class,
        sentence=sentence,
        elements=elements,
        goals=_goals(factor, aspect, place, loop),
        adversary=factor.adversary,
        false_datum=_false_datum(factor.false_datum, uca, place, parts),
        hazards=uca.hazards,
        losses=uca.losses,
        evidence=(*model, CatalogueEvidence(CATALOGUE, factor.id, factor.source)),
    )


def _states(uca: UnsafeControlAction, place: Place) -> dict[str, Part]:
    """What the variable of the place is, and what it is taken to be, in words."""
    if place.variable is None:
        return {}
    names = {s.id: s.label for s in place.variable.states}

    def words(conditions: tuple[Condition, ...]) -> str:
        chosen = [c for c in conditions if place.variable is not None and c.variable == place.variable.id]
        return " or ".join(names.get(s, s) for c in chosen for s in c.states)

    actual, belief = words(uca.context), words(uca.believed)
    return {
        "actual": actual or f"not {belief}",
        "belief": belief or (f"anything but {actual}" if actual else "other than it is"),
    }


def _false_datum(template: str, uca: UnsafeControlAction, place: Place, parts: dict[str, Part]) -> str:
    """The datum in words; what is false about it is left out, and with it the datum, where no state is known."""
    own = place.variable.id if place.variable else ""
    if not _names(uca, own) and places(template) & {"actual", "belief"}:
        template, _, _ = template.partition(" while ")
    # A stated belief says which variables are taken wrongly; the others are believed as they are.
    mistaken = {c.variable for c in uca.believed or uca.context}
    return "" if "belief" in places(template) and own not in mistaken else compose(template, **parts).text


def _names(uca: UnsafeControlAction, variable: str) -> bool:
    return variable in {c.variable for c in (*uca.context, *uca.believed)}


def _goals(factor: CausalFactor, aspect: Aspect, place: Place, loop: Loop) -> tuple[Goal, ...]:
    goals: list[Goal] = []
    for kind in factor.goals:
        if kind == "action":
            if aspect in _FORGED:
                goals.append(Goal("forge-action", loop.action.id))
            if aspect in _SUPPRESSED:
                goals.append(Goal("suppress-action", loop.action.id))
        else:
            goals.append(Goal(kind, place.start.id))  # type: ignore[arg-type]
    return tuple(sorted(goals))
