"""From PASTA's ``.stpa`` text to its parts; :mod:`pasta_import` makes a device file of them.

The form is that of the Langium grammar of kieler/pasta at 0ec7b86 (2025), with the older keywords of the UCA groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harmpath.stpa.exchange.pasta_tokens import Tokens

__all__ = ["Analysis", "Edge", "Item", "Node", "RuleItem", "read_pasta"]

MAX_DEPTH = 50


@dataclass
class Item:
    """Something with an id, a text and references."""

    id: str
    text: str
    references: list[str] = field(default_factory=list)
    parts: list[Item] = field(default_factory=list)
    detail: str = ""
    """Causal factor of a scenario, group of an unsafe control action."""
    of: str = ""
    """The unsafe control action of a scenario, the node of a responsibility."""


@dataclass
class Edge:
    """Control actions, feedback or coordination from a node to another."""

    kind: str
    commands: list[tuple[str, str]]
    target: str


@dataclass
class Node:
    """A part of the control structure."""

    id: str
    label: str = ""
    parent: str = ""
    variables: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    """Name, and for each value its name and range as text."""
    edges: list[Edge] = field(default_factory=list)
    ports: list[tuple[str, str, str]] = field(default_factory=list)
    """Other inputs and outputs: input or output, name, label."""


@dataclass
class RuleItem:
    """A row of rules: a control action, a type, and contexts."""

    id: str
    node: str
    action: str
    type: str
    contexts: list[tuple[str, list[tuple[str, str]], list[str]]] = field(default_factory=list)
    """Id, variable and value, hazards."""


@dataclass
class Analysis:
    """Everything that a file says."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    """By section."""
    nodes: list[Node] = field(default_factory=list)
    ucas: list[tuple[str, str, Item]] = field(default_factory=list)
    """Node, action and the unsafe control action."""
    rules: list[RuleItem] = field(default_factory=list)
    desired: list[RuleItem] = field(default_factory=list)


_PLAIN = (
    "Goals",
    "Assumptions",
    "Losses",
    "Hazards",
    "SystemConstraints",
    "ControllerConstraints",
    "SafetyRequirements",
)
_SECTIONS = (*_PLAIN, "ControlStructure", "Responsibilities", "UCAs", "Context-Table", "DCAs", "LossScenarios")
_GROUPS = {
    "notProviding": "not-provided",
    "providing": "provided",
    "tooEarlyOrLateOrWrongOrder": "timing",
    "tooEarly/Late": "timing",
    "stoppedTooSoonOrLate": "duration",
    "stoppedTooSoon": "duration",
}


def read_pasta(text: str, file: str) -> Analysis:
    """Read a ``.stpa`` text.

    Raises:
        InputError: the text does not follow the grammar; with line and column.
    """
    return _Reader(Tokens(text, file)).analysis()


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.found = Analysis()
        self.sections: dict[str, Callable[[str], None]] = {
            **dict.fromkeys(_PLAIN, self.plain),
            "ControlStructure": self.structure,
            "Responsibilities": self.responsibilities,
            "UCAs": self.ucas,
            "Context-Table": self.table,
            "DCAs": self.table,
            "LossScenarios": self.scenarios,
        }

    def analysis(self) -> Analysis:
        while self.tokens.ahead.kind != "end":
            if not self.tokens.at(*_SECTIONS):
                self.tokens.fail(self.tokens.ahead, f"Here a section is expected: {', '.join(_SECTIONS)}.")
            section = self.tokens.take().text
            self.sections[section](section)
        return self.found

    def in_section(self) -> bool:
        return self.tokens.ahead.kind == "word" and not self.tokens.at(*_SECTIONS)

    def plain(self, section: str) -> None:
        while self.in_section():
            self.found.items.setdefault(section, []).append(self.item(0))

    def item(self, depth: int) -> Item:
        if depth > MAX_DEPTH:
            self.tokens.fail(self.tokens.ahead, "Nested too deep.")
        item = Item(self.tokens.sub_id("an id"), self.tokens.quoted())
        item.references = self.references()
        if self.tokens.skip("{"):
            while not self.tokens.skip("}"):
                self.tokens.string()
                if not self.tokens.at("}"):
                    item.parts.append(self.item(depth + 1))
        return item

    def references(self) -> list[str]:
        found: list[str] = []
        if self.tokens.skip("["):
            found.append(self.tokens.sub_id("an id"))
            while self.tokens.skip(","):
                found.append(self.tokens.sub_id("an id"))
            self.tokens.expect("]")
        return found

    def structure(self, _: str) -> None:
        self.tokens.word("the name of the control structure")
        self.tokens.expect("{")
        while not self.tokens.skip("}"):
            self.node("", 0)

    def node(self, parent: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.tokens.fail(self.tokens.ahead, "Nested too deep.")
        node = Node(self.tokens.word("the name of a node").text, parent=parent)
        self.found.nodes.append(node)
        self.tokens.expect("{")
        while not self.tokens.skip("}"):
            key = self.tokens.ahead.text
            if key == "hierarchyLevel":
                self.tokens.take()
                self.tokens.take()
            elif key == "label":
                self.tokens.take()
                node.label = self.tokens.string()
            elif key == "processModel":
                self.tokens.take()
                self.variables(node)
            elif key in ("input", "output"):
                self.tokens.take()
                node.ports += [(key, *command) for command in self.commands()]
            elif key in ("controlActions", "feedback", "coordination"):
                self.tokens.take()
                self.edges(node, key)
            else:
                self.node(node.id, depth + 1)

    def variables(self, node: Node) -> None:
        self.tokens.expect("{")
        while not self.tokens.skip("}"):
            name = self.tokens.word("the name of a variable").text
            self.tokens.expect(":")
            self.tokens.expect("[")
            values = [self.value()]
            while self.tokens.skip(","):
                values.append(self.value())
            self.tokens.expect("]")
            node.variables.append((name, values))

    def value(self) -> tuple[str, str]:
        """Name and, where given, range as text with its operator: ``=[MIN, 70)``."""
        name = self.tokens.word("a value").text
        if not self.tokens.at("=", "!="):
            return name, ""
        operator = self.tokens.take().text
        parts = [operator, self.tokens.take().text, self.tokens.take().text]
        if self.tokens.skip(","):
            parts += [", ", self.tokens.take().text]
        closing = self.tokens.take()
        if parts[1] not in ("[", "(") or closing.text not in ("]", ")"):
            self.tokens.fail(closing, "Here a range such as [54, 70) is expected.")
        return name, "".join([*parts, closing.text])

    def commands(self) -> list[tuple[str, str]]:
        self.tokens.expect("[")
        found = [(self.tokens.word("a name").text, self.tokens.string())]
        while self.tokens.skip(","):
            found.append((self.tokens.word("a name").text, self.tokens.string()))
        self.tokens.expect("]")
        return found

    def edges(self, node: Node, kind: str) -> None:
        self.tokens.expect("{")
        while not self.tokens.skip("}"):
            self.tokens.skip("bi")
            commands = self.commands()
            self.tokens.expect("->")
            node.edges.append(Edge(kind, commands, self.tokens.word("the name of a node").text))

    def responsibilities(self, section: str) -> None:
        while self.in_section():
            node = self.tokens.word("the name of a node").text
            self.tokens.expect("{")
            while not self.tokens.skip("}"):
                item = Item(self.tokens.sub_id("an id"), self.tokens.quoted(), self.references(), of=node)
                self.found.items.setdefault(section, []).append(item)

    def action(self) -> tuple[str, str]:
        node = self.tokens.word("the name of a node").text
        self.tokens.expect(".")
        return node, self.tokens.word("the name of a control action").text

    def ucas(self, _: str) -> None:
        while self.in_section():
            node, action = self.action()
            self.tokens.expect("{")
            while not self.tokens.skip("}"):
                if not self.tokens.at(*_GROUPS):
                    self.tokens.fail(self.tokens.ahead, f"Here one of {', '.join(_GROUPS)} is expected.")
                group = _GROUPS[self.tokens.take().text]
                self.tokens.expect("{")
                while not self.tokens.skip("}"):
                    item = Item(self.tokens.sub_id("an id"), self.tokens.quoted(), self.references(), detail=group)
                    self.found.ucas.append((node, action, item))

    def table(self, section: str) -> None:
        rules = self.found.rules if section == "Context-Table" else self.found.desired
        while self.in_section():
            rule = RuleItem(self.tokens.sub_id("an id"), "", "", "")
            self.tokens.expect("{")
            self.key("controlAction")
            rule.node, rule.action = self.action()
            self.key("type")
            rule.type = self.tokens.word("a type").text
            self.key("contexts")
            self.tokens.expect("{")
            while not self.tokens.skip("}"):
                rule.contexts.append((self.tokens.sub_id("an id"), self.assignments(), self.references()))
            self.tokens.expect("}")
            rules.append(rule)

    def key(self, name: str) -> None:
        self.tokens.expect(name)
        self.tokens.expect(":")

    def assignments(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        self.tokens.expect("[")
        while True:
            variable = self.tokens.word("a variable").text
            self.tokens.expect("=")
            found.append((variable, self.tokens.word("a value").text))
            if not self.tokens.skip(","):
                break
        self.tokens.expect("]")
        return found

    def scenarios(self, section: str) -> None:
        while self.in_section():
            item = Item(self.tokens.sub_id("an id"), "")
            if self.tokens.skip("<"):
                item.detail = self.tokens.word("a causal factor").text
                self.tokens.expect(">")
            if self.tokens.skip("for"):
                item.of = self.tokens.sub_id("an unsafe control action")
            item.text = self.tokens.quoted()
            item.references = self.references()
            self.found.items.setdefault(section, []).append(item)
