"""How much of the full records each example's facts table holds, technology by technology.

    python benchmarks/example_facts.py --store STORE [--fill] [--write]

``--fill`` adds vulnerabilities to a technology that has fewer than it could up to the limit of 40: without an open
condition first, then known exploited, then with a CVSS vector, then by EPSS. ``--write`` puts the counts into the table
of ``facts/README.md`` of each example; a test checks the part of them that needs no store. Run both after a change of
the matcher or of the records.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from harmpath.device.project import Project, open_project
from harmpath.records import Store, VulnerabilitySource, extract_facts, load_facts, open_store, write_facts
from harmpath.vulnerabilities import Match, Product, match

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
LIMIT = 40
ROW = re.compile(r"^\| (?P<name>.+) \((?P<part>[\w-]+)\) \| \d+ \| \d+ \| \d+ \|$")


def products(project: Project) -> tuple[list[tuple[str, str, Product]], dict[str, list[str]]]:
    """Each technology with its part and written name, and what else is on the part and its hosts."""
    device = project.device
    parts = {**device.component, **device.channel}
    listed, platform = [], {}
    for part in parts.values():
        hosts = device.host_chain(part.id) or (part.id,)
        for t in part.technologies:
            ref = f"{part.id}/{t.name}/{t.version}"
            listed.append(
                (part.id, t.name, Product(t.name, t.version or "", t.vendor or "", t.cpe or "", t.purl or "", ref))
            )
            platform[ref] = [x.cpe for h in hosts for x in parts[h].technologies if x.cpe]
    return listed, platform


def counts(project: Project, source: VulnerabilitySource) -> dict[tuple[str, str], int]:
    """Matches by part and name."""
    listed, platform = products(project)
    found = {(part, name): 0 for part, name, _ in listed}
    by_ref = {p.ref: (part, name) for part, name, p in listed}
    for one in match([p for _, _, p in listed], source, platform).matches:
        found[by_ref[one.product.ref]] += 1
    return found


def fill(project: Project, store: Store) -> int:
    """Add what is missing up to the limit; returns how many vulnerabilities were added."""
    (path,) = project.facts()
    listed, platform = products(project)
    added: set[str] = set()
    held = load_facts(path)
    for _, _, product in listed:
        full = match([product], store, platform).matches
        have = {m.cve for m in match([product], held, platform).matches}
        lacking = sorted((m for m in full if m.cve not in have), key=lambda m: _rank(m, store))
        added |= {m.cve for m in lacking[: max(0, min(len(full), LIMIT) - len(have))]}
    if added:
        content = json.loads(path.read_text(encoding="utf-8"))
        new = extract_facts(store, sorted(added))
        content["statements"] = sorted(
            content["statements"] + new["statements"], key=lambda s: (s["id"], s["source"], s.get("document", ""))
        )
        for key in ("kev", "epss"):
            content[key] = dict(sorted({**content.get(key, {}), **new.get(key, {})}.items()))
        write_facts(content, path)
    return len(added)


def _rank(one: Match, store: Store) -> tuple[bool, bool, bool, float, str]:
    record = store.get(one.cve)
    if record is None:
        return (bool(one.condition), True, True, 0.0, one.cve)
    epss = record.epss.score if record.epss else 0.0
    return (bool(one.condition), record.kev is None, not record.cvss, -epss, one.cve)


def main() -> None:
    """Print the table of every example; rewrite it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with open_store(options.store) as store:
        for folder in sorted(p.parent for p in EXAMPLES.glob("*/device.yaml")):
            project = open_project(folder)
            if options.fill:
                print(f"{folder.name:14} {fill(project, store):6} vulnerabilities added")
            full, held = counts(project, store), counts(project, load_facts(project.facts()[0]))
            readme = folder / "facts" / "README.md"
            lines = readme.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines):
                row = ROW.match(line)
                if row:
                    key = next(k for k in held if k[0] == row["part"] and row["name"].startswith(k[1]))
                    lines[number] = (
                        f"| {row['name']} ({row['part']}) | {full[key]} | {held[key]} | {full[key] - held[key]} |"
                    )
            if options.write:
                readme.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(f"{folder.name:14} {sum(held.values()):6} of {sum(full.values()):6} matches are in its facts table")


if __name__ == "__main__":
    main()
