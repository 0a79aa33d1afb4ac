"""CycloneDX 1.4 to 1.7, JSON and XML (https://cyclonedx.org/specification/overview/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harmpath.device.sbom.model import Sbom, SbomComponent
from harmpath.errors import InputError, Problem

__all__ = ["from_json", "from_xml"]

_VERSIONS = frozenset({"1.4", "1.5", "1.6", "1.7"})
_SUPPORT = frozenset({"level of support", "support level", "cdx:lifecycle:support", "fda:supportlevel", "supportlevel"})
_END = frozenset(
    {
        "end-of-support",
        "end of support",
        "endofsupport",
        "fda:endofsupport",
        "cdx:lifecycle:milestone:endofsupport",
        "end-of-support-date",
        "cdx:lifecycle:milestone:endoflife",
    }
)
_MAX_DEPTH = 32


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def from_json(bom: dict[str, Any], file: str) -> Sbom:
    """The SBOM in a decoded CycloneDX JSON document; InputError for a version that is not supported."""
    version = _str(bom.get("specVersion"))
    if version not in _VERSIONS:
        said = f"CycloneDX {version or 'of unknown version'} is not supported."
        raise InputError([Problem("sbom-version", said, file, value=version, remedy="Convert it to 1.4 to 1.7.")])
    for key in ("components", "services"):
        if not isinstance(bom.get(key, []), list):
            remedy = "Export the SBOM again; the value must be a list."
            raise InputError([Problem("sbom-structure", f"'{key}' is not a list.", file, remedy=remedy)])
    problems: list[Problem] = []
    found = [c for c in _walk(bom, file, problems) if c is not None]
    metadata = _dict(bom.get("metadata"))
    subject = _dict(metadata.get("component"))
    dependencies = sum(len(_list(_dict(d).get("dependsOn"))) for d in _list(bom.get("dependencies")))
    return Sbom(
        file=file,
        format=f"CycloneDX {version}",
        subject=_str(subject.get("name")),
        subject_version=_str(subject.get("version")),
        author=_author(metadata),
        timestamp=_str(metadata.get("timestamp")),
        components=tuple(found),
        dependencies=dependencies,
        problems=tuple(problems),
    )


def _author(metadata: dict[str, Any]) -> str:
    for key in ("manufacturer", "manufacture", "supplier"):
        name = _str(_dict(metadata.get(key)).get("name"))
        if name:
            return name
    names = [_str(_dict(a).get("name")) for a in _list(metadata.get("authors"))]
    return ", ".join(n for n in names if n)


def _walk(bom: dict[str, Any], file: str, problems: list[Problem]) -> Iterator[SbomComponent | None]:
    """Components, nested ones after their parent, then services; iterative, so depth cannot exhaust the stack."""
    stack = [
        (item, f"{key}[{n}]", 1) for key in ("components", "services") for n, item in enumerate(_list(bom.get(key)))
    ]
    stack.reverse()
    while stack:
        item, place, depth = stack.pop()
        if not isinstance(item, dict) or not _str(item.get("name")):
            said = f"{place} has no name and was skipped."
            problems.append(Problem("sbom-component", said, file, remedy="Name the component.", severity="warning"))
            continue
        yield _component(item, place)
        if depth >= _MAX_DEPTH:
            problems.append(Problem("sbom-depth", f"{place} nests too deeply; not followed.", file, severity="warning"))
            continue
        inner = [
            (child, f"{place}.{key}[{n}]", depth + 1)
            for key in ("components", "services")
            for n, child in enumerate(_list(item.get(key)))
        ]
        stack.extend(reversed(inner))


def _component(item: dict[str, Any], place: str) -> SbomComponent:
    properties = {
        _str(_dict(p).get("name")).lower(): _str(_dict(p).get("value")) for p in _list(item.get("properties"))
    }
    supplier = _str(_dict(item.get("supplier") or item.get("provider")).get("name"))
    maker = _str(_dict(item.get("manufacturer")).get("name"))
    return SbomComponent(
        ref=_str(item.get("bom-ref")) or place,
        name=_str(item.get("name")),
        version=_str(item.get("version")),
        kind=_str(item.get("type")) or ("service" if "services" in place.rsplit(".", 1)[-1] else ""),
        supplier=supplier or maker or _str(item.get("publisher")) or _str(item.get("author")),
        cpe=_str(item.get("cpe")),
        purl=_str(item.get("purl")),
        licences=tuple(_licences(item)),
        hashes=tuple((_str(_dict(h).get("alg")), _str(_dict(h).get("content"))) for h in _list(item.get("hashes"))),
        support_level=next((v for k, v in properties.items() if k in _SUPPORT), ""),
        end_of_support=next((v for k, v in properties.items() if k in _END), ""),
        element=properties.get("harmpath:element", ""),
        place=place,
    )


def _licences(item: dict[str, Any]) -> Iterator[str]:
    for entry in map(_dict, _list(item.get("licenses"))):
        licence = _dict(entry.get("license"))
        name = _str(entry.get("expression")) or _str(licence.get("id")) or _str(licence.get("name"))
        if name:
            yield name


_LISTS = frozenset({"components", "services", "licenses", "hashes", "properties", "dependencies", "authors"})


def from_xml(data: bytes, file: str) -> Sbom:
    """The SBOM in a CycloneDX XML document. DTDs, entities and external references are refused."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        remedy = "Export the SBOM without DTD and entities."
        raise InputError([Problem("xml", "DTDs and entities are not accepted.", file, remedy=remedy)]) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        line = getattr(error, "position", (None,))[0]
        raise InputError([Problem("xml", f"Not valid XML: {error}.", file, line)]) from error
    namespace, _, tag = root.tag.rpartition("}")
    if tag != "bom" or "cyclonedx.org/schema/bom/" not in namespace:
        raise InputError([Problem("not-an-sbom", "The XML is not a CycloneDX BOM.", file)])
    bom = _as_json(root)
    bom["specVersion"] = namespace.rsplit("/", 1)[-1]
    return from_json(bom, file)


def _as_json(element: Any, depth: int = 0) -> dict[str, Any]:
    """An XML element in the shape that the JSON format would have, as far as the reader looks."""
    value: dict[str, Any] = dict(element.attrib)
    if depth > 3 * _MAX_DEPTH:
        return value
    for child in element:
        tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if tag in _LISTS:
            value[tag] = [_item(grandchild, tag, depth + 1) for grandchild in child]
        elif len(child):
            value[tag] = _as_json(child, depth + 1)
        elif tag:
            value[tag] = child.text or ""
    return value


def _item(element: Any, parent: str, depth: int) -> dict[str, Any]:
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if parent == "licenses":
        return {"expression": element.text or ""} if tag == "expression" else {"license": _as_json(element, depth)}
    if parent == "hashes":
        return {"alg": element.get("alg", ""), "content": element.text or ""}
    if parent == "properties":
        return {"name": element.get("name", ""), "value": element.text or ""}
    if parent == "dependencies":
        return {"ref": element.get("ref", ""), "dependsOn": [child.get("ref", "") for child in element]}
    return _as_json(element, depth)
