"""Reading a page the way a checker does: anchors, links, attributes, elements."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "hr", "img", "link", "rect", "path", "circle", "polygon"}


class Page(HTMLParser):
    """What is in a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.values: list[str] = []
        self.text: list[str] = []
        self.unclosed: list[str] = []
        self.wrong: list[str] = []
        self._in: str = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for key, value in attrs:
            self.attributes[key] += 1
            self.values.append(value or "")
            if key == "id":
                self.ids[value or ""] += 1
            if key in ("href", "src", "action", "data", "xlink:href", "poster", "srcset"):
                self.links.append(value or "")
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.unclosed or self.unclosed[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.unclosed[-1:]}")
        else:
            self.unclosed.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.unclosed.pop()

    def handle_data(self, data: str) -> None:
        if self.unclosed and self.unclosed[-1] not in ("style", "script"):
            self.text.append(data)

    @property
    def words(self) -> str:
        """All visible text."""
        return " ".join(" ".join(self.text).split())
