"""Text of a DOCX file: paragraphs, tables, headers, footers and notes in order, read from the archive itself.

The archive's members are opened one by one with a bound on their unpacked size and on the ratio to their packed size;
XML is parsed by defusedxml, which refuses entities and external references.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harmpath.device.documents.model import Document, Page
from harmpath.device.documents.readers import cut, refuse
from harmpath.errors import InputError, MissingExtraError, Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_MEMBERS = 5_000
MAX_PART_BYTES = 60 * 1024 * 1024
MAX_RATIO = 300
"""Word's own XML packs to about 1:20; a part that packs better than this is no document."""
MAX_DEPTH = 200

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml", "word/comments.xml")
_SAVE_AGAIN = "Open it in a word processor and save it again as .docx, or export it as PDF."


def _part(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > MAX_PART_BYTES or info.file_size > MAX_RATIO * max(info.compress_size, 1) + 1_000_000:
        raise refuse(
            path,
            "zip-bomb",
            f"{name} would unpack to {info.file_size:,} bytes from {info.compress_size:,}",
            _SAVE_AGAIN,
        )
    with archive.open(info) as stream:
        data = stream.read(MAX_PART_BYTES + 1)
    if len(data) > MAX_PART_BYTES:
        raise refuse(path, "zip-bomb", f"{name} unpacks to more than {MAX_PART_BYTES:,} bytes", _SAVE_AGAIN)
    return data


def _parse(data: bytes, name: str, path: Path) -> Element:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refuse(path, "hostile-xml", f"{name} declares entities or external references", _SAVE_AGAIN) from error
    except (ParseError, ValueError, RecursionError) as error:
        raise refuse(path, "damaged-docx", f"{name} is not well-formed XML: {error}", _SAVE_AGAIN) from error
    return root


def _inline(element: Element) -> Iterator[str]:
    """Text of the runs below ``element``, form feeds where the file records a page break."""
    for node in element.iter():
        if node.tag == _W + "t":
            yield node.text or ""
        elif node.tag in (_W + "tab", _W + "cr"):
            yield " "
        elif node.tag == _W + "br":
            yield "\f" if node.get(_W + "type") == "page" else "\n"
        elif node.tag == _W + "lastRenderedPageBreak":
            yield "\f"
        elif node.tag == _W + "noBreakHyphen":
            yield "-"


def _blocks(parent: Element, depth: int = 0) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    for child in parent:
        if child.tag == _W + "p":
            yield "".join(_inline(child)) + "\n"
        elif child.tag == _W + "tbl":
            yield "\n"
            for row in child.iter(_W + "tr"):
                cells = (" ".join("".join(_inline(cell)).split()).replace("|", "/") for cell in row.findall(_W + "tc"))
                yield "| " + " | ".join(cells) + " |\n"
            yield "\n"
        elif child.tag in (
            _W + "body",
            _W + "sdt",
            _W + "sdtContent",
            _W + "footnote",
            _W + "endnote",
            _W + "comment",
            _W + "ins",
        ):
            yield from _blocks(child, depth + 1)


def _pages(text: str) -> tuple[str, tuple[Page, ...]]:
    if "\f" not in text:
        return text, ()
    pages, start = [], 0
    for number, part in enumerate(text.split("\f"), start=1):
        pages.append(Page(number, start, start + len(part)))
        start += len(part) + 1
    return text.replace("\f", "\n"), tuple(pages)


def read_docx(path: Path, data: bytes) -> Document:
    """The text of a DOCX file; page numbers where Word recorded its page breaks.

    Raises InputError for an archive that is damaged, a zip bomb, or carries hostile XML, and MissingExtraError without
    the ``documents`` extra.
    """
    try:
        import docx  # noqa: F401 - the extra's mark; the parts are read here, within bounds
    except ImportError as error:
        raise MissingExtraError("Reading DOCX", "documents") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > MAX_MEMBERS:
                raise refuse(path, "zip-bomb", f"the archive has {len(names):,} members", _SAVE_AGAIN)
            if _PARTS[0] not in names:
                raise refuse(path, "damaged-docx", "the archive holds no word/document.xml", _SAVE_AGAIN)
            extra = sorted(n for n in names if n.startswith(("word/header", "word/footer")) and n.endswith(".xml"))[:20]
            parts = [(name, _part(archive, name, path)) for name in (*_PARTS, *extra) if name in names]
    except InputError:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise refuse(path, "damaged-docx", f"this is not a readable DOCX archive: {error}", _SAVE_AGAIN) from error
    except Exception as error:  # zlib.error has no public home in the stubs of every Python version
        raise refuse(path, "damaged-docx", f"the archive cannot be unpacked: {error}", _SAVE_AGAIN) from error
    texts: list[str] = []
    problems: list[Problem] = []
    for name, xml in parts:
        root = _parse(xml, name, path)
        texts.append("".join(_blocks(root)))
    text, cuts = cut("\n".join(part for part in texts if part), path)
    text, pages = _pages(text)
    return Document(text, pages, str(path), (*problems, *cuts))
