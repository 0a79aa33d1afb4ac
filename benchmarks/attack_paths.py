"""Attack-path engine on generated hospitals: fixpoint and 10 paths per goal at growing size.

    python benchmarks/attack_paths.py [--sizes 100,300,1000,3000] [--json FILE]

A hospital of n components has 3 n channels and 5 n known vulnerabilities: wards with sensors, controllers, gateways,
displays and an ML engine each, servers, and a cloud; seeded, so every run times the same model. The peer is what one
would write with networkx: the same ground steps as a directed graph (premise to conclusion), the k shortest simple
paths per goal. It cannot express a step that needs two capabilities at once, so its paths are an approximation; it is
here for the order of magnitude. It is run only where networkx is installed (it is no dependency of harmpath).
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path
from typing import Any

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.hypergraph import cheapest
from harmpath.attackpaths.problem import Problem
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.controls import security_controls
from harmpath.catalogue.rules import attack_rules
from harmpath.device.goals import goals_of
from harmpath.device.model import Device
from harmpath.evidence import RecordEvidence

WARD = 25
"""Components per ward."""
KINDS = (
    "sensor",
    "sensor",
    "sensor",
    "sensor",
    "controller",
    "actuator",
    "gateway",
    "display",
    "mobile-app",
    "desktop-app",
)
RADIO = ("bluetooth-le", "wifi", "proprietary-rf")
WIRED = ("ethernet", "serial", "usb")
LEVELS = ("none", "weak", "strong", "strong", "unknown")


def hospital(size: int, seed: int = 7) -> tuple[Device, list[KnownVulnerability]]:
    """A hospital of ``size`` components, 3 size channels, 5 size vulnerabilities."""
    rng = random.Random(seed)
    wards = max(2, size // WARD)
    components: list[dict[str, Any]] = []
    by_ward: dict[int, list[str]] = {w: [] for w in range(wards)}
    for number in range(size):
        ward = number % wards
        place = number // wards
        kind = "ml-engine" if place == 0 else "server" if place == 1 else KINDS[place % len(KINDS)]
        zone = "cloud" if number % 97 == 0 and place > 1 else "home" if ward % 7 == 3 else "hospital"
        kind = "cloud-service" if zone == "cloud" else kind
        protections = {p: rng.choice(LEVELS) for p in ("authentication", "authorization", "code_integrity",
                       "data_integrity", "confidentiality", "input_validation", "physical")}  # fmt: skip
        component = {
            "id": f"c{number}",
            "kind": kind,
            "zone": f"z-{zone}",
            "owner": rng.choice(("manufacturer", "third-party", "healthcare-facility")),
            "technologies": [{"name": "made up", "version": "1"}] if rng.random() < 0.5 else [],
            "physical_access": rng.choice(("public", "patient", "staff", "locked")),
            "protections": protections,
        }
        if number % 3 == 0 and place > 1:
            component["update"] = {"source": f"c{ward + wards}", "authenticity": rng.choice(LEVELS)}
        components.append(component)
        by_ward[ward].append(f"c{number}")
    channels = _channels(rng, size, by_ward)
    signals, engines, actions, models = _loops(rng, by_ward, channels)
    device = Device.model_validate(
        {
            "harmpath": "1",
            "device": {"name": "hospital", "manufacturer": "m", "intended_use": "benchmark", "software": "SiMD"},
            "losses": [{"id": "L-1"}],
            "hazards": [{"id": "H-1", "losses": ["L-1"], "severity": "serious"}],
            "zones": [{"id": f"z-{k}", "kind": k} for k in ("hospital", "home", "cloud")],
            "components": components,
            "channels": channels,
            "signals": signals,
            "ml_engines": engines,
            "control_actions": actions,
            "process_models": models,
        }
    )
    return device, _vulnerabilities(rng, size, channels)


def _channels(rng: random.Random, size: int, by_ward: dict[int, list[str]]) -> list[dict[str, Any]]:
    channels: list[dict[str, Any]] = []
    everyone = [c for ids in by_ward.values() for c in ids]

    def add(source: str, target: str, medium: str) -> None:
        protections = {
            p: rng.choice(LEVELS) for p in ("authentication", "encryption", "integrity", "replay_protection")
        }
        channels.append(
            {"id": f"ch{len(channels)}", "from": source, "to": target, "medium": medium, "protections": protections,
             "direction": rng.choice(("one-way", "two-way")), "rate": "1 / 5 min"}
        )  # fmt: skip

    for ids in by_ward.values():
        for number, component in enumerate(ids[2:]):
            add(component, ids[1], rng.choice(RADIO + WIRED))
            if number % 2:
                add(ids[1], component, rng.choice(RADIO + WIRED))
        add(ids[1], ids[0], "on-device")
    wards = list(by_ward.values())
    while len(channels) < 3 * size:
        if rng.random() < 0.85:
            source, target = rng.sample(rng.choice(wards), 2)
            add(source, target, rng.choice(RADIO + WIRED))
        else:
            source, target = rng.sample(everyone, 2)
            add(source, target, rng.choice(("ethernet", "internet", "wifi")))
    return channels[: 3 * size]


def _loops(rng: random.Random, by_ward: dict[int, list[str]], channels: list[dict[str, Any]]) -> tuple[list[Any], ...]:
    into = {}
    for channel in channels:
        into.setdefault((channel["from"], channel["to"]), channel["id"])
    signals, engines, actions, models = [], [], [], []
    for ward, ids in by_ward.items():
        engine, server = ids[0], ids[1]
        last = into[(server, engine)]
        features = []
        for source in ids[2:6]:
            name = f"{source}-value"
            features.append({"id": f"f-{name}"})
            signals.append({"id": name, "source": source, "via": [into[(source, server)], last], "feeds": [f"f-{name}"],
                            "range": "[40, 400]"})  # fmt: skip
        engines.append(
            {"id": f"m{ward}", "component": engine, "task": "forecasting", "inputs": features,
             "outputs": [{"id": f"o{ward}"}], "training": {"data_integrity": rng.choice(LEVELS)}}
        )  # fmt: skip
        target = ids[3]
        via = [into[(server, target)]] if (server, target) in into else []
        actions.append({"id": f"a{ward}", "from": server, "to": target, "kind": "therapy", "via": via,
                        "outputs": [f"o{ward}"]})  # fmt: skip
    return signals, engines, actions, models


def _vulnerabilities(rng: random.Random, size: int, channels: list[dict[str, Any]]) -> list[KnownVulnerability]:
    found = []
    for number in range(5 * size):
        on_channel = rng.random() < 0.05
        gains = rng.choice((("execute",), ("read",), ("modify", "read"), ("drop",), ("login",)))
        found.append(
            KnownVulnerability(
                id=f"CVE-2024-{10000 + number}",
                element=rng.choice(channels)["id"] if on_channel else f"c{rng.randrange(size)}",
                position=rng.choice(("network", "network", "adjacent", "local", "physical")),
                privileges=rng.choice(("none", "none", "low", "high")),
                user_interaction=rng.choice(("none", "none", "required")),
                complexity=rng.choice(("low", "low", "high")),
                gains=gains,
                exploited=rng.random() < 0.01,
                epss=rng.random() ** 4,
                evidence=(RecordEvidence("made-up", f"CVE-2024-{10000 + number}"),),
            )
        )
    return found


def measure(size: int, k: int) -> dict[str, Any]:
    """Times of the engine's parts on one hospital, in seconds."""
    device, vulnerabilities = hospital(size)
    attack_rules(), security_controls()
    clock = time.perf_counter
    t0 = clock()
    problem = Problem(device, vulnerabilities, attack_rules(), security_controls())
    t1 = clock()
    cheapest(problem.graph, problem.start)
    t2 = clock()
    solution = problem.solve()
    goals = goals_of(device)
    reached = [g for g in goals if solution.reached(g)]
    t3 = clock()
    found = sum(len(solution.derivations.cheapest(problem.graph.number[(g.kind, g.target)], k)) for g in reached)
    t4 = clock()
    analysis = analyse(device, vulnerabilities, k=k)
    t5 = clock()
    return {
        "components": len(device.components), "channels": len(device.channels), "vulnerabilities": len(vulnerabilities),
        "facts": len(problem.graph.facts), "steps": len(problem.graph.head), "goals": len(goals),
        "goals_reached": len(reached), "paths": found,
        "ground_s": t1 - t0, "fixpoint_s": t2 - t1, "paths_s": t4 - t3,
        "fixpoint_and_paths_s": (t2 - t0) + (t4 - t3),
        "analyse_s": t5 - t4, "analysed_paths": len(analysis.paths),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def peer(size: int, k: int, limit: float) -> dict[str, Any]:
    """networkx: k shortest simple paths per goal on the same steps, as many goals as fit into the time limit."""
    from itertools import islice

    import networkx

    device, vulnerabilities = hospital(size)
    problem = Problem(device, vulnerabilities, attack_rules(), security_controls())
    clock = time.perf_counter
    begun = clock()
    graph = networkx.DiGraph()
    for step, head in enumerate(problem.graph.head):
        for fact in problem.graph.body[step]:
            weight = min(problem.graph.cost[step], graph.edges.get((fact, head), {}).get("weight", 1 << 30))
            graph.add_edge(fact, head, weight=weight)
    for fact in problem.start:
        graph.add_edge("attacker", fact, weight=0)
    built = clock() - begun
    done = paths = 0
    goals = goals_of(device)
    for goal in goals:
        fact = problem.graph.number.get((goal.kind, goal.target))
        if fact is not None and fact in graph and networkx.has_path(graph, "attacker", fact):
            paths += len(list(islice(networkx.shortest_simple_paths(graph, "attacker", fact, weight="weight"), k)))
        done += 1
        if clock() - begun > limit:
            break
    return {"peer": f"networkx {networkx.__version__}", "components": size, "build_s": built,
            "goals_done": done, "goals": len(goals), "paths": paths, "total_s": clock() - begun}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100,300,1000,3000")
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--peer-limit", type=float, default=0.0, help="seconds per size for networkx; 0 leaves it out")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    print(f"{'components':>10} {'channels':>8} {'vulns':>6} {'steps':>8} {'goals':>6} {'paths':>6} "
          f"{'ground':>7} {'fixpoint':>8} {'paths s':>8} {'sum':>7} {'analyse':>8} {'MB':>5}")  # fmt: skip
    for size in (int(s) for s in arguments.sizes.split(",")):
        row = measure(size, arguments.k)
        rows.append(row)
        print(f"{row['components']:>10} {row['channels']:>8} {row['vulnerabilities']:>6} {row['steps']:>8} "
              f"{row['goals']:>6} {row['paths']:>6} {row['ground_s']:>7.2f} {row['fixpoint_s']:>8.2f} "
              f"{row['paths_s']:>8.2f} {row['fixpoint_and_paths_s']:>7.2f} {row['analyse_s']:>8.2f} "
              f"{row['peak_mb']:>5.0f}", flush=True)  # fmt: skip
        if arguments.peer_limit:
            other = peer(size, arguments.k, arguments.peer_limit)
            rows.append(other)
            print(f"           {other['peer']}: {other['goals_done']} of {other['goals']} goals, "
                  f"{other['paths']} paths in {other['total_s']:.1f} s", flush=True)  # fmt: skip
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
