"""Finds the checks of this package and runs those that the project has not switched off."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path

from harmpath.device.model import Device
from harmpath.stpa.checks.interface import Check, CheckFinding, Subject
from harmpath.stpa.results import StpaAnalysis

__all__ = ["all_checks", "run_checks"]


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, sorted by id."""
    package = __name__.rpartition(".")[0]
    names = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    classes = {c for m in modules for _, c in inspect.getmembers(m, inspect.isclass) if issubclass(c, Check)}
    return tuple(sorted((c() for c in classes if not inspect.isabstract(c)), key=lambda c: c.id))


def run_checks(device: Device, analysis: StpaAnalysis) -> tuple[CheckFinding, ...]:
    """Every finding of the checks that are on, in the order of check and element."""
    subject = Subject(device, analysis)
    found: list[CheckFinding] = []
    for check in all_checks():
        if check.id in device.checks_off:
            continue
        severity = device.check_severity.get(check.id, check.severity)
        for finding in check.find(subject):
            path = subject.paths.get(finding.element, ()) if finding.path is None else finding.path
            remedy = finding.remedy or check.remedy
            found.append(CheckFinding(check.id, severity, finding.element, path, finding.message, check.why, remedy))
    return tuple(sorted(found, key=lambda f: (f.check, f.element, f.message)))
