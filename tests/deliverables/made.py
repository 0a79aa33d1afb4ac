"""A small assessment made by hand: an insulin pump with a forecaster, two goals, four paths, all kinds of rows."""

from __future__ import annotations

from typing import Any

from made_device import device

from harmpath.assessment.model import (
    AiThreatRow,
    AspectCoverageRow,
    Assessment,
    AttackPathRow,
    AttackScenarioRow,
    ClashRow,
    ConstraintRow,
    ContextTableRow,
    ControlRow,
    CoverageRow,
    CutSetRow,
    DecisionRow,
    EvidenceRow,
    FindingRow,
    FormalScenarioRow,
    LifecycleLoopRow,
    LossScenarioRow,
    MatchRow,
    MonitorRuleRow,
    NotAssessedRow,
    ParameterRow,
    PrecedentRow,
    ProposalRow,
    ReachRow,
    RiskRow,
    SourceRow,
    StepRow,
    Summary,
    TechnologyRow,
    TraceRow,
    UnmatchedRow,
    UnsafeControlActionRow,
)

SEEN = (EvidenceRow(kind="model-element", id="ble", note="authentication: none"),)


def step(
    path: str, n: int, capability: str, element: str, *needs: int, licence: str = "missing-protection", **more: Any
) -> StepRow:
    """One step of a path."""
    values: dict[str, Any] = {
        "id": f"{path}.s{n}",
        "rule": f"R-{capability}",
        "sentence": f"The attacker can {capability} on {element}.",
        "element": element,
        "capability": capability,
        "licence": licence,
        "requires": tuple(f"{path}.s{need}" for need in needs),
        "vulnerabilities": (),
        "more_vulnerabilities": 0,
        "binding": {"C": element},
        "removed_at": {element: ("mutual-authentication",)},
        "techniques": {"cwe": ("CWE-306",), "capec": ()},
        "cost": 1.0,
        "removed_by": ("mutual-authentication",),
        "evidence": SEEN,
    }
    return StepRow(**values | more)


def path(id_: str, goal: str, target: str, position: str, *steps: StepRow, **more: Any) -> AttackPathRow:
    """A path."""
    values: dict[str, Any] = {
        "id": id_,
        "goal": goal,
        "target": target,
        "position": position,
        "elements": tuple(dict.fromkeys(s.element for s in steps)),
        "steps": steps,
        "cost": float(len(steps)),
        "exploitability": "high",
        "exploitability_because": ("no authentication on the radio",),
        "vulnerabilities": tuple(v for s in steps for v in s.vulnerabilities),
        "open": True,
        "cut_by": (),
        "decision": "",
        "evidence": SEEN,
    }
    return AttackPathRow(**values | more)


def paths() -> tuple[AttackPathRow, ...]:
    """Two paths with an AND and a shared step, one through a CVE, one that is cut."""
    falsify = "falsify-signal.glucose"
    return (
        path(
            "AP-1",
            falsify,
            "glucose",
            "radio-range",
            step("AP-1", 1, "reach", "ble", licence="inherent"),
            step("AP-1", 2, "spoof", "ble", 1),
            step("AP-1", 3, "inject", "ble", 1, 2),
        ),
        path(
            "AP-2",
            falsify,
            "glucose",
            "internet",
            step("AP-2", 1, "execute", "phone", licence="known-vulnerability", vulnerabilities=("M-1",)),
            step("AP-2", 2, "modify", "app", 1),
        ),
        path(
            "AP-3",
            "forge-action.bolus",
            "bolus",
            "radio-range",
            step("AP-3", 1, "reach", "cmd", licence="inherent"),
            step("AP-3", 2, "replay", "cmd", 1),
        ),
        path(
            "AP-4",
            "forge-action.bolus",
            "bolus",
            "internet",
            step("AP-4", 1, "inject", "store"),
            open=False,
            cut_by=("C-1",),
            decision="accepted",
        ),
    )


def uca(
    id_: str, action: str, type_: str, status: str, hazards: tuple[str, ...], reason: str = ""
) -> UnsafeControlActionRow:
    """An unsafe control action."""
    return UnsafeControlActionRow(
        id=id_,
        control_action=action,
        losses=("L-1",) if hazards else (),
        source="app",
        type=type_,
        group=type_,
        context={"v-glucose": ("low",)},
        believed={},
        when="",
        hazards=hazards,
        status=status,
        reason=reason,
        sentence=f"{action} {type_} while glucose is low.",
        evidence=SEEN,
    )


def risk(id_: str, path_id: str, ucas: tuple[str, ...], level: str) -> RiskRow:
    """A risk."""
    return RiskRow(
        id=id_,
        attack_path=path_id,
        scenario=f"AS-{path_id}",
        unsafe_control_actions=ucas,
        hazards=("H-1",),
        losses=("L-1",),
        severity="catastrophic",
        measured_severity="",
        security_impact="Integrity of glucose",
        exploitability_before="high",
        risk_before=level,
        exploitability_after="moderate",
        risk_after=level,
        exploitability_planned="very-low",
        risk_planned="medium",
        acceptability="not acceptable",
        because=("high x catastrophic",),
        decision="",
        evidence=SEEN,
    )


def formal(id_: str, archetype: str, *refined_by: str) -> FormalScenarioRow:
    """A formal scenario."""
    return FormalScenarioRow(
        id=id_,
        uca="UCA-1",
        archetype=archetype,
        sentence=f"The app gives a bolus: {archetype}.",
        refined_by=refined_by,
        supported=len(refined_by),
        evidence=SEEN,
    )


def context_table() -> ContextTableRow:
    """A table with one aspect judged in part, one that was not counted, and a clash."""
    part = AspectCoverageRow(aspect="provided", judged=2, conditional=1, total=9, gaps=({"v-glucose": "high"},))
    whole = AspectCoverageRow(aspect="not-provided", judged=9, conditional=0, total=9, gaps=())
    uncounted = AspectCoverageRow(aspect="too-late", judged=None, conditional=None, total=9, gaps=())
    return ContextTableRow(
        id="CT-bolus",
        control_action="bolus",
        variables=("v-glucose",),
        combinations="full",
        possible=9,
        reason="",
        coverage=(part, whole, uncounted),
        clashes=(ClashRow(kind="conflict", rules=("UCA-1", "UCA-2"), example={"v-glucose": "low"}),),
        unmatched=(),
        evidence=SEEN,
    )


def loop(stage: str, status: str, reason: str) -> LifecycleLoopRow:
    """A stage of the forecaster's life."""
    return LifecycleLoopRow(
        id=f"LIFE-forecaster-{stage}",
        engine="forecaster",
        stage=stage,
        controllers=(),
        control_actions=(),
        feedback=(),
        unsafe_control_actions=(),
        status=status,
        reason=reason,
        evidence=SEEN,
    )


def threat(id_: str, name: str, status: str, reason: str, *addressed_by: str) -> AiThreatRow:
    """An answer to one of the seven AI threats."""
    return AiThreatRow(
        id=f"AI-forecaster-{id_}",
        engine="forecaster",
        threat=id_,
        name=name,
        status=status,
        addressed_by=addressed_by,
        reason=reason,
        scenarios=("LS-1",),
        measures="Check the data.",
        evidence=SEEN,
    )


def scenario(path_id: str) -> AttackScenarioRow:
    """A written scenario."""
    return AttackScenarioRow(
        id=f"AS-{path_id}",
        attack_path=path_id,
        entry="The attacker enters over Glucose radio.",
        position="Within radio range.",
        preconditions=("The radio is on.",),
        steps=("The attacker joins.", "The attacker sends a value."),
        false_datum="Glucose of 250 mg/dL instead of 60.",
        model_effect="The forecaster predicts high glucose.",
        unsafe_control_actions=("UCA-1",),
        unsafe_action="The app commands a bolus.",
        hazard="Too much insulin.",
        loss="Injury.",
        mitigations=("Mutual authentication on Glucose radio.",),
        ids={"entry": ("ble",), "steps.0": ("ble",), "steps.1": ("glucose",), "hazard": ("H-1",)},
    )


def matrix() -> dict[str, Any]:
    """The matrix as it is published."""
    rows = ["very-low", "low", "moderate", "high", "very-high"]
    cells = ["low", "medium", "medium", "high", "critical"]
    return {
        "title": "Exploitability x severity",
        "exploitability": rows,
        "severity": ["negligible", "minor", "serious", "critical", "catastrophic"],
        "levels": [
            {"id": level, "meaning": f"{level}.", "acceptable": "false"}
            for level in ("low", "medium", "high", "critical")
        ],
        "matrix": dict.fromkeys(rows, cells),
        "cut": "none",
    }


def assessment(**changes: Any) -> Assessment:
    """The whole assessment; ``changes`` replace top-level fields."""
    by_level = {"critical": 2, "high": 1}
    made: dict[str, Any] = {
        "schema": "1",
        "harmpath": "0.1.0",
        "device": device(),
        "summary": Summary(
            headline="False glucose values can reach the forecaster.",
            protect_first=("ble", "cmd", "phone"),
            protect_because=("Carries glucose unprotected.", "Carries doses.", "Old system."),
            counts={"attack_paths": 4, "open_paths": 3},
            risks_by_level={"before": by_level, "after": by_level, "planned": {"medium": 3}},
        ),
        "coverage": CoverageRow(
            statement="Rests on nvd (10 records, as of 2026-11-01).",
            sources=(SourceRow(source="nvd", as_of="2026-11-01", records=10, by_year={"2020": 10}, note=""),),
            missing=(
                NotAssessedRow(
                    subject="epss", reason="not imported", remedy="harmpath data pull", reading="vulnerabilities"
                ),
            ),
        ),
        "not_assessed": (
            NotAssessedRow(subject="store", reason="protection unknown", remedy="state it", reading="attack-paths"),
        ),
        "technologies": (
            TechnologyRow(
                id="T-1",
                element="phone",
                name="Android",
                version="9.0",
                vendor="Google",
                cpe="cpe:2.3:o:google:android:9.0",
                purl=None,
                supported_until=None,
                origin="device.yaml",
                evidence=SEEN,
            ),
            TechnologyRow(
                id="T-2",
                element="pump",
                name="RTOS",
                version=None,
                vendor=None,
                cpe=None,
                purl=None,
                supported_until="2027-01-01",
                origin="device.yaml",
                evidence=SEEN,
            ),
        ),
        "proposals": (
            ProposalRow(
                id="P-1",
                name="OpenSSL",
                version="1.0.2",
                vendor=None,
                category="library",
                cpe=None,
                component="the app",
                decision="",
                evidence=SEEN,
            ),
        ),
        "matches": (
            MatchRow(
                id="M-1",
                technology="T-1",
                element="phone",
                cve="CVE-2020-0022",
                confidence="exact",
                because=("CPE equal",),
                condition="",
                cvss_version="3.1",
                cvss_vector="CVSS:3.1/AV:A",
                cvss_score=8.8,
                severity="HIGH",
                epss=0.4,
                epss_percentile=0.97,
                known_exploited=True,
                weaknesses=("CWE-787",),
                gains=("execute",),
                position="radio-range",
                decision="",
                evidence=SEEN,
            ),
        ),
        "unmatched": (UnmatchedRow(technology="T-2", reason="no version", nearest=("freertos",)),),
        "unsafe_control_actions": (
            uca("UCA-1", "bolus", "provided", "hazardous", ("H-1",)),
            uca("UCA-2", "bolus", "not-provided", "not-hazardous", (), "basal goes on"),
            uca("UCA-3", "insulin", "too-late", "not-assessed", (), "not judged"),
        ),
        "constraints": (
            ConstraintRow(
                id="SC-H-1", kind="system", sentence="Never too much.", inverts="H-1", controller="", evidence=SEEN
            ),
        ),
        "loss_scenarios": (
            LossScenarioRow(
                id="LS-1",
                uca="UCA-1",
                kind="security",
                causal_factor="false feedback",
                archetype="feedback",
                adversary=("inject",),
                false_datum="Glucose.",
                sentence="False glucose is injected.",
                elements=("ble",),
                goals=("falsify-signal.glucose",),
                attack_paths=("AP-1", "AP-2"),
                support="supported",
                hazards=("H-1",),
                losses=("L-1",),
                evidence=SEEN,
            ),
        ),
        "formal_scenarios": (
            formal("FS-UCA-1-1", "controller-behaviour", "LS-1"),
            formal("FS-UCA-1-2", "feedback-path"),
        ),
        "context_tables": (context_table(),),
        "monitor_rules": (
            MonitorRuleRow(
                id="MON-UCA-1",
                uca="UCA-1",
                control_action="bolus",
                demand="must-not",
                formula="G((v_glucose < v_glucose_high) -> !bolus)",
                deadline_s=0.0,
                parameters=(ParameterRow(name="v_glucose_high", default=70.0, unit="mg/dL"),),
                hazards=("H-1",),
                sentence="The app must not give a bolus while glucose is low.",
                evidence=SEEN,
            ),
        ),
        "lifecycle_loops": (loop("training", "not-assessed", "nobody controls it"), loop("update", "analysed", "")),
        "ai_threats": (
            threat("data-poisoning", "Data poisoning", "addressed", "signed exports", "C-1"),
            threat("model-bias", "Model bias", "not-assessed", "nothing is said"),
        ),
        "attack_paths": paths(),
        "attack_scenarios": (scenario("AP-1"), scenario("AP-2"), scenario("AP-3")),
        "reach": (
            ReachRow(
                id="RE-1",
                engine="forecaster",
                feature="f-glucose",
                signals=("glucose",),
                operations=("replace", "drop"),
                bounds="[40, 400] mg/dL",
                max_rate="4 mg/dL / min",
                period="5 min",
                attack_paths=("AP-1",),
                reason="receiver's range",
            ),
        ),
        "risks": (
            risk("R-1", "AP-1", ("UCA-1",), "critical"),
            risk("R-2", "AP-2", ("UCA-1",), "critical"),
            risk("R-3", "AP-3", (), "high"),
        ),
        "risk_matrix": matrix(),
        "controls": (
            ControlRow(
                id="C-1",
                control="mutual-authentication",
                title="Mutual authentication",
                category="Authentication",
                element="ble",
                status="recommended",
                requirement="Authenticate.",
                acceptance="Refuses others.",
                cuts=("AP-1",),
                references={"fda": ("V.B.1",)},
                evidence=SEEN,
            ),
        ),
        "cut_sets": (
            CutSetRow(
                id="CS-1",
                hazard="H-1",
                goals=("falsify-signal.glucose",),
                objective="fewest",
                controls=("C-1",),
                cost=1.0,
                uncuttable=(),
                reason="",
            ),
        ),
        "precedents": (
            PrecedentRow(
                id="Z-1-2020",
                source="openfda-recall",
                title="Pump recall",
                date="2020-01-01",
                relation="same product code",
                scenarios=("LS-1",),
                evidence=SEEN,
            ),
        ),
        "traces": (TraceRow(source="H-1", relation="leads-to", target="L-1"),),
        "decisions": (
            DecisionRow(
                finding="AP-9", verdict="accepted", reason="old", by="J. Doe", date="2026-01-01", status="orphaned"
            ),
        ),
        "findings": (
            FindingRow(
                check="unused", severity="warning", element="store", where="device.yaml:3:1", message="m", remedy="r"
            ),
        ),
    }
    return Assessment(**made | changes)
