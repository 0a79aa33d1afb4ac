"""How much of the full records each example's facts table holds, technology by technology.

    python benchmarks/example_facts.py --store STORE [--write]

``--write`` puts the counts into the table of ``facts/README.md`` of each example; a test checks the part of them that
needs no store. Run it after a change of the matcher or of the records.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from harmpath.device.project import Project, open_project
from harmpath.records import VulnerabilitySource, load_facts, open_store
from harmpath.vulnerabilities import Product, match

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
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


def main() -> None:
    """Print the table of every example; rewrite it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with open_store(options.store) as store:
        for folder in sorted(p.parent for p in EXAMPLES.glob("*/device.yaml")):
            project = open_project(folder)
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
