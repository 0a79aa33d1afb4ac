"""Read a document file into text, whatever its format, within bounds.

Text, Markdown and HTML need the core only. PDF and DOCX need the ``documents`` extra. A file is read as what its bytes
are: a ``.docx`` that is not a zip archive is refused, not guessed at.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from harmpath.device.documents.model import Document, Page
from harmpath.errors import InputError, Problem

MAX_FILE_BYTES = 200 * 1024 * 1024
"""Larger files are refused unread."""
MAX_TEXT_CHARACTERS = 5_000_000
"""Text beyond this is not used (a 510(k) summary has about 40,000 characters, a long manual about 1,000,000)."""
TEXT_SUFFIXES = frozenset((".txt", ".text", ".md", ".markdown"))
HTML_SUFFIXES = frozenset((".html", ".htm", ".xhtml"))
SUFFIXES = TEXT_SUFFIXES | HTML_SUFFIXES | {".pdf", ".docx"}


def refuse(path: Path, code: str, message: str, remedy: str) -> InputError:
    """The one error for a file that cannot be used."""
    return InputError([Problem(code, message, file=str(path), remedy=remedy)])


def cut(text: str, path: Path, limit: int = MAX_TEXT_CHARACTERS) -> tuple[str, tuple[Problem, ...]]:
    """``text`` within the limit, and the problem to report where it was longer."""
    if len(text) <= limit:
        return text, ()
    problem = Problem(
        "text-cut",
        f"the text has {len(text):,} characters; only the first {limit:,} were read",
        file=str(path),
        remedy="Split the document into parts.",
        severity="warning",
    )
    return text[:limit], (problem,)


def _decode(data: bytes, path: Path) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise refuse(
                    path, "bad-encoding", f"the file is not valid {encoding}: {error.reason}", "Save it as UTF-8."
                ) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if b"\x00" in data[:65536]:
            raise refuse(
                path,
                "binary-file",
                "the file is binary, not text",
                f"Give a file of one of: {', '.join(sorted(SUFFIXES))}.",
            ) from None
        return data.decode("cp1252", errors="replace")


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise refuse(path, "not-a-file", "this is not a file", "Name a document, not a folder or a device.")
        if size > MAX_FILE_BYTES:
            raise refuse(
                path,
                "too-large",
                f"the file has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}",
                "Split the document into parts.",
            )
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)[:MAX_FILE_BYTES]
    except OSError as error:
        raise refuse(
            path,
            "unreadable",
            f"the file cannot be read: {error.strerror or error}",
            "Check the path and its permissions.",
        ) from error


def _read_text(path: Path) -> Document:
    text = _decode(_read_bytes(path)[: 4 * MAX_TEXT_CHARACTERS + 4], path)
    text, problems = cut(text, path)
    pages: list[Page] = []
    if "\f" in text:
        start = 0
        for number, part in enumerate(text.split("\f"), start=1):
            pages.append(Page(number, start, start + len(part)))
            start += len(part) + 1
    return Document(text, tuple(pages), str(path), problems)


def read_document(path: Path | str) -> Document:
    """The text of a document with its pages.

    In a text or Markdown file offsets count the file's own characters (UTF-8, newlines untouched). In HTML, PDF and
    DOCX they count characters of the extracted text, where tables are written as Markdown rows.

    Raises InputError for a file that cannot be read, is damaged or hostile, and MissingExtraError for PDF and DOCX
    without the ``documents`` extra.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return _read_text(path)
    if suffix in HTML_SUFFIXES:
        from harmpath.device.documents.read_html import html_text

        text, problems = html_text(_decode(_read_bytes(path)[: 4 * MAX_TEXT_CHARACTERS + 4], path), path)
        return Document(text, (), str(path), problems)
    if suffix == ".pdf":
        from harmpath.device.documents.read_pdf import read_pdf

        return read_pdf(path, _read_bytes(path))
    if suffix == ".docx":
        from harmpath.device.documents.read_docx import read_docx

        return read_docx(path, _read_bytes(path))
    raise refuse(
        path,
        "unknown-format",
        f"documents of type {suffix or '(none)'!r} are not read",
        f"Give one of: {', '.join(sorted(SUFFIXES))}.",
    )
