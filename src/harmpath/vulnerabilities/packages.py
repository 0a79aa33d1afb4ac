"""Match packages named by a package URL with OSV advisories, in the version order of their ecosystem."""

from __future__ import annotations

from harmpath.evidence import RecordEvidence
from harmpath.records.model import AffectedPackage, StatementSource
from harmpath.records.osv import normal_package_name
from harmpath.records.store import VulnerabilitySource
from harmpath.vulnerabilities.values import Confidence, Match, Product, Unmatched
from harmpath.vulnerabilities.versions import ecosystem_key, is_unknown

__all__ = ["ECOSYSTEMS", "match_package"]

ECOSYSTEMS = {
    "pypi": "PyPI",
    "npm": "npm",
    "maven": "Maven",
    "nuget": "NuGet",
    "gem": "RubyGems",
    "composer": "Packagist",
    "golang": "Go",
    "cargo": "crates.io",
    "deb": "Debian",
    "apk": "Alpine",
    "rpm": "Red Hat",
}
"""purl type -> OSV ecosystem (https://ossf.github.io/osv-schema/#affectedpackage-field)."""


def match_package(product: Product, source: VulnerabilitySource) -> tuple[list[Match], Unmatched | None]:
    """The matches of a product's purl, or why there are none."""
    from packageurl import PackageURL

    try:
        purl = PackageURL.from_string(product.purl)
    except ValueError as error:
        return [], Unmatched(product, "bad-identifier", f"{product.purl[:120]!r} is not a package URL: {error}")
    ecosystem = ECOSYSTEMS.get(purl.type)
    if ecosystem is None or ecosystem not in source.ecosystems():
        covered = ", ".join(source.ecosystems()) or "none"
        reason = f"advisories for {ecosystem or purl.type} packages are not held (ecosystems covered: {covered})"
        return [], Unmatched(product, "not-covered", reason)
    separator = ":" if ecosystem == "Maven" else "/"
    full = f"{purl.namespace}{separator}{purl.name}" if purl.namespace and ecosystem != "Debian" else purl.name
    name = normal_package_name(ecosystem, full)
    version = purl.version or product.version
    advisories = source.packages(ecosystem, name)
    matches = [
        found
        for identifier, (package, stated) in advisories.items()
        if (found := _match(product, identifier, package, stated, version)) is not None
    ]
    if matches:
        return matches, None
    if not advisories:
        return [], Unmatched(product, "none-apply", f"no advisory held names the {ecosystem} package {name}")
    reason = f"{len(advisories)} advisories held name the {ecosystem} package {name}; none covers version {version}"
    return [], Unmatched(product, "none-apply", reason)


def _match(
    product: Product, identifier: str, package: AffectedPackage, stated: StatementSource, version: str
) -> Match | None:
    verdict = _applies(package, version)
    if verdict is None:
        return None
    confidence, why, condition = verdict
    return Match(
        product=product,
        cve=identifier,
        confidence=confidence,
        because=(f"package {package.ecosystem}/{package.name} by its package URL", why),
        condition=condition,
        evidence=(RecordEvidence(stated.source, stated.document or identifier, stated.as_of[:10], why),),
    )


def _applies(package: AffectedPackage, version: str) -> tuple[Confidence, str, str] | None:
    """(confidence, why, condition) when the version is, or may be, affected."""
    if is_unknown(version):
        bounds = "; ".join(_bounds(r) for r in package.ranges) or ", ".join(package.versions[:5])
        return "conditional", f"no version stated; affected: {bounds}", f"its version is {bounds}"
    if version in package.versions:
        return "exact", f"version {version} is named", ""
    try:
        key = ecosystem_key(package.ecosystem, version)
        for introduced, fixed, last in package.ranges:
            if introduced not in ("", "0") and key < ecosystem_key(package.ecosystem, introduced):
                continue
            if fixed and key >= ecosystem_key(package.ecosystem, fixed):
                continue
            if last and key > ecosystem_key(package.ecosystem, last):
                continue
            return "range", f"version {version} lies within {_bounds((introduced, fixed, last))}", ""
    except ValueError as error:
        return "conditional", f"versions could not be compared: {error}", f"version {version} is affected"
    return None


def _bounds(bounds: tuple[str, str, str]) -> str:
    introduced, fixed, last = bounds
    parts = [f">= {introduced}"] if introduced not in ("", "0") else []
    parts += [f"< {fixed}"] if fixed else []
    parts += [f"<= {last}"] if last else []
    return ", ".join(parts) or "every version"
