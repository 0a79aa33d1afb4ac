"""How STPA grows with the size of the model: analysis, checks, trace graph, matrix, what breaks.

    .venv/bin/python benchmarks/stpa_scale.py [artifacts ...]

An artifact is an element of the model or a result of the analysis. The model is a hospital of equal closed loops that
share a clinician, a server and a network; its size is chosen so that the whole has about the number of artifacts asked.
Every figure is processor time, the best of three runs in this process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from harmpath.device.model import Device
from harmpath.stpa import StpaAnalysis, analyse
from harmpath.stpa.checks import run_checks
from harmpath.stpa.contexts import context_tables
from harmpath.stpa.traceability import TraceGraph, trace_graph

PER_LOOP = 137
"""Artifacts that one loop adds, counted once; used only to choose the number of loops."""


def loops(number: int) -> Device:
    """A model of this many closed loops."""
    file: dict[str, Any] = {
        "device": {"name": "Scale", "manufacturer": "-", "intended_use": "-", "software": "SiMD"},
        "losses": [{"id": "L1"}, {"id": "L2"}],
        "hazards": [
            {"id": "H1", "losses": ["L1"], "severity": "critical"},
            {"id": "H2", "losses": ["L2"], "severity": "serious"},
        ],
        "components": [{"id": "clinician", "kind": "clinician"}, {"id": "server", "kind": "server"}],
        "channels": [], "signals": [], "ml_engines": [], "control_actions": [], "feedback": [], "process_models": [],
        "responsibilities": [], "requirements": [],
    }  # fmt: skip
    for n in range(number):
        _add_loop(file, n)
    return Device.model_validate(file)


def _add_loop(file: dict[str, Any], n: int) -> None:
    states = [{"id": "low", "range": "[MIN, 70)"}, {"id": "normal", "range": "[70, 180]"},
              {"id": "high", "range": "(180, MAX]"}]  # fmt: skip
    kinds = {"sensor": "sensor", "app": "ml-engine", "pump": "actuator", "patient": "patient"}
    file["components"] += [{"id": f"{name}{n}", "kind": kind} for name, kind in kinds.items()]
    file["channels"] += [
        {"id": f"up{n}", "from": f"sensor{n}", "to": f"app{n}", "medium": "bluetooth-le"},
        {"id": f"down{n}", "from": f"app{n}", "to": f"pump{n}", "medium": "bluetooth-le", "direction": "two-way"},
        {"id": f"net{n}", "from": "clinician", "to": f"app{n}", "medium": "wifi"},
    ]
    file["signals"] += [
        {"id": f"value{n}", "source": f"sensor{n}", "via": [f"up{n}"], "feeds": [f"in{n}"]},
        {"id": f"given{n}", "source": f"pump{n}", "via": [f"down{n}"], "feeds": [f"dose{n}"]},
    ]
    engine = {"id": f"model{n}", "component": f"app{n}", "task": "forecasting"}
    file["ml_engines"].append(
        {**engine, "inputs": [{"id": f"in{n}"}, {"id": f"dose{n}"}], "outputs": [{"id": f"out{n}"}]}
    )
    low, high = {f"v{n}": "low"}, {f"v{n}": "high"}
    file["control_actions"] += [
        {"id": f"give{n}", "from": f"app{n}", "to": f"pump{n}", "kind": "therapy", "via": [f"down{n}"],
         "outputs": [f"out{n}"], "unsafe": [
             {"type": "provided", "context": low, "believed": high, "hazards": ["H1"]},
             {"type": "not-provided", "context": high, "hazards": ["H2"]},
             {"type": "too-late", "context": {**high, f"w{n}": "low"}, "hazards": ["H2"]},
             {"type": "stopped-too-soon", "not_hazardous": "given at once"}]},
        {"id": f"set{n}", "from": "clinician", "to": f"app{n}", "kind": "configuration", "via": [f"net{n}"],
         "unsafe": [{"type": "provided", "when": "for another patient", "hazards": ["H1", "H2"]}]},
    ]  # fmt: skip
    file["feedback"].append({"id": f"fb{n}", "from": f"sensor{n}", "to": f"app{n}", "via": [f"up{n}"]})
    file["process_models"].append({"controller": f"app{n}", "variables": [
        {"id": f"v{n}", "signals": [f"value{n}"], "states": states},
        {"id": f"w{n}", "signals": [f"given{n}"], "states": states}]})  # fmt: skip
    duty = {"id": f"R{n}", "controller": f"app{n}", "constraints": ["SC-H1"], "description": "x"}
    file["responsibilities"].append(duty)
    file["requirements"].append({"id": f"SR{n}", "covers": ["H1"], "description": "x"})


def best(run: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of the fastest of three runs, and the last result."""
    seconds, result = float("inf"), None
    for _ in range(3):
        start = time.process_time()
        result = run()
        seconds = min(seconds, time.process_time() - start)
    return seconds, result


def main(sizes: list[int]) -> None:
    """Print one line per size."""
    print(f"{'artifacts':>9} {'analyse':>9} {'checks':>9} {'graph':>9} {'matrix':>9} {'summary':>9} {'breaks':>9}   ms")
    for size in sizes:
        number = max(1, size // PER_LOOP)
        device = loops(number)

        def fresh(number: int = number) -> Device:
            return loops(number)  # cached lookups of the device are part of what is timed

        analysed, analysis = best(lambda d=device: analyse(d))
        checked, _ = best(lambda a=analysis, f=fresh: _checks(f, a))
        linked, graph = best(lambda d=device, a=analysis: trace_graph(d, a))
        crossed, matrix = best(lambda g=graph: _fresh(g).matrix("channel", "loss-scenario"))
        summed, _ = best(lambda g=graph: _fresh(g).summary())
        broken, _ = best(lambda g=graph: _fresh(g).what_breaks("H1"))
        count = len(graph.kinds)
        times = (analysed, checked, linked, crossed, summed, broken)
        print(f"{count:>9,} " + " ".join(f"{1000 * t:>9.1f}" for t in times) + f"   marks={len(matrix.marks):,}")
        tables, found = best(lambda d=device, a=analysis: context_tables(d, a))
        print(f"{'':>9} context tables: {len(found)} in {1000 * tables:.1f} ms")


def _checks(fresh: Callable[[], Device], analysis: StpaAnalysis) -> int:
    return len(run_checks(fresh(), analysis))


def _fresh(graph: TraceGraph) -> TraceGraph:
    return TraceGraph(graph.kinds, graph.links)


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [1_000, 3_000, 10_000, 30_000])
