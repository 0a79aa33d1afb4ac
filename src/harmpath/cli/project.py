"""init, check, schema: the project folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harmpath.cli.show import counted, json_out, note
from harmpath.errors import InputError, UsageError

__all__ = ["add_to"]

ProjectArgument = Annotated[Path, typer.Argument(help="Project folder, or the device.yaml in it.", metavar="PROJECT")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    like: Annotated[str, typer.Option(help="Example to start from; a wrong name lists them.")] = "bgms",
) -> None:
    """Make a commented starting folder from one of the shipped examples.

    Example: harmpath init my-device --like bgms
    """
    from harmpath.device.examples import copy_example

    copy_example(like, folder)
    note(f"Made {folder}/. Next: edit {folder}/device.yaml, then 'harmpath check {folder}'.")


def check(
    project: ProjectArgument,
    json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again on every save, until Ctrl-C.")] = False,
) -> None:
    """Check schema and consistency; every problem with file:line:column and what to do about it.

    Exit code 0: nothing found; 1: findings; 2: the file cannot be read as a device.
    With --watch: what a save brings and what it mends; with --json one line for each change.

    Example: harmpath check my-device
    """
    if watch:
        from harmpath.cli.watching import watch_project

        watch_project(project, as_json=json)
        return
    from harmpath.assessment.checking import check_project
    from harmpath.device.project import open_project

    try:
        problems, exit_code = check_project(open_project(project)), 1
    except InputError as error:
        problems, exit_code = error.problems, error.exit_code
    if json:
        json_out({"schema": "harmpath-check-1", "problems": problems})
    else:
        for problem in problems:
            print(problem)
        note(f"{counted(problems)} in {project}.")
    if problems:
        raise typer.Exit(exit_code if any(p.severity != "info" for p in problems) else 0)


def schema(
    name: Annotated[str, typer.Argument(help="device, assessment, decisions or risk.")] = "device",
) -> None:
    """Print the JSON Schema of a file that harmpath reads or writes.

    Example: harmpath schema device > device.schema.json
    """
    from harmpath.assessment.schemas import SCHEMAS

    if name not in SCHEMAS:
        raise UsageError(f"There is no schema '{name}'.", remedy=f"Schemas: {', '.join(sorted(SCHEMAS))}.")
    json_out(SCHEMAS[name]())


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (init, check, schema):
        app.command()(command)
