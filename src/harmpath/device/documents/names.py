"""Names that only this document can tell: its device and the devices it is compared with."""

from __future__ import annotations

import re
from itertools import islice

from harmpath.device.documents.flatten import CELL, END, ROW, TABLE
from harmpath.device.documents.layout import DeviceNames
from harmpath.device.documents.matcher import squash

_STOP = (
    rf"(?=[{TABLE}{ROW}{CELL}{END}]|\n|#|\b[A-Z] (?:Applicant|Regulatory|Purpose|Measurand|Type)\b"
    r"|(?i:\b(?:regulation|regulatory|common name|classification|indications|number \(if|product code|510\(k\)"
    r"|predicate|manufacturer|trade name|device type)\b)|$)"
)
_SEPARATOR = rf" ?[:\n{CELL}][:\n {CELL}]{{0,3}}"
_NAME = rf"(?P<name>(?=[A-Z0-9\"'(]|[a-z]{{1,2}}[:-]?[A-Za-z]*[A-Z])[^{TABLE}{ROW}{CELL}{END}\n#]{{3,200}}?){_STOP}"
_OWN = re.compile(
    r"(?:(?i:trade ?/ ?device name"
    r"|(?:device )?trade(?: ?/ ?proprietary)?(?: or proprietary)? ?names?|proprietary names?"
    r"|name of (?:the )?device|(?<!redicate )device (?:proprietary )?names?"
    r"|(?:subject|proposed|candidate) device(?: name)?)"
    rf"(?: ?\(s\))?{_SEPARATOR}|(?i:proprietary and established names?)[:\n {CELL}]{{1,4}}){_NAME}"
)
_OTHER = re.compile(
    r"(?i:predicate (?:device)?s?(?: ?\(s\))?(?: name)?s?(?: ?\(s\))?|legally marketed (?:predicate )?devices?)"
    rf"{_SEPARATOR}{_NAME}"
)
_INTENDED = re.compile(
    r"\b[Tt]he (?P<name>(?:[A-Z0-9][\w+\-/]{0,40} ){1,7}?)(?:(?:[Bb]lood|[Ff]lash|[Cc]ontinuous|[Gg]lucose"
    r"|[Mm]onitoring|[Ww]ireless|[Mm]eter|[Dd]iabetes|[Mm]anagement|[Aa]naly[sz]er|[Ii]nsulin|[Dd]elivery"
    r"|[Pp]ump|[Tt]est) ?){0,6}"
    r"(?:[Ss]ystems? )?(?:is|are) (?:an? )?(?:intended|indicated)\b"
)
_NUMBER = re.compile(
    r"(?i:510\(k\) ?(?:submission )?(?:number|no\.?)?|\bRe)(?: \(if known\))?[ :#\n]{0,4}(?:K|DEN|P) ?(\d{6})\b"
)
_ANY_NUMBER = re.compile(r"\bK(\d{6})\b", re.I)
_GENERIC = re.compile(
    r"^(?:blood|flash|continuous|integrated|interoperable|glucose|monitoring|monitor|monitors|system|systems"
    r"|meter|meters|wireless|test|tests|strips?|control|controls"
    r"|solutions?|analyzers?|analysers?|automated|automatic|diabetes|management|kit|kits|for|with|and|assay"
    r"|software|insulin|delivery|device|devices|panel|series|family|"
    r"professional|self|multi-?patient|instrument|technology|the|of|urine|urinalysis|analysis|hematology"
    r"|blood-glucose|pump|infusion|therapy|cgm|cgms|bgms|calibrator|reagent"
    r"|reagents|sensor|reader|by|from|on|in|model|models|calculator|clinical|chemistry|immunoassay|rapid"
    r"|detection|clia|waived|pt|inr|prothrombin|time|platform|home|use)$",
    re.I,
)
_SPEAKS_OF_PREDICATE = re.compile(r"predicate(?: device)?s?\b|substantially equivalent to", re.I)
_CITED = re.compile(
    r"(?P<name>[A-Z][\w+\-/]{0,40}(?: [\w+\-/:.]{1,60}){0,8}?),? ?\(?(?:CGM\) ?[Ss]ystem,? ?\(?)?(?:[KkPp]|DEN)\d{6}"
)
_LINE_WITH_NUMBER = re.compile(
    rf"^ *(?P<name>[A-Z][^\n{TABLE}{ROW}{CELL}{END}]{{3,90}}?)[ ,\n]*\(?(?:[KkPp]|DEN)(?P<number>\d{{6}})\)?\W*$", re.M
)
_CALLED_PREDICATE = re.compile(
    r"(?P<name>[A-Z][\w+\-/]{0,40}(?: [A-Z0-9][\w+\-/]{0,40}){0,7}) ?\((?:primary |secondary )?[Pp]redicate"
)
_PREDICATE_NAMED = re.compile(r"\bpredicate (?P<name>[A-Z][\w+\-/]{0,40}(?: [A-Z0-9][\w+\-/]{0,40}){0,5})")
_WORDS = re.compile(r"[^\s,;]+")
_NO_NAME = re.compile(
    r"(?:trade(?:device)?name|proprietary|commonname|predicate|classification|indications|same|subject|intended|notapplicable|seetable"
    r"|table|figure|page$|section$|modelno|assessment|similarities|differences|weclaim|see[a-z]*$)"
    r"|(?:abbott|ascensia|bayer|beckman|beckmancoulter|cepheid|dexcom|google|illumina|insulet|lifescan|medtronic|philips|roche|samsung"
    r"|siemens|sysmex|tandem)(?:inc|laboratories|diabetescare|diagnostics|healthineers)?$"
)
"""Squashed words that stand where a device's name is expected: the next label of the form, or the maker alone."""


def core_name(name: str) -> str:
    """The distinctive head of a name: "FreeStyle Libre 2" of "FreeStyle Libre 2 Flash Glucose Monitoring System"."""
    words = [w.strip("()[]\"'.:®™") for w in _WORDS.findall(name.split("(")[0])]
    kept: list[str] = []
    for word in words:
        if _GENERIC.match(word):
            if kept:
                break
            continue
        kept.append(word)
    return " ".join(kept[:6])


def _cores(pattern: re.Pattern[str], text: str) -> list[str]:
    found: list[str] = []
    for match in pattern.finditer(text):
        for part in re.split(r"[,;]| and the ", match["name"]):
            cleaned = re.sub(r"\(?\b[Kk]\d{6}\b\)?", " ", part)
            core = core_name(cleaned)
            if (
                4 <= len(squash(core)) <= 60
                and not _NO_NAME.match(squash(core))
                and re.search(r"[A-Z]", core)
                and core not in found
            ):
                found.append(core)
        if len(found) >= 16:
            break
    return found


def _cited_predicates(text: str, own_numbers: set[str]) -> list[str]:
    """Names that are called a predicate or stand before another submission's number."""
    names: list[str] = []
    for heading in islice(_SPEAKS_OF_PREDICATE.finditer(text), 12):
        names += [match["name"] for match in _CITED.finditer(text[heading.end() : heading.end() + 260])]
    names += [
        match["name"] for match in islice(_LINE_WITH_NUMBER.finditer(text), 20) if match["number"] not in own_numbers
    ]
    for pattern in (_CALLED_PREDICATE, _PREDICATE_NAMED):
        names += [match["name"] for match in islice(pattern.finditer(text), 20)]
    found: list[str] = []
    for name in names:
        core = core_name(name)
        if 4 <= len(squash(core)) <= 60 and not _NO_NAME.match(squash(core)) and core not in found:
            found.append(core)
    return found


def device_names(text: str, file_name: str = "") -> DeviceNames:
    """Subject and predicate names and the submission's own number, from where 510(k) documents state them."""
    own = [squash(core) for core in _cores(_OWN, text[:60_000]) or _cores(_INTENDED, text[:20_000])[:2]]
    own = [name for index, name in enumerate(own) if name not in own[:index]][:8]
    numbers = set(_NUMBER.findall(text[:8_000])[:1])
    numbers |= set(re.findall(r"K(\d{6})", file_name))
    if not numbers:
        numbers = set(_ANY_NUMBER.findall(text[:4_000])[:1])
    other = [squash(core) for core in _cores(_OTHER, text) + _cited_predicates(text, numbers)]
    other = [name for index, name in enumerate(other) if name not in other[:index] and name not in own][:16]
    return DeviceNames(tuple(own), tuple(other), frozenset(numbers))
