"""What the text around a mention says: whose technology it is, and whether the device has it at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harmpath.device.documents.layout import Cell, Column, DeviceNames, Layout
from harmpath.device.documents.model import Role


@dataclass(frozen=True, slots=True)
class Verdict:
    """The role and negation of one mention; ``skip`` where it is not about a device at all."""

    role: Role = "subject"
    negated: bool = False
    skip: bool = False


BOILERPLATE = re.compile(
    r"Premarket Notification Database|Unique Device Identification Database|GUDID"
    r"|issuance of a substantial equivalence|Paperwork Reduction Act"
    r"|PRA Staff|transmit(?:\s+data)?\s+to\s+a\s*computer,?\s*web\s?server"
    r"|Does\s+the\s+applicant.{0,4}s\s+device|CDRH Learn|Division of Industry|MedWatch"
    r"|accessdata\.fda|Vulnerability Database|21 CFR (?:Part )?(?:1000|820)",
    re.I,
)
"""Sentences of the FDA letter and forms, which speak of no device."""
_STANDARD = re.compile(
    r"\b(?:ISO|IEC|IEEE(?! ?802)|ANSI|AAMI|ASTM|CLSI|EN|UL|CISPR|ETSI|AIM|RTCA|NIST|AIM|ISTA|MIL-STD"
    r"|IPC)(?:[ /-]{1,3}(?:ISO|IEC|IEEE|ANSI|AAMI|AIM|TR|TIR|TS|USEMCSC|EN|SP|Std\.?|DO"
    r"|SC))*[ -]{0,2}[A-Z]{0,4}[ -]?\d[\w.:+/-]*"
)
_USES = re.compile(
    r"\b(?:us(?:es?|ed|ing)|via|through|communicat|transmit|transfer|connect|support|interface|equipped"
    r"|incorporat|technolog|over an?)",
    re.I,
)
_GUIDANCE = re.compile(r"\bguidance\b|\bGuidelines?\b|Policy for|Draft Guid", re.I)

_NEGATION_BEFORE = re.compile(
    r"(?:\b(?:does|did|is|are|was|were|has|have|can|will|should|may|could)(?: ?not|n't)\b(?! (?:only|limited))"
    r"|\bcannot\b|\bnot (?:equipped|contain|have|use|support|require|include)\w*"
    r"|(?<!or )\b(?:without|lacks?|lacking|neither|nor|no longer|excluding)\b|\b(?<!presence or )absence of\b"
    r"|\b(?:has|have|had|with|contains?|is|are|there (?:is|are)|uses?|^) ?no\b"
    r"|\bremov(?:e|es|ed|al)(?: of)?(?: the)?\b|\binstead of\b|\brather than\b|^\s*(?:No|None|Not|Neither"
    r"|Without|Remov(?:e|al of|ed))\b)"
    r"(?P<between>[^.;:]{0,70})$",
    re.I,
)
_RESUMES = re.compile(
    r"\b(?:but|however|whereas|while|except|and (?:uses?|has|is|the)|which|only)\b|,\s*(?:the|it|a|data)\b", re.I
)
_NEGATION_AFTER = re.compile(
    r"^[^.;,:]{0,50}?\b(?:(?:is|are|was|were) (?:not|never)(?! (?:only|limited|affected|interfer|subject"
    r"|intended|changing|the same))|(?:is|are|was|were|has been|have been) (?:removed|disabled|deleted"
    r"|eliminated)"
    r"|(?:not|un)[ -]?(?:available|supported|included|applicable)\b|cannot be)|^\s*[:-]?\s*(?:No|None|N/A"
    r"|Not applicable)\b",
    re.I,
)
_IMPERATIVE = re.compile(
    r"(?:^|[.,;:•\n]\s*)(?:please )?(?:do|should|must|shall) not\b[^.;]*$"
    r"|\b(?:an?|the|your) (?:\w+ ){1,3}do not\b[^.;]*$|\byou (?:can|must|should|will|may|do) ?not\b",
    re.I,
)
_PREDICATE_CUE = re.compile(
    r"\b(?:predicates?(?: devices?)?(?!')|previously cleared|currently cleared|comparator device|unmodified device"
    r"|reference device|substantial(?:ly)? equivalen\w+ (?:to|of)|old version|original(?:ly cleared)? device"
    r"|previous (?:version|device|submission))\b",
    re.I,
)
_COMPARED = re.compile(
    r"(?:compar\w+ (?:to|with)|relative to|unlike|similar to|identical to|equivalent to|same as|differ\w* from"
    r"|different from|as in|as with|from) (?:that of |those of )?(?:the |its |their )?(?:\w+ ){0,2}$",
    re.I,
)
_SUBJECT_CUE = re.compile(
    r"\b(?:subject|proposed|candidate|new|modified|updated|current|present) (?:devices?|systems?|meters?"
    r"|software|app|version|submission)\b|\bboth\b|\bthis (?:device|system|submission)\b|\badd(?:s|ed|ition"
    r"|ing)\b",
    re.I,
)
_REPLACED_BEFORE = re.compile(
    r"\b(?:from|replac\w+|instead of|in place of|formerly|previously|upgraded? from|changed from"
    r"|migrat\w+ from)\s+(?:the |an? |its |Microsoft |MS |operating system )*$",
    re.I,
)
_REPLACED_AFTER = re.compile(r"^[^.;]{0,60}?\b(?:to|with|by)\b", re.I)
_TESTING = re.compile(
    r"\bco-?exist|\bimmunity\b|electromagnetic (?:interference|compat)|interferen(?:ce|t) (?:test|from)"
    r"|\bEMC\b|RFID (?:immunity|exposure)|wireless (?:test|quality of service)"
    r"|(?:study|testing|evaluation|trial|test) (?:was|were) (?:conducted|performed|carried)|(?:test|evaluat"
    r"|validat|verif)\w* (?:was |were )?(?:performed |conducted |done )?(?:using|on|with) (?:an? |the |one "
    r"|two |three |\d+ )?"
    r"|(?:participants|subjects|users|lay users|study sites?) (?:were|was|used|received)|study (?:kit|database"
    r"|phone)|\busability stud|human factors",
    re.I,
)
_ABSENT = re.compile(
    r"^[\s\-–—]*(?:no|none|n ?/ ?a|not (?:available|applicable|present|supported|included|required|used"
    r"|provided)|absent|does not|without|x|-|–|—)?[\s.\-]*$|^\s*(?:no\b|none\b|n/a|not (?:avail|appl|pres|supp"
    r"|incl|requ|used|prov)|does not (?:have|contain|use|support)|without)",
    re.I,
)
_PREDICATE_LABEL = re.compile(r"\W*(?:primary |secondary )?predicate(?: device)?s?\b.{0,25}$", re.I | re.S)
_SAME = re.compile(
    r"^\W*(?:same|identical|equivalent|unchanged|no change|no difference|similar|as predicate|yes|both|ditto|✓|√)", re.I
)


def _cells_of(row: list[Cell], roles: dict[tuple[int, int, int], Column], kind: Column) -> list[Cell]:
    return [cell for cell in row if roles.get((cell.table, cell.row, cell.column)) == kind]


def _prose(text: str, at: int, end: int, category: str) -> Verdict:
    before, after = text[:at], text[end:]
    negated = False
    match = _NEGATION_BEFORE.search(before)
    if match and not _RESUMES.search(match["between"]) and not _IMPERATIVE.search(before):
        negated = True
    if _NEGATION_AFTER.search(after) and not _IMPERATIVE.search(before):
        negated = True
    if _REPLACED_BEFORE.search(before) and _REPLACED_AFTER.search(after):
        return Verdict("predicate", negated=False)
    role: Role = "subject"
    predicate = [m for m in _PREDICATE_CUE.finditer(before) if not _COMPARED.search(before[: m.start()])]
    if predicate:
        subject = [m.end() for m in _SUBJECT_CUE.finditer(before)]
        if not subject or max(subject) <= predicate[-1].start():
            role = "predicate"
    if role == "subject" and _TESTING.search(text) and category in ("hardware-platform", "wireless"):
        role = "test"
    return Verdict(role, negated)


def judge(layout: Layout, roles: dict[tuple[int, int, int], Column], at: int, end: int, category: str) -> Verdict:
    """Whose technology the mention at flat range ``at:end`` is, and whether it is said to be absent."""
    start, stop = layout.sentence(at)
    sentence = layout.text[start:stop]
    local, local_end = at - start, end - start
    if _skipped(sentence, local, category):
        return Verdict(skip=True)
    verdict = _prose(sentence, local, local_end, category)
    cell = layout.cell(at)
    if cell is None:
        return verdict
    column = roles.get((cell.table, cell.row, cell.column), "unknown")
    row = layout.rows[cell.table, cell.row]
    subject = _cells_of(row, roles, "subject")
    predicate = _cells_of(row, roles, "predicate")
    if column == "predicate":
        same = any(_SAME.match(other.text) for other in subject)
        return Verdict("subject" if same and not verdict.negated else "predicate", verdict.negated)
    if column == "subject":
        return Verdict("subject" if verdict.role == "predicate" else verdict.role, verdict.negated)
    if column == "label" and subject and not cell.header:
        if all(_ABSENT.match(other.text) for other in subject) and any(other.text for other in subject):
            has = any(other.text and not _ABSENT.match(other.text) for other in predicate)
            return Verdict("predicate", False) if has else Verdict("subject", True)
        return Verdict("subject", verdict.negated)
    if column == "label":
        values = [other.text for other in row if other is not cell]
        if values and all(_ABSENT.match(value) and value for value in values):
            return Verdict("subject", True)
    elif cell is not row[0] and _PREDICATE_LABEL.match(row[0].text):
        return Verdict("predicate", verdict.negated)
    elif column == "unknown" and len(row) == 2 and cell is row[0] and row[1].text and _ABSENT.match(row[1].text):
        return Verdict("subject", True)
    return verdict


def _skipped(sentence: str, local: int, category: str) -> bool:
    if BOILERPLATE.search(sentence):
        return True
    if category == "health-data-standard":
        return False
    if _GUIDANCE.search(sentence):
        return True
    standards = list(_STANDARD.finditer(sentence, 0, local))
    return bool(standards) and not _USES.search(sentence[standards[-1].end() : local])


_COMPONENTS = re.compile(
    r"(?:(?:[A-Z][\w+-]{0,40}|mobile|smart|insulin|blood glucose|glucose|display|barcode|bar code|data|back-end"
    r"|hand-?held|laboratory|operator|remote|wireless) ){0,4}"
    r"(?:meters?|transmitters?|sensors?|receivers?|readers?|apps?|mobile devices?|application|smart ?phones?"
    r"|phones?|tablets?|pumps?|analy[sz]ers?|instruments?|workstations?|"
    r"servers?|cloud|printers?|main ?board|display devices?|controllers?|scanners?|modules?|computers?|PCs?"
    r"|database|LIS|monitors?|cameras?|gateway|hub|dongle|watch|pens?)\b"
)


def component_near(layout: Layout, roles: dict[tuple[int, int, int], Column], at: int, end: int) -> str | None:
    """The component or link that the text binds the mention to: the row's label, else the nearest component noun."""
    cell = layout.cell(at)
    if cell is not None:
        row = layout.rows[cell.table, cell.row]
        label = row[0]
        if label is not cell and 2 < len(label.text) <= 60 and not label.text.isdigit():
            return " ".join(label.text.split())
    start, stop = layout.sentence(at)
    sentence = layout.text[start:stop]
    best: tuple[int, str] | None = None
    for match in _COMPONENTS.finditer(sentence):
        left, right = match.start() + start, match.end() + start
        inside = left < end and right > at
        distance = 1 if inside else at - right if right <= at else left - end + 15
        if best is None or distance < best[0]:
            best = (distance, match[0])
    return " ".join(best[1].split()) if best else None


__all__ = ["DeviceNames", "Verdict", "component_near", "judge"]
