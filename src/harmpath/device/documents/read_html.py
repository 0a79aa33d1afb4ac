"""Text of an HTML file with the parser of the standard library: no script runs, nothing is fetched, nothing nests."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from harmpath.device.documents.readers import cut
from harmpath.errors import Problem

_BLOCK = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "pre",
        "blockquote",
        "dt",
        "dd",
        "table",
        "caption",
    ]
)
_SILENT = frozenset(["script", "style", "head", "template", "noscript", "svg", "math"])


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []
        self._cells: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag == "tr":
            self._row()
            self._cells = []
        elif tag in ("td", "th"):
            if self._cells is None:
                self._cells = []
            self._cells.append("")
        elif tag in _BLOCK and self._cells is None:
            self.parts.append("\n\n" if tag.startswith("h") and len(tag) == 2 else "\n")
        elif tag in _BLOCK:
            self._add(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
        elif tag in ("tr", "table"):
            self._row()
            if tag == "table":
                self.parts.append("\n")
        elif tag in _BLOCK and self._cells is None:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._add(data)

    def _add(self, data: str) -> None:
        if self._cells is None:
            self.parts.append(data)
        elif self._cells:
            self._cells[-1] += data

    def _row(self) -> None:
        if self._cells:
            cells = (" ".join(cell.split()).replace("|", "/") for cell in self._cells)
            self.parts.append("\n| " + " | ".join(cells) + " |\n")
        self._cells = None

    def text(self) -> str:
        """What was read, blank lines limited to one, rows of one table kept together."""
        self._row()
        lines = "".join(self.parts).splitlines()
        kept: list[str] = []
        for line in lines:
            stripped = line.strip()
            if stripped or (kept and kept[-1]):
                kept.append(stripped)
        joined = "\n".join(kept)
        return joined.replace("|\n\n|", "|\n|").strip("\n") + "\n"


def html_text(source: str, path: Path) -> tuple[str, tuple[Problem, ...]]:
    """The visible text of ``source`` with tables as Markdown rows, within the limit on characters."""
    source, problems = cut(source, path)
    parser = _Text()
    parser.feed(source)
    parser.close()
    return parser.text(), problems
