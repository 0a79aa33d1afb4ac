"""What the public record knows about the device's technologies, and what each vulnerability lets an attacker do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harmpath.assessment.model import MatchRow, TechnologyRow, UnmatchedRow
from harmpath.assessment.rows import evidence_rows
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.device.model import Device
from harmpath.device.project import Project
from harmpath.evidence import Coverage, NotAssessed, SourceCoverage
from harmpath.records import Combined, Vulnerability, VulnerabilitySource, default_store_path, load_facts, open_store
from harmpath.vulnerabilities import Match, Matches, Product, match
from harmpath.vulnerabilities.effects import Effect, effect_of
from harmpath.vulnerabilities.scores import primary_score

__all__ = ["Knowledge", "coverage_of", "joined_coverage", "known_vulnerabilities", "match_id", "source_of"]

DISMISSED = frozenset({"rejected", "not-applicable", "not-affected", "fixed"})
"""Verdicts with which a vulnerability licenses no attack step."""

NOT_LICENSING = frozenset({"name-only"})
"""Confidence classes that are shown but license no step: too weak to build a path on."""


@dataclass(frozen=True)
class Knowledge:
    """Matches, and the vulnerabilities that attack paths may use."""

    matches: tuple[MatchRow, ...]
    unmatched: tuple[UnmatchedRow, ...]
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...]
    licensing: tuple[KnownVulnerability, ...]
    match_of: dict[tuple[str, str], tuple[str, ...]]
    """Ids of matches by vulnerability and element."""


def known_vulnerabilities(
    project: Project, technologies: Sequence[TechnologyRow], store: Path | None, verdicts: Mapping[str, str]
) -> Knowledge:
    """Look every technology up in the project's facts tables and in the local store, as far as there is one.

    Raises:
        InputError: a facts table is wrong.
        StoreError: the store that was named cannot be opened.
    """
    source, missing = source_of(project.facts(), store)
    products = [_product(t) for t in technologies]
    found = match(products, source, _platforms(project.device, technologies))
    by_id = {t.id: t for t in technologies}
    records = {cve: record for cve in sorted({m.cve for m in found.matches}) if (record := source.get(cve))}
    effects = {cve: effect_of(record) for cve, record in records.items()}
    rows: list[MatchRow] = []
    licensing: list[KnownVulnerability] = []
    conditional: list[KnownVulnerability] = []
    open_questions: list[NotAssessed] = [*_unnamed_weaknesses(found.matches, by_id, records, effects)]
    for one in found.matches:
        technology = by_id[one.product.ref]
        row = _row(one, technology, records.get(one.cve), effects.get(one.cve), verdicts)
        rows.append(row)
        licence = _licence(one, row, effects.get(one.cve))
        if isinstance(licence, KnownVulnerability):
            (conditional if one.confidence == "conditional" else licensing).append(licence)
        elif licence is not None:
            open_questions.append(licence)
    return Knowledge(
        matches=tuple(rows),
        unmatched=_unmatched(found, by_id),
        coverage=coverage_of(found.coverage, missing),
        not_assessed=(*found.not_assessed, *open_questions),
        licensing=_once([*licensing, *_needed(conditional, licensing)]),
        match_of=_by_element(rows),
    )


def source_of(facts: Sequence[Path], store: Path | None) -> tuple[VulnerabilitySource, tuple[NotAssessed, ...]]:
    """Facts tables and the store as one source.

    A store that somebody named must be there; the default one may be missing, and that is said.

    Raises:
        InputError: a facts table is wrong.
        StoreError: the store that was named cannot be opened.
    """
    parts: list[VulnerabilitySource] = [load_facts(path) for path in facts]
    path = store or default_store_path()
    if store is not None or path.exists():
        parts.append(open_store(path))
        return Combined(parts), ()
    remedy = "Import public records: 'harmpath data import FOLDER'."
    said = NotAssessed("local store of public records", f"There is no store at {_shown(path)}.", remedy)
    return Combined(parts), (said,)


def coverage_of(coverage: Coverage, missing: tuple[NotAssessed, ...]) -> Coverage:
    """The coverage of facts tables and store; with a store, what a facts table leaves out is no gap."""
    gaps = coverage.missing if missing else tuple(g for g in coverage.missing if "facts table" not in g.subject)
    return joined_coverage(Coverage(coverage.sources, (*gaps, *missing)))


def joined_coverage(*parts: Coverage) -> Coverage:
    """Several coverages as one: each source once, as the part that holds most of it covers it."""
    most: dict[str, SourceCoverage] = {}
    for source in (s for part in parts for s in part.sources):
        held = most.get(source.source)
        if held is None or source.records > held.records:
            most[source.source] = source
    return Coverage(tuple(most.values()), tuple(dict.fromkeys(m for part in parts for m in part.missing)))


def _shown(path: Path) -> str:
    """The path without the user's home, so that the same input gives the same bytes for everyone."""
    try:
        return "~/" + path.relative_to(Path.home()).as_posix()
    except ValueError:
        return path.as_posix()


def _product(t: TechnologyRow) -> Product:
    return Product(t.name, t.version or "", t.vendor or "", t.cpe or "", t.purl or "", t.id)


def _platforms(device: Device, technologies: Sequence[TechnologyRow]) -> dict[str, list[str]]:
    """For each technology, the CPE names of what else is on the same machine, by the hosts of its element."""
    machine = {c.id: device.host_chain(c.id)[-1] for c in device.components}
    names: dict[str, list[str]] = {}
    for t in technologies:
        if t.cpe:
            names.setdefault(machine.get(t.element, t.element), []).append(t.cpe)
    return {t.id: [n for n in names.get(machine.get(t.element, t.element), []) if n != t.cpe] for t in technologies}


def match_id(technology: str, cve: str) -> str:
    """Id of the match of a vulnerability with a technology."""
    return f"M-{technology.removeprefix('T-')}-{cve}"


def _row(
    one: Match,
    technology: TechnologyRow,
    record: Vulnerability | None,
    effect: Effect | NotAssessed | None,
    verdicts: Mapping[str, str],
) -> MatchRow:
    id_ = match_id(technology.id, one.cve)
    score = primary_score(record) if record else None
    epss = record.epss if record else None
    return MatchRow(
        id=id_,
        technology=technology.id,
        element=technology.element,
        cve=one.cve,
        confidence=one.confidence,
        because=one.because,
        condition=one.condition,
        cvss_version=score.version if score else "",
        cvss_vector=score.vector if score else "",
        cvss_score=score.base if score else None,
        severity=score.severity if score else "",
        epss=epss.score if epss else None,
        epss_percentile=epss.percentile if epss else None,
        known_exploited=bool(record and record.kev),
        weaknesses=tuple(dict.fromkeys(w.cwe for w in record.weaknesses)) if record else (),
        gains=effect.gains if isinstance(effect, Effect) else (),
        position=effect.position if isinstance(effect, Effect) else "",
        decision=verdicts.get(id_, ""),
        evidence=evidence_rows(one.evidence),
    )


def _licence(one: Match, row: MatchRow, effect: Effect | NotAssessed | None) -> KnownVulnerability | NotAssessed | None:
    """What the match allows an attacker; None where it allows nothing, with the reason where that is open."""
    if row.decision in DISMISSED or not row.element:
        return None
    if one.confidence in NOT_LICENSING:
        return NotAssessed(row.id, "Matched by name only; no attack step rests on it.", "Give a CPE or purl.")
    if effect is None:
        return NotAssessed(row.id, f"The records do not hold {one.cve} itself; what it gives is not known.")
    if isinstance(effect, NotAssessed):
        return NotAssessed(row.id, effect.reason, effect.remedy)
    if not effect.gains:
        return None
    return KnownVulnerability(
        id=one.cve,
        element=row.element,
        position=effect.position,
        privileges=effect.privileges,
        user_interaction="required" if effect.user_interaction else "none",
        complexity=effect.complexity,
        gains=effect.gains,
        exploited=row.known_exploited,
        epss=row.epss,
        score=row.cvss_score,
        evidence=(*one.evidence, *effect.evidence),
    )


def _needed(
    conditional: Sequence[KnownVulnerability], definite: Sequence[KnownVulnerability]
) -> list[KnownVulnerability]:
    """Conditional matches, as far as no definite one on the same element gives the same from the same place."""
    given = {(v.element, v.position, v.privileges, v.user_interaction, g) for v in definite for g in v.gains}
    kept = []
    for v in conditional:
        gains = tuple(g for g in v.gains if (v.element, v.position, v.privileges, v.user_interaction, g) not in given)
        if gains:
            kept.append(replace(v, gains=gains))
    return kept


def _unnamed_weaknesses(
    matches: Sequence[Match],
    technologies: Mapping[str, TechnologyRow],
    records: Mapping[str, Vulnerability],
    effects: Mapping[str, Effect | NotAssessed],
) -> list[NotAssessed]:
    """Vulnerabilities with high impact throughout whose records name no weakness: they may give more than is shown."""
    count: Counter[str] = Counter()
    for one in matches:
        effect, record = effects.get(one.cve), records.get(one.cve)
        if isinstance(effect, Effect) and record is not None and not record.weaknesses:
            score = effect.score
            if {score.confidentiality, score.integrity, score.availability} == {"high"}:
                count[one.product.ref] += 1
    said = (
        "of its vulnerabilities have high impact throughout and no weakness (CWE) in the records; whether they execute"
    )
    return [
        NotAssessed(ref, f"{n} {said} code is not known, and no step rests on it.", "harmpath data pull nvd")
        for ref, n in sorted(count.items())
        if ref in technologies
    ]


def _once(vulnerabilities: Sequence[KnownVulnerability]) -> tuple[KnownVulnerability, ...]:
    """One for each vulnerability and element, although several technologies there may have it."""
    return tuple({(v.element, v.id): v for v in reversed(vulnerabilities)}.values())[::-1]


def _by_element(rows: Sequence[MatchRow]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in rows:
        key = (row.cve, row.element)
        found[key] = (*found.get(key, ()), row.id)
    return found


def _unmatched(found: Matches, technologies: Mapping[str, TechnologyRow]) -> tuple[UnmatchedRow, ...]:
    return tuple(
        UnmatchedRow(technology=u.product.ref, reason=u.reason, nearest=u.nearest)
        for u in found.unmatched
        if u.product.ref in technologies
    )
