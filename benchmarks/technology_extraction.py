"""Precision and recall of the technology extractor on the gold 510(k) documents, by half of the committed split.

Usage: python benchmarks/technology_extraction.py [--data ../shared/data] [--part PART] [--errors]

Four parts: the two halves of the gold (docs/decisions/0001-split-of-the-gold-technologies.md) and the project's own
labels of further documents, a development part and one held back (docs/decisions/0002-fresh-labels-of-technologies.md).
Errors are listed for the development parts only.
A prediction is right when a gold technology of the same category has the same name (letters and digits; a bracketed
abbreviation may be missing). `by mention` also accepts another name for the same words of the text. Predictions that
match nothing and stand outside the labelled ranges, or quote a string of the gold file's `not_scored`, are dropped,
as the gold README says.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import re
import tarfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harmpath.device.documents import Document, Technology, extract

FRESH = Path(__file__).resolve().parents[1] / "tests" / "device" / "documents" / "labels"
_BRACKET = re.compile(r"\s*\([^)]*\)")


def names_of(name: str) -> set[str]:
    """The squashed full name, the name without its bracket, and the bracket where it is an abbreviation."""
    bracket = re.findall(r"\(([A-Z][\w-]{1,7})\)", name)
    return {re.sub(r"[^a-z0-9+#]", "", part.lower()) for part in (name, _BRACKET.sub("", name), *bracket)} - {""}


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval (95 %), Wilson 1927."""
    if total == 0:
        return 0.0, 1.0
    share, square = right / total, z * z / total
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    return centre - half, centre + half


def shown(right: int, total: int) -> str:
    """A share with its counts and interval."""
    low, high = wilson(right, total)
    return f"{right / total if total else float('nan'):.3f} ({right}/{total}; 95 % {low:.3f}-{high:.3f})"


@dataclass
class Tally:
    """Counts over the documents of one half."""

    by_category: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    total: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    characters: int = 0
    errors: list[str] = field(default_factory=list)


def matched(predicted: Technology, gold: dict[str, Any], *, by_mention: bool) -> bool:
    """Whether the prediction names the gold technology."""
    if predicted.category != gold["category"]:
        return False
    if names_of(predicted.name) & names_of(gold["name"]):
        return True
    return by_mention and any(
        m.start < g["end"] and g["start"] < m.end for m in predicted.mentions for g in gold["mentions"]
    )


def unscored(predicted: Technology, gold: dict[str, Any]) -> bool:
    """Whether an unmatched prediction is left out by the gold file's own rules."""
    ranges = gold["labelled_ranges"]
    if not any(start <= m.start < end for m in predicted.mentions for start, end in ranges):
        return True
    skip = [s.lower() for s in gold["not_scored"]]
    texts = [predicted.name.lower(), *(m.text.lower() for m in predicted.mentions)]
    return any(s in text or text == s for s in skip for text in texts)


def pair(predictions: list[Technology], gold: dict[str, Any], *, by_mention: bool) -> list[tuple[int, int]]:
    """One-to-one pairs (prediction, gold), equal names first."""
    pairs: list[tuple[int, int]] = []
    for mention in (False, True) if by_mention else (False,):
        for p, predicted in enumerate(predictions):
            for g, technology in enumerate(gold["technologies"]):
                free = all(p != q and g != h for q, h in pairs)
                if free and matched(predicted, technology, by_mention=mention):
                    pairs.append((p, g))
    return pairs


def score(gold: dict[str, Any], text: str, tally: Tally) -> None:
    """Add one document to the tally."""
    began = time.perf_counter()
    predictions = list(extract(Document(text, name=gold["file"])).technologies)
    tally.seconds += time.perf_counter() - began
    tally.characters += len(text)
    technologies = gold["technologies"]
    for key, by_mention in (("", False), ("mention-", True)):
        pairs = pair(predictions, gold, by_mention=by_mention)
        paired, found = dict(pairs), {g for _, g in pairs}
        loose = pairs if by_mention else pair(predictions, gold, by_mention=True)
        near = {p for p, _ in loose}
        for p, predicted in enumerate(predictions):
            claimed = predicted.role == "subject" and not predicted.negated
            partner = technologies[paired[p]] if p in paired else None
            if not claimed or (partner is None and p not in near and unscored(predicted, gold)):
                continue
            right = partner is not None and partner["role"] == "subject"
            count(tally, key, predicted.category, "right" if right else "wrong")
            if not right and not by_mention:
                tally.errors.append(
                    f"{gold['file']}: claimed {predicted.category} {predicted.name!r}: {predicted.mentions[0].text!r}"
                )
        for g, technology in enumerate(technologies):
            if technology["role"] != "subject":
                continue
            got = g in found and any(
                q == g and predictions[p].role == "subject" and not predictions[p].negated for p, q in pairs
            )
            count(tally, key, technology["category"], "found" if got else "missed")
            if not got and not by_mention:
                tally.errors.append(f"{gold['file']}: missed {technology['category']} {technology['name']!r}")
        if by_mention:
            details(predictions, technologies, pairs, tally)


def details(
    predictions: list[Technology], technologies: list[dict[str, Any]], pairs: list[tuple[int, int]], tally: Tally
) -> None:
    """Versions, roles and mentions of the paired technologies."""
    for p, g in pairs:
        predicted, technology = predictions[p], technologies[g]
        exact = (predicted.version or "") == (technology["version"] or "")
        tally.total["version-right" if exact else "version-wrong"] += 1
        if technology["version"]:
            tally.total["versioned-right" if exact else "versioned-wrong"] += 1
        tally.total["role-right" if predicted.role == technology["role"] else "role-wrong"] += 1
        # the gold files hold no technology that the device is said not to have, so every one is affirmed of somebody
        tally.total["negation-right" if not predicted.negated else "negation-wrong"] += 1
        for mention in technology["mentions"]:
            hit = any(m.start < mention["end"] and mention["start"] < m.end for m in predicted.mentions)
            tally.total["place-found" if hit else "place-missed"] += 1
        if not exact or predicted.role != technology["role"]:
            tally.errors.append(
                f"{technology['name']}: version {predicted.version!r} for {technology['version']!r},"
                f" role {predicted.role} for {technology['role']}"
            )


def count(tally: Tally, key: str, category: str, what: str) -> None:
    """Count for the category and in all."""
    tally.total[key + what] += 1
    if not key:
        tally.by_category[category][what] += 1


def report(title: str, tally: Tally, *, errors: bool) -> None:
    """Print one half."""
    t = tally.total
    print(f"\n{title}")
    for key, label in (("", "name+category, subject"), ("mention-", "by mention, subject   ")):
        print(f"  {label}  precision {shown(t[key + 'right'], t[key + 'right'] + t[key + 'wrong'])}")
        print(f"  {'':{len(label)}}  recall    {shown(t[key + 'found'], t[key + 'found'] + t[key + 'missed'])}")
    for label, right, wrong in (
        ("version exact, all matched", "version-right", "version-wrong"),
        ("version exact, where one is labelled", "versioned-right", "versioned-wrong"),
        ("role", "role-right", "role-wrong"),
        ("affirmed (none is negated in the gold)", "negation-right", "negation-wrong"),
        ("mentions of matched technologies", "place-found", "place-missed"),
    ):
        print(f"  {label}: {shown(t[right], t[right] + t[wrong])}")
    print(f"  time per 40,000 characters: {tally.seconds / max(tally.characters, 1) * 40_000:.3f} s (goal 0.5 s)")
    for category, c in sorted(tally.by_category.items()):
        print(
            f"    {category:22}"
            f" precision {shown(c['right'], c['right'] + c['wrong'])}"
            f"   recall {shown(c['found'], c['found'] + c['missed'])}"
        )
    if errors:
        for line in tally.errors:
            print("    !", line)


def halves(folder: Path) -> tuple[list[Path], list[Path]]:
    """Development and report half by the committed rule."""
    files = sorted(folder.glob("*.json"), key=lambda path: hashlib.sha256(path.stem.encode("ascii")).hexdigest())
    return files[: len(files) // 2], files[len(files) // 2 :]


def fresh() -> tuple[list[Path], list[Path]]:
    """The project's own labels: development, held back."""
    parts: dict[str, list[Path]] = {"development": [], "held back": []}
    for path in sorted(FRESH.glob("*.json")):
        parts[json.loads(path.read_text(encoding="utf-8"))["part"]].append(path)
    return parts["development"], parts["held back"]


def main() -> None:
    """Score every part; list errors of the development parts only."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--errors", action="store_true", help="list the errors of the development parts")
    parser.add_argument("--part", choices=("development", "report", "fresh", "held-back", "all"), default="all")
    options = parser.parse_args()
    texts: dict[str, str] = {}
    with tarfile.open(options.data / "fda_510k_docs" / "decision_summaries.tar.xz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                texts[member.name.rsplit("/", 1)[-1]] = io.TextIOWrapper(stream, encoding="utf-8", newline="").read()
    extract(Document("warm up with Bluetooth Low Energy"))
    development, held = halves(options.data / "gold_technologies")
    ours, kept = fresh()
    for part, title, files, errors in (
        ("development", "gold, development half", development, options.errors),
        ("fresh", "own labels, development part", ours, options.errors),
        ("held-back", "own labels, held back", kept, False),
        ("report", "gold, report half", held, False),
    ):
        if options.part not in (part, "all"):
            continue
        tally = Tally()
        for path in files:
            gold = json.loads(path.read_text(encoding="utf-8"))
            score(gold, texts[gold["file"]], tally)
        report(f"{title}: {len(files)} documents", tally, errors=errors)


if __name__ == "__main__":
    main()
