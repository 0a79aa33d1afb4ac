"""The rule language: ``predicate(argument, ...)``; capitals are variables, other words constants, ``a|b`` either.

A predicate is a relation of the device model (see :data:`RELATIONS`) or a capability of the attacker
(:data:`CAPABILITIES`). Nothing in a rule is ever evaluated as code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, get_args

from harmpath.catalogue.vocabulary import (
    COMPONENT_KINDS,
    GAINS,
    GOALS,
    MEDIA,
    OWNERS,
    POSITIONS,
    PROTECTIONS,
    ZONES,
    Access,
    Action,
    Interaction,
    Port,
    Privileges,
    Reachable,
)

__all__ = ["CAPABILITIES", "RELATIONS", "Atom", "Sort", "check_sorts", "parse_atom"]

Sort = frozenset[str]
"""What an argument may be: kinds of model element (``component``, ``channel`` ...) or ``=word`` constants."""


def _elements(*kinds: str) -> Sort:
    return frozenset(kinds)


def _words(*words: str) -> Sort:
    return frozenset("=" + w for w in words)


_COMPONENT, _CHANNEL, _SIGNAL = _elements("component"), _elements("channel"), _elements("signal")
_ENGINE, _OUTPUT, _ACTION = _elements("ml-engine"), _elements("model-output"), _elements("control-action")
_THING = _COMPONENT | _CHANNEL

RELATIONS: Final[dict[str, tuple[Sort, ...]]] = {
    "machine": (_COMPONENT,),
    "kind": (_COMPONENT, _words(*COMPONENT_KINDS)),
    "owner": (_COMPONENT, _words(*OWNERS)),
    "zone": (_COMPONENT, _words(*ZONES)),
    "access": (_COMPONENT, _words(*get_args(Access))),
    "hosted": (_COMPONENT, _COMPONENT),
    "platform": (_COMPONENT, _COMPONENT),
    "interface": (_COMPONENT, _words(*get_args(Port))),
    "debug-port": (_words(*get_args(Port)),),
    "third-party-technology": (_COMPONENT,),
    "channel": (_CHANNEL,),
    "medium": (_CHANNEL, _words(*MEDIA)),
    "machine-medium": (_CHANNEL,),
    "end": (_CHANNEL, _COMPONENT),
    "sends": (_COMPONENT, _CHANNEL),
    "receives": (_COMPONENT, _CHANNEL),
    "originates": (_COMPONENT, _CHANNEL),
    "forwards": (_COMPONENT, _CHANNEL),
    "link": (_COMPONENT, _COMPONENT, _CHANNEL),
    "weak": (_THING | _ENGINE, _words(*PROTECTIONS)),
    "vulnerable": (
        _THING,
        _words(*get_args(Reachable)),
        _words(*get_args(Privileges)),
        _words(*get_args(Interaction)),
        _words(*GAINS),
    ),
    "carries": (_CHANNEL, _SIGNAL),
    "source": (_SIGNAL, _COMPONENT),
    "unrouted": (_SIGNAL, _COMPONENT),
    "uses": (_COMPONENT, _SIGNAL),
    "relies": (_COMPONENT, _SIGNAL),
    "updatable": (_COMPONENT,),
    "updates-over": (_COMPONENT, _CHANNEL),
    "updates-from": (_COMPONENT, _COMPONENT),
    "engine": (_ENGINE, _COMPONENT),
    "engine-updates-over": (_ENGINE, _CHANNEL),
    "engine-updates-from": (_ENGINE, _COMPONENT),
    "trains-over": (_ENGINE, _CHANNEL),
    "trains-at": (_ENGINE, _COMPONENT),
    "trained-on-outside-data": (_ENGINE,),
    "output-of": (_OUTPUT, _ENGINE),
    "output-over": (_OUTPUT, _CHANNEL),
    "action-over": (_ACTION, _CHANNEL),
    "action-from": (_ACTION, _COMPONENT),
    "action-to": (_ACTION, _COMPONENT),
    "action-unrouted": (_ACTION, _COMPONENT),
    "action-kind": (_ACTION, _words(*get_args(Action))),
}
"""Relations of the device model, with what each argument is; harmpath.attackpaths.relations derives them."""

CAPABILITIES: Final[dict[str, tuple[Sort, ...]]] = {
    "at": (_words(*POSITIONS),),
    "reach": (_THING,),
    "adjacent": (_COMPONENT,),
    "touch": (_COMPONENT,),
    "deliver": (_COMPONENT,),
    "login": (_COMPONENT,),
    "intercept": (_CHANNEL,),
    "read": (_THING,),
    "modify": (_THING,),
    "inject": (_THING,),
    "drop": (_THING,),
    "delay": (_THING,),
    "replay": (_THING,),
    "spoof": (_THING,),
    "execute": (_COMPONENT,),
    "update": (_COMPONENT,),
    **{
        goal: (
            _SIGNAL if "signal" in goal else _ACTION if "action" in goal else _OUTPUT if "output" in goal else _ENGINE,
        )
        for goal in GOALS
    },
}
"""What an attacker can hold, and on what; the last eight are the goals of harmpath.device.goals.

- ``at``: be in a position.
- ``reach``: send to a component from afar, or be on the medium of a channel.
- ``adjacent``: send to a component from a link beside it.
- ``touch``: have it in hand. ``deliver``: have content opened on it.
- ``login``: have an ordinary account or program on it. ``execute``: run code on it. ``update``: install on it.
- ``intercept``: be between the ends of a channel.
- ``read`` ... ``spoof``: on a channel, what happens to its messages; on a component, to the data it holds.
- ``drop``: messages never arrive. ``delay``: messages arrive when the attacker lets them, or never.
"""

_ATOM = re.compile(r"^\s*([A-Za-z][A-Za-z\-]*)\(([^()]*)\)\s*$")
_VARIABLE = re.compile(r"^[A-Z][A-Z0-9]*$")
_CONSTANT = re.compile(r"^[a-z][a-z0-9_\-]*$")


@dataclass(frozen=True, slots=True)
class Atom:
    """One condition or effect. An argument is a variable's name, or the constants that are accepted."""

    predicate: str
    arguments: tuple[str | frozenset[str], ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables among the arguments, in order."""
        return tuple(a for a in self.arguments if isinstance(a, str))

    def __str__(self) -> str:
        shown = (a if isinstance(a, str) else "|".join(sorted(a)) for a in self.arguments)
        return f"{self.predicate}({', '.join(shown)})"


def parse_atom(text: str) -> Atom:
    """Read one atom; ValueError says what is expected."""
    found = _ATOM.match(text)
    if not found:
        raise ValueError(f"'{text}' is not written as predicate(argument, ...)")
    return Atom(found[1], tuple(_argument(part.strip(), text) for part in found[2].split(",")))


def _argument(part: str, text: str) -> str | frozenset[str]:
    if _VARIABLE.match(part):
        return part
    words = [w.strip() for w in part.split("|")]
    if not all(_CONSTANT.match(w) for w in words):
        raise ValueError(f"'{part}' in '{text}' is neither a variable (capitals) nor constants (a|b)")
    return frozenset(words)


def check_sorts(atom: Atom, known: dict[str, tuple[Sort, ...]], bound: dict[str, Sort]) -> None:
    """Check an atom against its signature and narrow the sorts of its variables; ValueError says what is wrong."""
    if atom.predicate not in known:
        raise ValueError(f"'{atom.predicate}' in '{atom}' is unknown here; known: {', '.join(sorted(known))}")
    signature = known[atom.predicate]
    if len(signature) != len(atom.arguments):
        raise ValueError(f"'{atom}' needs {len(signature)} argument(s)")
    for argument, sort in zip(atom.arguments, signature, strict=True):
        if isinstance(argument, str):
            bound[argument] = bound.get(argument, sort) & sort
            if not bound[argument]:
                raise ValueError(f"variable {argument} in '{atom}' cannot be all that its conditions say")
        elif unknown := sorted(w for w in argument if "=" + w not in sort):
            raise ValueError(f"'{unknown[0]}' in '{atom}' is not one of: {', '.join(sorted(s[1:] for s in sort))}")
