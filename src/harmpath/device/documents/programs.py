"""Programs that only this document can tell: its apps, servers and services, named by a rule, and its abbreviations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from harmpath.catalogue.technologies import plain_words
from harmpath.device.documents.layout import DeviceNames
from harmpath.device.documents.matcher import squash
from harmpath.device.documents.names import core_name
from harmpath.device.documents.versions import version_behind


@dataclass(frozen=True, slots=True)
class Named:
    """A software product, app or cloud service that the text names by a rule rather than by the gazetteer."""

    start: int
    end: int
    name: str
    key: str
    category: str
    version: str | None = None


_WORD = r"(?:\"?[A-Z0-9][\w+\-'/]{0,40}|[a-z]{1,6}[A-Z][\w+\-]{0,40}|of(?= [A-Z]))\"?"
_NAMED = re.compile(
    rf"(?<![\w])(?P<head>(?:{_WORD}(?: (?:\([A-Z]{{2,6}}\) )?|\([A-Z]{{2,6}}\) )){{1,5}}?)"
    r"(?P<kind>(?:[Mm]obile )?[Aa]pplication [Ss]oftware|(?:[Mm]obile )?Apps?(?:lication)?(?: Software)?"
    r"|[Mm]obile [Aa]pp(?:lication)?|app(?:s|lication)?"
    r"|(?:Diabetes |Data |Patient |Image |Health )?Management Software|[Dd]ata [Mm]anagement [Ss]ystem|(?:Image|Remote"
    r"|Health) Management System|Data Management Server"
    r"|Software|software|Firmware|[Mm]iddleware|Cloud|Viewer|(?:Web )?Portal|(?:Image |Data |Application "
    r"|Analysis )?Server|Diabetes Manager|Data Manager)"
    r"(?= ?\(?\w{0,8}\)?)(?:(?![\w-])|(?=version ?\d))(?! (?:module|tile|store|feature))"
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
    while words and (words[0].lower().strip("'") in plain_words() or (words[0].isdigit() and len(words) > 1)):
        words.pop(0)
    return words


def app_key(name: str) -> str:
    """What two ways to name one program have in common: "Tidepool Loop Mobile Application" and "Tidepool Loop app"."""
    words = [w for w in name.split() if w.lower().strip("'\"") not in _APP_WORDS]
    return squash(" ".join(words)) + "app"


def _libraries(text: str) -> list[Named]:
    return [
        Named(m.start(), m.end(), " ".join(m[0].split()), squash(m[0]), "software-library")
        for m in _LIBRARY.finditer(text)
    ]


def named_products(text: str, devices: DeviceNames) -> list[Named]:
    """Named apps, programs, servers and cloud services; never the device itself."""
    found = _libraries(text) + _introduced(text, devices) + _versioned(text, devices)
    mobile = re.search(r"smart ?phone|mobile (?:app|device|phone)|iPhone|\biOS\b|Android", text) is not None
    for match in _NAMED.finditer(text):
        kind = match["kind"]
        words = _trim(match["head"])
        distinctive = [w for w in words if w.lower() not in plain_words() and re.search(r"[A-Za-z]{2}", w)]
        if not distinctive or len(words) > 5 or words[-1] == "of":
            continue
        head = " ".join(words)
        head_key = squash(re.sub(r"'s?\b", "", head))
        own = is_device(head_key, devices.subject + devices.predicates)
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
        name = (f"{head} App" if is_app else f"{head} {kind}").replace('"', "")
        end, version = version_behind(text, end)
        category = (
            "cloud-service" if kind == "Cloud" else "software-library" if lowered == "library" else "software-product"
        )
        key = app_key(name) if is_app else head_key + squash(kind)
        found.append(Named(start, end, name, key, category, version))
    return found


def is_device(key: str, names: tuple[str, ...]) -> bool:
    """Whether a squashed name is that of a device or part of it."""
    return any(key in name or name in key for name in names if len(name) > 3)


_INTRODUCED = re.compile(
    r"\b(?:[Ss]oftware|[Aa]pp|[Aa]pplication|[Mm]odule|[Tt]ool|[Pp]rogram|[Pp]latform|[Ss]erver|[Pp]ortal|[Mm]iddleware|[Ww]ebsite"
    r"|[Vv]iewer|[Ff]irmware|[Dd]atabase)s?,? ?\(?(?:(?:is|which is|also) )*"
    r"(?:called|named|known as|referred to as|termed|marketed as)"
    r" (?:the )?[\"']?(?P<name>[A-Z][\w+-]{0,40}(?: [A-Z0-9][\w+-]{0,40}){0,3})"
)
"""A sentence that introduces a program by its name: "a service tool called ProDx"."""
_VERSIONED = re.compile(
    rf"(?<![\w])(?P<head>(?:{_WORD} ){{0,5}}?(?:{_WORD} ?)(?:Tool|Module|Suite|Studio|Manager|Service|Agent|Driver"
    r"|Client|Engine|Plug-?in|Program|Package|Editor|Reporter|Link))"
    r"(?= ?\(?(?:[A-Z][\w-]{1,9}\) )?[Ss]oftware|,? ?\(?(?:[Vv]ersion|[Vv]\.?) ?\d)"
)
"""A capitalised name that ends in a word for a program and is followed by "software" or a version."""
_RELEASES = re.compile(r"[Ss]oftware [Vv]ersions?:[^\n]{0,300}")
_RELEASE = re.compile(
    r"(?<![\w-])(?P<name>[A-Z]{2}[A-Za-z]{0,8}|[A-Z][a-z]{1,8}[A-Z][A-Za-z]{0,8})"
    r" (?=[Vv]\.? ?\d{1,3}(?:\.\d{1,4}){1,3})"
)


def _introduced(text: str, devices: DeviceNames) -> list[Named]:
    """Programs introduced by name, wherever the text then names them."""
    found: list[Named] = []
    names = {match["name"].strip() for match in islice(_INTRODUCED.finditer(text), 40)}
    for name in sorted(names):
        words = name.split()
        plain = all(word.lower() in plain_words() for word in words)
        if plain or len(squash(name)) < 4 or is_device(squash(name), devices.subject + devices.predicates):
            continue
        for match in islice(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text), 200):
            end, version = version_behind(text, match.end())
            found.append(Named(match.start(), end, name, app_key(name), "software-product", version))
    return found


_ARTICLES = frozenset(
    ("the", "a", "an", "with", "using", "and", "by", "of", "for", "in", "on", "validated", "new", "updated")
)


def _without_device(words: list[str], devices: DeviceNames) -> list[str]:
    """The words of a name without the device's own name in front of them."""
    for count in range(len(words) - 2, 0, -1):
        if squash(core_name(" ".join(words[:count]))) in devices.subject + devices.predicates:
            return words[count:]
    return words


def _versioned(text: str, devices: DeviceNames) -> list[Named]:
    """Programs told by the version behind their name."""
    found: list[Named] = []
    for match in islice(_VERSIONED.finditer(text), 100):
        words = match["head"].split()
        while words and words[0].lower() in _ARTICLES:
            words.pop(0)
        words = _without_device(words, devices)
        head = " ".join(words)
        start = match.end() - len(head)
        if len(words) < 2 or text[start : match.end()] != head or squash(head) in devices.subject + devices.predicates:
            continue
        if all(word.lower() in plain_words() and word.lower() not in ("assay", "results") for word in words[:-1]):
            continue
        end, version = version_behind(text, match.end())
        found.append(Named(start, end, head, app_key(head), "software-product", version))
    for line in islice(_RELEASES.finditer(text), 10):
        for match in _RELEASE.finditer(text, *line.span()):
            end, version = version_behind(text, match.end("name"))
            found.append(Named(match.start(), end, match["name"], app_key(match["name"]), "software-product", version))
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
