"""The risk of each attack path: exploitability against severity of harm, before and after controls.

How security risk becomes safety risk, in the open: the severity is that of the worst hazard to which an unsafe control
action caused by the path leads; the exploitability is the path's; the level is read from the matrix. Nothing is
multiplied, and no probability is involved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from harmpath.assessment.joining import Consequence
from harmpath.assessment.matrix import Matrix
from harmpath.assessment.model import AttackPathRow, EvidenceRow, RiskRow
from harmpath.assessment.scenarios import scenario_id
from harmpath.assessment.simulating import SignalHarm, harm_sentence

__all__ = ["risk_rows"]

_IMPACT = {
    "falsify-signal": "integrity of the signal {target}",
    "withhold-signal": "availability of the signal {target}",
    "tamper-model": "integrity of the model {target}",
    "poison-training": "integrity of the training data of {target}",
    "poison-update": "integrity of the update of {target}",
    "tamper-output": "integrity of the model output {target}",
    "forge-action": "integrity of the control action {target}",
    "suppress-action": "availability of the control action {target}",
}


def risk_rows(
    paths: Sequence[AttackPathRow],
    joined: Mapping[str, Consequence],
    matrix: Matrix,
    planned: Mapping[str, str],
    verdicts: Mapping[str, str],
    measured: Mapping[str, SignalHarm] = MappingProxyType({}),
    attacked: Mapping[str, tuple[EvidenceRow, ...]] = MappingProxyType({}),
) -> tuple[RiskRow, ...]:
    """One risk for each path that leads to a hazard, worst first.

    Args:
        paths: the attack paths; ``exploitability`` of each is the one before controls.
        joined: what each goal leads to.
        matrix: the risk matrix.
        planned: exploitability by path id with planned and recommended controls; a path that is not there is cut.
        verdicts: the analyst's verdict by finding id.
        measured: harm of simulated patients by signal; it is evidence beside the analyst's severity, not in its place.
        attacked: measured effect on the model by path.
    """
    rows = [
        _row(p, joined[p.goal], matrix, planned, verdicts, measured.get(p.target), attacked.get(p.id, ()))
        for p in paths
        if p.goal in joined
    ]
    order = matrix.file.exploitability
    return tuple(
        sorted(
            rows,
            key=lambda r: (
                -matrix.rank(r.risk_after),
                -matrix.rank(r.risk_before),
                -matrix.file.severity.index(r.severity),
                -order.index(r.exploitability_before),
                r.id,
            ),
        )
    )


def _row(
    path: AttackPathRow,
    consequence: Consequence,
    matrix: Matrix,
    planned: Mapping[str, str],
    verdicts: Mapping[str, str],
    harm: SignalHarm | None,
    attacked: tuple[EvidenceRow, ...],
) -> RiskRow:
    id_ = "R-" + path.id.removeprefix("AP-")
    severity = matrix.worst_severity(list(consequence.severities.values()))
    before = path.exploitability
    after = before if path.open else "none"
    later = planned.get(path.id, "none")
    levels = {when: matrix.level(value, severity) for when, value in (("b", before), ("a", after), ("p", later))}
    return RiskRow(
        id=id_,
        attack_path=path.id,
        scenario=scenario_id(path.id),
        unsafe_control_actions=tuple(u.id for u in consequence.ucas),
        hazards=consequence.hazards,
        losses=consequence.losses,
        severity=severity,
        measured_severity=harm.severity if harm else "",
        security_impact=_IMPACT[path.goal.split(".", 1)[0]].format(target=path.target),
        exploitability_before=before,
        risk_before=levels["b"],
        exploitability_after=after,
        risk_after=levels["a"],
        exploitability_planned=later,
        risk_planned=levels["p"],
        acceptability=matrix.acceptability(levels["a"]),
        because=(
            *_because(path, consequence, severity),
            *(_on_the_model(row) for row in attacked),
            *((harm_sentence(harm),) if harm else ()),
        ),
        decision=verdicts.get(id_, ""),
        evidence=(*path.evidence, *attacked, *(harm.evidence if harm else ())),
    )


def _on_the_model(row: EvidenceRow) -> str:
    """The measured effect on the model in a sentence."""
    interval = f", interval {row.low:.0%} to {row.high:.0%}" if row.low is not None and row.high is not None else ""
    return (
        f"Measured on the device's model: {row.id}, in {row.value or 0:.0%} of {row.n} windows{interval} ({row.note})."
    )


def _because(path: AttackPathRow, consequence: Consequence, severity: str) -> tuple[str, ...]:
    worst = [h for h, word in consequence.severities.items() if word == severity]
    cut = (f"Existing controls cut the path: {', '.join(path.cut_by)}.",) if not path.open else ()
    return (
        f"Severity {severity}, by the analyst's word, is what counts: {', '.join(worst)}.",
        *path.exploitability_because,
        *cut,
    )
