"""Names: what people call vendors and technologies, and how NVD files them (catalogue/vulnerabilities/*.yaml)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["Technology", "bare", "catalogue", "slugs", "technologies_filed_as", "technology_named", "vendor_names"]

_LEGAL = re.compile(
    r"[\s,]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|ag|sa|s\.a|plc|bv|b\.v|oy)\.?$"
)
_MARKS = re.compile("[®™©]|\\((?:r|tm|c)\\)", re.I)


@dataclass(frozen=True, slots=True)
class Technology:
    """An entry of the technology catalogue."""

    id: str
    names: tuple[str, ...]
    cpe: tuple[tuple[str, str], ...]
    """(vendor, product)."""
    versioned: tuple[tuple[str, tuple[str, str]], ...]
    """(version, (vendor, product)) where the product's name depends on the version."""
    source: str


def catalogue(name: str) -> Any:
    """The content of one YAML file of the vulnerability catalogue, parsed once."""
    return _loaded(name)


@lru_cache
def _loaded(name: str) -> Any:
    import yaml

    text = files("harmpath.catalogue.vulnerabilities").joinpath(f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def bare(text: str) -> str:
    """A name without case, accents, marks and punctuation: what names are compared by."""
    plain = unicodedata.normalize("NFKD", _MARKS.sub(" ", text)).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9+#]+", " ", _LEGAL.sub("", plain.lower().strip())).strip()


def slugs(text: str) -> tuple[str, ...]:
    """The spellings in which CPE writes a name: words joined by ``_``, ``-`` or nothing."""
    words = bare(text).split()
    plain = _MARKS.sub("", text).strip().lower().replace(" ", "_")
    found = ["_".join(words), "-".join(words), "".join(words), plain, re.sub(r"([^\w.\-])", r"\\\1", plain)]
    return tuple(dict.fromkeys(s for s in found if s))


def vendor_names(vendor: str) -> tuple[tuple[str, ...], str]:
    """(CPE vendor names, source of the alias): the vendor as written first, then the names the catalogue gives it."""
    # "Becton, Dickinson and Company (BD)": the name, and the short name that it gives itself.
    outside, _, inside = vendor.partition("(")
    known = next((k for text in (vendor, outside, inside) if text and (k := _vendors().get(bare(text)))), None)
    own = slugs(vendor)
    return (tuple(dict.fromkeys((*own, *known[0]))), known[1]) if known else (own, "")


def technology_named(name: str, vendor: str = "") -> Technology | None:
    """The technology that the catalogue knows by this name (also as ``vendor name``)."""
    known = _technologies()
    with_vendor = f"{vendor} {name}" if vendor else name
    without = bare(name).removeprefix(bare(vendor) + " ") if vendor else bare(name)
    return known.get(bare(with_vendor)) or known.get(bare(name)) or known.get(without)


def technologies_filed_as(vendor: str, product: str) -> tuple[Technology, ...]:
    """The technologies that the catalogue files under this CPE vendor and product, whatever the version."""
    return _filed().get((vendor, product), ())


@lru_cache
def _filed() -> dict[tuple[str, str], tuple[Technology, ...]]:
    filed: dict[tuple[str, str], tuple[Technology, ...]] = {}
    for technology in dict.fromkeys(_technologies().values()):
        for pair in technology.cpe:
            filed[pair] = (*filed.get(pair, ()), technology)
    return filed


@lru_cache
def _vendors() -> dict[str, tuple[tuple[str, ...], str]]:
    return {
        bare(name): (tuple(entry["cpe"]), str(entry["source"]))
        for entry in catalogue("vendors")["vendors"]
        for name in (*entry["names"], entry["id"])
    }


@lru_cache
def _technologies() -> dict[str, Technology]:
    content = catalogue("technologies")
    known: dict[str, Technology] = {}
    for entry in content["technologies"]:
        technology = Technology(
            entry["id"],
            tuple(entry["names"]),
            tuple(_pair(text) for text in entry["cpe"]),
            tuple((str(v).lower(), _pair(text)) for v, text in (entry.get("versioned") or {}).items()),
            str(entry.get("source", content["source"])),
        )
        for name in technology.names:
            known[bare(name)] = technology
    return known


def _pair(text: str) -> tuple[str, str]:
    vendor, product = text.split(":", 1)
    return vendor, product
