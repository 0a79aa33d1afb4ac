"""The written attack scenario of each path: every sentence made from values of the model, with the ids it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harmpath.assessment.joining import Consequence
from harmpath.assessment.model import AttackPathRow, AttackScenarioRow, MatchRow, StepRow
from harmpath.catalogue.rules import attack_rules
from harmpath.catalogue.vocabulary import GAIN_WORDS
from harmpath.device.model import Device
from harmpath.stpa import Sentence
from harmpath.stpa.sentences import Part, cited, compose

__all__ = ["attack_scenarios", "scenario_id"]

_WRONG = {
    "falsify-signal": "{engine} computes {outputs} from a value of {target} the attacker chose, through {features}.",
    "withhold-signal": "{engine} computes {outputs} without {target}, or from an old value of it, through {features}.",
    "tamper-model": "{target} computes {outputs} as the attacker changed it to.",
    "poison-training": "{target} has learned from data the attacker chose and computes {outputs} accordingly.",
    "poison-update": "{target} is replaced by the attacker's, which computes {outputs}.",
    "tamper-output": "{engine} computes {target} as intended; what leaves it is the attacker's.",
    "forge-action": "The model is not involved: {target} is sent although its controller did not decide it.",
    "suppress-action": "The model is not involved: {target} is decided and does not arrive.",
}
"""What the attack does to the model, by kind of goal."""

_NAMED = 3
"""How many vulnerabilities a sentence names."""

_BELIEF = "No model computes from {target}; a false belief is formed from it by {controllers}."
"""For a signal that no feature is computed from."""


def scenario_id(path: str) -> str:
    """Id of the scenario that tells a path."""
    return "AS-" + path.removeprefix("AP-")


def attack_scenarios(
    device: Device,
    paths: Sequence[AttackPathRow],
    joined: Mapping[str, Consequence],
    titles: Mapping[str, str],
    matches: Sequence[MatchRow],
) -> tuple[AttackScenarioRow, ...]:
    """The scenario of every path that leads to an unsafe control action; ``titles``: name of each security control."""
    cves = {m.id: m for m in matches}
    return tuple(_scenario(device, path, joined[path.goal], titles, cves) for path in paths if path.goal in joined)


def _scenario(
    device: Device,
    path: AttackPathRow,
    consequence: Consequence,
    titles: Mapping[str, str],
    cves: Mapping[str, MatchRow],
) -> AttackScenarioRow:
    first = path.steps[0]
    ucas: dict[str, Part] = {f"u{n}": u.sentence for n, u in enumerate(consequence.ucas)}
    said: dict[str, Sentence] = {
        "entry": compose("{element}", element=_element(device, first.element)),
        "false_datum": _false_datum(device, path, consequence),
        "model_effect": _model_effect(device, path, consequence),
        "unsafe_action": compose(" ".join(f"{{u{n}}}" for n in range(len(ucas))), **ucas),
        "hazard": cited([_element(device, h) for h in consequence.hazards], "hazard"),
        "loss": cited([_element(device, loss) for loss in consequence.losses], "loss"),
    }
    steps = [_step(device, step, cves) for step in path.steps]
    said.update({f"steps.{n}": step for n, step in enumerate(steps)})
    preconditions = _preconditions(path)
    mitigations = sorted({control for step in path.steps for control in step.removed_by})
    return AttackScenarioRow(
        id=scenario_id(path.id),
        attack_path=path.id,
        entry=said["entry"].text,
        position=path.position,
        preconditions=preconditions,
        steps=tuple(s.text for s in steps),
        false_datum=said["false_datum"].text,
        model_effect=said["model_effect"].text,
        unsafe_control_actions=tuple(u.id for u in consequence.ucas),
        unsafe_action=said["unsafe_action"].text,
        hazard=said["hazard"].text,
        loss=said["loss"].text,
        mitigations=tuple(titles.get(m, m) for m in mitigations),
        ids={key: sentence.ids for key, sentence in said.items() if sentence.ids},
    )


def _step(device: Device, step: StepRow, cves: Mapping[str, MatchRow]) -> Sentence:
    """The rule's own words with the names of the elements, resting on their ids and on the matches that license it."""
    names = list(dict.fromkeys(cves[m].cve for m in step.vulnerabilities))
    others = len(names[_NAMED:]) + step.more_vulnerabilities
    more = f" and {others} more" if others else ""
    parts: dict[str, Part] = {name: _element(device, id_) for name, id_ in step.binding.items()}
    if step.licence == "known-vulnerability" and "K" in step.binding:
        parts["K"] = GAIN_WORDS[step.binding["K"]]
    says = next(rule.says for rule in attack_rules() if rule.id == step.rule)
    if step.vulnerabilities and all(cves[m].condition for m in step.vulnerabilities):
        says = f"{says.removesuffix('.')}, on the condition that {cves[step.vulnerabilities[0]].condition}."
    sentence = compose(says, **parts, vulnerabilities=", ".join(names[:_NAMED]) + more)
    return sentence.resting_on(*step.vulnerabilities, *(id_ for id_ in (step.element,) if id_ in device.by_id))


def _element(device: Device, id_: str) -> Part:
    return device.by_id[id_][1] if id_ in device.by_id else id_


def _false_datum(device: Device, path: AttackPathRow, consequence: Consequence) -> Sentence:
    """The false values, resting on the target and on the variables that are named."""
    text = "; ".join(consequence.false_data)
    conditions = (c for u in consequence.ucas for c in (*u.context, *u.believed))
    named = {c.variable for c in conditions if device.variable[c.variable][1].label in text}
    return Sentence(text, tuple(sorted({path.target, *named}))) if text else Sentence("")


def _preconditions(path: AttackPathRow) -> tuple[str, ...]:
    """What must be true before the attacker can begin: the position, and each licence that is not a vulnerability."""
    licences = [f"{e.id}: {e.note}" for s in path.steps for e in s.evidence if e.kind == "model-element" and e.note]
    without = [] if path.open else [f"Told as it would be without {', '.join(path.cut_by)}, which cut this path."]
    return tuple(dict.fromkeys([*without, f"The attacker is in this position: {path.position}.", *licences]))


def _model_effect(device: Device, path: AttackPathRow, consequence: Consequence) -> Sentence:
    kind = path.goal.split(".", 1)[0]
    target = _element(device, path.target)
    if kind in ("falsify-signal", "withhold-signal"):
        features = device.signal[path.target].feeds
        engines = list(dict.fromkeys(device.feature[f][0].id for f in features))
        if not engines:
            controllers = sorted({u.source for u in consequence.ucas})
            return compose(_BELIEF, controllers=[_element(device, c) for c in controllers], target=target)
        return compose(
            _WRONG[kind],
            engine=[_element(device, e) for e in engines],
            outputs=[o for e in device.ml_engines if e.id in engines for o in e.outputs],
            target=target,
            features=[device.feature[f][1] for f in features],
        )
    engines_ = [e for e in device.ml_engines if e.id == path.target]
    if kind == "tamper-output":
        return compose(_WRONG[kind], engine=device.output[path.target][0], target=target)
    outputs: list[Part] = [o for e in engines_ for o in e.outputs]
    return compose(_WRONG[kind], target=target, outputs=outputs)
