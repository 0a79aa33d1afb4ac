"""Everything ``harmpath check`` looks at in a project."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harmpath.assessment.decisions import read_decisions
from harmpath.assessment.matrix import read_matrix
from harmpath.assessment.technologies import collect
from harmpath.device.check import check, is_usable
from harmpath.device.project import Project
from harmpath.errors import InputError, MissingExtraError, Problem
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
    for name, read in (("simulation.yaml", _simulation), ("evasion.yaml", _evasion)):
        yield Part(name, lambda n=name: (project.folder / n,), lambda r=read: r(project))  # type: ignore[misc]
    yield Part("technologies", lambda: (*project.sboms(), *project.documents()), lambda: collect(project).findings)


def check_project(project: Project) -> tuple[Problem, ...]:
    """Problems of device.yaml, then of the files beside it; those of one file in its order."""
    return tuple(problem for part in parts(project) for problem in part.problems())


def _model(project: Project) -> Iterator[Problem]:
    problems = check(project)
    yield from problems
    yield from identifiers(project)
    if is_usable(problems):
        from harmpath.stpa import analyse

        yield from completeness(project, analyse(project.device))


def _decisions(project: Project) -> tuple[Problem, ...]:
    read_decisions(project.decisions_file)
    return ()


def _risk(project: Project) -> tuple[Problem, ...]:
    read_matrix(project.folder)
    return ()


def _simulation(project: Project) -> tuple[Problem, ...]:
    from harmpath.patients import load_spec

    path = project.folder / "simulation.yaml"
    if path.exists():
        with contextlib.suppress(MissingExtraError, ImportError):  # only what reads it can check it
            load_spec(path, path.name)
    return ()


def _evasion(project: Project) -> tuple[Problem, ...]:
    from harmpath.evasion import load_spec

    path = project.folder / "evasion.yaml"
    if path.exists():
        with contextlib.suppress(MissingExtraError, ImportError):
            load_spec(path, path.name)
    return ()


def identifiers(project: Project) -> Iterator[Problem]:
    """CPE names and package URLs that no record can be looked up by."""
    from packageurl import PackageURL

    from harmpath.vulnerabilities.cpe import CpeError, parse_cpe

    readers: tuple[tuple[str, Callable[[str], object]], ...] = (("cpe", parse_cpe), ("purl", PackageURL.from_string))
    places = [
        (group, i, e) for group in ("components", "channels") for i, e in enumerate(getattr(project.device, group))
    ]
    for group, i, element in places:
        for j, technology in enumerate(element.technologies):
            for key, read in readers:
                value = getattr(technology, key)
                try:
                    if value:
                        read(value)
                except (CpeError, ValueError) as error:
                    remedy = "Nothing is looked up by it as it stands. Correct it, or leave it out."
                    path = (group, i, "technologies", j, key)
                    said = f"Not a {key}: {error}."
                    yield project.tree.problem(path, f"bad-{key}", said, value=value, remedy=remedy, severity="warning")


def completeness(project: Project, stpa: StpaAnalysis) -> list[Problem]:
    """Completeness of the STPA, with the place in device.yaml of what each finding is about."""
    from harmpath.stpa.checks import run_checks

    return [
        project.tree.problem(f.path, f.check, f.message, severity=f.severity, remedy=f"{f.why} {f.remedy}")
        for f in run_checks(project.device, stpa)
    ]
