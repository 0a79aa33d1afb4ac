from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.model import Device
from harmpath.device.project import open_project
from harmpath.errors import InputError
from harmpath.stpa import analyse
from harmpath.stpa.exchange.pasta_export import export_pasta
from harmpath.stpa.exchange.pasta_import import FACTORS, import_pasta

PROJECTS = Path(__file__).parent / "projects"

TEXT = """
// an infusion pump in PASTA's form
Goals
G1 "Relieve pain"
Assumptions
A1 "One patient for each pump"
Losses
L1 "Patient is harmed"
Hazards
H1 "Too much drug" [L1] {
    "Rate"
    H1.1 "Rate too high" [L1]
}
H2 'Too little drug' [L1]
SystemConstraints
SC1 "Rate is limited" [H1] { SC1.1 "Rate is below the drug's limit" [H1.1] }
ControlStructure
Pump {
    Nurse {
        label "Ward nurse"
        processModel { pain: [none, strong] rate: [low=[0, 5), high=[5, MAX], odd!=(low)] }
        controlActions { [start "Start infusion", stop "Stop"] -> Controller }
        output [shout "Shout"]
        coordination { [ask "Ask"] -> Controller }
    }
    Controller {
        hierarchyLevel 1
        controlActions { [drive "Drive motor"] -> Motor }
        feedback { [state "State", stop "Stop confirmed"] -> Nurse }
        Motor { }
    }
}
Responsibilities
Nurse { R1 "Set the rate" [SC1, SC1.1] }
"""

UCAS = """
UCAs
Nurse.start {
    notProviding { U1 "Nurse does not start the infusion when pain is strong" [H2] }
    providing { }
    tooEarlyOrLateOrWrongOrder { U2 "Nurse starts in the wrong order" [H1] U3 "started before the line is clear" [H1.1]}
    stoppedTooSoonOrLate { U4 "goes on too long" [H1] }
}
ControllerConstraints
C1 "Nurse must start it" [U1]
LossScenarios
S1 <missingFeedback> for U1 "The nurse does not hear of the pain"
S2 "The motor runs away" [H1]
SafetyRequirements
SR1 "Show the pain score" [S1, H2]
"""

TABLE = """
Context-Table
RL1 {
    controlAction: Nurse.start
    type: provided
    contexts: { UCA1 [pain = none, rate = high] [H1]  UCA2 [pain = none] [H1.1] }
}
RL2 { controlAction: Controller.drive type: wrong-time contexts: { UCA3 [pain = strong] [H2] } }
DCAs
D1 { controlAction: Nurse.start type: provided contexts: { DC1 [pain = strong] } }
"""


def test_every_section_becomes_part_of_a_device():
    imported = import_pasta(TEXT + UCAS, "pump.stpa")
    device = imported.device()
    assert device.hazard["H1.1"].id == "H1"
    assert device.by_id["Nurse"][1].name == "Ward nurse"
    assert device.component["Motor"].host == "Controller"
    assert {a.id: (a.source, a.target) for a in device.control_actions} == {
        "start": ("Nurse", "Controller"), "Nurse.stop": ("Nurse", "Controller"), "drive": ("Controller", "Motor"),
    }  # fmt: skip
    assert [f.id for f in device.feedback] == ["state", "Controller.stop"]
    ranges = {s.id: str(s.range) for s in device.variable["rate"][1].states}
    assert ranges == {"low": "[0, 5)", "high": "[5, inf]", "odd": "None"}
    assert device.responsibilities[0].constraints == ("SC1", "SC1.1")


def test_unsafe_control_actions_in_words_keep_their_id_group_and_hazards():
    device = import_pasta(TEXT + UCAS, "pump.stpa").device()
    found = {u.id: (u.type, u.hazards) for u in analyse(device).hazardous}
    assert found == {
        "U1": ("not-provided", ("H2",)),
        "U2": ("wrong-order", ("H1",)),
        "U3": ("too-early", ("H1.1",)),
        "U4": ("applied-too-long", ("H1",)),
    }
    scenarios = {s.id: s for s in analyse(device).loss_scenarios}
    assert (scenarios["S1"].uca, scenarios["S1"].causal_factor) == ("U1", "feedback-missing")
    assert scenarios["S2"].hazards == ("H1",)
    assert [(r.id, r.covers) for r in device.requirements] == [("C1", ("U1",)), ("SR1", ("S1", "H2"))]


def test_context_tables_become_judgements_with_context():
    imported = import_pasta(TEXT + TABLE, "pump.stpa")
    found = {u.id: u for u in analyse(imported.device()).hazardous}
    assert [str(c) for c in found["UCA1"].context] == ["pain=none", "rate=high"]
    assert found["UCA3"].type == "too-late"
    assert imported.device().control_actions[0].desired[0].context == {"pain": "strong"}


def test_what_cannot_be_carried_over_is_said():
    left = {n.subject: n.reason for n in import_pasta(TEXT + TABLE, "pump.stpa").left_out}
    assert "goals have no place" in left["G1"]
    assert "no severity" in left["hazards"]
    assert "coordination" in left["Nurse"]
    assert "other output" in left["Nurse.shout"]
    assert "by name only" in left["rate"]
    assert "wrong-time" in left["RL2"]


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('Losses\nL1 "x"\nHazard\nH1 "y"', 4, 1, "a quoted text"),
        ("ControlStructure\nP { N { controlActions { [a] = X } } }", 2, 30, "'->' is expected"),
        ("Losses\nL1 \x00", 2, 4, "cannot be read"),
        ("UCAs\nN.a { sometimes { } }", 2, 7, "one of notProviding"),
        ("ControlStructure\nP { N { ", 2, 9, "a node"),
        ("Context-Table\nR { controlAction: N.a type: provided contexts: { U v=x } }", 2, 53, "'[' is expected"),
        ("ControlStructure P { N { processModel { v: [a=1] } } }", 1, 0, "range"),
    ],
)
def test_a_bad_file_gets_its_place(text: str, line: int, column: int, said: str):
    with pytest.raises(InputError) as error:
        import_pasta(text, "bad.stpa")
    (problem,) = error.value.problems
    assert (problem.file, problem.line) == ("bad.stpa", line)
    assert column in (0, problem.column)
    assert said in problem.message


def test_size_and_depth_are_limited():
    with pytest.raises(InputError, match="too-large"):
        import_pasta(" " * 2_000_001, "big.stpa")
    with pytest.raises(InputError, match="too deep"):
        import_pasta("ControlStructure P {" + "N {" * 500, "deep.stpa")


@given(st.text(alphabet="{}[]().,:=<>\"' \nHL1-abUCAs", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str):
    try:
        import_pasta(text, "x.stpa")
    except InputError as error:
        assert error.problems[0].line


@pytest.mark.parametrize("project", ["artificial_pancreas", "sound"])
def test_export_and_import_keep_the_analysis(project: str):
    device = open_project(PROJECTS / project).device
    before = analyse(device)
    again = analyse(import_pasta(export_pasta(device, before), "again.stpa").device())
    assert len(again.hazardous) == sum(1 for _ in _contexts(before))
    assert {(u.type in ("provided", "not-provided"), u.hazards) for u in again.hazardous}


def _contexts(analysis: Any) -> Any:
    """Each unsafe control action once for each context that a table without 'any of' needs; once each in words."""
    in_table = all(u.context and not u.believed and not u.when for u in analysis.hazardous)
    for uca in analysis.hazardous:
        times = 1
        for condition in uca.context if in_table else ():
            times *= len(condition.states)
        yield from range(times)


def test_the_table_survives_to_the_letter():
    device = open_project(PROJECTS / "artificial_pancreas").device
    text = export_pasta(device, analyse(device))
    again = {u.id: u for u in analyse(import_pasta(text, "again.stpa").device()).hazardous}
    rule = again["UCA_01"]
    assert [str(c) for c in rule.context] == ["bg=above", "bg_rate=rising", "iob=little", "iob_rate=falling"]
    assert (rule.type, rule.source, rule.hazards) == ("provided", "controller", ("H2",))
    levels = {again[i].context[0].states for i in ("UCA_06", "UCA_06_2")}
    assert levels == {("below",), ("hypo",)}


def test_names_and_quotes_stay_within_the_grammar(loop: dict[str, Any]):
    loop["losses"][0]["name"] = 'a "quoted"\nloss'
    loop["components"][2]["id"] = "input"
    for action in loop["control_actions"][:1]:
        action["to"] = "input"
    loop["channels"][1]["to"] = "input"
    device = Device.model_validate(loop)
    text = export_pasta(device, analyse(device))
    assert "input_2 {" in text
    assert import_pasta(text, "again.stpa").file["losses"][0]["name"] == "a 'quoted' loss"


def test_all_sixteen_causal_factors_are_known():
    from harmpath.catalogue.stpa import causal_factors

    assert len(FACTORS) == 16
    assert set(FACTORS.values()) <= {f.id for f in causal_factors()}
