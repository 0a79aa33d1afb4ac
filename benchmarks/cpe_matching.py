"""CPE matching against NVD's own configurations: precision, recall, time per look-up, growth.

Run: ``.venv/bin/python benchmarks/cpe_matching.py [--data ../shared/data] [--pairs 1500] [--seed 20261124] [--growth]``

The oracle is written here from the feed text alone, without any part of harmpath's matcher: it parses every NVD feed
with the standard ``json`` module, keeps the newest record of each CVE by lastModifiedDate, and decides a pair
(product, version) by its own comparison of versions. Two questions are asked of each pair:

* certain: the CVE applies whatever else is there (harmpath: any match without a condition);
* possible: the CVE applies if every platform that NVD asks for is there (harmpath: any match).

Matches of the class ``alias`` (found under another name of the product, which the oracle knows nothing of) are counted
apart: NVD's configurations for the name that was asked cannot say whether they are right. Both figures are printed, the
one without them and the one that counts every one the oracle does not confirm as wrong.

Pairs are drawn by seed: first a product (each as likely as any other), then one of the versions that NVD's criteria
for it mention (literal or bound), so that bounds are hit on both sides.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COLON = re.compile(r"(?<!\\):")


# --- the oracle -----------------------------------------------------------------------------------------------------


def oracle_records(folder: Path) -> dict[str, list[Any]]:
    """CVE id -> its configurations (list of trees), from the newest record in any feed of the folder."""
    newest: dict[str, tuple[str, str, list[Any]]] = {}
    for path in sorted(folder.glob("nvdcve-*.json.xz")):
        with lzma.open(path) as stream:
            feed = json.load(stream)
        stamp = feed.get("CVE_data_timestamp") or feed.get("timestamp")
        for item in feed.get("CVE_Items") or feed.get("vulnerabilities"):
            if "CVE_data_meta" in item["cve"]:
                cve = item["cve"]["CVE_data_meta"]["ID"]
                modified, trees = item["lastModifiedDate"], item["configurations"]["nodes"]
            else:
                cve, modified = item["cve"]["id"], item["cve"]["lastModified"]
                trees = [
                    {"operator": c.get("operator", "OR"), "negate": c.get("negate", False), "children": c["nodes"]}
                    for c in item["cve"].get("configurations", [])
                ]
            if cve not in newest or (modified, stamp) > newest[cve][:2]:
                newest[cve] = (modified, stamp, trees)
    return {cve: trees for cve, (_, _, trees) in newest.items()}


def oracle_key(version: str) -> list[Any]:
    """Digits as numbers, letters as text, pre-release words low; zeros at the end of a numeric run left out."""
    pieces = re.findall(r"[0-9]+|[a-z]+", version.lower().replace("\\", ""))
    if pieces[:1] == ["v"]:
        pieces = pieces[1:]
    keyed: list[Any] = []
    for place, piece in enumerate(pieces):
        if piece.isdigit():
            keyed.append(("number", int(piece)))
        elif re.fullmatch(r"alpha|beta|rc|cr|pre|preview|prerelease|dev|snapshot|nightly|milestone|candidate", piece):
            keyed.append(("before", piece))
        elif piece in ("a", "b") and re.search(rf"\d{piece}\d", version.lower()) and place:
            keyed.append(("before", {"a": "alpha", "b": "beta"}[piece]))
        elif piece not in ("final", "ga", "release", "lts", "stable"):
            keyed.append(("after", piece))
    trimmed: list[Any] = []
    for place, part in enumerate(keyed):
        rest = keyed[place:]
        run = rest[: next((i for i, p in enumerate(rest) if p[0] != "number"), len(rest))]
        if part == ("number", 0) and all(p == part for p in run) and trimmed and trimmed[-1][0] == "number":
            continue
        trimmed.append(part)
    return trimmed


STAGES = ["dev", "snapshot", "nightly", "alpha", "beta", "milestone", "pre", "preview", "prerelease", "rc", "cr"]


def oracle_compare(one: str, two: str) -> int:
    a, b = oracle_key(one), oracle_key(two)
    level = {"before": 0, "end": 1, "after": 2, "number": 3}
    stage = {"snapshot": "dev", "nightly": "dev", "preview": "pre", "prerelease": "pre", "cr": "rc", "candidate": "rc"}
    for place in range(max(len(a), len(b))):
        x = a[place] if place < len(a) else ("end", 0)
        y = b[place] if place < len(b) else ("end", 0)
        if x[0] != y[0]:
            return -1 if level[x[0]] < level[y[0]] else 1
        if x[0] == "before":
            p, q = STAGES.index(stage.get(x[1], x[1])), STAGES.index(stage.get(y[1], y[1]))
        else:
            p, q = x[1], y[1]
        if p != q:
            return -1 if p < q else 1
    return 0


def oracle_written(version: str) -> str:
    """A literal version without a leading v and without zeros at its end."""
    return re.sub(r"([._+-]0)+$", "", re.sub(r"^v(?=[0-9])", "", version.lower()))


def oracle_criterion(match: dict[str, Any], vendor: str, product: str, version: str) -> str:
    """'yes', 'no', 'maybe' (another attribute is asked for), or 'other' (not about this product)."""
    parts = COLON.split(match.get("cpe23Uri") or match["criteria"])
    if (parts[3].lower(), parts[4].lower()) != (vendor, product):
        return "other"
    bounds = [match.get(k) for k in ("versionStartIncluding", "versionStartExcluding", "versionEndIncluding",
                                     "versionEndExcluding")]  # fmt: skip
    if any(bounds):
        inside = (
            (not bounds[0] or oracle_compare(version, bounds[0]) >= 0)
            and (not bounds[1] or oracle_compare(version, bounds[1]) > 0)
            and (not bounds[2] or oracle_compare(version, bounds[2]) <= 0)
            and (not bounds[3] or oracle_compare(version, bounds[3]) < 0)
        )
    elif parts[5] == "*":
        inside = True
    elif parts[5] == "-":
        inside = False
    else:
        inside = oracle_written(parts[5].replace("\\", "")) == oracle_written(version)
    if not inside:
        return "no"
    return "yes" if all(p in ("*", "-") for p in parts[6:13]) else "maybe"


def oracle_applies(node: dict[str, Any], vendor: str, product: str, version: str, present: bool) -> bool:
    """Whether the tree is true for the product; ``present`` says whether every other product it names is there."""
    answers: list[bool] = []
    matches = node.get("cpe_match") or node.get("cpeMatch") or []
    verdicts = [(oracle_criterion(m, vendor, product, version), m.get("vulnerable", True)) for m in matches]
    mine = any(v != "other" and vulnerable for v, vulnerable in verdicts)
    for verdict, vulnerable in verdicts:
        if verdict == "other":
            alternative = mine and vulnerable and node.get("operator") == "OR"
            answers.append(present and not alternative)
        else:
            answers.append(verdict == "yes" or (present and verdict == "maybe"))
    if not present:
        answers = [
            a or (v == "other" and _own_hardware(m, vendor, product))
            for a, (v, _), m in zip(answers, verdicts, matches, strict=True)
        ]
    answers += [oracle_applies(c, vendor, product, version, present) for c in node.get("children") or []]
    if not answers:
        return False
    truth = all(answers) if node.get("operator") == "AND" else any(answers)
    return not truth if node.get("negate") else truth


def _own_hardware(match: dict[str, Any], vendor: str, product: str) -> bool:
    """NVD's firmware convention, which the matcher documents: naming ``x_firmware`` states the hardware ``x``."""
    parts = COLON.split(match.get("cpe23Uri") or match["criteria"])
    return parts[2] == "h" and parts[3].lower() == vendor and f"{parts[4].lower()}_firmware" == product


def oracle_names(node: dict[str, Any], vendor: str, product: str) -> bool:
    matches = node.get("cpe_match") or node.get("cpeMatch") or []
    return any(
        m.get("vulnerable", True) and oracle_criterion(m, vendor, product, "0") != "other" for m in matches
    ) or any(oracle_names(c, vendor, product) for c in node.get("children") or [])


def walk(node: dict[str, Any]) -> Any:
    yield from node.get("cpe_match") or node.get("cpeMatch") or []
    for child in node.get("children") or []:
        yield from walk(child)


# --- the benchmark --------------------------------------------------------------------------------------------------


def draw(
    records: dict[str, list[Any]], count: int, seed: int
) -> tuple[list[tuple[str, str, str]], dict[Any, set[str]]]:
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    naming: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cve, trees in records.items():
        for tree in trees:
            for match in walk(tree):
                parts = COLON.split(match.get("cpe23Uri") or match["criteria"])
                if not match.get("vulnerable", True) or len(parts) != 13:
                    continue
                product = (parts[3].lower(), parts[4].lower())
                naming[product].add(cve)
                if parts[5] not in ("*", "-"):
                    versions[product].add(parts[5].replace("\\", "").lower())
                versions[product].update(str(v).lower() for k, v in match.items() if k.startswith("version"))
    chooser = random.Random(seed)
    products = sorted(p for p, found in versions.items() if found)
    pairs = []
    while len(pairs) < count:
        product = chooser.choice(products)
        pairs.append((*product, chooser.choice(sorted(versions[product]))))
    # A quarter by weight of CVEs, so that the products that devices really use are asked about too.
    heavy = sorted(products, key=lambda p: -len(naming[p]))[:200]
    for place in range(0, len(pairs), 4):
        product = chooser.choice(heavy)
        pairs[place] = (*product, chooser.choice(sorted(versions[product])))
    return pairs, naming


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--store", type=Path, help="a store already imported from the same NVD feeds")
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--growth", action="store_true", help="also measure stores of 10,000 to 1,000,000 made-up CVEs")
    parser.add_argument("--show", type=int, default=10, help="disagreements to print")
    options = parser.parse_args()
    from harmpath.records import import_folder, open_store

    with tempfile.TemporaryDirectory() as scratch:
        store_path = options.store
        if store_path is None:
            store_path = Path(scratch) / "store.sqlite"
            import_folder(options.data / "nvd", store_path)
        with open_store(store_path) as store:
            pairs = accuracy(store, options)
        sbom(store_path, pairs)
    if options.growth:
        growth()
    return 0


def accuracy(store: Any, options: argparse.Namespace) -> list[tuple[str, str, str]]:
    from harmpath.vulnerabilities import Product, match_product

    records = oracle_records(options.data / "nvd")
    pairs, naming = draw(records, options.pairs, options.seed)
    counts = {kind: [0, 0, 0] for kind in ("certain", "possible")}
    aliases = {kind: [0, 0] for kind in counts}
    """Alias matches that the oracle confirms, and that it does not."""
    wrong: list[str] = []
    times: list[tuple[float, int]] = []
    for vendor, product, version in pairs:
        asked = Product(name=product, cpe=_name(vendor, product, version))
        match_product(asked, store)
        started = time.perf_counter()
        matches, _ = match_product(asked, store)
        times.append((time.perf_counter() - started, len(naming[vendor, product])))
        # Only what NVD itself states is compared: the store may also hold other sources' configurations.
        stated = [m for m in matches if m.evidence[0].source == "nvd"]
        found = {m.cve: m for m in stated if m.confidence != "alias"}
        for kind in counts:
            ours = {c for c, m in found.items() if kind == "possible" or not m.condition}
            theirs = {
                cve
                for cve in naming[vendor, product]
                if any(
                    oracle_names(t, vendor, product) and oracle_applies(t, vendor, product, version, kind == "possible")
                    for t in records[cve]
                )
            }
            other = {
                m.cve for m in stated if m.confidence == "alias" and (kind == "possible" or not m.condition)
            } - ours
            aliases[kind][0] += len(other & theirs)
            aliases[kind][1] += len(other - theirs)
            counts[kind][0] += len(ours & theirs)
            counts[kind][1] += len(ours - theirs)
            counts[kind][2] += len(theirs - ours)
            wrong += [f"{kind} {'+' if c in ours else '-'} {vendor}:{product} {version} {c}" for c in ours ^ theirs]
    print(f"{len(pairs)} pairs, seed {options.seed}, {len(records):,} NVD records")
    for kind, (hit, extra, missed) in counts.items():
        precision, recall = hit / max(hit + extra, 1), hit / max(hit + missed, 1)
        print(f"{kind:9} precision {precision:.4f} ({hit}/{hit + extra})  recall {recall:.4f} ({hit}/{hit + missed})")
    for kind, (hit, extra, _) in counts.items():
        confirmed, other_ = aliases[kind]
        right, all_ = hit + confirmed, hit + extra + confirmed + other_
        said = f"precision {right / max(all_, 1):.4f} ({right}/{all_})"
        print(f"{kind:9} with the class alias, unconfirmed counted as wrong: {said}")
    for line in sorted(wrong)[: options.show]:
        print("  disagree:", line)
    plain = sorted(t * 1e3 for t, _ in times)
    print(
        f"look-up with explanation, warm: median {statistics.median(plain):.3f} ms, "
        f"90 % {plain[len(plain) * 90 // 100]:.3f}, 99 % {plain[len(plain) * 99 // 100]:.3f}, max {plain[-1]:.1f} ms"
    )
    for low, high in ((1, 10), (11, 100), (101, 1000), (1001, 10**6)):
        some = [t * 1e3 for t, n in times if low <= n <= high]
        if some:
            print(f"  products named by {low}-{high} CVEs: {len(some)} pairs, median {statistics.median(some):.3f} ms")
    return pairs


def sbom(store_path: Path, pairs: list[tuple[str, str, str]]) -> None:
    """An SBOM of 1,000 components: products drawn evenly, as SBOMs are, without the quarter of the heaviest."""
    from harmpath.records import open_store
    from harmpath.vulnerabilities import Product, match

    even = [pair for place, pair in enumerate(pairs) if place % 4][:1000]
    asked = [Product(p, cpe=_name(v, p, version), ref=str(n)) for n, (v, p, version) in enumerate(even)]
    with open_store(store_path) as store:
        for how in ("store just opened", "again"):
            started = time.perf_counter()
            answer = match(asked, store)
            seconds = time.perf_counter() - started
            print(
                f"SBOM of {len(asked):,} components, {how}: {seconds:.2f} s, {len(answer.matches):,} matches, "
                f"{len(answer.unmatched)} components without"
            )


def _name(vendor: str, product: str, version: str) -> str:
    return f"cpe:2.3:*:{vendor}:{product}:" + re.sub(r"([^\w.\-])", r"\\\1", version) + ":*:*:*:*:*:*:*"


def growth() -> None:
    """Look-up time over made-up stores; each CVE names one of n/20 products with a range."""
    from harmpath.records import import_folder, open_store
    from harmpath.vulnerabilities import Product, match_product

    for count in (10_000, 100_000, 1_000_000):
        chooser = random.Random(count)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "feeds"
            folder.mkdir()
            for part in range(0, count, 50_000):
                items = [_made_up(n, chooser, count // 20) for n in range(part, min(part + 50_000, count))]
                head = {"CVE_data_type": "CVE", "CVE_data_format": "MITRE", "CVE_data_timestamp": "2026-01-01T00:00Z"}
                (folder / f"{part:07}.json").write_text(json.dumps({**head, "CVE_Items": items}))
            started = time.perf_counter()
            report = import_folder(folder, Path(scratch) / "store.sqlite")
            imported = time.perf_counter() - started
            started = time.perf_counter()
            store = open_store(report.store)
            opened = time.perf_counter() - started
            cold, warm = [], []
            for n in chooser.sample(range(count // 20), 300):
                asked = Product("p", "5.5", cpe=f"cpe:2.3:a:vendor{n % 997}:product{n}:5.5:*:*:*:*:*:*:*")
                for times in (cold, warm):
                    started = time.perf_counter()
                    match_product(asked, store)
                    times.append((time.perf_counter() - started) * 1e3)
            size = report.store.stat().st_size / 1e6
            store.close()
        print(
            f"{count:>9,} CVEs: import {imported:.0f} s, {size:.0f} MB, open {opened * 1e3:.1f} ms, look-up "
            f"cold {statistics.median(cold):.3f} ms, warm {statistics.median(warm):.3f} ms (median of 300)"
        )


def _made_up(n: int, chooser: random.Random, products: int) -> dict[str, Any]:
    product = chooser.randrange(products)
    low = chooser.randrange(10)
    return {
        "cve": {
            "CVE_data_meta": {"ID": f"CVE-{2000 + n % 27}-{10_000 + n}"},
            "description": {"description_data": [{"lang": "en", "value": f"Made-up flaw {n} of product {product}."}]},
        },
        "configurations": {"nodes": [{"operator": "OR", "cpe_match": [{
            "vulnerable": True, "cpe23Uri": f"cpe:2.3:a:vendor{product % 997}:product{product}:*:*:*:*:*:*:*:*",
            "versionStartIncluding": f"{low}.0", "versionEndExcluding": f"{low + 3}.{chooser.randrange(10)}"}]}]},
        "impact": {"baseMetricV3": {"cvssV3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}}},
        "lastModifiedDate": "2025-01-01T00:00Z",
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
