"""STPA of a device, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.device.model import Device
from harmpath.evidence import NotAssessed
from harmpath.stpa.actions import controller_constraints, unsafe_control_actions
from harmpath.stpa.archetypes import formal_scenarios, unrefined
from harmpath.stpa.constraints import system_constraints
from harmpath.stpa.results import StpaAnalysis, UnsafeControlAction
from harmpath.stpa.scenarios import loss_scenarios

__all__ = ["analyse"]


def analyse(device: Device) -> StpaAnalysis:
    """Hazards to constraints, control actions to unsafe control actions, these to constraints and loss scenarios."""
    actions = unsafe_control_actions(device)
    scenarios = loss_scenarios(device, actions)
    formal = formal_scenarios(device, actions, scenarios)
    return StpaAnalysis(
        system_constraints=system_constraints(device),
        unsafe_control_actions=actions,
        controller_constraints=controller_constraints(device, actions),
        loss_scenarios=scenarios,
        not_assessed=(*_not_assessed(device, actions), *unrefined(device, formal)),
        formal_scenarios=formal,
    )


def _not_assessed(device: Device, actions: tuple[UnsafeControlAction, ...]) -> Iterator[NotAssessed]:
    if not device.control_actions:
        yield NotAssessed("control actions", "the device has none", "Describe what its controllers do.")
    for uca in actions:
        if uca.status == "not-assessed":
            remedy = f"Judge it under 'unsafe' of {uca.control_action}: give hazards, or not_hazardous with the reason."
            yield NotAssessed(uca.id, f"{uca.control_action}, {uca.group}: {uca.reason}", remedy)
    modelled = {m.controller for m in device.process_models}
    for controller in sorted({a.source for a in device.control_actions} - modelled):
        reason = "it has no process model, so that no scenario could ask what it believes"
        yield NotAssessed(controller, reason, "Add its process model: variables, their states and signals.")
    for model in sorted(device.process_models, key=lambda m: m.controller):
        for variable in sorted(model.variables, key=lambda v: v.id):
            if not variable.states:
                reason = "the process-model variable has no states, so that no context can name it"
                yield NotAssessed(
                    variable.id, reason, "List the states it can be in, with ranges where it is a number."
                )
