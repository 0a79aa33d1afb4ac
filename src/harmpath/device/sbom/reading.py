"""Telling the SBOM formats apart, within bounds, and handing each to its reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harmpath.device.sbom import cyclonedx, spdx2, spdx3
from harmpath.device.sbom.model import Sbom
from harmpath.errors import InputError, Problem

__all__ = ["MAX_BYTES", "MAX_COMPONENTS", "read_sbom"]

MAX_BYTES = 128_000_000
MAX_COMPONENTS = 200_000
"""More than any device has; a file above it is refused rather than half-read."""

_FORMATS = "CycloneDX (JSON, XML) or SPDX (2.2, 2.3 as JSON or tag-value; 3.0 as JSON)"


def _fail(file: str, code: str, message: str, remedy: str = "", line: int | None = None) -> InputError:
    return InputError([Problem(code, message, file, line, remedy=remedy)])


def read_sbom(path: Path, name: str | None = None) -> Sbom:
    """Read an SBOM of any supported format.

    Raises:
        InputError: the file cannot be read, is too large, or is not an SBOM.
    """
    file = name or path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _fail(file, "too-large", f"The SBOM has more than {MAX_BYTES:,} bytes.", "Split it by component.")
        data = path.read_bytes()
    except OSError as error:
        raise _fail(file, "unreadable", f"Cannot be read: {error.strerror}.") from error
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"<":
        sbom = cyclonedx.from_xml(data, file)
    elif head == b"{":
        sbom = _from_json(_decode_json(data, file), file)
    elif b"SPDXVersion:" in data[:4000]:
        sbom = spdx2.from_tag_value(_text(data, file), file)
    else:
        raise _fail(file, "not-an-sbom", "This is not an SBOM that harmpath knows.", f"Supported: {_FORMATS}.")
    if len(sbom.components) > MAX_COMPONENTS:
        said = f"The SBOM lists {len(sbom.components):,} components; at most {MAX_COMPONENTS:,} are read."
        raise _fail(file, "too-large", said, "Split it by component.")
    return sbom


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail(file, "encoding", f"Not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error


def _decode_json(data: bytes, file: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(data, file))
    except json.JSONDecodeError as error:
        raise _fail(file, "json", f"Not valid JSON: {error.msg}.", "Export the SBOM again.", error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise _fail(file, "json", "Nested too deeply, or a number too long, to be an SBOM.") from error
    if not isinstance(value, dict):
        raise _fail(file, "not-an-sbom", "The JSON is not an object.", f"Supported: {_FORMATS}.")
    return value


def _from_json(value: dict[str, Any], file: str) -> Sbom:
    if str(value.get("bomFormat", "")).lower() == "cyclonedx":
        return cyclonedx.from_json(value, file)
    if "spdxVersion" in value:
        return spdx2.from_json(value, file)
    if "@graph" in value or "spdx.org/rdf/3" in str(value.get("@context", "")):
        return spdx3.from_json(value, file)
    raise _fail(file, "not-an-sbom", "The JSON is neither CycloneDX nor SPDX.", f"Supported: {_FORMATS}.")
