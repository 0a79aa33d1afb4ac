"""The four formal classes of scenarios for every unsafe control action, derived from its structure alone.

After J. Thomas (2024): unsafe behaviour of the controller, of the feedback path, of the control path, of the process.
They are complete by construction; the loss scenarios refine them as far as the device's model goes, and a class that
nothing refines is listed as not assessed.
"""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.catalogue.stpa import ScenarioClass, scenario_classes
from harmpath.device.model import Device
from harmpath.evidence import CatalogueEvidence, ElementEvidence, NotAssessed
from harmpath.stpa.actions import element
from harmpath.stpa.identity import readable_id
from harmpath.stpa.loop import Loop
from harmpath.stpa.results import FormalScenario, LossScenario, UnsafeControlAction
from harmpath.stpa.scenarios import effect_of, outcome_of
from harmpath.stpa.sentences import cited, compose

__all__ = ["formal_scenarios", "unrefined"]


def formal_scenarios(
    device: Device, actions: tuple[UnsafeControlAction, ...], scenarios: tuple[LossScenario, ...]
) -> tuple[FormalScenario, ...]:
    """Four for each hazardous unsafe control action, sorted by id."""
    by_id = {a.id: a for a in device.control_actions}
    refining: dict[tuple[str, str], list[str]] = {}
    for scenario in scenarios:
        refining.setdefault((scenario.uca, scenario.archetype), []).append(scenario.id)
    found: list[FormalScenario] = []
    for uca in actions:
        if uca.status == "hazardous":
            loop = Loop(device, uca, by_id[uca.control_action])
            for kind in scenario_classes().values():
                found.append(_formal(loop, kind, tuple(refining.get((uca.id, kind.id), ()))))
    return tuple(sorted(found, key=lambda s: s.id))


def _formal(loop: Loop, kind: ScenarioClass, refined_by: tuple[str, ...]) -> FormalScenario:
    device, uca = loop.device, loop.uca
    assert uca.type is not None
    clause = compose(
        kind.sentence,
        controller=element(device, uca.source),
        action=loop.action,
        target=element(device, loop.action.target),
        unsafe=effect_of(loop, uca.type, safe_decision=False),
        received=effect_of(loop, uca.type, safe_decision=True),
        outcome=outcome_of(loop, uca.type),
    )
    hazards = cited([element(device, h) for h in uca.hazards], "hazard")
    return FormalScenario(
        id=readable_id("FS", uca.id, str(kind.number)),
        uca=uca.id,
        archetype=kind.id,
        sentence=compose("{clause}. This can lead to {hazards}.", clause=clause, hazards=hazards),
        refined_by=refined_by,
        evidence=(
            ElementEvidence(uca.control_action),
            CatalogueEvidence("stpa-scenario-classes", kind.id, kind.question),
        ),
    )


def unrefined(device: Device, scenarios: tuple[FormalScenario, ...]) -> Iterator[NotAssessed]:
    """The classes that no loss scenario refines, with what is missing from the model."""
    missing = {
        "controller-behaviour": "the controller or its process model",
        "feedback-path": "signals and the channels that carry them",
        "control-path": "the channels that carry the control action",
        "process-behaviour": "the target of the action, or the patient",
    }
    for scenario in scenarios:
        if not scenario.refined_by:
            what = missing[scenario.archetype]
            reason = f"no loss scenario refines the class {scenario.archetype}: the model does not name {what}"
            yield NotAssessed(scenario.id, reason, f"Describe {what} for {scenario.uca}.")
