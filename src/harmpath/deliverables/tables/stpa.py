"""Tables of the systems-theoretic reading: losses to loss scenarios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harmpath.assessment.model import LossScenarioRow
from harmpath.deliverables.tables.table import Column, Table, evidence_texts, pairs, table
from harmpath.deliverables.view import View, words

__all__ = ["causal_factors", "constraints", "hazards", "loss_scenarios", "losses", "unsafe_control_actions"]

_EVIDENCE = Column("evidence", "Evidence", "evidence")


def losses(view: View) -> Table:
    """STPA step 1: losses."""
    return table(
        "losses",
        "Losses",
        "What must not be lost, to the patient and to others.",
        view.listed("losses"),
        {
            Column("id", "Loss", "id"): lambda e: str(e["id"]),
            Column("name", "Name"): lambda e: str(e.get("name") or ""),
            Column("kind", "Kind"): lambda e: words(str(e.get("kind") or "")),
            Column("description", "Description"): lambda e: str(e.get("description") or ""),
        },
    )


def hazards(view: View) -> Table:
    """STPA step 1: hazards and their sub-hazards."""
    return table(
        "hazards",
        "Hazards",
        "States of the system that, with worst-case conditions, lead to a loss. Severity is that of the worst credible "
        "harm, in the words of ISO/TR 24971.",
        _hazards(view),
        {
            Column("id", "Hazard", "id"): lambda e: str(e["id"]),
            Column("name", "Name"): lambda e: str(e.get("name") or ""),
            Column("part_of", "Part of", "ref"): lambda e: str(e.get("part_of") or ""),
            Column("severity", "Severity", "level"): lambda e: str(e.get("severity") or ""),
            Column("harm", "Harm"): lambda e: str(e.get("harm") or ""),
            Column("losses", "Losses", "ref"): lambda e: tuple(e.get("losses") or ()),
        },
    )


def _hazards(view: View) -> Iterator[Mapping[str, Any]]:
    for hazard in view.listed("hazards"):
        yield hazard
        for sub in hazard.get("sub_hazards") or ():
            yield {**sub, "part_of": hazard["id"], "severity": sub.get("severity") or hazard.get("severity")}


def constraints(view: View) -> Table:
    """STPA steps 1 and 3: system constraints and controller constraints."""
    return table(
        "constraints",
        "Constraints",
        "What the system and each controller must do or must never do: every hazard and every unsafe control action, "
        "inverted.",
        view.assessment.constraints,
        {
            Column("id", "Constraint", "id"): lambda r: r.id,
            Column("kind", "Kind"): lambda r: words(r.kind),
            Column("sentence", "Constraint in words"): lambda r: r.sentence,
            Column("inverts", "Inverts", "ref"): lambda r: r.inverts,
            Column("controller", "Controller", "ref"): lambda r: r.controller,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
    )


def unsafe_control_actions(view: View) -> Table:
    """STPA step 3: every way in which every control action could be unsafe, judged or not."""
    return table(
        "unsafe_control_actions",
        "Unsafe control actions",
        "Every control action, in every way the STPA Handbook names. A way that was judged not "
        "hazardous is listed with "
        "the reason; a way that nobody judged is listed as not assessed.",
        view.assessment.unsafe_control_actions,
        {
            Column("id", "Unsafe control action", "id"): lambda r: r.id,
            Column("status", "Judgement", "level"): lambda r: r.status,
            Column("sentence", "In words"): lambda r: r.sentence,
            Column("reason", "Because"): lambda r: r.reason,
            Column("control_action", "Control action", "ref"): lambda r: r.control_action,
            Column("type", "Way"): lambda r: words(r.type or r.group),
            Column("context", "Context", csv_only=True): lambda r: (*pairs(r.context), *((r.when,) if r.when else ())),
            Column("believed", "Controller believes", csv_only=True): lambda r: pairs(r.believed),
            Column("hazards", "Hazards", "ref"): lambda r: r.hazards,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
    )


def loss_scenarios(view: View) -> Table:
    """STPA step 4: how each unsafe control action could come about, and whether an attack path supports it."""
    return table(
        "loss_scenarios",
        "Loss scenarios",
        "How an unsafe control action could come about. Supported: an open attack path of this device leads there. "
        "Unsupported: none was found. Not adversarial: needs no attacker.",
        _by_weight(view),
        {
            Column("id", "Loss scenario", "id"): lambda r: r.id,
            Column("support", "Support", "level"): lambda r: r.support,
            Column("sentence", "In words"): lambda r: r.sentence,
            Column("kind", "Kind", csv_only=True): lambda r: r.kind,
            Column("causal_factor", "Causal factor"): lambda r: words(r.causal_factor),
            Column("uca", "Unsafe control action", "ref"): lambda r: r.uca,
            Column("elements", "Elements", "ref"): lambda r: r.elements,
            Column("attack_paths", "Attack paths", "ref", csv_only=True): lambda r: r.attack_paths,
            Column("goals", "Attacker's goals", "ref"): lambda r: r.goals,
            Column("hazards", "Hazards", "ref"): lambda r: r.hazards,
            Column("losses", "Losses", "ref", csv_only=True): lambda r: r.losses,
            _EVIDENCE: lambda r: evidence_texts(r.evidence),
        },
        most=200,
    )


_SUPPORT: Final = ("supported", "unsupported", "not-adversarial")
_SEVERITY: Final = ("catastrophic", "critical", "serious", "minor", "negligible", "")


def _by_weight(view: View) -> list[LossScenarioRow]:
    """Supported ones first, then by the worst severity of their hazards."""
    severity = {str(h["id"]): str(h.get("severity") or "") for h in _hazards(view)}
    place = {word: n for n, word in enumerate(_SEVERITY)}

    def weight(row: LossScenarioRow) -> tuple[int, int, str]:
        worst = min((place.get(severity.get(h, ""), len(place)) for h in row.hazards), default=len(place))
        support = _SUPPORT.index(row.support) if row.support in _SUPPORT else len(_SUPPORT)
        return support, worst, row.id

    return sorted(view.assessment.loss_scenarios, key=weight)


def causal_factors(view: View) -> Table:
    """Loss scenarios counted by causal factor and support."""
    counted = Counter((s.causal_factor, s.support) for s in view.assessment.loss_scenarios)
    return table(
        "causal_factors",
        "Loss scenarios by causal factor",
        "How many loss scenarios each causal factor (of the STPA Handbook, or its security counterpart) gives rise to.",
        sorted({factor for factor, _ in counted}),
        {
            Column("causal_factor", "Causal factor"): lambda f: words(f),
            Column("supported", "Supported by an attack path", "number"): lambda f: counted[(f, "supported")],
            Column("unsupported", "Not supported", "number"): lambda f: counted[(f, "unsupported")],
            Column("not_adversarial", "Needs no attacker", "number"): lambda f: counted[(f, "not-adversarial")],
        },
    )
