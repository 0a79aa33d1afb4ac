"""A device file from PASTA's ``.stpa`` text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from harmpath.device.values import Interval
from harmpath.evidence import NotAssessed
from harmpath.stpa.exchange.imported import Imported
from harmpath.stpa.exchange.pasta_reading import Analysis, Edge, Item, Node, RuleItem, read_pasta

__all__ = ["import_pasta"]

FACTORS = {
    "controlAction": "control-path-fault",
    "inadequateOperation": "actuator-failure",
    "delayedOperation": "actuator-failure",
    "componentFailure": "actuator-failure",
    "changesOverTime": "process-disturbance",
    "conflictingCA": "conflicting-control",
    "wrongProcessInput": "process-disturbance",
    "disturbance": "process-disturbance",
    "processOutput": "process-disturbance",
    "delayedFeedback": "feedback-channel-fault",
    "measurementInaccurate": "sensor-failure",
    "incorrectInformationProvided": "feedback-inadequate",
    "missingFeedback": "feedback-missing",
    "inadequateControlAlgorithm": "inadequate-control-algorithm",
    "wrongProcessModel": "inconsistent-process-model",
    "wrongControlInput": "inadequate-control-algorithm",
}
"""PASTA's sixteen causal factors as entries of the catalogue."""

_TYPES = {"wrong-time": "too-late"}


def import_pasta(text: str, file: str, severity: str = "critical") -> Imported:
    """A device file from a ``.stpa`` text; ``severity`` stands for every hazard's, which PASTA does not know.

    Raises:
        InputError: the text does not follow the grammar; with line and column.
    """
    return _Import(read_pasta(text, file), severity).done(file)


class _Import:
    """Turns the parts into a device file, noting what is left out."""

    def __init__(self, found: Analysis, severity: str) -> None:
        self.found = found
        self.severity = severity
        self.left_out: list[NotAssessed] = []
        names = [name for n in found.nodes for e in n.edges for name, _ in e.commands]
        names += [n.id for n in found.nodes] + [v for n in found.nodes for v, _ in n.variables]
        names += [i.id for items in found.items.values() for i in self._all(items)]
        self.shared = {name for name, times in Counter(names).items() if times > 1}

    def _all(self, items: list[Item]) -> Iterator[Item]:
        for item in items:
            yield item
            yield from self._all(item.parts)

    def note(self, subject: str, reason: str, remedy: str = "") -> None:
        self.left_out.append(NotAssessed(subject, reason, remedy))

    def name(self, node: str, own: str) -> str:
        """The id of something of a node: its own name where no other has it."""
        return f"{node}.{own}" if own in self.shared else own

    def done(self, file: str) -> Imported:
        items = self.found.items
        for goal in items.get("Goals", []):
            self.note(goal.id, f"goals have no place in a device file: {goal.text}")
        if items.get("Hazards"):
            self.note("hazards", f"PASTA knows no severity; each was set to {self.severity}", "Judge each hazard.")
        result: dict[str, Any] = {
            "harmpath": "1",
            "device": {"name": file, "manufacturer": "unknown", "intended_use": "unknown", "software": "SiMD"},
            "losses": [{"id": i.id, "name": i.text} for i in items.get("Losses", [])],
            "hazards": [self.hazard(i) for i in items.get("Hazards", [])],
            "system_constraints": [
                {"id": i.id, "hazards": i.references, "description": i.text}
                for i in self._all(items.get("SystemConstraints", []))
            ],
            "components": [self.component(n) for n in self.found.nodes],
            "control_actions": [a for n in self.found.nodes for a in self.actions(n)],
            "feedback": [f for n in self.found.nodes for f in self.feedback(n)],
            "process_models": [
                {"controller": n.id, "variables": [self.variable(n, *v) for v in n.variables]}
                for n in self.found.nodes
                if n.variables
            ],
            "responsibilities": [
                {"id": i.id, "controller": i.of, "constraints": i.references, "description": i.text}
                for i in items.get("Responsibilities", [])
            ],
            "assumptions": [{"id": i.id, "description": i.text} for i in items.get("Assumptions", [])],
            "loss_scenarios": [self.scenario(i) for i in items.get("LossScenarios", [])],
            "requirements": [
                {"id": i.id, "covers": i.references, "description": i.text or "to be written"}
                for section in ("ControllerConstraints", "SafetyRequirements")
                for i in items.get(section, [])
            ],
        }
        self.note("device", "manufacturer, intended use and software class are not in the file", "Fill them in.")
        return Imported({k: v for k, v in result.items() if v}, tuple(self.left_out))

    def hazard(self, item: Item) -> dict[str, Any]:
        parts = [{"id": p.id, "name": p.text, "losses": p.references} for p in self._all(item.parts)]
        hazard = {"id": item.id, "name": item.text, "losses": item.references, "severity": self.severity}
        return {**hazard, "sub_hazards": [{k: v for k, v in p.items() if v} for p in parts]} if parts else hazard

    def component(self, node: Node) -> dict[str, Any]:
        controls = bool(node.variables) or any(e.kind == "controlActions" for e in node.edges)
        component: dict[str, Any] = {"id": node.id, "kind": "controller" if controls else "external-system"}
        if node.label:
            component["name"] = node.label
        if node.parent:
            component["host"] = node.parent
        for kind, name, label in node.ports:
            self.note(f"{node.id}.{name}", f"other {kind} '{label}' leads to no other part; model it as a signal")
        for edge in (e for e in node.edges if e.kind == "coordination"):
            self.note(node.id, f"coordination with {edge.target} is not carried over; model it as feedback")
        return component

    def actions(self, node: Node) -> Iterator[dict[str, Any]]:
        for edge in (e for e in node.edges if e.kind == "controlActions"):
            for name, label in edge.commands:
                action: dict[str, Any] = {"id": self.name(node.id, name), "name": label, "from": node.id}
                action["to"] = edge.target
                action["desired"] = list(self.desired(node.id, name))
                action["unsafe"] = list(self.judgements(node.id, name))
                yield {key: value for key, value in action.items() if value}

    def feedback(self, node: Node) -> Iterator[dict[str, Any]]:
        for edge in (e for e in node.edges if e.kind == "feedback"):
            yield from (self._feedback(node, edge, *command) for command in edge.commands)

    def _feedback(self, node: Node, edge: Edge, name: str, label: str) -> dict[str, Any]:
        return {"id": self.name(node.id, name), "name": label, "from": node.id, "to": edge.target}

    def variable(self, node: Node, name: str, values: list[tuple[str, str]]) -> dict[str, Any]:
        states = [self.state(name, *value) for value in values]
        return {"id": self.name(node.id, name), "states": states}

    def state(self, variable: str, name: str, range_: str) -> dict[str, Any]:
        if range_.startswith("="):
            try:
                return {"id": name, "range": str(Interval.parse(range_[1:]))}
            except ValueError:
                pass
        if range_:
            self.note(variable, f"the value {name} {range_} is kept by name only; it is no numeric range")
        return {"id": name}

    def judgements(self, node: str, action: str) -> Iterator[dict[str, Any]]:
        for where, which, item in self.found.ucas:
            if (where, which) == (node, action):
                yield {
                    "id": item.id,
                    "type": self.aspect(item),
                    "when": item.text,
                    "hazards": item.references,
                }
        for rule in self.found.rules:
            if (rule.node, rule.action) == (node, action):
                for id_, context, hazards in rule.contexts:
                    states = {self.name(node, variable): value for variable, value in context}
                    yield {"id": id_, "type": self.type(rule), "context": states, "hazards": hazards}

    def desired(self, node: str, action: str) -> Iterator[dict[str, Any]]:
        for rule in self.found.desired:
            if (rule.node, rule.action) == (node, action):
                for _, context, _ in rule.contexts:
                    yield {"type": rule.type, "context": {self.name(node, v): value for v, value in context}}

    def type(self, rule: RuleItem) -> str:
        if rule.type in _TYPES:
            self.note(rule.id, f"type {rule.type} was read as {_TYPES[rule.type]}", "Choose one of the seven aspects.")
        return _TYPES.get(rule.type, rule.type)

    def aspect(self, item: Item) -> str:
        """The aspect of an unsafe control action in words: PASTA keeps only its group."""
        words = item.text.lower()
        if item.detail == "timing":
            chosen = "too-early" if "early" in words or "before" in words else "too-late"
            chosen = "wrong-order" if "order" in words or "sequence" in words else chosen
        elif item.detail == "duration":
            chosen = "applied-too-long" if "long" in words or "continue" in words else "stopped-too-soon"
        else:
            return item.detail
        self.note(item.id, f"its aspect was read from its words as {chosen}", "Correct 'type' where it is another.")
        return chosen

    def scenario(self, item: Item) -> dict[str, Any]:
        scenario = {"id": item.id, "uca": item.of, "hazards": [] if item.of else item.references}
        scenario |= {"causal_factor": FACTORS.get(item.detail, ""), "description": item.text or "to be written"}
        return {key: value for key, value in scenario.items() if value}
