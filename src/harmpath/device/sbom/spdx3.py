"""SPDX 3.0 as JSON-LD (https://spdx.github.io/spdx-spec/v3.0.1/): software, AI and dataset profiles."""

from __future__ import annotations

from typing import Any

from harmpath.device.sbom.model import Sbom, SbomComponent
from harmpath.errors import InputError, Problem

__all__ = ["from_json"]

_KINDS = {
    "software_Package": "",
    "ai_AIPackage": "machine-learning-model",
    "dataset_DatasetPackage": "data",
}
_DEPENDS = frozenset({"dependsOn", "contains", "hasStaticLink", "hasDynamicLink", "hasProvidedDependency"})


def _str(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def from_json(document: dict[str, Any], file: str) -> Sbom:
    """The SBOM in a decoded SPDX 3.0 document.

    Raises:
        InputError: there is no graph of elements in it.
    """
    graph = [e for e in _list(document.get("@graph")) if isinstance(e, dict)]
    if not graph:
        said = "The SPDX 3.0 document holds no elements."
        raise InputError([Problem("not-an-sbom", said, file, remedy="Export it as JSON-LD with an @graph.")])
    by_id = {_str(e.get("spdxId") or e.get("@id")): e for e in graph}
    relations = [e for e in graph if _str(e.get("type")).endswith("Relationship")]
    sbom = next((e for e in graph if e.get("type") in ("software_Sbom", "Bom", "Sbom")), {})
    roots = {str(r) for r in _list(sbom.get("rootElement"))}
    licences = _related(relations, by_id, ("hasConcludedLicense", "hasDeclaredLicense"))
    components: list[SbomComponent] = []
    subject = ("", "")
    for number, element in enumerate(graph):
        if element.get("type") not in _KINDS:
            continue
        component = _package(element, f"@graph[{number}]", by_id, licences)
        if component.ref in roots and not subject[0]:
            subject = (component.name, component.version)
        elif component.name:
            components.append(component)
    info = next((e for e in graph if e.get("type") == "CreationInfo"), {})
    authors = [_name(by_id, a) for a in _list(info.get("createdBy"))]
    version = _str(info.get("specVersion")) or "3.0"
    return Sbom(
        file=file,
        format=f"SPDX {version}",
        subject=subject[0],
        subject_version=subject[1],
        author=", ".join(a for a in authors if a),
        timestamp=_str(info.get("created")),
        components=tuple(components),
        dependencies=sum(len(_list(r.get("to"))) for r in relations if r.get("relationshipType") in _DEPENDS),
    )


def _name(by_id: dict[str, dict[str, Any]], reference: Any) -> str:
    if isinstance(reference, dict):
        return _str(reference.get("name"))
    return _str(by_id.get(str(reference), {}).get("name"))


def _related(
    relations: list[dict[str, Any]], by_id: dict[str, dict[str, Any]], kinds: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for relation in relations:
        if relation.get("relationshipType") in kinds:
            for target in map(str, _list(relation.get("to"))):
                element = by_id.get(target, {})
                text = _str(element.get("simplelicensing_licenseExpression")) or _str(element.get("name"))
                if text:
                    found.setdefault(str(relation.get("from")), []).append(text)
    return {key: tuple(dict.fromkeys(values)) for key, values in found.items()}


def _package(
    element: dict[str, Any], place: str, by_id: dict[str, dict[str, Any]], licences: dict[str, tuple[str, ...]]
) -> SbomComponent:
    ref = _str(element.get("spdxId") or element.get("@id")) or place
    identifiers = {
        _str(i.get("externalIdentifierType")): _str(i.get("identifier"))
        for i in _list(element.get("externalIdentifier"))
        if isinstance(i, dict)
    }
    suppliers = [_name(by_id, s) for s in (*_list(element.get("suppliedBy")), *_list(element.get("originatedBy")))]
    hashes = [
        (_str(h.get("algorithm")), _str(h.get("hashValue")))
        for h in _list(element.get("verifiedUsing"))
        if isinstance(h, dict) and h.get("hashValue")
    ]
    return SbomComponent(
        ref=ref,
        name=_str(element.get("name")),
        version=_str(element.get("software_packageVersion")),
        kind=_KINDS[element["type"]] or _str(element.get("software_primaryPurpose")),
        supplier=next((s for s in suppliers if s), ""),
        cpe=identifiers.get("cpe23", "") or identifiers.get("cpe22", ""),
        purl=_str(element.get("software_packageUrl")) or identifiers.get("packageUrl", ""),
        licences=licences.get(ref, ()),
        hashes=tuple(hashes),
        support_level=", ".join(_str(s) for s in _list(element.get("supportLevel"))),
        end_of_support=_str(element.get("validUntilTime")),
        place=place,
    )
