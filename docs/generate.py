"""Write the reference pages of the documentation from the code, so that they cannot say anything else.

Run by ``make docs``; ``tests/test_docs.py`` fails when a committed page is not what this writes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "reference"
HEAD = "<!-- Written by docs/generate.py from the code; do not edit. -->\n\n"


def commands(group: Any = None, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command as the words that call it, depth first, in the order of the help."""
    if group is None:
        from typer.main import get_command

        from harmpath.cli.app import app

        group = get_command(app)
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


def cli_page() -> str:
    """The help of every command, as a terminal of 100 columns shows it."""
    parts = ["# The command line\n\nExit codes: 0 fine; 1 findings; 2 usage or input; 130 interrupted.\n"]
    environment = {**os.environ, "TERMINAL_WIDTH": "100", "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    for command in commands():
        call = [str(Path(sys.executable).with_name("harmpath")), *command, "--help"]
        done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment)
        text = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
        parts.append(f"## {' '.join(('harmpath', *command))}\n\n```text\n{text}\n```\n")
    return HEAD + "\n".join(parts)


def table(title: str, intro: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A page that is one table."""
    head = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    lines = [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    return HEAD + f"# {title}\n\n{intro}\n\n" + "\n".join([head, *lines]) + "\n"


def checks_page() -> str:
    """Every completeness check."""
    from harmpath.stpa.checks import all_checks

    intro = "Switch one off with `checks_off`, or change its severity with `check_severity`, in device.yaml."
    rows = [(f"`{c.id}`", c.severity, c.title, f"{c.why} {c.remedy}") for c in all_checks()]
    return table("Checks", intro, ("id", "severity", "what ought to be true", "why, and how to mend it"), rows)


def controls_page() -> str:
    """Every security control of the catalogue."""
    from harmpath.catalogue.controls import security_controls

    intro = "Security controls in FDA's eight categories; `control` under `controls` in device.yaml names one."
    rows = [(f"`{c.id}`", c.category, c.title, c.requires, c.acceptance) for c in security_controls()]
    return table("Security controls", intro, ("id", "category", "title", "requirement", "accepted when"), rows)


def rules_page() -> str:
    """Every attack rule."""
    from harmpath.catalogue.rules import attack_rules

    intro = "What an attacker can do next: each rule is one entry of data, licensed by what stands in its last column."
    rows = [
        (f"`{r.id}`", r.title, r.says, ", ".join(i for _, ids in r.ids.items() for i in ids), r.inherent or "see rule")
        for r in attack_rules()
    ]
    return table("Attack rules", intro, ("id", "title", "step", "techniques", "inherent because"), rows)


def schema_page(title: str, schema: dict[str, Any]) -> str:
    """A JSON Schema as one table for each object."""
    parts = [f"# {title}\n"]
    definitions = {schema.get("title", title): schema, **schema.get("$defs", {})}
    if "$ref" in schema:
        definitions = schema["$defs"]
    for name, definition in definitions.items():
        if "properties" not in definition:
            continue
        required = set(definition.get("required", ()))
        parts.append(f"## {name}\n\n{definition.get('description', '').strip()}\n")
        parts.append("| key | type | required | meaning |\n| --- | --- | --- | --- |")
        for key, value in definition["properties"].items():
            meaning = _cell(str(value.get("description", "")))
            parts.append(f"| `{key}` | {_cell(_type(value))} | {'yes' if key in required else ''} | {meaning} |")
        parts.append("")
    return HEAD + "\n".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    if "enum" in value:
        return ", ".join(f"`{v}`" for v in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(v) for v in value["anyOf"]))
    kind = value.get("type", "any")
    if kind == "array":
        return f"list of {_type(value.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def pages() -> dict[str, str]:
    """File name to content of every reference page."""
    from harmpath.assessment.schemas import SCHEMAS

    return {
        "checks.md": checks_page(),
        "controls.md": controls_page(),
        "rules.md": rules_page(),
        "cli.md": cli_page(),
        "device.md": schema_page("device.yaml", SCHEMAS["device"]()),
        "decisions.md": schema_page("decisions.yaml", SCHEMAS["decisions"]()),
        "assessment.md": schema_page("assessment.json", SCHEMAS["assessment"]()),
    }


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in pages().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
