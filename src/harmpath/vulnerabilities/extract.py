"""Write a project's facts table: ``python -m harmpath.vulnerabilities.extract -o facts/vulnerabilities.json ...``.

For the maker of an example or of a project that has to be assessed without the store: takes the vulnerabilities named
by id, and those that match a product, from the store, as facts only (``harmpath.records.facts``).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from harmpath.records import extract_facts, open_store, write_facts
from harmpath.records.model import Epss, Kev
from harmpath.vulnerabilities.matching import match
from harmpath.vulnerabilities.values import Match, Product

__all__ = ["main"]

Signals = Callable[[str], tuple[Kev | None, Epss | None]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    products = [Product(name=cpe, cpe=cpe) for cpe in options.cpe]
    products += [Product(name=purl, purl=purl) for purl in options.purl]
    products += [_named(text) for text in options.name]
    with open_store(options.store) as store:
        answer = match(products, store, options.platform)
        matches = [m for m in answer.matches if options.conditional or not m.condition]
        chosen = _strongest(matches, options.limit, store.signals)
        for found in matches:
            mark = "+" if found.cve in chosen else " "
            print(f"{mark} {found.cve} {found.confidence}: {'; '.join(found.because)} {found.condition}".rstrip())
        for absent in answer.unmatched:
            print(f"- {absent.product.name}: {absent.reason} {', '.join(absent.nearest)}".rstrip())
        for identifier in options.cve:
            if store.get(identifier) is None:
                print(f"- {identifier}: not held")
        if options.output:
            content = extract_facts(store, [*options.cve, *chosen])
            write_facts(content, options.output)
            print(f"{len(content.get('statements', []))} statements written to {options.output}")
    return 0


def _strongest(matches: list[Match], limit: int, signals: Signals) -> set[str]:
    """Per product at most ``limit`` vulnerabilities: known exploited first, then by EPSS."""
    chosen: set[str] = set()
    for product in dict.fromkeys(m.product for m in matches):
        ids = [m.cve for m in matches if m.product == product]

        def rank(cve: str) -> tuple[bool, float, str]:
            kev, epss = signals(cve)
            return kev is None, -(epss.score if epss else 0.0), cve

        chosen.update(sorted(ids, key=rank)[:limit])
    return chosen


def _named(text: str) -> Product:
    name, _, version = text.partition("@")
    vendor, slash, rest = name.partition("/")
    return Product(name=rest if slash else name, version=version, vendor=vendor if slash else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harmpath.vulnerabilities.extract", description=__doc__)
    parser.add_argument("--store", type=Path, help="the store (default: the user's)")
    parser.add_argument("--cve", nargs="*", default=[], help="vulnerabilities by id")
    parser.add_argument("--cpe", nargs="*", default=[], help="products by CPE name")
    parser.add_argument("--purl", nargs="*", default=[], help="products by package URL")
    parser.add_argument("--name", nargs="*", default=[], help="products as [VENDOR/]NAME[@VERSION]")
    parser.add_argument("--platform", nargs="*", default=[], help="CPE names of what else is present")
    parser.add_argument("--limit", type=int, default=1000, help="at most this many per product, exploited ones first")
    parser.add_argument("--conditional", action="store_true", help="take conditional matches too")
    parser.add_argument("-o", "--output", type=Path, help="the facts table to write; without it the matches are shown")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
