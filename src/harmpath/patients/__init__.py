"""Patients in the loop: harm as a figure.

The public face; names are loaded when first used, so that importing the package stays cheap. The heavy ones need the
optional dependencies [sim]::

    from harmpath.patients import load_spec, run_campaign
    campaign = run_campaign(load_spec(project / "simulation.yaml"), out)
    campaign.harm["high readings"].figure("share below 54")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harmpath.errors import MissingExtraError

if TYPE_CHECKING:
    from harmpath.patients.campaign import Campaign, run_campaign
    from harmpath.patients.controllers import BasalBolus, ForecastAdvice, Mpc, Oref0, Pid
    from harmpath.patients.faults import Fault, Limits, Scenario, Trigger
    from harmpath.patients.loop import Loop, Result, simulate
    from harmpath.patients.meals import FixedMeal, MealPlan, User
    from harmpath.patients.monitors import Monitor, Pump
    from harmpath.patients.outcome import Harm, LaneHarm, ScenarioHarm, harm
    from harmpath.patients.people import Patient, Population, population
    from harmpath.patients.pictures import draw_campaign
    from harmpath.patients.reach import reach_scenarios, reach_space
    from harmpath.patients.search import AttackSpace, Found, search_worst
    from harmpath.patients.sensors import Meter, Sensor
    from harmpath.patients.severity import DEFAULT_CRITERIA, SEVERITIES, Criterion
    from harmpath.patients.spec import SimulationSpec, load_spec

__all__ = [
    "DEFAULT_CRITERIA",
    "SEVERITIES",
    "AttackSpace",
    "BasalBolus",
    "Campaign",
    "Criterion",
    "Fault",
    "FixedMeal",
    "ForecastAdvice",
    "Found",
    "Harm",
    "LaneHarm",
    "Limits",
    "Loop",
    "MealPlan",
    "Meter",
    "Monitor",
    "Mpc",
    "Oref0",
    "Patient",
    "Pid",
    "Population",
    "Pump",
    "Result",
    "Scenario",
    "ScenarioHarm",
    "Sensor",
    "SimulationSpec",
    "Trigger",
    "User",
    "draw_campaign",
    "harm",
    "load_spec",
    "population",
    "reach_scenarios",
    "reach_space",
    "run_campaign",
    "search_worst",
    "simulate",
]

_HOME = {
    "campaign": ("Campaign", "run_campaign"),
    "controllers": ("BasalBolus", "ForecastAdvice", "Mpc", "Oref0", "Pid"),
    "faults": ("Fault", "Limits", "Scenario", "Trigger"),
    "outcome": ("Harm", "LaneHarm", "ScenarioHarm", "harm"),
    "loop": ("Loop", "Result", "simulate"),
    "meals": ("FixedMeal", "MealPlan", "User"),
    "monitors": ("Monitor", "Pump"),
    "pictures": ("draw_campaign",),
    "people": ("Patient", "Population", "population"),
    "reach": ("reach_scenarios", "reach_space"),
    "search": ("AttackSpace", "Found", "search_worst"),
    "sensors": ("Meter", "Sensor"),
    "severity": ("DEFAULT_CRITERIA", "SEVERITIES", "Criterion"),
    "spec": ("SimulationSpec", "load_spec"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            try:
                return getattr(import_module(f"harmpath.patients.{module}"), name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] in ("numba", "numpy", "scipy", "pyarrow"):
                    raise MissingExtraError("simulated patients", "sim") from error
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
