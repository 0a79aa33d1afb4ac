"""Tables of STPA in depth: formal scenarios, context tables, monitor rules, lifecycle loops, AI threats."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harmpath.assessment.model import (
    AspectCoverageRow,
    ClashRow,
    ContextTableRow,
    FormalScenarioRow,
    LifecycleLoopRow,
    MonitorRuleRow,
)
from harmpath.catalogue.stpa import ScenarioClass, scenario_classes
from harmpath.deliverables.tables.table import Column, Table, evidence_texts, pairs, table
from harmpath.deliverables.view import View, words

__all__ = [
    "ai_threats",
    "context_clashes",
    "context_gaps",
    "context_tables",
    "formal_scenarios",
    "lifecycle_loops",
    "monitor_rules",
    "scenario_classes_asked",
]

_EVIDENCE = Column("evidence", "Evidence", "evidence")
_EVIDENCE_IN_CSV = Column("evidence", "Evidence", "evidence", csv_only=True)
_ASPECTS = (
    "not-provided",
    "provided",
    "too-early",
    "too-late",
    "wrong-order",
    "stopped-too-soon",
    "applied-too-long",
)


def scenario_classes_asked(view: View) -> Table:
    """The four formal classes, and how far the device's model answers them."""
    classes = scenario_classes()
    asked: dict[str, list[FormalScenarioRow]] = {id_: [] for id_ in classes}
    for row in view.assessment.formal_scenarios:
        asked.setdefault(row.archetype, []).append(row)
    found = [(classes.get(id_), rows) for id_, rows in asked.items() if rows]
    return table(
        "scenario_classes",
        "The four formal classes of scenarios",
        "Every unsafe control action is asked the same four questions (Thomas 2024), which leave no place where it "
        "could start unasked. The loss scenarios below refine them; a class that none refines is listed as not "
        "assessed.",
        found,
        {
            Column("class", "Class"): lambda r: _class_name(r[0]),
            Column("question", "Question"): lambda r: r[0].question if r[0] else "",
            Column("asked", "Unsafe control actions asked", "number"): lambda r: len(r[1]),
            Column("refined", "Refined by a loss scenario", "number"): lambda r: sum(bool(f.refined_by) for f in r[1]),
            Column("supported", "Supported by an open attack path", "number"): lambda r: sum(
                f.supported > 0 for f in r[1]
            ),
        },
    )


def _class_name(known: ScenarioClass | None) -> str:
    return known.name if known else "other"


def formal_scenarios(view: View) -> Table:
    """Every formal scenario; those that nothing refines first, then those an open attack path supports."""
    rows = sorted(view.assessment.formal_scenarios, key=lambda r: (bool(r.refined_by), -r.supported, r.id))
    return table(
        "formal_scenarios",
        "Formal scenarios",
        "Four for each unsafe control action, from its structure alone: first those that no loss scenario refines, "
        "then those that open attack paths support most.",
        rows,
        {
            Column("id", "Formal scenario", "id"): lambda r: r.id,
            Column("archetype", "Class"): lambda r: words(r.archetype),
            Column("sentence", "In words"): lambda r: r.sentence,
            Column("uca", "Unsafe control action", "ref"): lambda r: r.uca,
            Column("refining", "Loss scenarios that refine it", "number"): lambda r: len(r.refined_by),
            Column("supported", "Of these supported", "number"): lambda r: r.supported,
            Column("refined_by", "Refined by", csv_only=True): lambda r: r.refined_by,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
        most=30,
        folded=True,
    )


def context_tables(view: View) -> Table:
    """How much of each context table is judged, for all seven aspects."""
    return table(
        "context_tables",
        "Context tables: how much is judged",
        "Each control action in every combination of the states its controller knows. Shown is how many combinations "
        "the judgements cover, by the way in which the action could be unsafe; + counts those that depend on a "
        "condition in words. The rest nobody has judged.",
        view.assessment.context_tables,
        {
            Column("id", "Context table", "id"): lambda r: r.id,
            Column("control_action", "Control action", "ref"): lambda r: r.control_action,
            Column("variables", "Variables", "ref", csv_only=True): lambda r: r.variables,
            Column("combinations", "Built", csv_only=True): lambda r: r.combinations,
            Column("possible", "Combinations", "number", csv_only=True): lambda r: r.possible,
            **{
                Column(aspect.replace("-", "_"), words(aspect).capitalize(), "share"): _share_of(aspect)
                for aspect in _ASPECTS
            },
            Column("clashes", "Clashes", "number", csv_only=True): lambda r: len(r.clashes),
            Column("unmatched", "Judgements that match no row", csv_only=True): lambda r: tuple(
                f"{u.subject}: {u.reason}" for u in r.unmatched
            ),
            Column("reason", "Not full because", csv_only=True): lambda r: r.reason,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
        empty="The device has no control action.",
    )


def _share_of(aspect: str) -> Callable[[ContextTableRow], str]:
    return lambda r: next((_share(c) for c in r.coverage if c.aspect == aspect), "")


def _share(coverage: AspectCoverageRow) -> str:
    if coverage.judged is None:
        return "not counted"
    if not coverage.total:
        return ""
    under = f" + {coverage.conditional}" if coverage.conditional else ""
    return f"{coverage.judged}{under} of {coverage.total}"


def context_gaps(view: View) -> Table:
    """The first regions of each context table that no judgement covers; for spreadsheets."""
    rows: Iterator[tuple[ContextTableRow, AspectCoverageRow, dict[str, str]]] = (
        (t, c, gap) for t in view.assessment.context_tables for c in t.coverage for gap in c.gaps
    )
    return table(
        "context_gaps",
        "Combinations that nobody has judged",
        "The first regions of each context table that no judgement covers.",
        rows,
        {
            Column("control_action", "Control action", "ref"): lambda r: r[0].control_action,
            Column("aspect", "Way"): lambda r: words(r[1].aspect),
            Column("region", "Where"): lambda r: pairs(r[2]) or ("everything",),
        },
    )


def context_clashes(view: View) -> Table:
    """Judgements that cannot both hold."""
    rows: Iterator[tuple[ContextTableRow, ClashRow]] = (
        (t, clash) for t in view.assessment.context_tables for clash in t.clashes
    )
    meaning = {
        "conflict": "judged hazardous and not hazardous",
        "contradiction": "hazardous whether it is done or not",
        "desired": "desired and judged hazardous",
    }
    return table(
        "context_clashes",
        "Judgements that cannot both hold",
        "Where two judgements of one control action meet and say opposite things. Mend one of them, or change the "
        "design so that there is a safe action.",
        rows,
        {
            Column("control_action", "Control action", "ref"): lambda r: r[0].control_action,
            Column("kind", "Clash"): lambda r: meaning.get(r[1].kind, r[1].kind),
            Column("rules", "Between", "ref"): lambda r: r[1].rules,
            Column("example", "For example where"): lambda r: pairs(r[1].example),
        },
        empty="No two judgements clash.",
    )


def monitor_rules(view: View) -> Table:
    """Runtime monitor rules in signal temporal logic."""
    return table(
        "monitor_rules",
        "Runtime monitor rules",
        "Rules in signal temporal logic that a monitor beside the controller can check at every sample: G is always, "
        "F[0,t] is within t seconds, Y is at the sample before. Generated from the unsafe control actions whose "
        "context is given in variables; the others are listed as not assessed.",
        view.assessment.monitor_rules,
        {
            Column("id", "Rule", "id"): lambda r: r.id,
            Column("formula", "Formula", "code"): lambda r: r.formula,
            Column("parameters", "Set per patient"): _parameters,
            Column("sentence", "In words"): lambda r: r.sentence,
            Column("uca", "Watches for", "ref"): lambda r: r.uca,
            Column("control_action", "Control action", "ref", csv_only=True): lambda r: r.control_action,
            Column("demand", "Demand", csv_only=True): lambda r: words(r.demand),
            Column("deadline_s", "Deadline in s", "number", csv_only=True): lambda r: r.deadline_s,
            Column("hazards", "Hazards", "ref", csv_only=True): lambda r: r.hazards,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
        empty="No unsafe control action has a context that a monitor could watch.",
        folded=True,
    )


def _parameters(rule: MonitorRuleRow) -> tuple[str, ...]:
    return tuple(f"{p.name} = {p.default:g} {p.unit}".strip() for p in rule.parameters)


def _one_engine(view: View) -> bool:
    """With one engine the ids say which it is."""
    return len(view.listed("ml_engines")) == 1


def lifecycle_loops(view: View) -> Table:
    """Each stage of each ML engine's life as a control loop."""
    return table(
        "lifecycle_loops",
        "The life of each model as control loops",
        "From data collection to monitoring in use: who controls each stage, and what comes back. A stage that no "
        "control action governs is not assessed.",
        view.assessment.lifecycle_loops,
        {
            Column("id", "Loop", "id"): lambda r: r.id,
            Column("status", "Status", "level"): lambda r: r.status,
            Column("engine", "ML engine", "ref", csv_only=_one_engine(view)): lambda r: r.engine,
            Column("stage", "Stage"): lambda r: words(r.stage),
            Column("controllers", "Controlled by", "ref"): lambda r: r.controllers,
            Column("control_actions", "By", "ref"): lambda r: r.control_actions,
            Column("feedback", "What comes back", "ref"): lambda r: r.feedback,
            Column("unsafe", "Ways it is unsafe", "number"): _unsafe,
            Column("unsafe_control_actions", "Unsafe control actions", csv_only=True): lambda r: (
                r.unsafe_control_actions
            ),
            Column("reason", "Because"): lambda r: r.reason,
            _EVIDENCE_IN_CSV: lambda r: evidence_texts(r.evidence),
        },
        empty="The device has no ML engine.",
    )


def _unsafe(loop: LifecycleLoopRow) -> int | None:
    return None if loop.status == "not-assessed" else len(loop.unsafe_control_actions)


def ai_threats(view: View) -> Table:
    """The seven AI threats, answered or not."""
    return table(
        "ai_threats",
        "The seven AI threats",
        "FDA's draft guidance on AI-enabled device software functions (January 2025) names seven threats; each is "
        "answered for each ML engine: where it is addressed, or why it does not apply. One that nobody answered is "
        "not assessed.",
        view.assessment.ai_threats,
        {
            Column("id", "Answer", "id"): lambda r: r.id,
            Column("name", "Threat"): lambda r: r.name,
            Column("status", "Status", "level"): lambda r: r.status,
            Column("engine", "ML engine", "ref", csv_only=_one_engine(view)): lambda r: r.engine,
            Column("addressed_by", "Addressed by", "ref"): lambda r: r.addressed_by,
            Column("reason", "How, or why not"): lambda r: r.reason,
            Column("asking", "Scenarios", "number", "Loss scenarios that ask for it."): lambda r: len(r.scenarios),
            Column("scenarios", "Loss scenarios", csv_only=True): lambda r: r.scenarios,
            Column("measures", "What usually helps"): lambda r: r.measures,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
        empty="The device has no ML engine.",
    )
