"""Readers: what a good file gives, and that a bad or hostile one is bounded and reported."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmpath.device.documents import Document, extract, read_document, readers
from harmpath.device.documents import read_docx as docx_reader
from harmpath.device.documents import read_pdf as pdf_reader
from harmpath.errors import InputError, MissingExtraError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def code_of(error: pytest.ExceptionInfo[InputError]) -> str:
    problem = error.value.problems[0]
    assert problem.file
    assert problem.remedy
    return problem.code


def write_docx(path: Path, body: str, *, prolog: str = "", extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"<?xml version='1.0'?>{prolog}<w:document {W}><w:body>{body}</w:body></w:document>"
        )
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def run(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def write_pdf(path: Path, pages: list[str], *, repeat: int = 0) -> Path:
    """A small PDF written by hand; ``repeat`` lists the first page that many more times."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        stream = f"BT /F1 11 Tf 50 750 Td {lines} ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    kids += [kids[0]] * repeat
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    data += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
        f"startxref\n{len(data)}\n%%EOF\n"
    ).encode("ascii")
    path.write_bytes(data)
    return path


def test_markdown_keeps_the_files_own_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("Ünit\r\nuses BLE\r\n".encode())
    document = read_document(path)
    assert document.text == "Ünit\r\nuses BLE\r\n"
    assert document.pages == ()
    (mention,) = extract(document).technologies[0].mentions
    assert document.text[mention.start : mention.end] == "BLE"


def test_form_feeds_part_pages_of_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("first page\fIt uses NFC.\fthird", encoding="utf-8")
    document = read_document(path)
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert extract(document).technologies[0].mentions[0].page == 2


def test_html_gives_tables_as_rows_and_no_scripts(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><title>x</title><script>Bluetooth()</script></head><body>"
        "<h1>Comparison</h1><p>It uses <b>Wi</b>-Fi &amp; USB.</p>"
        "<table><tr><th>Item<th>Subject device<th>Predicate device</tr>"
        "<tr><td>Port<td>Ethernet<td>RS-232</table></body></html>",
        encoding="utf-8",
    )
    document = read_document(path)
    assert "| Port | Ethernet | RS-232 |" in document.text
    roles = {t.name: t.role for t in extract(document).technologies}
    assert roles == {"Wi-Fi": "subject", "USB": "subject", "Ethernet": "subject", "RS-232": "predicate"}


def test_docx_gives_paragraphs_tables_and_pages(tmp_path: Path) -> None:
    import docx

    made = docx.Document()
    made.add_paragraph("The meter uses BLE 4.2.")
    made.add_page_break()
    table = made.add_table(rows=2, cols=3)
    for index, text in enumerate(("Item", "Subject device", "Predicate device", "Port", "USB", "RS-232")):
        table.cell(index // 3, index % 3).text = text
    path = tmp_path / "a.docx"
    made.save(str(path))
    document = read_document(path)
    technologies = {t.name: t for t in extract(document).technologies}
    assert technologies["Bluetooth Low Energy"].mentions[0].page == 1
    assert technologies["RS-232"].role == "predicate"
    assert technologies["USB"].mentions[0].page == 2


def test_pdf_gives_text_and_page_numbers(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["The meter has a USB port.", "The app runs on iOS 13.1."])
    document = read_document(path)
    technologies = {t.name: t for t in extract(document).technologies}
    assert technologies["USB"].mentions[0].page == 1
    assert (technologies["iOS"].version, technologies["iOS"].mentions[0].page) == ("13.1", 2)
    assert document.problems == ()


def test_a_real_510k_summary_is_read(shared_data: Path) -> None:
    document = read_document(shared_data / "fda_510k_docs" / "K233409.pdf")
    names = {t.name for t in extract(document).technologies}
    assert len(document.pages) == 11
    assert {"JSON", "Convolutional neural network (CNN)", "Cloud (unnamed service)"} <= names


def test_a_scanned_page_is_said_not_to_be_assessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    from PIL import Image

    picture = Image.new("L", (200, 200), 255)
    path = tmp_path / "scan.pdf"
    picture.save(path, "PDF")
    del pypdfium2
    monkeypatch.setattr(pdf_reader.shutil, "which", lambda name: None)
    document = read_document(path)
    assert document.text.strip() == ""
    assert "OCR" in document.not_assessed[0].remedy
    assert extract(document).not_assessed == document.not_assessed


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"MZ not a pdf", "damaged-pdf"),
        ("a.pdf", b"%PDF-1.7\n" + b"\x00" * 500, "damaged-pdf"),
        ("a.docx", b"not a zip", "damaged-docx"),
        ("a.docx", b"PK\x03\x04" + b"\xff" * 300, "damaged-docx"),
        ("a.txt", b"\x7fELF\x00\x00\xff\xfe\x80", "binary-file"),
        ("a.xls", b"x", "unknown-format"),
        ("a.md", b"\xff\xfe\x00", "bad-encoding"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == code


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.md", tmp_path):
        with pytest.raises(InputError):
            read_document(path if path.suffix else path.rename(tmp_path.with_suffix(".txt")))


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:t>" + b" " * 80_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == "zip-bomb"


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_docx(tmp_path / "a.docx", run("x" * 5000))
    monkeypatch.setattr(docx_reader, "MAX_PART_BYTES", 1000)
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == "zip-bomb"


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_reader, "MAX_MEMBERS", 10)
    path = write_docx(tmp_path / "a.docx", run("x"), extra={f"m{n}": b"" for n in range(20)})
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == "zip-bomb"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_entities_and_external_references_are_refused(tmp_path: Path, prolog: str) -> None:
    path = write_docx(tmp_path / "a.docx", run("&x;" if "ENTITY x" in prolog else "x"), prolog=prolog)
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == "hostile-xml"


def test_deeply_nested_xml_is_bounded(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "a.docx", "<w:sdt>" * 3000 + run("BLE") + "</w:sdt>" * 3000)
    assert "BLE" not in read_document(path).text


def test_a_pdf_of_ten_thousand_pages_is_cut_and_said_so(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "long.pdf", ["It uses NFC."], repeat=9_999)
    document = read_document(path)
    assert len(document.pages) <= pdf_reader.MAX_PAGES
    assert {p.code for p in document.problems} == {"pages-cut"}
    assert document.not_assessed
    assert extract(document).technologies[0].name == "Near Field Communication (NFC)"


def test_a_broken_xref_is_repaired_or_refused(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["It uses NFC."])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"startxref\n", b"startxref\n9999999"))
    try:
        assert "NFC" in read_document(path).text
    except InputError as error:
        assert error.problems[0].code == "damaged-pdf"


def test_a_text_of_fifty_megabytes_is_cut_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    path.write_bytes(b"It uses BLE. " + b"word " * 10_000_000)
    document = read_document(path)
    assert len(document.text) == readers.MAX_TEXT_CHARACTERS
    assert [p.code for p in document.problems] == ["text-cut"]


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_FILE_BYTES", 10)
    path = tmp_path / "a.md"
    path.write_text("x" * 11, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_document(path)
    assert code_of(error) == "too-large"


@pytest.mark.parametrize(("name", "module"), [("a.pdf", "pypdfium2"), ("a.docx", "docx")])
def test_pdf_and_docx_name_the_extra_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"%PDF-1.4")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="documents"):
        read_document(path)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "A " * 100_000,
        "A-" * 50_000,
        "Ab Cd Software " * 4_000,
        "Bluetooth " * 20_000,
        "<td>" * 60_000,
        "| " * 60_000,
        "The Acme Acme Acme Acme " * 12_000,
        "no " * 60_000 + "BLE",
        "$" * 100_000,
        "(" * 100_000,
        "iPhone (4, 5, " * 10_000,
        "predicate device is " * 10_000,
        "&" * 100_000,
        "<" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_monotonous_text_is_worked_through(text: str) -> None:
    """Quadratic work on these would run for hours."""
    for technology in extract(Document(text)).technologies:
        assert all(text[m.start : m.end] == m.text for m in technology.mentions)


@given(st.binary(max_size=2000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_never_crash_a_reader(tmp_path: Path, data: bytes) -> None:
    for name, head in (("a.pdf", b"%PDF-1.4\n"), ("a.docx", b""), ("a.html", b""), ("a.md", b"")):
        path = tmp_path / name
        path.write_bytes(head + data)
        try:
            extract(read_document(path))
        except InputError:
            continue


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_docx_never_crashes(tmp_path: Path, at: int, noise: bytes) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{run('BLE ' * 50)}</w:body></w:document>")
    data = stream.getvalue()
    at %= len(data)
    path = tmp_path / "a.docx"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    try:
        read_document(path)
    except InputError:
        return
