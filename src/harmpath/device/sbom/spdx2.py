"""SPDX 2.2 and 2.3, JSON and tag-value (https://spdx.github.io/spdx-spec/v2.3/)."""

from __future__ import annotations

from typing import Any

from harmpath.device.sbom.model import Sbom, SbomComponent
from harmpath.errors import InputError, Problem

__all__ = ["from_json", "from_tag_value"]

_VERSIONS = {"SPDX-2.2": "2.2", "SPDX-2.3": "2.3"}
_ABSENT = frozenset({"NOASSERTION", "NONE"})


def _str(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return "" if text in _ABSENT else text


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _who(value: Any) -> str:
    """``Organization: ACME (mail)`` as ``ACME``."""
    text = _str(value)
    return text.split(":", 1)[-1].split("(")[0].strip() if text else ""


def _version(value: Any, file: str) -> str:
    version = _VERSIONS.get(_str(value))
    if version is None:
        said = f"SPDX version '{value}' is not supported."
        raise InputError([Problem("sbom-version", said, file, remedy="Supported: SPDX 2.2, 2.3 and 3.0.")])
    return version


def from_json(document: dict[str, Any], file: str) -> Sbom:
    """The SBOM in a decoded SPDX 2.x JSON document; InputError for a version that is not supported."""
    version = _version(document.get("spdxVersion"), file)
    if not isinstance(document.get("packages", []), list) or not (document.get("packages") or document.get("files")):
        remedy = "Export the SBOM again, with its packages."
        raise InputError(
            [Problem("sbom-structure", "The document lists no packages and no files.", file, remedy=remedy)]
        )
    described = (
        set(document.get("documentDescribes") or ()) if isinstance(document.get("documentDescribes"), list) else set()
    )
    relations = _dicts(document.get("relationships"))
    described |= {str(r.get("relatedSpdxElement")) for r in relations if r.get("relationshipType") == "DESCRIBES"}
    problems: list[Problem] = []
    components: list[SbomComponent] = []
    subject = ("", "")
    for number, package in enumerate(_dicts(document.get("packages"))):
        place = f"packages[{number}]"
        component = _package(package, place)
        if not component.name:
            said = f"{place} has no name and was skipped."
            problems.append(Problem("sbom-component", said, file, remedy="Name the package.", severity="warning"))
        elif component.ref in described and not subject[0]:
            subject = (component.name, component.version)
        else:
            components.append(component)
    creation = document.get("creationInfo")
    creation = creation if isinstance(creation, dict) else {}
    creators = creation.get("creators")
    authors = [_who(c) for c in creators if not str(c).startswith("Tool:")] if isinstance(creators, list) else []
    return Sbom(
        file=file,
        format=f"SPDX {version}",
        subject=subject[0] or _str(document.get("name")),
        subject_version=subject[1],
        author=", ".join(a for a in authors if a),
        timestamp=_str(creation.get("created")),
        components=tuple(components),
        dependencies=sum(
            str(r.get("relationshipType", "")).endswith(("DEPENDS_ON", "DEPENDENCY_OF", "CONTAINS")) for r in relations
        ),
        problems=tuple(problems),
    )


def _package(package: dict[str, Any], place: str) -> SbomComponent:
    references = {
        _str(r.get("referenceType")): _str(r.get("referenceLocator")) for r in _dicts(package.get("externalRefs"))
    }
    licence = _str(package.get("licenseConcluded")) or _str(package.get("licenseDeclared"))
    annotations = " ".join(_str(a.get("comment")) for a in _dicts(package.get("annotations")))
    return SbomComponent(
        ref=_str(package.get("SPDXID")) or place,
        name=_str(package.get("name")),
        version=_str(package.get("versionInfo")),
        kind=_str(package.get("primaryPackagePurpose")).lower().replace("_", "-"),
        supplier=_who(package.get("supplier")) or _who(package.get("originator")),
        cpe=references.get("cpe23Type", "") or references.get("cpe22Type", ""),
        purl=references.get("purl", ""),
        licences=(licence,) if licence else (),
        hashes=tuple(
            (_str(c.get("algorithm")), _str(c.get("checksumValue"))) for c in _dicts(package.get("checksums"))
        ),
        support_level="stated in annotation" if "support" in annotations.lower() else "",
        end_of_support=_str(package.get("validUntilDate")),
        place=place,
    )


_PACKAGE_TAGS = {
    "PackageName": "name",
    "SPDXID": "SPDXID",
    "PackageVersion": "versionInfo",
    "PackageSupplier": "supplier",
    "PackageOriginator": "originator",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
    "ValidUntilDate": "validUntilDate",
}


def from_tag_value(text: str, file: str) -> Sbom:
    """The SBOM in an SPDX 2.x tag-value document; multi-line ``<text>`` values are read over."""
    document: dict[str, Any] = {"packages": [], "relationships": [], "creationInfo": {"creators": []}}
    package: dict[str, Any] | None = None
    inside_text = False
    for line in text.splitlines():
        if inside_text:
            inside_text = "</text>" not in line
            continue
        tag, colon, value = line.partition(":")
        tag, value = tag.strip(), value.strip()
        inside_text = "<text>" in value and "</text>" not in value
        if not colon or tag.startswith("#"):
            continue
        if tag == "PackageName":
            package = {"name": value, "externalRefs": [], "checksums": []}
            document["packages"].append(package)
        elif tag in ("FileName", "SnippetSPDXID", "LicenseID"):
            package = None
        _tag(document, package, tag, value)
    return from_json(document, file)


def _tag(document: dict[str, Any], package: dict[str, Any] | None, tag: str, value: str) -> None:
    if tag == "SPDXVersion":
        document["spdxVersion"] = value
    elif tag == "DocumentName":
        document["name"] = value
    elif tag == "Creator":
        document["creationInfo"]["creators"].append(value)
    elif tag == "Created":
        document["creationInfo"]["created"] = value
    elif tag == "Relationship":
        words = value.split()
        if len(words) >= 3:
            document["relationships"].append({"relationshipType": words[1], "relatedSpdxElement": words[2]})
    elif package is not None and tag == "ExternalRef":
        words = value.split(None, 2)
        if len(words) == 3:
            package["externalRefs"].append({"referenceType": words[1], "referenceLocator": words[2]})
    elif package is not None and tag == "PackageChecksum":
        algorithm, _, checksum = value.partition(":")
        package["checksums"].append({"algorithm": algorithm.strip(), "checksumValue": checksum.strip()})
    elif package is not None and tag in _PACKAGE_TAGS:
        package.setdefault(_PACKAGE_TAGS[tag], value)
