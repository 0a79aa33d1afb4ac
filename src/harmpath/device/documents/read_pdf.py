"""Text of a PDF: text layer by PDFium, tables by pdfplumber, scanned pages by tesseract where it is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harmpath.device.documents.model import Document, Page
from harmpath.device.documents.readers import MAX_TEXT_CHARACTERS, refuse
from harmpath.errors import MissingExtraError, Problem
from harmpath.evidence import NotAssessed

MAX_PAGES = 2_000
MAX_SECONDS = 60.0
"""After this time the remaining pages are reported as not read."""
MAX_TABLE_PAGES = 60
MAX_TABLE_SECONDS = 20.0
MAX_OCR_PAGES = 50
_FEW = 25
"""A page with fewer characters than this and an image on it is taken for a scan."""
_REPAIR = "Open it in a PDF viewer and print it to a new PDF."
_TABLE_WORDS = re.compile(r"predicate|subject device|proposed device|candidate device|comparison", re.I)


@dataclass(slots=True)
class _Reading:
    path: Path
    texts: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    missed: list[NotAssessed] = field(default_factory=list)
    length: int = 0

    def add(self, number: int, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-\n").replace("\x00", "")
        if text and not text.endswith("\n"):
            text += "\n"
        self.texts.append(text)
        self.pages.append(Page(number, self.length, self.length + len(text)))
        self.length += len(text)

    def warn(self, code: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, message, file=str(self.path), remedy=remedy, severity="warning"))


def _open(path: Path, data: bytes) -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("Reading PDF", "documents") from error
    if b"%PDF-" not in data[:2048]:
        raise refuse(path, "damaged-pdf", "this is not a PDF file", _REPAIR)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        kind = "protected-pdf" if "password" in str(error).lower() else "damaged-pdf"
        remedy = "Remove the password first." if kind == "protected-pdf" else _REPAIR
        raise refuse(path, kind, f"the PDF cannot be opened: {error}", remedy) from error


def _page_text(page: Any) -> str:
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_bounded()
    finally:
        textpage.close()
    return text


def _has_image(page: Any) -> bool:
    import pypdfium2.raw as raw

    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _ocr(page: Any, tesseract: str) -> str:
    scale = min(200 / 72, 3000 / max(page.get_width(), page.get_height(), 1))
    image = page.render(scale=scale, grayscale=True).to_pil()
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        image.save(picture)
        done = subprocess.run(  # noqa: S603 - fixed program, own temporary file
            [tesseract, str(picture), "stdout", "-l", "eng"], capture_output=True, timeout=60, check=False
        )
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else ""


def _scanned(reading: _Reading, page: Any, number: int, ocr_used: int) -> str | None:
    tesseract = shutil.which("tesseract")
    if tesseract and ocr_used < MAX_OCR_PAGES:
        try:
            text = _ocr(page, tesseract)
        except (OSError, subprocess.SubprocessError, ValueError, ImportError):
            text = ""
        if text.strip():
            return text
    remedy = "Install tesseract (the OCR extra), or give a PDF with a text layer."
    reading.missed.append(
        NotAssessed(f"{reading.path} page {number}", "the page is a scan without a text layer", remedy)
    )
    return None


def _rows(table: list[list[str | None]]) -> list[str]:
    cells = ([" ".join((cell or "").split()).replace("|", "/") for cell in row] for row in table[:500])
    return ["| " + " | ".join(row) + " |" for row in cells if len(row) > 1 and any(row)]


def _outside(page: Any, boxes: list[tuple[float, float, float, float]]) -> str:
    def kept(thing: dict[str, Any]) -> bool:
        middle, height = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(left <= middle <= right and top <= height <= bottom for left, top, right, bottom in boxes)

    text: str = page.filter(kept).extract_text() or ""
    return text


def _with_tables(data: bytes, numbers: list[int]) -> dict[int, str]:
    """The given pages again, their tables as Markdown rows behind the text outside the tables.

    Empty where pdfplumber is not installed or cannot read the file: the text layer is used then.
    """
    try:
        import pdfplumber
    except ImportError:
        return {}
    found: dict[int, str] = {}
    began = time.monotonic()
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            for number in numbers[:MAX_TABLE_PAGES]:
                if time.monotonic() - began > MAX_TABLE_SECONDS:
                    break
                page = document.pages[number - 1]
                tables = [table for table in page.find_tables()[:20] if len(table.rows) > 1]
                blocks = ["\n".join(_rows(table.extract())) for table in tables]
                if any(blocks):
                    outside = _outside(page, [table.bbox for table in tables])
                    found[number] = "\n\n".join([outside, *(block for block in blocks if block)]) + "\n\n"
                page.close()
    except Exception:  # pdfminer raises many kinds on damaged files; the text layer has been read already
        return found
    return found


def read_pdf(path: Path, data: bytes) -> Document:
    """The text of a PDF with its page numbers.

    Pages that compare the device with a predicate are read a second time for their tables, which then stand behind the
    text outside them. Pages over the limits and scanned pages are reported, the rest is used.

    Raises InputError for a damaged or protected file and MissingExtraError without the ``documents`` extra.
    """
    document = _open(path, data)
    reading = _Reading(path)
    began = time.monotonic()
    try:
        count = len(document)
        texts = _layer(document, reading, min(count, MAX_PAGES), began)
        if count > MAX_PAGES:
            reading.warn(
                "pages-cut",
                f"the PDF has {count:,} pages; only the first {MAX_PAGES:,} were read",
                "Split the document into parts.",
            )
            reading.missed.append(
                NotAssessed(
                    f"{path} pages {MAX_PAGES + 1} to {count}", "over the limit on pages", "Split the document."
                )
            )
    finally:
        document.close()
    tables = _with_tables(data, [number for number, text in texts if _TABLE_WORDS.search(text)])
    for number, text in texts:
        reading.add(number, tables.get(number, text))
    if not any(text.strip() for text in reading.texts) and not reading.missed:
        reading.missed.append(NotAssessed(str(path), "the PDF holds no text", "Give a PDF with a text layer."))
    return Document(
        "".join(reading.texts), tuple(reading.pages), str(path), tuple(reading.problems), tuple(reading.missed)
    )


def _layer(document: Any, reading: _Reading, count: int, began: float) -> list[tuple[int, str]]:
    import pypdfium2

    texts: list[tuple[int, str]] = []
    total = ocr_used = 0
    for number in range(1, count + 1):
        if time.monotonic() - began > MAX_SECONDS or total > MAX_TEXT_CHARACTERS:
            reading.warn(
                "pages-cut",
                f"reading stopped at page {number} of {count} for time or size",
                "Split the document into parts.",
            )
            reading.missed.append(
                NotAssessed(f"{reading.path} pages {number} to {count}", "reading took too long", "Split the document.")
            )
            break
        try:
            page = document[number - 1]
            text = _page_text(page)
            if len(text.strip()) < _FEW and _has_image(page):
                recognised = _scanned(reading, page, number, ocr_used)
                ocr_used += recognised is not None
                text = recognised or text
            page.close()
        except pypdfium2.PdfiumError as error:
            reading.warn("damaged-page", f"page {number} cannot be read: {error}", _REPAIR)
            reading.missed.append(NotAssessed(f"{reading.path} page {number}", "the page is damaged", _REPAIR))
            continue
        texts.append((number, text))
        total += len(text)
    return texts
