"""Technologies that the project's documents name and its model does not: proposals, each with the words quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harmpath.assessment.model import ProposalRow, TechnologyRow
from harmpath.assessment.rows import evidence_rows
from harmpath.device.project import Project
from harmpath.errors import InputError, MissingExtraError
from harmpath.evidence import NotAssessed

if TYPE_CHECKING:
    from harmpath.device.documents import Technology

__all__ = ["propose"]

_QUOTED = 3
"""How many mentions are quoted."""


def propose(
    project: Project, known: Sequence[TechnologyRow], verdicts: Mapping[str, str]
) -> tuple[tuple[ProposalRow, ...], tuple[NotAssessed, ...]]:
    """What the documents name beyond what is known, sorted by id, and what of the documents could not be read."""
    rows: dict[str, ProposalRow] = {}
    unread: list[NotAssessed] = []
    for name, technology in _named(project, unread):
        if technology.role != "subject" or technology.negated or _is_known(technology, known):
            continue
        id_ = "P-" + "-".join(_slug(p) for p in (technology.name, technology.version or "") if p)
        evidence = evidence_rows(m.evidence(name) for m in technology.mentions[:_QUOTED])
        held = rows.get(id_)
        rows[id_] = ProposalRow(
            id=id_,
            name=technology.name,
            version=technology.version,
            vendor=technology.vendor,
            category=technology.category,
            cpe=technology.cpe,
            component=technology.component or "",
            decision=verdicts.get(id_, ""),
            evidence=(held.evidence if held else ()) + evidence,
        )
    return tuple(rows[k] for k in sorted(rows)), tuple(unread)


def _named(project: Project, unread: list[NotAssessed]) -> Iterator[tuple[str, Technology]]:
    from harmpath.device.documents import extract, read_document

    for path in project.documents():
        name = f"documents/{path.name}"
        try:
            document = read_document(path)
        except (InputError, MissingExtraError) as error:
            unread.append(NotAssessed(name, error.diagnostics().splitlines()[0], "Mend the file, or leave it out."))
            continue
        found = extract(document)
        unread += [*document.not_assessed, *found.not_assessed]
        yield from ((name, technology) for technology in found.technologies)


def _is_known(technology: Technology, known: Sequence[TechnologyRow]) -> bool:
    """Whether the model has it already: the same name, or the same CPE vendor and product, in no other version."""
    for row in known:
        same_name = _slug(row.name).startswith(_slug(technology.name)) or _slug(technology.name) in _slug(row.name)
        same_product = bool(technology.cpe and row.cpe) and _product(technology.cpe) == _product(row.cpe)
        if same_name or same_product:
            return True
    return False


def _product(cpe: str | None) -> tuple[str, ...]:
    return tuple((cpe or "").split(":")[2:5])


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "x"
