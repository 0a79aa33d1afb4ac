"""What reachable false data do to the model: attacks limited to the Reach of the attack paths.

The public face; names are loaded when first used, so that importing the package stays cheap. Attacking needs the
optional dependencies [ml]::

    from harmpath.evasion import run
    result = run(project.folder, project.device, analysis.reach)
    result.goals[0].share          # successes, windows, 95 % interval
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harmpath.errors import MissingExtraError

if TYPE_CHECKING:
    from harmpath.evasion.attack import Attack, Attempts, run_search
    from harmpath.evasion.campaign import EvasionResult, run
    from harmpath.evasion.goals import Goal, Thresholds
    from harmpath.evasion.limits import Limits, SignalLimits, limits_of
    from harmpath.evasion.outcome import GoalOutcome, Share, wilson
    from harmpath.evasion.profile import PatientRisk, risk_profiles
    from harmpath.evasion.searches import SEARCHES
    from harmpath.evasion.spec import EvasionSpec, load_spec
    from harmpath.evasion.traces import Trace, Windows, cut, read_traces
    from harmpath.evasion.victims.opening import open_model
    from harmpath.evasion.victims.victim import FunctionVictim, Victim

__all__ = [
    "SEARCHES",
    "Attack",
    "Attempts",
    "EvasionResult",
    "EvasionSpec",
    "FunctionVictim",
    "Goal",
    "GoalOutcome",
    "Limits",
    "PatientRisk",
    "Share",
    "SignalLimits",
    "Thresholds",
    "Trace",
    "Victim",
    "Windows",
    "cut",
    "limits_of",
    "load_spec",
    "open_model",
    "read_traces",
    "risk_profiles",
    "run",
    "run_search",
    "wilson",
]

_HOME = {
    "attack": ("Attack", "Attempts", "run_search"),
    "campaign": ("EvasionResult", "run"),
    "goals": ("Goal", "Thresholds"),
    "limits": ("Limits", "SignalLimits", "limits_of"),
    "outcome": ("GoalOutcome", "Share", "wilson"),
    "profile": ("PatientRisk", "risk_profiles"),
    "searches": ("SEARCHES",),
    "spec": ("EvasionSpec", "load_spec"),
    "traces": ("Trace", "Windows", "cut", "read_traces"),
    "victims.opening": ("open_model",),
    "victims.victim": ("FunctionVictim", "Victim"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            try:
                return getattr(import_module(f"harmpath.evasion.{module}"), name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] in ("numpy", "scipy", "sklearn", "onnxruntime"):
                    raise MissingExtraError("attacking a model", "ml") from error
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
