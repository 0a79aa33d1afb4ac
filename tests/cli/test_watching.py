"""check --watch as a user has it: a real process, a file that is edited, Ctrl-C; and what is not done again."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harmpath.assessment.checking import check_project
from harmpath.cli import watching
from harmpath.device.project import open_project

PATIENCE_S = 60
UNUSED = "losses:\n  - {id: L-nobody, name: Nothing leads here, kind: harm}\n"


@pytest.fixture
def project(examples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(examples / "bgms", tmp_path / "bgms"))


def _heeds_interrupts() -> None:
    """A shell starts background jobs, and so perhaps the tests, with Ctrl-C ignored; a user's terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watch:
    """A running ``harmpath check --watch`` and the lines it writes."""

    def __init__(self, *arguments: str | Path) -> None:
        environment = {**os.environ, "HARMPATH_STORE": "/nonexistent/store", "NO_COLOR": "1"}
        call = [sys.executable, "-m", "harmpath", "check", "--watch", *map(str, arguments)]
        self.process = subprocess.Popen(
            call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
            preexec_fn=_heeds_interrupts,
        )  # fmt: skip
        self.shown: queue.Queue[str] = queue.Queue()
        self.noted: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        pairs = ((self.process.stdout, self.shown), (self.process.stderr, self.noted))
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in pairs]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Iterator[str], lines: queue.Queue[str]) -> None:
        for line in stream:
            lines.put(line.rstrip("\n"))

    def until(self, text: str) -> str:
        """The next line on the output that contains the text."""
        return self._until(self.shown, text)

    def until_noted(self, text: str) -> str:
        """The next line for the person at the terminal that contains the text."""
        return self._until(self.noted, text)

    def _until(self, lines: queue.Queue[str], text: str) -> str:
        while True:
            line = lines.get(timeout=PATIENCE_S)
            self.seen.append(line)
            if text in line:
                return line

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def rest(self) -> list[str]:
        """Notes that nobody read."""
        return [self.noted.get_nowait() for _ in range(self.noted.qsize())]


@pytest.fixture
def watch() -> Iterator[list[Watch]]:
    started: list[Watch] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def edit(project: Path, old: str, new: str) -> None:
    """Save as editors do: beside it, then into its place."""
    file = project / "device.yaml"
    text = file.read_text()
    assert old in text
    beside = project / ".device.yaml.tmp"
    beside.write_text(text.replace(old, new, 1))
    beside.replace(file)


def test_a_save_shows_what_it_brings_and_what_it_mends(project: Path, watch: list[Watch]) -> None:
    watch.append(one := Watch(project))
    said = one.until_noted(" warnings, ")
    edit(project, "losses:\n", UNUSED)
    assert "device.yaml:" in one.until("[unreferenced-loss]")
    (project / "device.yaml").touch()
    edit(project, UNUSED, "losses:\n")
    assert one.until("[unreferenced-loss]").startswith("mended: ")
    whole = (project / "device.yaml").read_text()
    (project / "device.yaml").write_text("losses: [")
    one.until("error[")
    assert one.until_noted(" error") == "1 error."
    (project / "device.yaml").write_text(whole)
    assert one.until_noted(" warning") == said, "what could not be seen was not mended"
    (project / "decisions.yaml").write_text("decisions: 3\n")
    assert "decisions.yaml" in one.until("error[")
    assert not [line for line in one.seen if line.startswith("mended") and "unreferenced-loss" not in line]
    assert one.stop() == 130
    rest = one.rest()
    assert rest[-1] == "Stopped watching."
    assert not any("Traceback" in line for line in rest)


def test_each_change_is_one_line_of_json(project: Path, watch: list[Watch]) -> None:
    watch.append(one := Watch(project, "--json"))
    first = json.loads(one.until("harmpath-check-1"))
    edit(project, "losses:\n", UNUSED)
    second = json.loads(one.until("harmpath-check-1"))
    codes = [[p["code"] for p in found["problems"]] for found in (first, second)]
    assert codes[1].count("unreferenced-loss") == codes[0].count("unreferenced-loss") + 1
    assert one.stop() == 130


def test_nothing_to_watch(tmp_path: Path, watch: list[Watch]) -> None:
    watch.append(one := Watch(tmp_path))
    one.until_noted("harmpath init")
    assert one.process.wait(PATIENCE_S) == 2


def test_what_did_not_change_is_not_done_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = watching.Part.problems

    def counting(part: watching.Part) -> tuple[watching.Problem, ...]:
        done.append(part.name)
        return real(part)

    monkeypatch.setattr(watching.Part, "problems", counting)
    recheck = watching.Rechecker(project)
    first = recheck.problems()
    assert first == check_project(open_project(project))
    assert {"model", "decisions", "risk", "technologies"} <= set(done)
    done.clear()
    (project / "device.yaml").touch()
    assert recheck.problems() == first
    assert done == []
    edit(project, "losses:\n", UNUSED)
    assert len(recheck.problems()) > len(first)
    assert done == ["model"]
    done.clear()
    (project / "risk.yaml").write_text("nonsense: true\n")
    assert any("risk.yaml" in p.file for p in recheck.problems())
    assert done == ["risk"]


def test_a_new_document_is_noticed(project: Path) -> None:
    before = watching._stamps(project)
    (project / "documents" / "new.md").write_text("New.\n")
    (project / "documents" / ".swap").write_text("x")
    after = watching._stamps(project)
    assert {Path(p).name for p in after.keys() - before.keys()} == {"new.md"}
