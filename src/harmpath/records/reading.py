"""Open the files of a folder of public records, whatever they are packed in, within bounds.

A *document* is the content of one plain file, or of one member of an archive. Nothing is ever unpacked to disk, so a
member's name cannot point outside a folder, and no document may be larger than :data:`MAX_DOCUMENT`.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

__all__ = ["MAX_DOCUMENT", "MAX_MEMBERS", "Document", "DocumentError", "file_sha256", "iter_files", "read_documents"]

MAX_DOCUMENT = 640 * 1024 * 1024
"""Bytes of one uncompressed document. The largest official file, NVD's 2.0 feed of 2024, is under 300 MB."""
MAX_MEMBERS = 2_000_000
"""Members of one archive; the complete CVE list has about 330,000."""
HEAD = 64 * 1024
"""Bytes that are enough to recognise a document."""
_CHUNK = 1 << 20

_READ_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile, ValueError)


class DocumentError(Exception):
    """A file or member could not be read; ``str()`` is the reason for the report."""


@dataclass(slots=True)
class Document:
    """One document, opened: its first bytes are known, the rest is read on demand."""

    name: str
    """Path below the imported folder, with the member's name after ``!`` inside an archive."""
    head: bytes
    _stream: IO[bytes]

    def read(self) -> bytes:
        """The whole content; DocumentError when it is truncated, damaged or too large."""
        parts = [self.head]
        size = len(self.head)
        try:
            while chunk := self._stream.read(_CHUNK):
                size += len(chunk)
                if size > MAX_DOCUMENT:
                    raise DocumentError(f"larger than {MAX_DOCUMENT >> 20} MB when uncompressed")
                parts.append(chunk)
        except _READ_ERRORS as error:
            raise DocumentError(f"truncated or damaged: {_reason(error)}") from error
        return b"".join(parts)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def iter_files(folder: Path) -> list[Path]:
    """The regular files below ``folder`` (or the one file given), sorted; hidden files and links are left out."""
    if folder.is_file():
        return [folder]
    found = (p for p in folder.rglob("*") if not p.is_symlink() and p.is_file())
    return sorted(
        (p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts)),
        key=lambda p: p.relative_to(folder).as_posix(),
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of the file as it lies on disk, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_documents(path: Path, name: str) -> Iterator[Document]:
    """The documents in one file. Raises DocumentError when the file or archive itself cannot be read."""
    suffixes = [s.lower() for s in path.suffixes]
    try:
        if suffixes[-1:] == [".zip"]:
            yield from _zip(path, name)
        elif suffixes[-1:] in ([".tar"], [".tgz"], [".txz"]) or ".tar" in suffixes[-2:-1]:
            yield from _tar(path, name)
        else:
            with _opened(path, suffixes[-1] if suffixes else "") as stream:
                yield Document(name, stream.read(HEAD), stream)
    except DocumentError:
        raise
    except _READ_ERRORS as error:
        raise DocumentError(f"truncated or damaged: {_reason(error)}") from error


def _opened(path: Path, suffix: str) -> IO[bytes]:
    match suffix:
        case ".xz":
            return lzma.open(path)
        case ".gz":
            return cast(IO[bytes], gzip.open(path))
        case ".bz2":
            return bz2.open(path)
        case _:
            return path.open("rb")


def _tar(path: Path, name: str) -> Iterator[Document]:
    with tarfile.open(path, mode="r|*") as archive:
        for count, member in enumerate(archive):
            if count >= MAX_MEMBERS:
                raise DocumentError(f"more than {MAX_MEMBERS:,} members")
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield Document(f"{name}!{member.name}", stream.read(HEAD), stream)


def _zip(path: Path, name: str) -> Iterator[Document]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise DocumentError(f"more than {MAX_MEMBERS:,} members")
        for member in members:
            if not member.is_dir():
                with archive.open(member) as stream:
                    yield Document(f"{name}!{member.filename}", stream.read(HEAD), stream)
