"""Everything ``harmpath check`` looks at in a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harmpath.assessment.decisions import read_decisions
from harmpath.assessment.matrix import read_matrix
from harmpath.assessment.technologies import collect
from harmpath.device.check import check, is_usable
from harmpath.device.project import Project
from harmpath.errors import InputError, Problem
from harmpath.stpa import StpaAnalysis

__all__ = ["Part", "check_project", "completeness", "parts"]


@dataclass(frozen=True)
class Part:
    """A part of the checks whose findings follow from the content of some files alone."""

    name: str
    files: Callable[[], Iterable[Path]]
    """They need not exist. InputError when there are too many."""
    find: Callable[[], Iterable[Problem]]
    """Its findings; an InputError is findings too."""

    def problems(self) -> tuple[Problem, ...]:
        """What it finds now."""
        try:
            return tuple(self.find())
        except InputError as error:
            return error.problems


def parts(project: Project) -> Iterator[Part]:
    """Device.yaml, then the files beside it."""
    yield Part("model", lambda: (project.device_file,), lambda: _model(project))
    yield Part("decisions", lambda: (project.decisions_file,), lambda: _decisions(project))
    yield Part("risk", lambda: (project.folder / "risk.yaml",), lambda: _risk(project))
    yield Part("technologies", lambda: (*project.sboms(), *project.documents()), lambda: collect(project).findings)


def check_project(project: Project) -> tuple[Problem, ...]:
    """Problems of device.yaml, then of the files beside it; those of one file in its order."""
    return tuple(problem for part in parts(project) for problem in part.problems())


def _model(project: Project) -> Iterator[Problem]:
    problems = check(project)
    yield from problems
    if is_usable(problems):
        from harmpath.stpa import analyse

        yield from completeness(project, analyse(project.device))


def _decisions(project: Project) -> tuple[Problem, ...]:
    read_decisions(project.decisions_file)
    return ()


def _risk(project: Project) -> tuple[Problem, ...]:
    read_matrix(project.folder)
    return ()


def completeness(project: Project, stpa: StpaAnalysis) -> list[Problem]:
    """Completeness of the STPA, with the place in device.yaml of what each finding is about."""
    from harmpath.stpa.checks import run_checks

    return [
        project.tree.problem(f.path, f.check, f.message, severity=f.severity, remedy=f"{f.why} {f.remedy}")
        for f in run_checks(project.device, stpa)
    ]
