"""Versions and models as documents write them behind a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from harmpath.catalogue.technologies import Entry

_WORD = r"(?i:versions?|ver\.?|v\.?|release|rev\.?)"
_PLAIN = r"\d{1,4}(?:\.\d{1,5}){0,4}(?:\.[xX]\b|(?<=\.\d)[a-z]\b)?"
_DOTTED = r"\d{1,4}(?:\.\d{1,5}){1,4}(?:\.?[xX]\b|[a-z]\b)?"
_OR_LATER = (
    r"(?:,? ?\(?(?:or|and) ?(?:above|higher|later|newer|greater|up(?:wards?)?|after|more recent|beyond|onwards?)\b"
    r"|\+(?!\w))"
)
_GAP = r"(?: ?[,/;] ?(?:(?:and|or|&) ?)?| ?(?:\b(?:and|or)(?![a-z])|&) ?)"
_MORE = rf"(?:{_GAP}(?:{_WORD} ?)?{_DOTTED}(?:{_OR_LATER})?)*"
_OS_MORE = (
    rf"(?:{_GAP}(?:{_WORD} ?)?"
    rf"(?:\d{{1,2}}(?:\.\d{{1,3}}){{1,2}}|(?:[4-9]|1\d)(?!\d|\.\d))(?:\.[xX]\b)?(?:{_OR_LATER})?)*"
)
_OS_WORDS = r"(?:,? ?(?:mobile )?(?:operating ?systems?|OS|operating(?= version)|platform|software))?"
_LIST_ITEM = re.compile(rf"\d{{1,4}}(?:\.\d{{1,5}})*(?:\.?[xX]\b|[a-z]\b)?(?:{_OR_LATER})?", re.IGNORECASE)
_NUMBER = (
    rf"(?:,? ?\(? ?{_WORD} ?(?P<version>{_PLAIN}(?:{_OR_LATER})?)(?P<rest>{_MORE})"
    rf"|,? ?\(?(?P<second>{_DOTTED}(?:{_OR_LATER})?)(?P<rest2>{_MORE})"
)
_YEAR = r"| (?P<third>20[012]\d(?: ?R2)?)(?! ?[-/.]?\d))"
STYLES = {
    "none": r"(?P<version>)(?!)",
    "plural": r"(?P<version>)s\b",
    "number": f"{_NUMBER}{_YEAR}",
    "program": rf"(?:,? ?(?:[Ss]ystem |[Aa]pplication )?[Ss]oftware)?{_NUMBER})",
    "release": rf"{_NUMBER}{_YEAR}|(?: {_WORD})? "
    rf"(?P<fourth>\d{{1,3}})(?!\.?\d|\w|%| ?(?:mg|mm|days?|hours?|min|of|users?)\b)",
    "os": (
        rf"{_OS_WORDS}[ :,]{{0,2}}\(?(?:(?:iOS|Android|{_WORD}) ?){{0,2}}"
        rf"(?P<version>\d{{1,2}}(?:\.\d{{1,3}}){{0,2}}(?:\.[xX]\b)?"
        rf"(?:(?: ?\([A-Za-z ]{{3,24}}\))?(?:{_OR_LATER}))?)"
        rf"(?P<rest>{_OS_MORE})(?![\d%]| ?(?:mg|mm|°|device|phone|users?\b))"
    ),
    "bluetooth": (
        r"(?: ?\(?BLE\)?)?(?: (?:wireless|technology|protocol|radio|module|chip|standard|compatible)){0,3}"
        rf"(?: Core ?Specification)?[ ,]?\(?(?:{_WORD} ?)?(?P<version>[1-6]\.\d(?:{_OR_LATER})?)(?!\d| ?GHz)"
        rf"(?P<rest>(?:{_GAP}{_WORD}? ?[1-6]\.\d(?!\d| ?GHz))*)"
    ),
    "usb": r"[ -]?(?:v\.?)?(?P<version>[123]\.[0-2])(?!\d)",
    "wifi": r" ?(?P<version>\(?(?:IEEE ?)?802\.11 ?[abgnacx/]{1,14}\)?|[abgnx](?:/[abgnacx]{1,2}){0,5}(?![a-z]))",
    "iphone": (
        r",? ?(?P<version>(?:1[0-7]|[3-9])(?: ?(?:GS|[sScCeGR](?![a-z])))?(?:[ -]?(?:Plus|Pro Max|Pro|Max"
        r"|mini))?(?!\.?\d)|X(?:S Max|S|R|s|r)?(?![a-z])|SE\b)"
    ),
    "ipad": r" ?(?P<version>(?:Pro|Air|mini)(?: ?[2-6](?!\d))?|[2-9](?!\.?\d))",
    "ipod": r",? ?(?:touch)?,? ?\(?(?P<version>[2-7](?:st|nd|rd|th)? ?generation)",
    "applewatch": r",? ?(?P<version>(?:Series [1-9]|SE|Ultra)(?: ?2)?)",
    "galaxy": (
        r" ?(?P<version>(?:(?:Note|Tab|S|A|J|Z|Nexus) ?)?(?:[SAJ]? ?\d{1,2}(?:\.\d)?)"
        r"(?:[+eE]|(?: ?(?:Plus|Ultra|Edge|FE|Active))){0,2}|Nexus)(?!\.?\d)"
    ),
    "samsung": r" ?(?P<version>\d{0,2})(?!\.?\d)",
    "pixel": r" ?(?P<version>[1-9]\d?(?:[aAXP])?(?: ?(?:XL|Pro|Plus|T))?)(?!\.?\d| ?(?:phones|devices))",
    "lgg": r"(?P<version>[2-8])(?!\d)",
    "pentium": r" ?\(?(?P<version>4|III|IV|II|M|D)\b\)?",
    "chip": r"(?P<version>[A-Za-z0-9-]{0,10})(?![A-Za-z0-9])",
    "bits": r"[ -]?(?P<version>128|192|256)(?:[ -]?bit)?",
    "sqlserver": (
        r"(?: Express| Compact| Standard)?(?: Edition)? (?P<version>20\d\d(?: ?R2)?|7\.0)(?: ?Express(?: Edition)?)?"
    ),
    "fhir": r" ?(?P<version>R[2345]B?|DSTU ?2)\b",
}
"""Named styles a gazetteer entry may use as its ``tail``."""

_BEHIND = re.compile(
    rf"(?: \([A-Z][\w-]{{1,9}}\))?(?:,? ?[Ss]oftware)?,? ?\(?(?:[A-Z]{{2}}\d{{3,6}},? )?{_WORD} ?"
    rf"(?P<version>\d{{1,4}}(?:\.\d{{1,5}}){{0,4}}[a-z]?(?:{_OR_LATER})?)(?![\w.]\d)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_ALIAS_VERSION = re.compile(r"(?<![\w.])(\d{1,2}\.\d{1,2})(?![\w.])")


@dataclass(frozen=True, slots=True)
class Tail:
    """What was read behind a name."""

    end: int
    version: str | None = None
    name: str | None = None
    cpe: str | None = None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(STYLES.get(pattern, pattern))


@cache
def _variant(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _clean(value: str) -> str:
    return _SPACES.sub(" ", value).strip(" ,;:()")


def _group(match: re.Match[str], *names: str) -> str:
    groups = match.groupdict()
    return next((groups[name] for name in names if groups.get(name)), "")


def _listed(version: str, rest: str) -> str:
    """A version and those that follow it in a list, joined by "; "; a code name in brackets is no version."""
    version = re.sub(r" ?\([A-Za-z ]+\)", "", version)
    version = re.sub(r"(?<=\d)(?=and|or\b)", " ", version)
    return "; ".join(dict.fromkeys([version, *(_clean(item) for item in _LIST_ITEM.findall(rest))]))


def version_behind(flat: str, end: int) -> tuple[int, str | None]:
    """The version written behind the name of a program that ends at ``end``, and where it ends."""
    match = _BEHIND.match(flat, end)
    if match is None:
        return end, None
    return match.end("version"), match["version"]


def read_tail(flat: str, end: int, entry: Entry, alias: str) -> Tail:
    """Read the version, model or more specific name that stands right behind ``flat[:end]``."""
    for variant in entry.variants:
        match = _variant(variant.pattern).match(flat, end)
        if match and match.end() > end:
            version = _clean(_group(match, "version", "later"))
            version = re.sub(r"(?<=\d)SE$", " SE", version)
            name = variant.name.format(version=version.upper() if version.islower() else version)
            codename, pack = _group(match, "codename"), _group(match, "pack")
            shown = variant.version.format(version=version, codename=codename) if version else None
            if pack:
                shown = f"{shown} SP{pack}"
            return Tail(match.end(), shown, name, (variant.cpe or entry.cpe))
    match = _compiled(entry.tail).match(flat, end)
    if match is None:
        inside = _ALIAS_VERSION.search(alias) if entry.tail in ("bluetooth", "usb", "number") else None
        return Tail(end, inside[1] if inside else None)
    if entry.tail == "chip":
        return Tail(match.end())  # the part number is more name than version
    version = _clean(_group(match, "version", "second", "third", "fourth"))
    if not version:
        return Tail(match.end() if entry.tail in ("wifi", "chip", "plural") or "(" in entry.tail else end)
    if entry.tail == "wifi" and version[0].isalpha() and "802" not in version:
        version = f"802.11{version}"
    version = _listed(version, _group(match, "rest", "rest2"))
    stop = match.end()
    while stop > end and flat[stop - 1] in " ,(;:":
        stop -= 1
    return Tail(stop, entry.version.format(version=version, alias=alias))


def cpe_name(cpe: str | None, version: str | None) -> str | None:
    """The CPE 2.3 formatted string of a ``part:vendor:product``, with the version where it is a single one."""
    if not cpe:
        return None
    part, vendor, product = cpe.split(":", 2)
    if "{version}" in product:  # Windows: the version is part of the product
        base = re.sub(r" ?(?:SP ?\d|R2|SE)$", "", version or "").lower().replace(" ", "_")
        product, version = product.format(version=base), None
    plain = version if version and re.fullmatch(r"\d+(?:\.\d+)*", version) else "*"
    escaped = re.sub(r"(?<!\\)([+/#])", r"\\\1", product)
    return f"cpe:2.3:{part}:{vendor}:{escaped}:{plain}:*:*:*:*:*:*:*"
