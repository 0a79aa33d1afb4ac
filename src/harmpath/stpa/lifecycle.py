"""The life of each ML engine as control loops, and the seven AI-specific threats answered for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from harmpath.catalogue.stpa import AiThreatEntry, ai_threat_entries
from harmpath.device.elements import MLEngine
from harmpath.device.model import Device
from harmpath.device.vocabulary import LifecycleStage
from harmpath.evidence import CatalogueEvidence, ElementEvidence, Evidence
from harmpath.stpa.results import StpaAnalysis

__all__ = ["STAGES", "LifecycleLoop", "ThreatAnswer", "ai_threat_answers", "lifecycle_loops"]

STAGES: tuple[LifecycleStage, ...] = tuple(s for s in get_args(LifecycleStage) if s != "use")


@dataclass(frozen=True)
class LifecycleLoop:
    """Who controls one stage of one ML engine's life, and what comes back."""

    engine: str
    stage: LifecycleStage
    controllers: tuple[str, ...]
    control_actions: tuple[str, ...]
    feedback: tuple[str, ...]
    unsafe_control_actions: tuple[str, ...]
    status: Literal["analysed", "open-loop", "not-analysed"]
    """``open-loop``: controlled, but nothing comes back."""
    reason: str


@dataclass(frozen=True)
class ThreatAnswer:
    """What the project says about one AI-specific threat to one ML engine."""

    engine: str
    threat: str
    name: str
    status: Literal["addressed", "not-applicable", "open"]
    addressed_by: tuple[str, ...]
    reason: str
    """How it is addressed, why it does not apply, or that nothing is said."""
    scenarios: tuple[str, ...]
    """Loss scenarios that ask for it."""
    measures: str
    evidence: tuple[Evidence, ...]


def lifecycle_loops(device: Device, analysis: StpaAnalysis) -> tuple[LifecycleLoop, ...]:
    """Every stage of every ML engine, in the order of engine and stage; a stage without a loop is there too."""
    engines = sorted(device.ml_engines, key=lambda e: e.id)
    return tuple(_loop(device, analysis, engine, stage) for engine in engines for stage in STAGES)


def _loop(device: Device, analysis: StpaAnalysis, engine: MLEngine, stage: LifecycleStage) -> LifecycleLoop:
    actions = [a for a in device.control_actions if a.stage == stage and a.engine in (None, engine.id)]
    feedback = [f for f in device.feedback if f.stage == stage and f.engine in (None, engine.id)]
    controllers = sorted({a.source for a in actions})
    heard = bool(feedback) or any(f.target in controllers for f in device.feedback)
    unsafe = [u.id for a in actions for u in analysis.by_action.get(a.id, ()) if u.status == "hazardous"]
    if not actions:
        status: Literal["analysed", "open-loop", "not-analysed"] = "not-analysed"
        reason = f"no control action is given for {stage}"
    else:
        status = "analysed" if heard else "open-loop"
        reason = "" if heard else f"nothing tells {', '.join(controllers)} how {stage} went"
    return LifecycleLoop(
        engine=engine.id,
        stage=stage,
        controllers=tuple(controllers),
        control_actions=tuple(sorted(a.id for a in actions)),
        feedback=tuple(sorted(f.id for f in feedback)),
        unsafe_control_actions=tuple(sorted(unsafe)),
        status=status,
        reason=reason,
    )


def ai_threat_answers(device: Device, analysis: StpaAnalysis) -> tuple[ThreatAnswer, ...]:
    """Each of the seven threats for each ML engine, in the order of engine and guidance."""
    engines = sorted(device.ml_engines, key=lambda e: e.id)
    return tuple(_answer(device, analysis, e, threat) for e in engines for threat in ai_threat_entries())


def _answer(device: Device, analysis: StpaAnalysis, engine: MLEngine, threat: AiThreatEntry) -> ThreatAnswer:
    given = [a for a in device.ai_threats if a.threat == threat.id and a.engine in (None, engine.id)]
    own = sorted(given, key=lambda a: a.engine is None)  # the answer for this engine goes before the general one
    evidence = (ElementEvidence(engine.id), CatalogueEvidence("ai-threats", threat.id, threat.description))
    scenarios = tuple(_asking(analysis, engine, threat))
    base = (engine.id, threat.id, threat.name)
    if not own:
        reason = "nothing says where it is addressed, or why it does not apply"
        return ThreatAnswer(*base, "open", (), reason, scenarios, threat.measures, evidence)
    answer = own[0]
    if answer.not_applicable:
        return ThreatAnswer(*base, "not-applicable", (), answer.not_applicable, scenarios, threat.measures, evidence)
    addressed = tuple(sorted(answer.addressed_by))
    return ThreatAnswer(*base, "addressed", addressed, answer.how, scenarios, threat.measures, evidence)


def _asking(analysis: StpaAnalysis, engine: MLEngine, threat: AiThreatEntry) -> Iterator[str]:
    """Scenarios of the threat's causal factors that concern the engine, or one of the signals that feed it."""
    for scenario in analysis.loss_scenarios:
        if scenario.causal_factor in threat.factors and (
            engine.id in scenario.elements or scenario.causal_factor == "false-feedback"
        ):
            yield scenario.id
