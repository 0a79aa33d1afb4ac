"""Which documents the project labelled itself: the rule of docs/decisions/0002, run again.

Usage: python benchmarks/choice_of_fresh_labels.py [--data ../shared/data]

Prints the chosen submissions, files and parts, and whether the labels in tests/device/documents/labels agree.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

LABELS = Path(__file__).resolve().parents[1] / "tests" / "device" / "documents" / "labels"
_WORDS = (
    r"bluetooth|wi-?fi|\bUSB|ethernet|RS-?232|windows|linux|android|\biOS\b|iphone|cloud|\bapp\b|database|encrypt"
    r"|bar ?code|wireless|HL7|ASTM|password|cybersecurity|\bLIS\b|firewall|\bSQL|mobile|server|web"
    r"|machine learning&neural network|RFID|NFC|cellular"
)
"""Kinds of technology, one a bar; ``&`` joins the ways to write one."""
_VERSIONS = re.compile(
    r"(?:Windows|Microsoft)[ :]{0,2}(?:XP|7|8|10|11|Vista|2000|NT|CE|Embedded|Server|95|98)"
    r"|(?:iOS|Android|Bluetooth|BLE|Linux|SQL Server|Internet Explorer|Java|USB)\W{0,3}(?:version |v)?\d"
    r"|[Ss]oftware,? (?:[Vv]ersion|v\.?) ?\d|[Ff]irmware (?:[Vv]ersion|v) ?\d|\.NET|Service Pack|\bSP ?[1-3]\b"
)


def _distinct(text: str) -> int:
    return sum(re.search(word.replace("&", "|"), text, re.I) is not None for word in _WORDS.split("|"))


def _order(salt: str, submissions: list[str]) -> list[str]:
    return sorted(submissions, key=lambda s: hashlib.sha256(f"{salt} {s}".encode("ascii")).hexdigest())


def _texts(data: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    with tarfile.open(data / "fda_510k_docs" / "decision_summaries.tar.xz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                texts[member.name.rsplit("/", 1)[-1]] = io.TextIOWrapper(stream, encoding="utf-8", newline="").read()
    return texts


def choose(data: Path) -> dict[str, tuple[str, str]]:
    """Submission to (file, part), by the rule."""
    texts = _texts(data)
    gold = {path.stem for path in (data / "gold_technologies").glob("*.json")}
    with (data / "fda_510k_docs" / "index.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["submission"] not in gold]
    first: dict[str, tuple[int, str, bool]] = {}
    for row in rows:
        name = row["file"].rsplit("/", 1)[-1]
        if 8_000 <= int(row["bytes"]) <= 45_000:
            key = (_distinct(texts[name]), name, row["fda_ai_list"] == "True")
            first[row["submission"]] = max(key, first.get(row["submission"], key))
    order = _order("fresh labels 1", list(first))
    rich = [s for s in order if first[s][0] >= 8]
    middle = [s for s in order if 3 <= first[s][0] < 8]
    poor = [s for s in order if first[s][0] < 3]
    picked = [s for s in rich + middle if first[s][2]][:2]
    picked += [s for s in rich if s not in picked][:9]
    picked += [s for s in middle if s not in picked][:2] + poor[:1]
    second: dict[str, tuple[int, int, str]] = {}
    for row in rows:
        name = row["file"].rsplit("/", 1)[-1]
        if row["submission"] not in picked and 8_000 <= int(row["bytes"]) <= 60_000:
            versions = (len(_VERSIONS.findall(texts[name])), _distinct(texts[name]), name)
            second[row["submission"]] = max(versions, second.get(row["submission"], versions))
    more = _order("fresh labels 2", [s for s in second if second[s][0] >= 2])[:8]
    held = {*_order("held back 1", picked)[:5], *_order("held back 2", more)[:3]}
    files = {s: first[s][1] for s in picked} | {s: second[s][2] for s in more}
    return {s: (files[s], "held back" if s in held else "development") for s in sorted(files)}


def main() -> None:
    """Print the choice and compare it with the labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    chosen = choose(parser.parse_args().data)
    for submission, (name, part) in chosen.items():
        print(f"{submission}  {name:20}  {part}")
    labels = (json.loads(path.read_text(encoding="utf-8")) for path in LABELS.glob("*.json"))
    same = {label["submission"]: (label["file"], label["part"]) for label in labels} == chosen
    print("the labels follow the rule" if same else "the labels DIFFER from the rule")


if __name__ == "__main__":
    main()
