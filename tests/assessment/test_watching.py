"""watch: what is different is found, what is not is silent, and the state is kept whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harmpath.assessment.lookup import lookup
from harmpath.assessment.watching import State, changes, read_state, state_of, write_state
from harmpath.errors import InputError


@pytest.fixture
def project(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARMPATH_STORE", str(tmp_path / "none.sqlite"))
    return Path(shutil.copytree(examples / "bgms", tmp_path / "bgms"))


@pytest.fixture
def now(project: Path) -> State:
    return state_of(lookup(project, None))


def altered(state: State, key: str, **values: object) -> State:
    raw = json.loads(json.dumps({k: {f: getattr(v, f) for f in v.__struct_fields__} for k, v in state.seen.items()}))
    raw[key].update(values)
    from harmpath.assessment.watching import Seen

    return State(as_of=state.as_of, seen={k: Seen(**v) for k, v in raw.items()})


def test_nothing_is_different_from_itself(now: State) -> None:
    assert now.seen
    assert changes(now, now) == ()


def test_each_kind_of_change(now: State) -> None:
    keys = sorted(now.seen)
    exploited = next(k for k in keys if now.seen[k].known_exploited)
    before = altered(now, exploited, known_exploited=False)
    before = altered(before, keys[0], cvss=0.1) if keys[0] != exploited else altered(before, keys[1], cvss=0.1)
    gone = "T-old CVE-2000-0001"
    before = State(as_of={}, seen={**{k: v for k, v in before.seen.items() if k != keys[-1]}, gone: now.seen[keys[2]]})
    assert [c.kind for c in changes(before, now)] == ["newly-exploited", "new", "changed", "gone"]
    assert changes(before, now)[0].vulnerability == exploited.rpartition(" ")[2]


def test_small_moves_of_epss_are_silent(now: State) -> None:
    key = next(k for k in sorted(now.seen) if (now.seen[k].epss or 0) > 0.3)
    assert changes(altered(now, key, epss=(now.seen[key].epss or 0) - 0.05), now) == ()
    assert [c.kind for c in changes(altered(now, key, epss=(now.seen[key].epss or 0) - 0.2), now)] == ["changed"]


def test_state_survives_a_round_trip_and_a_broken_one_is_named(now: State, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "watch.json"
    assert read_state(path) is None
    write_state(path, now)
    assert read_state(path) == now
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"watch\.json"):
        read_state(path)


def test_the_command_remembers_then_compares(project: Path) -> None:
    from harmpath.cli.app import app

    runner = CliRunner()
    assert runner.invoke(app, ["watch", str(project)]).exit_code == 0
    assert runner.invoke(app, ["watch", str(project)]).exit_code == 0
    state = json.loads((project / "watch.json").read_text())
    state["seen"].pop(next(iter(state["seen"])))
    (project / "watch.json").write_text(json.dumps(state))
    again = runner.invoke(app, ["watch", str(project), "--keep", "--json"])
    assert again.exit_code == 1
    assert [c["kind"] for c in json.loads(again.stdout)["changes"]] == ["new"]
    assert runner.invoke(app, ["watch", str(project)]).exit_code == 1, "--keep did not remember"
    assert runner.invoke(app, ["watch", str(project)]).exit_code == 0
