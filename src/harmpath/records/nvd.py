"""NVD, the National Vulnerability Database: JSON 1.1 feeds and API 2.0 answers (pages and 2.0 feeds).

Formats: https://nvd.nist.gov/vuln/data-feeds and https://nvd.nist.gov/developers/vulnerabilities. A 1.1 feed writes
each configuration as a tree of nodes; API 2.0 writes a list of configurations, each a list of nodes. Both become the
same :class:`~harmpath.records.model.Node` trees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from harmpath.records.model import Criterion, Cvss, Node, Statement, Weakness, is_cve_id
from harmpath.records.taking import DAMAGED_RECORD, MAX_TEXT, MAX_VERSION, Parsed, RecordError, day

__all__ = ["SOURCE", "Configuration2", "Cve2", "configurations_of", "parse_feed", "parse_page", "statement_of"]

SOURCE = "nvd"
MAX_DEPTH = 8
"""Nesting of configuration nodes; NVD's own never exceeds two."""


class _Match1(msgspec.Struct, rename={"cpe": "cpe23Uri"}):
    cpe: str
    vulnerable: bool = True
    versionStartIncluding: str = ""
    versionStartExcluding: str = ""
    versionEndIncluding: str = ""
    versionEndExcluding: str = ""


class _Node1(msgspec.Struct):
    operator: str = "OR"
    negate: bool = False
    cpe_match: list[_Match1] = []
    children: list[_Node1] = []


class _Configurations1(msgspec.Struct):
    nodes: list[_Node1] = []


class _Text(msgspec.Struct):
    value: str = ""
    lang: str = "en"


class _Meta1(msgspec.Struct):
    ID: str


class _Description1(msgspec.Struct):
    description_data: list[_Text] = []


class _Problem1(msgspec.Struct):
    description: list[_Text] = []


class _Problems1(msgspec.Struct):
    problemtype_data: list[_Problem1] = []


class _References1(msgspec.Struct):
    reference_data: list[msgspec.Raw] = []


class _Cve1(msgspec.Struct):
    CVE_data_meta: _Meta1
    problemtype: _Problems1 = msgspec.field(default_factory=_Problems1)
    description: _Description1 = msgspec.field(default_factory=_Description1)
    references: _References1 = msgspec.field(default_factory=_References1)


class _Vector(msgspec.Struct):
    vectorString: str
    baseScore: float | None = None


class _Metric3(msgspec.Struct):
    cvssV3: _Vector


class _Metric2(msgspec.Struct):
    cvssV2: _Vector


class _Impact1(msgspec.Struct):
    baseMetricV3: _Metric3 | None = None
    baseMetricV2: _Metric2 | None = None


class Item1(msgspec.Struct):
    """One entry of ``CVE_Items`` in a JSON 1.1 feed: the parts that harmpath keeps."""

    cve: _Cve1
    configurations: _Configurations1 = msgspec.field(default_factory=_Configurations1)
    impact: _Impact1 = msgspec.field(default_factory=_Impact1)
    publishedDate: str = ""
    lastModifiedDate: str = ""


class Match2(msgspec.Struct):
    """A CPE match criterion as API 2.0 writes it."""

    criteria: str
    vulnerable: bool = True
    versionStartIncluding: str = ""
    versionStartExcluding: str = ""
    versionEndIncluding: str = ""
    versionEndExcluding: str = ""


class Node2(msgspec.Struct):
    """A node as API 2.0 writes it."""

    operator: str = "OR"
    negate: bool = False
    cpeMatch: list[Match2] = []


class Configuration2(msgspec.Struct):
    """A configuration as API 2.0 writes it: nodes joined by its operator."""

    nodes: list[Node2] = []
    operator: str = "OR"
    negate: bool = False


class _Metric(msgspec.Struct):
    cvssData: _Vector
    source: str = ""


class _Weakness2(msgspec.Struct):
    source: str = ""
    description: list[_Text] = []


class Cve2(msgspec.Struct):
    """The ``cve`` object of API 2.0: the parts that harmpath keeps."""

    id: str = ""
    published: str = ""
    lastModified: str = ""
    vulnStatus: str = ""
    descriptions: list[_Text] = []
    metrics: dict[str, list[_Metric]] = {}
    weaknesses: list[_Weakness2] = []
    configurations: list[Configuration2] = []
    references: list[msgspec.Raw] = []


class _Item2(msgspec.Struct):
    cve: Cve2


class _Feed1(msgspec.Struct):
    CVE_Items: list[msgspec.Raw]
    CVE_data_timestamp: str = ""


class _Page2(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]
    timestamp: str = ""


_feed1 = msgspec.json.Decoder(_Feed1)
_page2 = msgspec.json.Decoder(_Page2)
_item1 = msgspec.json.Decoder(Item1)
_item2 = msgspec.json.Decoder(_Item2)


def parse_feed(data: bytes) -> Parsed:
    """A JSON 1.1 feed. Raises msgspec.DecodeError when the document as a whole is damaged."""
    feed = _feed1.decode(data)
    parsed = Parsed(SOURCE, day(feed.CVE_data_timestamp))
    parsed.statements = _each(feed.CVE_Items, lambda raw: _from_item1(_item1.decode(raw)), parsed.skipped)
    return parsed


def parse_page(data: bytes) -> Parsed:
    """An API 2.0 page or 2.0 feed. Raises msgspec.DecodeError when the document as a whole is damaged."""
    page = _page2.decode(data)
    parsed = Parsed(SOURCE, day(page.timestamp))
    parsed.statements = _each(page.vulnerabilities, lambda raw: statement_of(_item2.decode(raw).cve), parsed.skipped)
    return parsed


def _each(
    raws: Iterable[msgspec.Raw], parse: Callable[[msgspec.Raw], Statement], skipped: Counter[str]
) -> Iterator[Statement]:
    for raw in raws:
        try:
            yield parse(raw)
        except RecordError as error:
            skipped[str(error)] += 1
        except DAMAGED_RECORD as error:
            skipped[f"not the documented shape: {error}"] += 1


def _from_item1(item: Item1) -> Statement:
    cve = item.cve
    description = _english(cve.description.description_data)
    vectors = []
    if item.impact.baseMetricV3:
        vectors.append(item.impact.baseMetricV3.cvssV3)
    if item.impact.baseMetricV2:
        vectors.append(item.impact.baseMetricV2.cvssV2)
    cwes = {t.value for p in cve.problemtype.problemtype_data for t in p.description}
    return Statement(
        id=_checked_id(cve.CVE_data_meta.ID),
        source=SOURCE,
        modified=item.lastModifiedDate,
        published=item.publishedDate,
        rejected=description.startswith("** REJECT **"),
        status="Rejected" if description.startswith("** REJECT **") else "",
        description=description,
        weaknesses=tuple(Weakness(c, "nvd@nist.gov") for c in sorted(cwes) if _is_cwe(c)),
        cvss=tuple(Cvss(v.vectorString[:256], "nvd@nist.gov", v.baseScore) for v in vectors),
        configurations=tuple(n for n in (_node1(node, 0) for node in item.configurations.nodes) if n is not None),
        references=len(cve.references.reference_data),
    )


def statement_of(cve: Cve2) -> Statement:
    """The statement in one ``cve`` object of API 2.0. Raises RecordError when it cannot be used."""
    vectors = [(m, v) for _, metrics in sorted(cve.metrics.items()) for m in metrics for v in (m.cvssData,)]
    weaknesses = {(t.value, w.source) for w in cve.weaknesses for t in w.description if _is_cwe(t.value)}
    return Statement(
        id=_checked_id(cve.id),
        source=SOURCE,
        modified=cve.lastModified,
        published=cve.published,
        rejected=cve.vulnStatus == "Rejected",
        status=cve.vulnStatus,
        description=_english(cve.descriptions),
        weaknesses=tuple(Weakness(c, s) for c, s in sorted(weaknesses)),
        cvss=tuple(Cvss(v.vectorString[:256], m.source, v.baseScore) for m, v in vectors),
        configurations=configurations_of(cve.configurations),
        references=len(cve.references),
    )


def configurations_of(configurations: list[Configuration2]) -> tuple[Node, ...]:
    """API 2.0 configurations as node trees. Raises RecordError for an over-long version or name."""
    found = (_configuration2(c) for c in configurations)
    return tuple(n for n in found if n is not None)


def _node1(node: _Node1, depth: int) -> Node | None:
    if depth > MAX_DEPTH:
        raise RecordError(f"configuration nested deeper than {MAX_DEPTH}")
    criteria = tuple(
        _criterion(
            m.cpe,
            m.vulnerable,
            m.versionStartIncluding,
            m.versionStartExcluding,
            m.versionEndIncluding,
            m.versionEndExcluding,
        )
        for m in node.cpe_match
    )
    children = tuple(n for n in (_node1(c, depth + 1) for c in node.children) if n is not None)
    return _built(node.operator, node.negate, criteria, children)


def _configuration2(configuration: Configuration2) -> Node | None:
    children = []
    for node in configuration.nodes:
        criteria = tuple(
            _criterion(
                m.criteria,
                m.vulnerable,
                m.versionStartIncluding,
                m.versionStartExcluding,
                m.versionEndIncluding,
                m.versionEndExcluding,
            )
            for m in node.cpeMatch
        )
        built = _built(node.operator, node.negate, criteria, ())
        if built is not None:
            children.append(built)
    if len(children) == 1 and not configuration.negate:
        return children[0]
    return _built(configuration.operator, configuration.negate, (), tuple(children))


def _built(operator: str, negate: bool, criteria: tuple[Criterion, ...], children: tuple[Node, ...]) -> Node | None:
    """The node, or None when it says nothing: an empty OR applies to no product, an empty AND not to every one."""
    if operator not in ("AND", "OR"):
        raise RecordError("configuration operator is neither AND nor OR")
    if not criteria and not children:
        return None
    return Node("AND" if operator == "AND" else "OR", negate, criteria, children)


def _criterion(cpe: str, vulnerable: bool, si: str, se: str, ei: str, ee: str) -> Criterion:
    if max(len(cpe), len(si), len(se), len(ei), len(ee)) > MAX_VERSION:
        raise RecordError(f"version or CPE name longer than {MAX_VERSION} characters")
    return Criterion(cpe, vulnerable, si, se, ei, ee)


def _checked_id(text: str) -> str:
    if not is_cve_id(text):
        raise RecordError("not a CVE id")
    return text


def _english(texts: list[_Text]) -> str:
    return next((t.value[:MAX_TEXT] for t in texts if t.lang.startswith("en")), "")


def _is_cwe(text: str) -> bool:
    return text.startswith("CWE-") and text[4:].isdigit()
