"""Attack rules: what an attacker who holds some capabilities can gain next, where, and why nothing stops it.

One YAML entry is one rule; adding a rule touches one place. A rule is licensed by a missing protection (``weak``), by
a known vulnerability (``vulnerable``), or by an inherent property that it states in words.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harmpath.catalogue.atoms import CAPABILITIES, RELATIONS, Atom, Sort, check_sorts, parse_atom
from harmpath.catalogue.loading import load_entries
from harmpath.catalogue.vocabulary import Operation

__all__ = ["AttackRule", "Metrics", "TechniqueIds", "attack_rules", "load_rules"]

AtomField = Annotated[Atom, BeforeValidator(lambda v: parse_atom(v) if isinstance(v, str) else v)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Metrics(_Strict):
    """Exploitability of a step in the words of CVSS v3.1 (AV, AC, PR, UI)."""

    AV: Literal["network", "adjacent", "local", "physical"]
    AC: Literal["low", "high"] = "low"
    PR: Literal["none", "low", "high"] = "none"
    UI: Literal["none", "required"] = "none"


class TechniqueIds(_Strict):
    """Ids in public catalogues of weaknesses and attack techniques."""

    cwe: tuple[Annotated[str, Field(pattern=r"^CWE-\d+$")], ...] = ()
    capec: tuple[Annotated[str, Field(pattern=r"^CAPEC-\d+$")], ...] = ()
    attack_ics: tuple[Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")], ...] = Field((), alias="attack-ics")
    emb3d: tuple[Annotated[str, Field(pattern=r"^TID-\d{3}$")], ...] = ()
    atlas: tuple[Annotated[str, Field(pattern=r"^AML\.T\d{4}(\.\d{3})?$")], ...] = ()

    def items(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Framework and ids, for the frameworks that have any."""
        every = (
            ("cwe", self.cwe),
            ("capec", self.capec),
            ("attack-ics", self.attack_ics),
            ("emb3d", self.emb3d),
            ("atlas", self.atlas),
        )
        return tuple((name, ids) for name, ids in every if ids)


class AttackRule(_Strict):
    """One way in which an attacker goes one step further."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9\-]*$")]
    title: str
    says: str
    """What the attacker does, as a sentence with ``{VARIABLE}`` for the elements; never a payload or a procedure."""
    given: tuple[AtomField, ...]
    """Capabilities that the attacker already holds."""
    when: tuple[AtomField, ...] = ()
    """What the device model has to say."""
    gains: tuple[AtomField, ...]
    on: tuple[str, ...] = ()
    """Variables of the elements on which a control can remove the step; the element gained when empty."""
    inherent: str = ""
    """The property of the medium or machine that licenses the step, where no protection is missing."""
    metrics: Metrics | None = None
    """How hard the step is; a vulnerability's own vector takes its place."""
    operations: tuple[Operation, ...] = ()
    """For steps that falsify or withhold a signal: what can be done to its values."""
    ids: TechniqueIds = TechniqueIds()

    @cached_property
    def sorts(self) -> dict[str, Sort]:
        """What each variable of the rule stands for."""
        bound: dict[str, Sort] = {}
        for atom in self.given:
            check_sorts(atom, CAPABILITIES, bound)
        for atom in self.when:
            check_sorts(atom, RELATIONS, bound)
        return bound

    @cached_property
    def licences(self) -> tuple[Atom, ...]:
        """The conditions that license the step: missing protections and vulnerabilities."""
        return tuple(a for a in self.when if a.predicate in ("weak", "vulnerable"))

    @cached_property
    def weak(self) -> tuple[tuple[str, str], ...]:
        """The missing protections that license the step, as (variable of the element, protection)."""
        found = (a for a in self.licences if a.predicate == "weak")
        return tuple((a.variables[0], protection) for a in found for protection in sorted(a.arguments[1]))

    @cached_property
    def witnesses(self) -> frozenset[str]:
        """Variables that only show that a condition is met; one value for them is as good as another."""
        named = {v for a in (*self.given, *self.gains, *self.licences) for v in a.variables} | set(self.on)
        named |= {a.predicate for a in self.gains} | set(re.findall(r"\{([A-Z][A-Z0-9]*)\}", self.says))
        return frozenset(self.sorts) - named

    @cached_property
    def uses_vulnerability(self) -> bool:
        """True when a known vulnerability licenses the step."""
        return any(a.predicate == "vulnerable" for a in self.licences)

    @model_validator(mode="after")
    def _sound(self) -> AttackRule:
        bound = dict(self.sorts)
        for head in self.gains:
            if head.predicate.isupper():
                self._check_variable_head(head, bound)
            else:
                check_sorts(head, CAPABILITIES, bound)
        free = [v for a in self.gains for v in a.variables if v not in self.sorts]
        free += [v for v in (*self.on, *re.findall(r"\{([A-Z][A-Z0-9]*)\}", self.says)) if v not in self.sorts]
        if free:
            raise ValueError(f"variable {free[0]} is not bound by 'given' or 'when'")
        effects = (*self.given, *self.gains, *(Atom(a.predicate, a.arguments[-1:]) for a in self.licences))
        if any(len(w) > 1 for a in effects for w in a.arguments if isinstance(w, frozenset)):
            raise ValueError("a capability, a protection and a gain are one word each; write one rule for each")
        if bool(self.inherent) == bool(self.licences):
            raise ValueError("state either a licence (weak or vulnerable) or the inherent property, not both, not none")
        if bool(self.metrics) == self.uses_vulnerability:
            raise ValueError("give metrics, unless a vulnerability's own vector takes their place")
        if len(self.given) == 0:
            raise ValueError("an attacker starts from a position: 'given' needs at least one capability")
        falsifies = any(a.predicate in ("falsify-signal", "withhold-signal") for a in self.gains)
        if falsifies != bool(self.operations):
            raise ValueError("'operations' belong to the rules that falsify or withhold a signal, and to no others")
        return self

    def _check_variable_head(self, head: Atom, bound: dict[str, Sort]) -> None:
        """``K(B)``: the capability is a variable that ``vulnerable`` binds."""
        words = {s[1:] for s in self.sorts.get(head.predicate, frozenset()) if s.startswith("=")}
        if not words or not words <= set(CAPABILITIES) or len(head.arguments) != 1:
            raise ValueError(f"'{head}' needs a variable that stands for a capability")


def load_rules(folder: Traversable) -> tuple[AttackRule, ...]:
    """The rules in a folder, sorted by id; InputError names every wrong one with file and line."""
    return load_entries(folder, AttackRule)


@cache
def attack_rules() -> tuple[AttackRule, ...]:
    """The rules that harmpath ships."""
    return load_rules(resources.files("harmpath.catalogue") / "attack_rules")
