"""The hospitals that the benchmark generates, at a size where every path can be replayed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.cutsets import cut_sets
from harmpath.attackpaths.replay import check_path
from harmpath.catalogue.rules import attack_rules

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "attack_paths.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_attack_paths", BENCHMARK)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_it_has_the_size_it_says(benchmark: ModuleType) -> None:
    device, found = benchmark.hospital(100)
    assert (len(device.components), len(device.channels), len(found)) == (100, 300, 500)
    assert benchmark.hospital(100) == (device, found)


def test_every_path_replays_and_cut_sets_hold(benchmark: ModuleType) -> None:
    device, found = benchmark.hospital(100)
    analysis = analyse(device, found, k=4)
    assert analysis.counts.goals_reached > 40
    for path in analysis.paths:
        assert check_path(path, device, found, attack_rules()) == ()
    goals = [p.goal for p in analysis.paths[:1]]
    best = cut_sets(device, found, goals, n=1)
    assert best.complete and best.sets
    assert not analyse(device, found, k=1, goals=goals, controls=best.sets[0].placements).paths
