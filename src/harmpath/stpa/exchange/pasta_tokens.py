"""The words of PASTA's ``.stpa`` text, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from harmpath.errors import InputError, Problem

__all__ = ["MAX_CHARACTERS", "Token", "Tokens"]

MAX_CHARACTERS = 2_000_000

_PATTERN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<number>\d+)
      | (?P<word>[A-Za-z_]\w*(?:[-/][A-Za-z_]\w*)*)
      | (?P<mark>->|!=|[{}\[\]().,:=<>])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, string, number or mark."""

    kind: str
    text: str
    line: int
    column: int


class Tokens:
    """The tokens of a text, read from front to back."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        if len(text) > MAX_CHARACTERS:
            said = f"The file has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read."
            raise InputError([Problem("too-large", said, file, remedy="Split the analysis.")])
        self._tokens = list(self._split(text))
        self._next = 0

    def _split(self, text: str) -> Iterator[Token]:
        at, line, start = 0, 1, 0
        while at < len(text):
            found = _PATTERN.match(text, at)
            if found is None:
                self.fail(Token("mark", text[at], line, at - start + 1), "This cannot be read here.")
            if found.lastgroup != "space":
                yield Token(str(found.lastgroup), found.group(), line, at - start + 1)
            line += found.group().count("\n")
            if "\n" in found.group():
                start = at + found.group().rindex("\n") + 1
            at = found.end()
        yield Token("end", "the end of the file", line, at - start + 1)

    @property
    def ahead(self) -> Token:
        """The next token, not taken."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """The next token."""
        token = self.ahead
        if token.kind != "end":
            self._next += 1
        return token

    def at(self, *texts: str) -> bool:
        """True when the next token is one of these marks or words."""
        return self.ahead.kind in ("mark", "word") and self.ahead.text in texts

    def skip(self, text: str) -> bool:
        """Take the next token when it is this mark or word."""
        if self.at(text):
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take this mark or word, or fail."""
        if not self.at(text):
            self.fail(self.ahead, f"Here '{text}' is expected.")
        return self.take()

    def word(self, what: str) -> Token:
        """Take a word, or fail saying what it should have been."""
        if self.ahead.kind != "word":
            self.fail(self.ahead, f"Here {what} is expected.")
        return self.take()

    def sub_id(self, what: str) -> str:
        """Take an id such as ``H7.1``."""
        parts = [self.word(what).text]
        while self.at("."):
            self.take()
            if self.ahead.kind not in ("number", "word"):
                self.fail(self.ahead, "Here the rest of an id is expected.")
            parts.append(self.take().text)
        return ".".join(parts)

    def string(self) -> str:
        """Take a quoted text, its white space collapsed; empty when there is none."""
        if self.ahead.kind != "string":
            return ""
        return " ".join(self.take().text[1:-1].split())

    def quoted(self) -> str:
        """Take a quoted text, or fail."""
        if self.ahead.kind != "string":
            self.fail(self.ahead, "Here a quoted text is expected.")
        return self.string()

    def fail(self, token: Token, said: str) -> NoReturn:
        """Raise with the place of the token."""
        remedy = "The file must follow PASTA's grammar for .stpa files."
        raise InputError([Problem("stpa-syntax", said, self.file, token.line, token.column, token.text, remedy)])
