"""Everything ``harmpath check`` looks at in a project."""

from __future__ import annotations

from harmpath.assessment.decisions import read_decisions
from harmpath.assessment.matrix import read_matrix
from harmpath.assessment.technologies import collect
from harmpath.device.check import check, is_usable
from harmpath.device.project import Project
from harmpath.errors import InputError, Problem
from harmpath.stpa import StpaAnalysis

__all__ = ["check_project", "completeness"]


def check_project(project: Project) -> tuple[Problem, ...]:
    """Problems of device.yaml, then of the files beside it; those of one file in its order."""
    problems = list(check(project))
    if is_usable(tuple(problems)):
        problems += _completeness(project)
    for read in (
        lambda: read_decisions(project.decisions_file),
        lambda: read_matrix(project.folder),
    ):
        try:
            read()
        except InputError as error:
            problems += error.problems
    try:
        problems += collect(project).findings
    except InputError as error:
        problems += error.problems
    return tuple(problems)


def _completeness(project: Project) -> list[Problem]:
    from harmpath.stpa import analyse

    return completeness(project, analyse(project.device))


def completeness(project: Project, stpa: StpaAnalysis) -> list[Problem]:
    """Completeness of the STPA, with the place in device.yaml of what each finding is about."""
    from harmpath.stpa.checks import run_checks

    return [
        project.tree.problem(f.path, f.check, f.message, severity=f.severity, remedy=f"{f.why} {f.remedy}")
        for f in run_checks(project.device, stpa)
    ]
