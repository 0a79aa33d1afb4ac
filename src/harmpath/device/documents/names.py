"""Names that only this document can tell: its device, the devices it is compared with, its apps, its abbreviations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from harmpath.catalogue.technologies import plain_words
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
    r"\b[Tt]he (?P<name>(?:[A-Z0-9][\w+\-/]* ){1,7}?)(?:(?:[Bb]lood|[Ff]lash|[Cc]ontinuous|[Gg]lucose"
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
    r"(?P<name>[A-Z][\w+\-/]*(?: [\w+\-/:.]+){0,8}?),? ?\(?(?:CGM\) ?[Ss]ystem,? ?\(?)?(?:[KkPp]|DEN)\d{6}"
)
_LINE_WITH_NUMBER = re.compile(
    rf"^ *(?P<name>[A-Z][^\n{TABLE}{ROW}{CELL}{END}]{{3,90}}?)[ ,\n]*\(?(?:[KkPp]|DEN)(?P<number>\d{{6}})\)?\W*$", re.M
)
_CALLED_PREDICATE = re.compile(
    r"(?P<name>[A-Z][\w+\-/]*(?: [A-Z0-9][\w+\-/]*){0,7}) ?\((?:primary |secondary )?[Pp]redicate"
)
_PREDICATE_NAMED = re.compile(r"\bpredicate (?P<name>[A-Z][\w+\-/]*(?: [A-Z0-9][\w+\-/]*){0,5})")
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


@dataclass(frozen=True, slots=True)
class Named:
    """A software product, app or cloud service that the text names by a rule rather than by the gazetteer."""

    start: int
    end: int
    name: str
    key: str
    category: str


_WORD = r"(?:[A-Z0-9][\w+\-'/]*|[a-z]{1,6}[A-Z][\w+\-]*|of(?= [A-Z]))"
_NAMED = re.compile(
    rf"(?<![\w])(?P<head>(?:{_WORD} ){{1,5}}?)"
    r"(?P<kind>(?:[Mm]obile )?[Aa]pplication [Ss]oftware|(?:[Mm]obile )?Apps?(?:lication)?(?: Software)?"
    r"|[Mm]obile [Aa]pp(?:lication)?|app(?:s|lication)?"
    r"|(?:Diabetes |Data |Patient |Image |Health )?Management Software|[Dd]ata [Mm]anagement [Ss]ystem|(?:Image|Remote"
    r"|Health) Management System|Data Management Server"
    r"|Software|software|[Mm]iddleware|Cloud|Viewer|(?:Web )?Portal|(?:Image |Data |Application "
    r"|Analysis )?Server|Diabetes Manager|Data Manager)"
    r"(?= ?\(?\w{0,8}\)?)(?![\w-])"
)
_HARDWARE_WORDS = frozenset(
    (
        "system",
        "systems",
        "instrument",
        "instruments",
        "panel",
        "test",
        "assay",
        "module",
        "analyzer",
        "reader",
        "meter",
        "pump",
        "sensor",
    )
)
_APP_WORDS = frozenset(
    ("the", "mobile", "app", "apps", "application", "software", "system", "cgm", "ios", "android", "smartphone")
)
_LIBRARY = re.compile(
    r"\b(?:glucose|communication|software|encryption|cryptographic|security|image processing|graphics|driver"
    r"|signal processing)(?: [a-z]+){0,2} library\b"
)


def _trim(head: str) -> list[str]:
    words = [re.sub(r"^(?:Same|App|Yes|Device|the|and|with|of|on|by)(?=[A-Z])", "", word) for word in head.split()]
    while words and words[0].lower().strip("'") in plain_words():
        words.pop(0)
    return words


def app_key(name: str) -> str:
    """What two ways to name one program have in common: "Tidepool Loop Mobile Application" and "Tidepool Loop app"."""
    words = [w for w in name.split() if w.lower() not in _APP_WORDS]
    return squash(" ".join(words)) + "app"


def _libraries(text: str) -> list[Named]:
    return [
        Named(m.start(), m.end(), " ".join(m[0].split()), squash(m[0]), "software-library")
        for m in _LIBRARY.finditer(text)
    ]


def named_products(text: str, devices: DeviceNames) -> list[Named]:
    """Named apps, programs, servers and cloud services; never the device itself."""
    found = _libraries(text)
    mobile = re.search(r"smart ?phone|mobile (?:app|device|phone)|iPhone|\biOS\b|Android", text) is not None
    for match in _NAMED.finditer(text):
        kind = match["kind"]
        words = _trim(match["head"])
        distinctive = [w for w in words if w.lower() not in plain_words() and re.search(r"[A-Za-z]{2}", w)]
        if not distinctive or len(words) > 5 or words[-1] == "of":
            continue
        head = " ".join(words)
        head_key = squash(re.sub(r"'s?\b", "", head))
        own = any(
            head_key in name or name in head_key for name in devices.subject + devices.predicates if len(name) > 3
        )
        lowered = kind.lower()
        is_app = "app" in lowered.split() or "apps" in lowered.split() or "mobile application" in lowered
        if lowered in ("application", "applications") and not (own and kind[0].isupper() and mobile):
            continue
        if any(head_key + "application" in name for name in devices.subject + devices.predicates):
            continue  # the device itself is called an application
        if lowered.startswith("application software") or (lowered == "application" and own):
            is_app = True
        if own and kind.lower() == "application software" and kind != kind.title():
            continue
        if kind.lower() == "software" and words[-1].lower() in _HARDWARE_WORDS:
            continue  # "X System Software" is what runs the instrument, not a product of that name
        if not is_app and not _named_program(distinctive, kind, own or _of_device(distinctive, devices)):
            continue
        if (
            is_app
            and kind == "app"
            and len(distinctive) == 1
            and not own
            and distinctive[0].isupper()
            and len(distinctive[0]) < 4
        ):
            continue
        start = match.end("head") - 1 - len(head)
        if text[start : start + len(head)] != head:
            start = match.start("head") + match["head"].rindex(words[0])
        end = match.end("kind")
        name = f"{head} App" if is_app else f"{head} {kind}"
        category = (
            "cloud-service" if kind == "Cloud" else "software-library" if lowered == "library" else "software-product"
        )
        found.append(Named(start, end, name, app_key(name) if is_app else head_key + squash(kind), category))
    return found


def _of_device(distinctive: list[str], devices: DeviceNames) -> bool:
    words = [squash(w) for w in distinctive]
    known = devices.subject + devices.predicates
    return any(len(w) >= 4 and (w in name or (len(w) > 8 and w[:-1] in name)) for w in words for name in known)


def _named_program(distinctive: list[str], kind: str, own: bool) -> bool:
    """Whether "X Software" names a program: not when X is the device's own name or one plain capitalised word."""
    if own:
        return "anagement" in kind
    if kind == "data management system":
        return any(re.search(r"[a-z][A-Z]", w) for w in distinctive)
    if kind in (
        "software",
        "Software",
        "Library",
        "library",
        "Server",
        "server",
        "Portal",
        "Viewer",
        "middleware",
        "Middleware",
    ):
        inner_capital = any(re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]|\w-[A-Z]", w) for w in distinctive)
        return inner_capital or (len(distinctive) >= 2 and kind[0].isupper())
    return True


_DEFINITION = re.compile(r"\s?\(\s?(?:\"|“|the )?(?P<short>[A-Z][A-Za-z0-9+\-]{1,9}(?: App)?)\"?\s?\)")


def defined_abbreviation(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The flat range of an abbreviation defined right behind ``text[start:end]``: "Management System (MS)"."""
    match = _DEFINITION.match(text, end)
    if match is None:
        return None
    short = match["short"]
    letters = re.sub(r"[^A-Za-z]", "", short.replace(" App", "")).lower()
    if len(letters) < 2 or sum(c.isupper() for c in short) < 2:
        return None
    long_form = text[start:end].lower()
    position = 0
    for letter in letters:
        position = long_form.find(letter, position)
        if position < 0:
            return None
        position += 1
    return match.span("short")
