"""Reading catalogue files: YAML lists of entries, each checked against its schema, errors with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harmpath.errors import InputError, Problem

__all__ = ["load_entries", "load_mapping"]

Entry = TypeVar("Entry", bound=BaseModel)


def load_entries(folder: Traversable, schema: type[Entry]) -> tuple[Entry, ...]:
    """Every entry of every ``*.yaml`` in the folder, sorted by id.

    Raises:
        InputError: every entry that is wrong, and every id that is given twice, with file and line.
    """
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        for raw, line in _items(file):
            try:
                entry = schema.model_validate(raw)
            except ValidationError as error:
                problems += _problems(error, file.name, line, raw)
                continue
            identifier = str(getattr(entry, "id", ""))
            if identifier in entries:
                said = f"The id '{identifier}' is given twice in this catalogue."
                problems.append(Problem("duplicate-id", said, file.name, line, remedy="Rename one of the two."))
            entries[identifier] = entry
    if problems:
        raise InputError(problems)
    return tuple(entries[key] for key in sorted(entries))


def load_mapping(file: Traversable, schema: type[Entry]) -> Entry:
    """A file that holds one entry.

    Raises:
        InputError: what is wrong in it, with file and line.
    """
    raw = _plain(_parsed(file), file.name)
    try:
        return schema.model_validate(raw)
    except ValidationError as error:
        raise InputError(_problems(error, file.name, 1, raw)) from error


def _items(file: Traversable) -> Iterable[tuple[Any, int]]:
    """The entries of a file, each with the line it starts on."""
    node = _parsed(file)
    if not isinstance(node, yaml.SequenceNode):
        raise InputError([Problem("not-a-list", "A catalogue file is a list of entries.", file.name, 1)])
    return [(_plain(item, file.name), item.start_mark.line + 1) for item in node.value]


def _parsed(file: Traversable) -> yaml.Node:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = file.read_text(encoding="utf-8")
    try:
        for event in yaml.parse(text, Loader=loader):
            if getattr(event, "anchor", None) or getattr(event, "tag", None) not in (None, "!"):
                line = event.start_mark.line + 1 if event.start_mark else None
                raise InputError([Problem("yaml", "Anchors, aliases and tags are not accepted.", file.name, line)])
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError([Problem("yaml", f"Not valid YAML: {error.problem}.", file.name, line)]) from error
    if node is None:
        raise InputError([Problem("empty", "The catalogue file is empty.", file.name, 1)])
    return node


def _plain(node: yaml.Node, file: str) -> Any:
    """Lists, dicts and text; a number stays the text it was written as and the schema makes a number of it."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, file) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        keys = [str(key.value) for key, _ in node.value]
        twice = next((key for key, _ in node.value if keys.count(str(key.value)) > 1), None)
        if twice is not None:
            said = f"The key '{twice.value}' is given twice."
            raise InputError([Problem("duplicate-key", said, file, twice.start_mark.line + 1)])
        return {key: _plain(value, file) for key, (_, value) in zip(keys, node.value, strict=True)}
    return node.value


def _problems(error: ValidationError, file: str, line: int, raw: Any) -> list[Problem]:
    name = raw.get("id", "?") if isinstance(raw, dict) else "?"
    problems = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(map(str, found["loc"])) or "as a whole"
        said = str(found["msg"]).removeprefix("Value error, ")
        problems.append(Problem("catalogue-entry", f"Entry '{name}', {where}: {said}.", file, line))
    return problems
