"""PASTA's ``.stpa`` text from a device and its analysis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from harmpath.device.control import ControlAction, DesiredAction
from harmpath.device.model import Device
from harmpath.device.values import Interval
from harmpath.stpa.results import StpaAnalysis, UnsafeControlAction

__all__ = ["export_pasta"]

_GROUPS = {
    "notProviding": ("not-provided",),
    "providing": ("provided",),
    "tooEarlyOrLateOrWrongOrder": ("too-early", "too-late", "wrong-order"),
    "stoppedTooSoonOrLate": ("stopped-too-soon", "applied-too-long"),
}
_KEYWORDS = frozenset(
    [
        "Goals",
        "Assumptions",
        "Losses",
        "Hazards",
        "SystemConstraints",
        "ControlStructure",
        "Responsibilities",
        "UCAs",
        "DCAs",
        "LossScenarios",
        "ControllerConstraints",
        "SafetyRequirements",
        "hierarchyLevel",
        "label",
        "processModel",
        "input",
        "output",
        "controlActions",
        "feedback",
        "coordination",
        "bi",
        "for",
        "MIN",
        "MAX",
        "true",
        "false",
        "notProviding",
        "providing",
        "type",
        "contexts",
        "controlAction",
    ]
)


def export_pasta(device: Device, analysis: StpaAnalysis) -> str:
    """The STPA part of a device as PASTA reads it.

    A context table where every unsafe control action has a context in variables of its controller, texts otherwise.
    Scenarios are the four formal classes and those in the analyst's words. What PASTA has no word for (channels,
    signals, goals, the places in the loop) is left out.
    """
    return "\n".join(_Export(device, analysis).lines()) + "\n"


def _quoted(text: str) -> str:
    return '"' + " ".join(text.replace('"', "'").split()) + '"'


class _Export:
    """Writes the sections in the order of the grammar."""

    def __init__(self, device: Device, analysis: StpaAnalysis) -> None:
        self.device = device
        self.analysis = analysis
        self.names: dict[str, str] = {}
        self.taken: set[str] = set(_KEYWORDS)

    def name(self, id_: str) -> str:
        """The id as a PASTA name: letters, digits and ``_``, unique in the file."""
        if id_ not in self.names:
            base = re.sub(r"\W", "_", id_)
            name, number = base, 2
            while name in self.taken:
                name, number = f"{base}_{number}", number + 1
            self.taken.add(name)
            self.names[id_] = name
        return self.names[id_]

    def refs(self, ids: Iterable[str]) -> str:
        return "[" + ", ".join(self.hazard_name(i) for i in ids) + "]"

    def hazard_name(self, id_: str) -> str:
        """Sub-hazards are numbered after their hazard, as PASTA has them."""
        kind = self.device.by_id.get(id_, ("", None))[0]
        if kind == "sub-hazard":
            parent = self.device.hazard[id_]
            return f"{self.name(parent.id)}.{[s.id for s in parent.sub_hazards].index(id_) + 1}"
        return self.name(id_)

    def lines(self) -> Iterator[str]:
        yield from self.purpose()
        yield from self.structure()
        yield from self.responsibilities()
        in_table = all(self.in_table(u) for u in self.analysis.hazardous)
        yield from self.table() if in_table else self.texts()
        if in_table:
            yield from self.desired()
        yield from self.rest()

    def purpose(self) -> Iterator[str]:
        if self.device.assumptions:
            yield "Assumptions"
            yield from (f"{self.name(a.id)} {_quoted(a.description)}" for a in self.device.assumptions)
        yield "Losses"
        yield from (f"{self.name(loss.id)} {_quoted(loss.label)}" for loss in self.device.losses)
        yield ""
        yield "Hazards"
        for hazard in self.device.hazards:
            losses = f" {self.refs(hazard.losses)}" if hazard.losses else ""
            yield f"{self.name(hazard.id)} {_quoted(hazard.label)}{losses}" + (" {" if hazard.sub_hazards else "")
            for sub in hazard.sub_hazards:
                own = f" {self.refs(sub.losses)}" if sub.losses else ""
                yield f"    {self.hazard_name(sub.id)} {_quoted(sub.label)}{own}"
            if hazard.sub_hazards:
                yield "}"
        yield ""
        yield "SystemConstraints"
        for constraint in self.analysis.system_constraints:
            yield f"{self.name(constraint.id)} {_quoted(constraint.sentence.text)} {self.refs(constraint.hazards)}"
        yield ""

    def structure(self) -> Iterator[str]:
        yield "ControlStructure"
        yield "Device {"
        used = {e for a in self.device.control_actions for e in (a.source, a.target)}
        used |= {e for f in self.device.feedback for e in (f.source, f.target)}
        used |= {m.controller for m in self.device.process_models}
        for component in self.device.components:
            if component.id in used:
                yield f"    {self.name(component.id)} {{"
                yield f"        label {_quoted(component.label)}"
                yield from self.process_model(component.id)
                edges = ("controlActions", self.device.control_actions), ("feedback", self.device.feedback)
                for keyword, group in edges:
                    own = [e for e in group if e.source == component.id]
                    if own:
                        yield f"        {keyword} {{"
                        yield from (
                            f"            [{self.name(e.id)} {_quoted(e.label)}] -> {self.name(e.target)}" for e in own
                        )
                        yield "        }"
                yield "    }"
        yield "}"
        yield ""

    def process_model(self, component: str) -> Iterator[str]:
        variables = [v for m in self.device.models_of.get(component, ()) for v in m.variables if v.states]
        if variables:
            yield "        processModel {"
            for variable in variables:
                values = ", ".join(self.value(s.id, s.range) for s in variable.states)
                yield f"            {self.name(variable.id)}: [{values}]"
            yield "        }"

    def value(self, state: str, range_: Interval | None) -> str:
        """A value with its range where PASTA can say it: whole numbers, not below zero, MIN and MAX."""
        name = self.state(state)
        if range_ is None:
            return name
        ends = [range_.low, range_.high]
        if any(e not in (float("-inf"), float("inf")) and (e < 0 or e != int(e)) for e in ends):
            return name
        low = "MIN" if range_.low == float("-inf") else f"{range_.low:.0f}"
        high = "MAX" if range_.high == float("inf") else f"{range_.high:.0f}"
        return f"{name}={'[' if range_.low_closed else '('}{low}, {high}{']' if range_.high_closed else ')'}"

    @staticmethod
    def state(state: str) -> str:
        return re.sub(r"\W", "_", state)

    def responsibilities(self) -> Iterator[str]:
        known = {c.id for c in self.analysis.system_constraints}
        served = [d for d in self.device.responsibilities if set(d.constraints) & known]
        if served:
            yield "Responsibilities"
            for controller in dict.fromkeys(d.controller for d in served):
                yield f"{self.name(controller)} {{"
                for duty in (d for d in served if d.controller == controller):
                    refs = self.refs(c for c in duty.constraints if c in known)
                    yield f"    {self.name(duty.id)} {_quoted(duty.description)} {refs}"
                yield "}"
            yield ""

    def in_table(self, uca: UnsafeControlAction) -> bool:
        own = {v.id for m in self.device.models_of.get(uca.source, ()) for v in m.variables}
        said = not uca.when and not uca.believed and uca.type != "wrong-order"
        return bool(uca.context) and said and all(c.variable in own for c in uca.context)

    def table(self) -> Iterator[str]:
        yield "Context-Table"
        for number, uca in enumerate(self.analysis.hazardous, 1):
            yield f"RL{number} {{"
            yield f"    controlAction: {self.name(uca.source)}.{self.name(uca.control_action)}"
            yield f"    type: {uca.type}"
            yield "    contexts: {"
            for n, states in enumerate(product(*(c.states for c in uca.context))):
                pairs = zip(uca.context, states, strict=True)
                values = ", ".join(f"{self.name(c.variable)} = {self.state(s)}" for c, s in pairs)
                name = self.name(uca.id if n == 0 else f"{uca.id}_{n + 1}")
                yield f"        {name} [{values}] {self.refs(uca.hazards)}"
            yield "    }"
            yield "}"
        yield ""

    def desired(self) -> Iterator[str]:
        wishes = [(a, d) for a in self.device.control_actions for d in a.desired]
        if wishes:
            yield "DCAs"
            for number, (action, wish) in enumerate(wishes, 1):
                yield from self.wish(number, action, wish)
            yield ""

    def wish(self, number: int, action: ControlAction, wish: DesiredAction) -> Iterator[str]:
        allowed = {**{v: (s,) for v, s in wish.context.items()}, **wish.any_of}
        yield f"DCA{number} {{"
        yield f"    controlAction: {self.name(action.source)}.{self.name(action.id)}"
        yield f"    type: {wish.type}"
        yield "    contexts: {"
        for n, states in enumerate(product(*allowed.values()), 1):
            values = ", ".join(f"{self.name(v)} = {self.state(s)}" for v, s in zip(allowed, states, strict=True))
            yield f"        DC{number}_{n} [{values}]"
        yield "    }"
        yield "}"

    def texts(self) -> Iterator[str]:
        yield "UCAs"
        for action in self.device.control_actions:
            yield f"{self.name(action.source)}.{self.name(action.id)} {{"
            hazardous = [u for u in self.analysis.by_action.get(action.id, ()) if u.status == "hazardous"]
            for keyword, types in _GROUPS.items():
                yield f"    {keyword} {{"
                for uca in (u for u in hazardous if u.type in types):
                    yield f"        {self.name(uca.id)} {_quoted(self.clause(uca))} {self.refs(uca.hazards)}"
                yield "    }"
            yield "}"
        yield ""

    @staticmethod
    def clause(uca: UnsafeControlAction) -> str:
        return uca.sentence.text.split(". This can lead to")[0]

    def rest(self) -> Iterator[str]:
        yield "ControllerConstraints"
        for constraint in self.analysis.controller_constraints:
            yield f"{self.name(constraint.id)} {_quoted(constraint.sentence.text)} [{self.name(constraint.uca)}]"
        yield ""
        yield "LossScenarios"
        for formal in self.analysis.formal_scenarios:
            yield f"{self.name(formal.id)} for {self.name(formal.uca)} {_quoted(formal.sentence.text)}"
        written = {s.id for s in self.device.loss_scenarios}
        for scenario in (s for s in self.analysis.loss_scenarios if s.id in written):
            text = _quoted(scenario.sentence.text)
            to = f"for {self.name(scenario.uca)} {text}" if scenario.uca else f"{text} {self.refs(scenario.hazards)}"
            yield f"{self.name(scenario.id)} {to}"
        covered = [(r, [c for c in r.covers if c in self.names]) for r in self.device.requirements]
        if any(known for _, known in covered):
            yield ""
            yield "SafetyRequirements"
            for requirement, known in covered:
                if known:
                    refs = self.refs(known)
                    yield f"{self.name(requirement.id)} {_quoted(requirement.description)} {refs}"
