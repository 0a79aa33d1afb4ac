"""YAML from outside as a plain tree of strings, with the line and column of every value.

Only what a device file needs: mappings, lists and scalars. Tags, anchors, aliases, duplicate keys, several documents,
deep nesting and large files are refused with their place. A plain scalar stays the text that was written (``4.20``
stays ``4.20``, ``no`` stays ``no``); the model decides what is a number. ``null``, ``~`` and nothing are None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from harmpath.errors import InputError, Problem

__all__ = ["MAX_BYTES", "Tree", "parse", "read"]

MAX_BYTES = 4_000_000
"""A device file is written by hand; the largest sensible one is well below this."""
MAX_NODES = 400_000
MAX_DEPTH = 24

Key: TypeAlias = str | int
Path_: TypeAlias = tuple[Key, ...]
Mark: TypeAlias = tuple[int, int]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed file: its value and where each part of it stands."""

    file: str
    value: Any
    """Nested dict, list, str and None."""
    marks: dict[Path_, Mark] = field(repr=False)
    """Path of keys and indices to 1-based (line, column) of the value; for a mapping entry, of its key."""

    def mark(self, path: Path_) -> Mark:
        """Where the path stands, or its nearest ancestor that exists."""
        for length in range(len(path), -1, -1):
            found = self.marks.get(path[:length])
            if found is not None:
                return found
        return (1, 1)

    def problem(self, path: Path_, code: str, message: str, **more: Any) -> Problem:
        """A Problem placed at the path."""
        line, column = self.mark(path)
        return Problem(code, message, file=self.file, line=line, column=column, **more)


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Builder:
    """Builds the tree from the parser's events, so that nothing is expanded or constructed on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.marks: dict[Path_, Mark] = {}
        self.nodes = 0
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)

    def fail(self, event: yaml.Event, code: str, message: str, remedy: str, value: str | None = None) -> InputError:
        return InputError([Problem(code, message, self.file, *_mark(event), value, remedy)])

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.fail(event, "several-documents", "The file holds more than one YAML document.",
                                    "Keep one document per file; remove the '---' line.")  # fmt: skip
            elif isinstance(event, yaml.NodeEvent):
                value = self.node(event, ())
        return value

    def node(self, event: yaml.Event, path: Path_) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.fail(event, "too-large", f"The file has more than {MAX_NODES:,} values.", "Split the project.")
        anchor: str | None = getattr(event, "anchor", None)
        if anchor:
            remedy = "Write the value out where it is needed."
            raise self.fail(event, "yaml-anchor", "YAML anchors and aliases are not accepted.", remedy, anchor)
        if getattr(event, "tag", None) not in (None, "!"):
            raise self.fail(event, "yaml-tag", "YAML tags are not accepted.", "Remove the tag.", event.tag)  # type: ignore[attr-defined]
        self.marks.setdefault(path, _mark(event))
        if isinstance(event, yaml.ScalarEvent):
            return None if not event.style and event.value in _NULLS else event.value
        if len(path) >= MAX_DEPTH:
            raise self.fail(event, "too-deep", f"Nested more than {MAX_DEPTH} levels deep.", "Flatten the structure.")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return self.mapping(path)

    def sequence(self, path: Path_) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, (*path, len(items))))
        return items

    def mapping(self, path: Path_) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent) or event.tag not in (None, "!") or event.anchor:
                raise self.fail(event, "yaml-key", "A key must be a plain word.", "Quote the key, or name it.")
            key = event.value
            if key in entries:
                first = self.marks[(*path, key)][0]
                raise self.fail(event, "duplicate-key", f"The key '{key}' is given twice (first on line {first}).",
                                "Keep one of the two.", key)  # fmt: skip
            self.marks[(*path, key)] = _mark(event)
            entries[key] = self.node(next(self.events), (*path, key))
        return entries


def parse(text: str, file: str) -> Tree:
    """Parse YAML text.

    Raises:
        InputError: the text is not YAML, or uses what is not accepted; with file, line and column.
    """
    try:
        builder = _Builder(text, file)
        return Tree(file, builder.document(), builder.marks)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        said = error.problem or error.context or "cannot be parsed"
        remedy = "Check indentation, colons and quotes near this place."
        raise InputError([Problem("yaml", f"Not valid YAML: {said}.", file, line, column, None, remedy)]) from error
    except yaml.YAMLError as error:
        raise InputError([Problem("yaml", f"Not valid YAML: {error}.", file)]) from error


def read(path: Path, file: str | None = None) -> Tree:
    """Read and parse a YAML file; ``file`` is the name to show in messages.

    Raises:
        InputError: the file cannot be read, is too large, not UTF-8, or not acceptable YAML.
    """
    shown = file or str(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError([Problem("not-a-file", "This is not a regular file.", shown, remedy="Name a YAML file.")])
        size = path.stat().st_size
        if size > MAX_BYTES:
            remedy = "A project file is written by hand; keep bulk data in documents/ or traces/."
            said = f"The file has {size:,} bytes; at most {MAX_BYTES:,} are read."
            raise InputError([Problem("too-large", said, shown, remedy=remedy)])
        return parse(path.read_bytes().decode("utf-8-sig"), shown)
    except FileNotFoundError as error:
        raise InputError([Problem("missing-file", "There is no such file.", shown,
                                  remedy="'harmpath init FOLDER --like bgms' makes one.")]) from error  # fmt: skip
    except OSError as error:
        raise InputError([Problem("unreadable", f"Cannot be read: {error.strerror}.", shown)]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem("encoding", f"Not UTF-8 text (byte {error.start}).", shown,
                                  remedy="Save the file as UTF-8.")]) from error  # fmt: skip
