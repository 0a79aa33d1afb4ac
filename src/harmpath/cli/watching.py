"""check --watch: the checks again on every save, with only what changed."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import typer

from harmpath.assessment.checking import Part, parts
from harmpath.cli.show import counted, note
from harmpath.device.project import open_project
from harmpath.errors import InputError, Problem

__all__ = ["Rechecker", "watch_project"]

POLL_S = 0.03
"""Seconds between two looks at the files; longer when looking itself takes long."""

SETTLE_S = 0.01
"""A file has to stay as it is for this long: editors empty it before they write it."""

Stamp = dict[str, tuple[int, int, int, int]]


class Rechecker:
    """The checks of one project, each part done again only when the content of its files changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.readable = True
        """Whether device.yaml could be read as a device the last time; when not, its problems are all that is known."""
        self._digests: dict[Path, tuple[tuple[int, ...], str]] = {}
        self._found: dict[str, tuple[tuple[str, ...], tuple[Problem, ...]]] = {}

    def problems(self) -> tuple[Problem, ...]:
        """What ``harmpath check`` would say now."""
        try:
            project = open_project(self.folder)
        except InputError as error:
            self.readable = False
            return error.problems
        self.readable = True
        return tuple(problem for part in parts(project) for problem in self._of(part))

    def _of(self, part: Part) -> tuple[Problem, ...]:
        try:
            content = tuple(f"{path}:{self._digest(path)}" for path in part.files())
        except InputError as error:
            return error.problems
        known = self._found.get(part.name)
        if known is None or known[0] != content:
            known = self._found[part.name] = (content, part.problems())
        return known[1]

    def _digest(self, path: Path) -> str:
        """SHA-256 of the file, empty when there is none; read again only when its stamp changed."""
        try:
            stamp = _stamp(path.stat())
            known = self._digests.get(path)
            if known is None or known[0] != stamp:
                with path.open("rb") as stream:
                    known = self._digests[path] = (stamp, hashlib.file_digest(stream, "sha256").hexdigest())
        except OSError:
            return ""
        return known[1]


def watch_project(project: Path, *, as_json: bool = False) -> None:
    """Check, show, and check again on every change of the project's files, until interrupted (exit code 130).

    Raises:
        InputError: there is no project to watch.
    """
    folder = project.parent if project.is_file() and project.name == "device.yaml" else project
    if not (folder / "device.yaml").is_file():
        open_project(folder)
    try:
        _watch(folder, as_json)
    except KeyboardInterrupt:
        note("Stopped watching.")
        raise typer.Exit(130) from None


def _watch(folder: Path, as_json: bool) -> None:
    recheck = Rechecker(folder)
    shown = _Shown(as_json)
    note(f"Watching {folder}; Ctrl-C ends.")
    for _ in _changes(folder):
        gc.disable()  # a collection in the middle costs a fifth of the time; it is made up for afterwards
        problems = recheck.problems()
        shown.show(problems, recheck.readable)
        gc.enable()
        gc.collect()


def _changes(folder: Path) -> Iterator[None]:
    """At once, and then after each change of the files, when it has settled."""
    before = None
    while True:
        started = time.monotonic()
        now = _stamps(folder)
        took = time.monotonic() - started
        if now != before:
            before = _settled(folder, now)
            yield
        else:
            time.sleep(max(POLL_S, 20 * took))


def _settled(folder: Path, now: Stamp) -> Stamp:
    while True:
        time.sleep(SETTLE_S)
        later = _stamps(folder)
        if later == now:
            return now
        now = later


def _stamps(folder: Path) -> Stamp:
    """Stamp of every file directly in the project folder and in documents/; hidden ones left out."""
    found: Stamp = {}
    for place in (folder, folder / "documents"):
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and entry.is_file():
                        found[entry.path] = _stamp(entry.stat())
        except OSError:
            continue
    return found


def _stamp(about: os.stat_result) -> tuple[int, int, int, int]:
    return about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino


class _Shown:
    """What the user has seen, so that only what changed is said."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.last: tuple[Problem, ...] | None = None
        self.whole: tuple[Problem, ...] | None = None
        """The last that was said of a device that could be read: what cannot be seen now is not mended."""

    def show(self, now: tuple[Problem, ...], readable: bool) -> None:
        """Everything at first, then what is new and what is mended; nothing when nothing changed."""
        if now == self.last:
            return
        if self.as_json:
            _print_json(now)
        elif readable:
            again = self.last is not None and self.last is not self.whole
            self._compare(self.whole, now, again)
            self.whole = now
        else:
            self._compare(None, now, True)
        self.last = now

    def _compare(self, before: tuple[Problem, ...] | None, now: tuple[Problem, ...], always: bool) -> None:
        new, gone = list(_without(now, before or ())), list(_without(before or (), now))
        for problem in new:
            print(problem)
        for problem in gone:
            print(f"mended: {replace(problem, line=None, column=None, remedy='')}")
        sys.stdout.flush()
        if new or gone or always or before is None:
            note(f"{counted(now)}.")


def _print_json(now: tuple[Problem, ...]) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.encode({"schema": "harmpath-check-1", "problems": now}).decode() + "\n")
    sys.stdout.flush()


def _without(problems: Iterable[Problem], known: Iterable[Problem]) -> Iterator[Problem]:
    """Those that are not among the known; a finding that only moved to another line is the same."""
    left = Counter(map(_what, known))
    for problem in problems:
        if left[_what(problem)]:
            left[_what(problem)] -= 1
        else:
            yield problem


def _what(problem: Problem) -> tuple[str | None, ...]:
    return problem.code, problem.severity, problem.file, problem.value, problem.message
