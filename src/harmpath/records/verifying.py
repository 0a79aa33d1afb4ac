"""Check a file against the digest that its publisher ships beside it.

NVD ships ``FEED.meta`` with the SHA-256 of the *uncompressed* feed; CSAF publishers ship ``FILE.sha256`` or
``FILE.sha512`` of the file itself (CSAF 2.0, section 7.1.18).
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from harmpath.records.reading import DocumentError, read_documents

__all__ = ["stated_digest_error"]


def stated_digest_error(file: Path) -> str:
    """Why the file is not what its publisher says it is; empty when it is, or when no digest lies beside it."""
    for algorithm in ("sha256", "sha512"):
        beside = file.with_name(f"{file.name}.{algorithm}")
        if beside.is_file():
            stated = beside.read_text("ascii", "replace")[:4096].split()
            with file.open("rb") as stream:
                found = hashlib.file_digest(stream, algorithm).hexdigest()
            if not stated or stated[0].lower() != found:
                return f"its {algorithm} is not the one in {beside.name}"
    meta = _meta_file(file)
    if meta is not None:
        stated_hash = re.search(r"sha256:([0-9A-Fa-f]{64})", meta.read_text("ascii", "replace")[:4096])
        if stated_hash and stated_hash[1].lower() != _uncompressed_sha256(file):
            return f"its content's sha256 is not the one in {meta.name}"
    return ""


def _meta_file(file: Path) -> Path | None:
    stem = re.sub(r"\.json(\.(gz|xz|bz2|zip))?$", "", file.name)
    beside = file.with_name(f"{stem}.meta")
    return beside if stem != file.name and beside.is_file() else None


def _uncompressed_sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        for document in read_documents(file, file.name):
            digest.update(document.read())
    except DocumentError:
        return "unreadable"
    return digest.hexdigest()
