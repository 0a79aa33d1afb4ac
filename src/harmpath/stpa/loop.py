"""The control loop around one control action: which parts of the device take part in it, and in which place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from harmpath.catalogue.stpa import Anchor
from harmpath.device.control import ControlAction, ProcessVariable
from harmpath.device.elements import MLEngine, Signal
from harmpath.device.model import Device
from harmpath.device.values import Element
from harmpath.stpa.actions import element
from harmpath.stpa.results import UnsafeControlAction
from harmpath.stpa.sentences import Sentence, cited, compose

__all__ = ["Loop", "Place", "engines_behind"]

_PEOPLE = frozenset({"patient", "clinician", "operator"})


@dataclass(frozen=True)
class Place:
    """One place in a control loop, with the elements that stand in it by the name a template calls them."""

    elements: dict[str, Element]
    focus: str
    """Name of the element where a scenario starts."""
    variable: ProcessVariable | None = None

    @property
    def start(self) -> Element:
        """The element where a scenario starts."""
        return self.elements[self.focus]


def engines_behind(device: Device, action: ControlAction) -> tuple[MLEngine, ...]:
    """The ML engines that the action follows from: those of its outputs, and those that run in its source."""
    named = {device.output[o][0].id for o in action.outputs if o in device.output}
    if not named:
        return device.engines_in.get(action.source, ())
    return tuple(sorted((e for e in device.ml_engines if e.id in named), key=lambda e: e.id))


@dataclass(frozen=True)
class Loop:
    """The control loop of one unsafe control action."""

    device: Device
    uca: UnsafeControlAction
    action: ControlAction

    @cached_property
    def engines(self) -> tuple[MLEngine, ...]:
        """The ML engines that the action follows from."""
        return engines_behind(self.device, self.action)

    @cached_property
    def variables(self) -> tuple[ProcessVariable, ...]:
        """The variables of the context; all of the controller's where the context names none."""
        named = {c.variable for c in (*self.uca.context, *self.uca.believed)}
        own = [v for m in self.device.models_of.get(self.action.source, ()) for v in m.variables]
        chosen = [self.device.variable[n][1] for n in sorted(named) if n in self.device.variable]
        return tuple(chosen or sorted(own, key=lambda v: v.id))

    @cached_property
    def consequence(self) -> Sentence:
        """What the unsafe control action can lead to, as the end of every one of its scenarios."""
        hazards = cited([element(self.device, h) for h in self.uca.hazards], "hazard")
        losses = cited([element(self.device, i) for i in self.uca.losses], "loss")
        then = compose("and so to {losses}", losses=losses) if losses.text else ""
        return compose("This can lead to {hazards} {then}.", hazards=hazards, then=then)

    def places(self, anchor: Anchor) -> Iterator[Place]:
        """Every place of this kind in the loop, in a fixed order."""
        controller = self.device.component.get(self.action.source)
        if controller is None:
            return
        base: dict[str, Element] = {"controller": controller, "action": self.action}
        for found, focus, variable in self._found(anchor):
            yield Place({**base, **found}, focus, variable)

    def _found(self, anchor: Anchor) -> Iterator[tuple[dict[str, Element], str, ProcessVariable | None]]:
        match anchor:
            case "controller":
                yield {}, "controller", None
            case "human-controller" | "machine-controller":
                if self._is_person == (anchor == "human-controller"):
                    yield {}, "controller", None
            case "variable" | "blind-variable":
                for variable in self.variables:
                    if anchor == "variable" or not self._signals(variable):
                        yield {"variable": variable}, "variable", variable
            case "human-variable" | "machine-variable":
                if self._is_person == (anchor == "human-variable"):
                    for variable in self.variables:
                        yield {"variable": variable}, "variable", variable
            case "signal" | "sensor" | "source" | "feedback-channel":
                yield from self._feedback(anchor)
            case "engine" | "engine-input" | "output" | "training" | "model-update":
                yield from self._learned(anchor)
            case "installed-engine" | "trained-engine":
                for engine in self._managed(anchor):
                    yield {"engine": engine}, "engine", None
            case _:
                yield from self._path(anchor)

    @property
    def _is_person(self) -> bool:
        return self.device.component[self.action.source].kind in _PEOPLE

    def _feedback(self, anchor: Anchor) -> Iterator[tuple[dict[str, Element], str, ProcessVariable | None]]:
        """Signals of the variables, and what produces and carries them; a shared part is asked once per signal."""
        seen: set[tuple[str, str]] = set()
        for variable in self.variables:
            for signal in self._signals(variable):
                if anchor == "signal":
                    yield {"variable": variable, "signal": signal}, "signal", variable
                elif anchor in ("sensor", "source") and signal.source in self.device.component:
                    source = self.device.component[signal.source]
                    kind = "sensor" if source.kind == "sensor" else "source"
                    if kind == anchor and (source.id, signal.id) not in seen:
                        seen.add((source.id, signal.id))
                        yield {kind: source, "signal": signal}, kind, None
                elif anchor == "feedback-channel":
                    for channel in signal.via:
                        if channel in self.device.channel and (channel, signal.id) not in seen:
                            seen.add((channel, signal.id))
                            yield {"channel": self.device.channel[channel], "signal": signal}, "channel", None

    def _signals(self, variable: ProcessVariable) -> list[Signal]:
        """What the belief is formed from; for a rate of change without its own, what its variable is formed from."""
        named = variable.signals
        if not named and variable.derivative_of in self.device.variable:
            named = self.device.variable[variable.derivative_of][1].signals
        return [self.device.signal[s] for s in sorted(set(named)) if s in self.device.signal]

    def _learned(self, anchor: Anchor) -> Iterator[tuple[dict[str, Element], str, ProcessVariable | None]]:
        for engine in self.engines:
            if anchor == "output":
                chosen = [o for o in engine.outputs if o.id in self.action.outputs] or list(engine.outputs)
                for output in sorted(chosen, key=lambda o: o.id):
                    yield {"engine": engine, "output": output}, "output", None
            elif anchor == "engine-input":
                for feature, signal in self.device.inputs_of.get(engine.id, ()):
                    yield {"engine": engine, "feature": feature, "signal": signal}, "signal", None
            else:
                yield {"engine": engine}, "engine", None

    def _managed(self, anchor: Anchor) -> tuple[MLEngine, ...]:
        """The ML engines that the action installs, or whose training it is part of."""
        update = self.action.kind == "update" or self.action.stage == "update"
        trains = self.action.stage in ("data-collection", "labelling", "training")
        if not (update or (trains and anchor == "trained-engine")):
            return ()
        if self.action.engine is None:
            return self.device.engines_in.get(self.action.target, ())
        return tuple(e for e in self.device.ml_engines if e.id == self.action.engine)

    def _path(self, anchor: Anchor) -> Iterator[tuple[dict[str, Element], str, ProcessVariable | None]]:
        target = self.device.component.get(self.action.target)
        if anchor == "control-channel":
            for channel in dict.fromkeys(self.action.via):
                if channel in self.device.channel:
                    yield {"channel": self.device.channel[channel]}, "channel", None
        elif anchor == "rival":
            for other in self.device.actions_on.get(self.action.target, ()):
                if other.source != self.action.source and other.source in self.device.component:
                    yield {"rival": other, "other": self.device.component[other.source]}, "rival", None
        elif anchor == "actuator" and target is not None and target.kind not in _PEOPLE:
            yield {"actuator": target}, "actuator", None
        elif anchor == "process":
            process = target if target is not None and target.kind in _PEOPLE else self._patient()
            if process is not None:
                yield {"process": process}, "process", None

    def _patient(self) -> Element | None:
        patients = sorted((c for c in self.device.components if c.kind == "patient"), key=lambda c: c.id)
        return patients[0] if patients else None
