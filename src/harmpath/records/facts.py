"""A small table of facts about vulnerabilities that a project may ship, so that it can be assessed without an import.

The file is JSON, one object::

    {"format": "harmpath-facts", "version": 1,
     "statements": [{"id": "CVE-...", "source": "nvd", "modified": "...", "published": "...",
                     "weaknesses": [{"cwe": "CWE-287", "source": "nvd@nist.gov"}],
                     "cvss": [{"vector": "CVSS:3.1/...", "source": "nvd@nist.gov", "baseScore": 8.8}],
                     "configurations": [{"operator": "OR", "negate": false,
                                         "cpeMatch": [{"criteria": "cpe:2.3:...", "vulnerable": true,
                                                       "versionEndExcluding": "5.63"}],
                                         "children": []}],
                     "packages": [...], "products": [...], "ssvc": {...}}],
     "kev": {"CVE-...": {"as_of": "...", "date_added": "..."}},
     "epss": {"CVE-...": {"score": 0.5, "percentile": 0.9, "as_of": "..."}}}

It holds facts only: identifiers, vectors, CPE names and bounds, weaknesses, KEV and EPSS; no prose of a source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from harmpath.errors import InputError, OutputError, Problem
from harmpath.records.memory import MemorySource
from harmpath.records.model import (
    AdvisoryProduct,
    AffectedPackage,
    Criterion,
    Cvss,
    Epss,
    Kev,
    Node,
    Ssvc,
    Statement,
    Weakness,
)
from harmpath.records.store import VulnerabilitySource
from harmpath.records.taking import MAX_VERSION

__all__ = ["MAX_FACTS", "FactsTable", "extract_facts", "load_facts", "write_facts"]

MAX_FACTS = 32 * 1024 * 1024
"""Bytes of a facts file."""
MAX_DEPTH = 8


class _Strict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    pass


class _Match(_Strict):
    criteria: str
    vulnerable: bool = True
    versionStartIncluding: str = ""
    versionStartExcluding: str = ""
    versionEndIncluding: str = ""
    versionEndExcluding: str = ""


class _Node(_Strict):
    operator: Literal["AND", "OR"] = "OR"
    negate: bool = False
    cpeMatch: list[_Match] = []
    children: list[_Node] = []


class _Cvss(_Strict):
    vector: str
    source: str = ""
    baseScore: float | None = None


class _Weakness(_Strict):
    cwe: str
    source: str = ""


class _Package(_Strict):
    ecosystem: str
    name: str
    ranges: list[tuple[str, str, str]] = []
    versions: list[str] = []


class _Product(_Strict):
    vendor: str
    name: str
    version: str = ""


class _Ssvc(_Strict):
    exploitation: str = ""
    automatable: str = ""
    technical_impact: str = ""
    as_of: str = ""


class _Kev(_Strict):
    as_of: str
    date_added: str = ""
    due_date: str = ""
    ransomware: str = ""
    name: str = ""


class _Epss(_Strict):
    score: float
    percentile: float
    as_of: str = ""


class _Statement(_Strict):
    id: str
    source: str
    modified: str
    document: str = ""
    published: str = ""
    rejected: bool = False
    status: str = ""
    references: int = 0
    weaknesses: list[_Weakness] = []
    cvss: list[_Cvss] = []
    configurations: list[_Node] = []
    packages: list[_Package] = []
    products: list[_Product] = []
    ssvc: _Ssvc | None = None


class _File(_Strict):
    format: Literal["harmpath-facts"]
    version: Literal[1]
    statements: list[_Statement] = []
    kev: dict[str, _Kev] = {}
    epss: dict[str, _Epss] = {}


class FactsTable(MemorySource):
    """The facts of one file; looked up like the store."""


def load_facts(path: Path) -> FactsTable:
    """The facts in ``path``. Raises InputError when the file is missing, too large or not in the documented form."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FACTS:
            raise _problem(path, f"a facts file may have at most {MAX_FACTS >> 20} MB")
        content = msgspec.json.decode(path.read_bytes(), type=_File)
        statements = [_statement(s) for s in content.statements]
    except (OSError, msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise _problem(path, str(error)) from error
    kev = {k: Kev(**msgspec.structs.asdict(v)) for k, v in sorted(content.kev.items())}
    epss = {k: Epss(**msgspec.structs.asdict(v)) for k, v in sorted(content.epss.items())}
    return FactsTable(statements, kev, epss, label=f"facts table {path.name}")


def _problem(path: Path, message: str) -> InputError:
    remedy = "Write it with `python -m harmpath.vulnerabilities.extract`, or follow the form in the documentation."
    return InputError(
        [Problem("facts-file", f"not a table of vulnerability facts: {message}", str(path), remedy=remedy)]
    )


def _statement(stated: _Statement) -> Statement:
    return Statement(
        id=stated.id,
        source=stated.source,
        modified=stated.modified,
        document=stated.document,
        published=stated.published,
        rejected=stated.rejected,
        status=stated.status,
        references=stated.references,
        weaknesses=tuple(Weakness(w.cwe, w.source) for w in stated.weaknesses),
        cvss=tuple(Cvss(v.vector, v.source, v.baseScore) for v in stated.cvss),
        configurations=tuple(_node(n, 0) for n in stated.configurations),
        packages=tuple(
            AffectedPackage(p.ecosystem, p.name, tuple(p.ranges), tuple(p.versions)) for p in stated.packages
        ),
        products=tuple(AdvisoryProduct(p.vendor, p.name, p.version) for p in stated.products),
        ssvc=Ssvc(**msgspec.structs.asdict(stated.ssvc)) if stated.ssvc else None,
    )


def _node(node: _Node, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ValueError(f"configuration nested deeper than {MAX_DEPTH}")
    if any(len(str(text)) > MAX_VERSION for m in node.cpeMatch for text in msgspec.structs.astuple(m)):
        raise ValueError(f"version or CPE name longer than {MAX_VERSION} characters")
    criteria = tuple(Criterion(*msgspec.structs.astuple(m)) for m in node.cpeMatch)
    return Node(node.operator, node.negate, criteria, tuple(_node(c, depth + 1) for c in node.children))


def extract_facts(source: VulnerabilitySource, identifiers: Iterable[str]) -> dict[str, Any]:
    """The facts that ``source`` holds about the given vulnerabilities, ready for :func:`write_facts`."""
    names = sorted(set(identifiers))
    signals = {name: source.signals(name) for name in names}
    content = _File(
        format="harmpath-facts",
        version=1,
        statements=[_as_written(s) for name in names for s in source.statements(name)],
        kev={n: _Kev(**msgspec.structs.asdict(kev)) for n, (kev, _) in signals.items() if kev},
        epss={n: _Epss(**msgspec.structs.asdict(epss)) for n, (_, epss) in signals.items() if epss},
    )
    built: dict[str, Any] = msgspec.to_builtins(content)
    return {"format": "harmpath-facts", "version": 1, **built}


def write_facts(content: dict[str, Any], path: Path) -> None:
    """Write extracted facts; the file is replaced as a whole. Raises OutputError."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(_line_by_line(content), "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path} could not be written: {error.strerror}", remedy="Name another file.") from error


def _line_by_line(content: dict[str, Any]) -> str:
    """JSON with one statement, or one score, on a line: half the size of indented JSON, and a diff that reads."""

    def compact(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    parts = []
    for key, value in content.items():
        if isinstance(value, list):
            rows = ",\n".join(compact(row) for row in value)
            parts.append(f"{compact(key)}:[\n{rows}\n]")
        elif isinstance(value, dict):
            rows = ",\n".join(f"{compact(k)}:{compact(v)}" for k, v in value.items())
            parts.append(f"{compact(key)}:{{\n{rows}\n}}")
        else:
            parts.append(f"{compact(key)}:{compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _as_written(s: Statement) -> _Statement:
    return _Statement(
        id=s.id,
        source=s.source,
        modified=s.modified,
        document=s.document,
        published=s.published,
        rejected=s.rejected,
        status=s.status,
        references=s.references,
        weaknesses=[_Weakness(cwe=w.cwe, source=w.source) for w in s.weaknesses],
        cvss=[_Cvss(vector=v.vector, source=v.source, baseScore=v.base_score) for v in s.cvss],
        configurations=[_node_as_written(n) for n in s.configurations],
        packages=[
            _Package(ecosystem=p.ecosystem, name=p.name, ranges=list(p.ranges), versions=list(p.versions))
            for p in s.packages
        ],
        products=[_Product(vendor=p.vendor, name=p.name, version=p.version) for p in s.products],
        ssvc=_Ssvc(**msgspec.structs.asdict(s.ssvc)) if s.ssvc else None,
    )


def _node_as_written(node: Node) -> _Node:
    return _Node(
        operator=node.operator,
        negate=node.negate,
        cpeMatch=[
            _Match(
                criteria=c.cpe,
                vulnerable=c.vulnerable,
                versionStartIncluding=c.start_including,
                versionStartExcluding=c.start_excluding,
                versionEndIncluding=c.end_including,
                versionEndExcluding=c.end_excluding,
            )
            for c in node.criteria
        ],
        children=[_node_as_written(c) for c in node.children],
    )
