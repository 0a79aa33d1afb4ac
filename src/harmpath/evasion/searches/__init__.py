"""Searches, one file each. All propose candidates to the board of an attack; ``SEARCHES`` names them."""

from __future__ import annotations

from harmpath.evasion.attack import Search
from harmpath.evasion.searches.annealing import Annealing
from harmpath.evasion.searches.beam import Beam
from harmpath.evasion.searches.coordinate import Coordinate
from harmpath.evasion.searches.evolutionary import Evolutionary
from harmpath.evasion.searches.exhaustive import Exhaustive
from harmpath.evasion.searches.greedy import Greedy
from harmpath.evasion.searches.random import RandomSearch

__all__ = ["SEARCHES", "Annealing", "Beam", "Coordinate", "Evolutionary", "Exhaustive", "Greedy", "RandomSearch"]

SEARCHES: dict[str, type[Search]] = {
    "annealing": Annealing,
    "beam": Beam,
    "coordinate": Coordinate,
    "evolutionary": Evolutionary,
    "exhaustive": Exhaustive,
    "greedy": Greedy,
    "random": RandomSearch,
}
"""By the name used in evasion.yaml."""
