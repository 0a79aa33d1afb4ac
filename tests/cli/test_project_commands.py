"""init, check and schema, as a user runs them: real processes, real exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HARMPATH_STORE": "/nonexistent/store", "NO_COLOR": "1"}
    call = [sys.executable, "-m", "harmpath", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)


COMMANDS = ["init", "check", "assess", "paths", "stpa", "vulnerabilities", "risks", "technologies", "schema", "vex"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"harmpath {command}" in done.stdout.split("Example", 1)[1]


def test_wrong_usage_exits_with_2() -> None:
    assert run("no-such-command").returncode == 2
    assert run("assess").returncode == 2


def test_init_makes_a_project_that_checks(tmp_path: Path) -> None:
    made = run("init", tmp_path / "mine", "--like", "bgms")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "mine" / "device.schema.json").exists()
    assert "device.schema.json" in (tmp_path / "mine" / "device.yaml").read_text().splitlines()[0]
    checked = run("check", tmp_path / "mine")
    assert checked.returncode in (0, 1), checked.stdout
    assert "error[" not in checked.stdout


def test_init_leaves_what_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    done = run("init", tmp_path / "mine")
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["kept.txt"]


def test_init_names_the_examples(tmp_path: Path) -> None:
    done = run("init", tmp_path / "mine", "--like", "bgsm")
    assert done.returncode == 2
    assert "Did you mean 'bgms'?" in done.stderr
    assert not (tmp_path / "mine").exists()


def test_check_reports_every_problem_with_its_place(tmp_path: Path, examples: Path) -> None:
    text = (examples / "bgms" / "device.yaml").read_text()
    text = text.replace("kind: sensor", "kind: snesor", 1).replace("severity: catastrophic", "severity: bad", 1)
    (tmp_path / "device.yaml").write_text(text)
    done = run("check", tmp_path)
    assert done.returncode == 2
    assert done.stdout.count("error[wrong-value]") == 2
    assert "Did you mean 'sensor'?" in done.stdout
    shown = json.loads(run("check", tmp_path, "--json").stdout)
    assert {p["line"] > 1 for p in shown["problems"]} == {True}


def test_check_finds_a_near_miss(tmp_path: Path, examples: Path) -> None:
    lines = (examples / "bgms" / "device.yaml").read_text()
    assert "losses: [L-1]" in lines
    (tmp_path / "device.yaml").write_text(lines.replace("losses: [L-1]", "losses: [L-11]", 1))
    done = run("check", tmp_path)
    assert done.returncode == 1
    assert "error[unknown-id]" in done.stdout
    assert "Did you mean" in done.stdout
    refused = run("assess", tmp_path, "-o", tmp_path / "out")
    assert refused.returncode == 2
    assert "unknown-id" in refused.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"a: [", b"x" * 5_000_000], ids=["empty", "nul", "cut", "big"]
)
def test_broken_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "device.yaml").write_bytes(content)
    for command in ("check", "assess", "risks"):
        done = run(command, tmp_path)
        assert done.returncode == 2
        assert "device.yaml" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_no_project(tmp_path: Path) -> None:
    done = run("assess", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "harmpath init" in done.stderr


def test_schemas_are_json_schemas() -> None:
    from jsonschema import Draft202012Validator

    for name in ("device", "assessment", "decisions", "risk"):
        Draft202012Validator.check_schema(json.loads(run("schema", name).stdout))
    assert run("schema", "nothing").returncode == 2


def test_examples_satisfy_the_published_schema(examples: Path) -> None:
    """An editor that validates with the schema accepts what harmpath accepts."""
    import yaml
    from jsonschema import Draft202012Validator

    from harmpath.device.schema import device_schema

    class Yaml12(yaml.SafeLoader):
        """Editors read YAML 1.2, where ``on`` is a word."""

    resolvers = {k: [r for r in v if "bool" not in r[0]] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    Yaml12.yaml_implicit_resolvers = resolvers
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
    validator = Draft202012Validator(device_schema())
    for path in sorted(examples.glob("*/device.yaml")):
        value = json.loads(json.dumps(yaml.load(path.read_text(), Loader=Yaml12), default=str))
        errors = [
            f"{path.parent.name}: {list(e.absolute_path)}: {e.message[:150]}" for e in validator.iter_errors(value)
        ]
        assert not errors, errors[:5]


def test_init_takes_over_nobody_s_decisions(tmp_path: Path) -> None:
    assert run("init", tmp_path / "mine", "--like", "aid").returncode == 0
    from harmpath.assessment.decisions import read_decisions

    assert read_decisions(tmp_path / "mine" / "decisions.yaml") == ()
    assert "verdict" in (tmp_path / "mine" / "decisions.yaml").read_text(), "they stay as a pattern"
    assert not (tmp_path / "mine" / "measurements").exists()


def test_check_names_identifiers_that_nothing_is_looked_up_by(tmp_path: Path, examples: Path) -> None:
    text = (examples / "aid" / "device.yaml").read_text()
    first = text.index('cpe: "') + len('cpe: "')
    (tmp_path / "device.yaml").write_text(text[:first] + "cpe:2.3:a:nxp" + text[text.index('"', first) :])
    assert "warning[bad-cpe]" in run("check", tmp_path).stdout


def test_check_reads_the_campaigns_too(tmp_path: Path, examples: Path) -> None:
    shutil.copytree(examples / "aid", tmp_path / "aid")
    (tmp_path / "aid" / "simulation.yaml").write_text("plant: mars\ndays: -1\n")
    done = run("check", tmp_path / "aid")
    assert done.returncode == 1
    assert "simulation.yaml" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "device.yaml")
    done = run("check", tmp_path)
    assert done.returncode == 2
    assert "not a regular file" in done.stdout
