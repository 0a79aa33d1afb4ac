"""One name per company: spelling, legal forms, mergers. The mapping is catalogue/landscape/companies.yaml."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

import yaml

__all__ = ["resolve_company"]

_LEGAL = (
    "inc incorporated llc ltd limited corp corporation co company gmbh ag sa nv bv srl spa plc pty kg kk ab as oy lp"
)
_GENERIC = "usa us the of medical systems system technologies technology international group holdings div division"
_NOISE = frozenset(f"{_LEGAL} {_GENERIC}".split())
_KEEP_WHOLE = 1


def reduced(name: str) -> str:
    """The name in lower case without accents, punctuation, legal forms and generic tails."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    plain = re.sub(r"\s+-\s*\d{6,}\s*$|\([^)]*\)", " ", plain).replace("&", " and ").replace(".", "")
    words = re.findall(r"[a-z0-9]+", plain.split(" dba ")[0])
    kept = [w for w in words if w not in _NOISE]
    return " ".join(kept or words)


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    path = resources.files("harmpath.catalogue") / "landscape" / "companies.yaml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {reduced(a): str(name) for name, others in loaded.items() for a in (name, *others)}


@lru_cache(maxsize=65536)
def resolve_company(name: str) -> str:
    """The company that a name means today; the reduced name when harmpath knows no better. Empty for an empty name.

    A known name is also recognised as the beginning of a longer one ("Philips Medical Systems (Cleveland), Inc.").
    """
    short = reduced(name)
    aliases = _aliases()
    words = short.split()
    for length in range(len(words), 0, -1):
        head = " ".join(words[:length])
        if head in aliases and (length > _KEEP_WHOLE or len(head) > 2 or length == len(words)):
            return aliases[head]
    return short
