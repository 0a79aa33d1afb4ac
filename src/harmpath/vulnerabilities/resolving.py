"""Find the CPE vendor and product that a technology is filed under, and say how it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from harmpath.evidence import CatalogueEvidence, Evidence
from harmpath.records.schema import name_tokens
from harmpath.records.store import ProductEntry, VulnerabilitySource
from harmpath.vulnerabilities.aliases import bare, slugs, technologies_filed_as, technology_named, vendor_names
from harmpath.vulnerabilities.cpe import ANY, Cpe, CpeError, parse_cpe, unescape
from harmpath.vulnerabilities.criteria import Query
from harmpath.vulnerabilities.platforms import query_of
from harmpath.vulnerabilities.values import Product, Reason, Unmatched

__all__ = ["Identity", "resolve"]

DOMINANT = 0.8
"""Share of the vulnerabilities filed under one product name from which its main vendor is taken to be meant."""
_NEAREST = 5
_COMMON = name_tokens("the of and project foundation software open source inc ltd corp team group systems technologies")
"""Words in vendors' names that say nothing about who they are."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A CPE vendor and product under which to look a technology up."""

    vendor: str
    product: str
    query: Query
    strength: Literal["exact", "alias", "name-only"]
    because: str
    evidence: tuple[Evidence, ...] = ()


def resolve(product: Product, source: VulnerabilitySource) -> tuple[list[Identity], Unmatched | None]:
    """The identities of a product in the records, or why there is none."""
    if product.cpe:
        try:
            return _by_cpe(product, parse_cpe(product.cpe), source)
        except CpeError as error:
            return [], Unmatched(product, "bad-identifier", f"{product.cpe[:120]!r} is not a CPE name: {error}")
    found = _by_catalogue(product, source) or _by_vendor(product, source)
    if found:
        return found, None
    return _by_name(product, source)


def _stated(product: Product) -> Query:
    return query_of(Cpe(), product.version)


def _by_cpe(product: Product, name: Cpe, source: VulnerabilitySource) -> tuple[list[Identity], Unmatched | None]:
    query = query_of(name, product.version if name.version == ANY and product.version else None)
    if source.candidates(name.vendor, name.product):
        because = f"CPE {name.vendor}:{name.product} as stated"
        stated = Identity(name.vendor, name.product, query, "exact", because)
        return [stated, *_also_filed(stated, source)], None
    found = []
    aliases, why = vendor_names(name.vendor)
    for vendor in aliases:
        if vendor != name.vendor and why and source.candidates(vendor, name.product):
            evidence = (CatalogueEvidence("vendors", vendor, why),)
            because = f"vendor {name.vendor} is also filed as {vendor} ({why})"
            found.append(Identity(vendor, name.product, query, "alias", because, evidence))
    if name.part == "h" and not found and source.candidates(name.vendor, f"{name.product}_firmware"):
        because = f"NVD files the firmware of {name.vendor}:{name.product} as {name.product}_firmware"
        firmware = _stated(product) if product.version else query_of(Cpe())
        found.append(Identity(name.vendor, f"{name.product}_firmware", firmware, "alias", because))
    found = found or _by_meant_name(product, name, query, source)
    if found:
        return found, None
    absent = _unknown(product, source, list(source.products_named(name.product)))
    reason = f"no vulnerability held names {name.vendor}:{name.product}, nor a product of that name and maker"
    return [], replace(absent, reason=reason)


def _also_filed(stated: Identity, source: VulnerabilitySource) -> list[Identity]:
    """NVD renames products (nginx:nginx is now f5:nginx, windows_10 1809 is now windows_10_1809) and changes old
    records late or never, so a product stated by one of its names is looked up by the others too."""
    found = []
    for technology in technologies_filed_as(stated.vendor, stated.product):
        version = stated.query.version.lower()
        # Where the version is part of the product's name (windows_10_1809) no build is stated.
        others = [(pair, query_of(Cpe())) for text, pair in technology.versioned if text == version]
        others += [(pair, stated.query) for pair in technology.cpe]
        for (vendor, product), query in others:
            if (vendor, product) != (stated.vendor, stated.product) and source.candidates(vendor, product):
                because = f"{stated.vendor}:{stated.product} is also filed as {vendor}:{product}"
                evidence = (CatalogueEvidence("technologies", technology.id, technology.source),)
                found.append(Identity(vendor, product, query, "alias", because, evidence))
    return found


def _by_meant_name(product: Product, name: Cpe, query: Query, source: VulnerabilitySource) -> list[Identity]:
    """SBOM tools make up CPE names that NVD does not use (``the_jquery_foundation:jquery``): what the name means is
    looked up as a name would be, if the maker's names have a word in common."""
    vendor = product.vendor or unescape(name.vendor).replace("_", " ")
    meant = Product(product.name, query.version or product.version, vendor)
    found = _by_catalogue(meant, source) or _by_vendor(meant, source)
    if not found:
        words = (name_tokens(vendor) | name_tokens(name.vendor)) - _COMMON
        named = {e for slug in (*_product_slugs(meant), name.product) for e in source.products_named(slug)}
        found = [
            Identity(e.vendor, e.product, query, "name-only", f"{e.vendor}:{e.product} has that name and a like maker")
            for e in sorted(named)
            if words & name_tokens(e.vendor)
        ]
    prefix = f"no record names the stated CPE {name.vendor}:{name.product}; "
    return [replace(identity, query=query, because=prefix + identity.because) for identity in found]


def _by_catalogue(product: Product, source: VulnerabilitySource) -> list[Identity]:
    technology = technology_named(product.name, product.vendor)
    if technology is None:
        return []
    version = product.version.lower().removeprefix("version ").strip()
    versioned = [pair for stated, pair in technology.versioned if version == stated or version.startswith(stated + " ")]
    found = []
    # Where the version is part of the product's name (windows_10_1809) no build is stated.
    named = [(pair, query_of(Cpe())) for pair in versioned] + [(pair, _stated(product)) for pair in technology.cpe]
    for (vendor, name), query in named:
        if source.candidates(vendor, name):
            because = f"the catalogue knows {product.name!r} as {vendor}:{name}"
            evidence = (CatalogueEvidence("technologies", technology.id, technology.source),)
            found.append(Identity(vendor, name, query, "alias", because, evidence))
    return found


def _by_vendor(product: Product, source: VulnerabilitySource) -> list[Identity]:
    """Vendor and product stated: in CPE's spelling, or under a name that the catalogue gives the vendor."""
    if not product.vendor:
        return []
    vendors, why = vendor_names(product.vendor)
    own = slugs(product.vendor)
    names = _product_slugs(product)
    found = []
    for vendor in vendors:
        for name in names:
            if not source.candidates(vendor, name):
                continue
            same = vendor in own and name in slugs(product.name)
            because = f"vendor {product.vendor!r} and name {product.name!r} are {vendor}:{name}"
            evidence: tuple[Evidence, ...] = ()
            if vendor not in own:
                because += f" ({why})"
                evidence = (CatalogueEvidence("vendors", vendor, why),)
            found.append(Identity(vendor, name, _stated(product), "exact" if same else "alias", because, evidence))
    return found


def _product_slugs(product: Product) -> tuple[str, ...]:
    """The name as CPE may spell it: with and without the vendor in front, and as firmware."""
    name, vendor = bare(product.name), bare(product.vendor)
    texts = [product.name]
    if vendor and name.startswith(vendor + " "):
        texts.append(name.removeprefix(vendor + " "))
    found = [slug for text in texts for slug in slugs(text)]
    return tuple(dict.fromkeys([*found, *(f"{slug}_firmware" for slug in found)]))


def _by_name(product: Product, source: VulnerabilitySource) -> tuple[list[Identity], Unmatched | None]:
    """Only a name that means one product, or mainly one, is looked up; anything else is left to the user."""
    entries: dict[tuple[str, str], ProductEntry] = {}
    for slug in _product_slugs(product):
        for entry in source.products_named(slug):
            entries[entry.vendor, entry.product] = entry
    found = sorted(entries.values(), key=lambda e: (-e.vulnerabilities, e.vendor, e.product))
    if product.vendor or not found:
        return [], _unknown(product, source, found)
    total = sum(entry.vulnerabilities for entry in found)
    first = found[0]
    others = tuple(f"{e.vendor}:{e.product} ({e.vulnerabilities})" for e in found[1 : _NEAREST + 1])
    if first.vulnerabilities < DOMINANT * total:
        names = (f"{first.vendor}:{first.product} ({first.vulnerabilities})", *others)
        reason = (
            f"{product.name!r} is the name of {len(found)} products of different vendors; state the vendor or a CPE"
        )
        return [], Unmatched(product, "ambiguous", reason, names)
    because = f"name {product.name!r} alone; taken as {first.vendor}:{first.product}"
    if others:
        because += f", which has {first.vulnerabilities} of the {total} vulnerabilities under that name"
    return [Identity(first.vendor, first.product, _stated(product), "name-only", because)], None


def _unknown(product: Product, source: VulnerabilitySource, same_name: list[ProductEntry]) -> Unmatched:
    like = same_name or list(source.products_like(f"{product.vendor} {product.name}", _NEAREST))
    nearest = tuple(f"{e.vendor}:{e.product} ({e.vulnerabilities})" for e in like[:_NEAREST])
    who = f" of {product.vendor!r}" if product.vendor else ""
    reason = (
        f"no vulnerability held names a product {product.name!r}{who}; state a CPE or purl if it is known otherwise"
    )
    code: Reason = "unknown-product"
    return Unmatched(product, code, reason, nearest)
