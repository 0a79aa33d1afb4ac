# ruff: noqa: ANN001, ANN201, ANN202, E501
"""Measure the simulated patients: equality with simglucose, speed, memory, integrators, convergence, other machines.

    python benchmarks/patient_simulation.py                       everything that needs no peer
    python benchmarks/patient_simulation.py --peer PEER/bin/python [--recorded ALL.npz]   equality and speed against it
    python benchmarks/patient_simulation.py --cluster             the same campaign on dask.distributed (pip install distributed)

How to make PEER and ALL.npz: see benchmarks/simglucose_peer.py. Nothing of simglucose is copied: the peer's faster variant
(plain attributes instead of a pandas Series) is arranged from outside.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from harmpath.patients.campaign import run_campaign
from harmpath.patients.controllers import BasalBolus, Mpc, Oref0, Pid
from harmpath.patients.faults import Fault, Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.kernels.openloop import open_loop
from harmpath.patients.loop import Loop, simulate
from harmpath.patients.outcome import measure_lanes
from harmpath.patients.people import population
from harmpath.patients.spec import SimulationSpec

HERE = Path(__file__).parent
DAYS = 3000
CONTROLLERS = (BasalBolus(), Pid(), Oref0(), Mpc())


def best(action, times=5):
    """Least wall and processor seconds of several tries: the machine may be busy with other work."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def recorded(path):
    """Runs written by simglucose_peer.py."""
    with np.load(path) as z:
        first, second = z["first"], z["second"].astype(np.int64)
        steps = np.concatenate([first[:, 1:2] - first[:, :1], second], axis=1).cumsum(axis=1).cumsum(axis=1)
        glucose = np.concatenate([first[:, :1], first[:, :1] + steps], axis=1) / 1000.0
        return (
            z["patient"].astype(int) - 1,
            z["insulin"].astype(np.int64).cumsum(axis=1) * 0.05 / 6000,
            z["grams"].astype(float),
            glucose,
        )


def drive(people, patient, insulin, carbs, integrator, substeps=1, every=1):
    """Open loop: subcutaneous glucose, runs x samples."""
    state = people.initial_states()[patient].copy()
    out = np.empty((len(patient), insulin.shape[1] // every + 1, k.STATES))
    open_loop(
        people.plant_code,
        state,
        people.parameters(),
        patient,
        insulin,
        carbs,
        5.0,
        integrator,
        substeps,
        1e-10,
        every,
        out,
    )
    return out[:, :, 12] / people.volumes()[patient][:, None]


def equality(path):
    """Largest difference from the recorded runs, by integrator."""
    people = population()
    patient, insulin, carbs, glucose = recorded(path)
    print(
        f"\nEquality with simglucose (dopri5, rtol = atol = 1e-10): {len(patient)} runs of {insulin.shape[1] // 1440} days, every minute"
    )
    for name, code, n in (("cascade (default)", k.CASCADE, 1), ("dopri5", k.DOPRI5, 1), ("gauss4", k.GAUSS4, 1), ("rk4, 1 min", k.RK4, 1),
                          ("rk4, 1/4 min", k.RK4, 4)):  # fmt: skip
        gap = np.abs(drive(people, patient, insulin, carbs, code, n) - glucose).max()
        print(f"  {name:20s} max |difference| {gap:.4f} mg/dL{'' if gap < 0.01 else '   (over 0.01)'}")


def speed(peer):
    """Milliseconds per patient-day, amortised over 3,000 patient-days."""
    people = population()
    figures = {}
    if peer:
        out = subprocess.run(
            [peer, str(HERE / "simglucose_peer.py"), "time"], capture_output=True, text=True, check=True
        ).stdout
        figures = json.loads(out.strip().splitlines()[-1])
        print(
            f"\nsimglucose, one patient-day, measured now: loop as installed {figures['installed_s']:.2f} s, loop with plain attributes "
            f"{figures['plain_loop_s']:.2f} s, patient model alone with plain attributes {figures['plain_model_s']:.2f} s"
        )
    print(
        f"\nSpeed over {DAYS:,} patient-days ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}); ms per patient-day: wall, and processor time / cores"
    )
    for controller in CONTROLLERS:
        wall, cpu = best(lambda c=controller: simulate([Scenario("none")], people, c, replicates=DAYS // 30, seed=1))
        report(f"closed loop, {controller.name}", wall, cpu, 0.6, figures.get("installed_s"), 10_000)
    patient = np.repeat(np.arange(30), DAYS // 30)
    insulin = np.repeat(np.array([[p.basal / 60] for p in people.patients]), 1440, axis=1)[patient]
    carbs = np.zeros((DAYS, 1440))
    carbs[:, [420, 720, 1140]] = 60.0
    wall, cpu = best(lambda: drive(people, patient, insulin, carbs, k.CASCADE, every=5))
    report("open loop", wall, cpu, 0.4, figures.get("plain_model_s"), 1_000)


def report(what, wall, cpu, limit, peer, factor):
    """One line."""
    each, share = wall / DAYS * 1000, cpu / DAYS * 1000 / (os.cpu_count() or 1)
    ratio = f"; {peer / (wall / DAYS):,.0f} x simglucose (asked: {factor:,})" if peer else ""
    print(
        f"  {what:26s} {each:.3f}, {share:.3f}  (limit {limit}: {'met' if each < limit else 'met by processor time' if share < limit else 'NOT met'}){ratio}"
    )


def memory():
    """Peak memory of a campaign of 30,000 patient-days, in a process of its own."""
    code = (
        "import resource,tempfile,pathlib\n"
        "from harmpath.patients.spec import SimulationSpec\n"
        "from harmpath.patients.campaign import run_campaign\n"
        "spec = SimulationSpec.model_validate({'patients': ['adult','adolescent','child'], 'replicates': 500,\n"
        "  'scenarios': [{'name': 'a', 'faults': [{'channel': 'cgm', 'operation': 'add', 'magnitude': 50, 'start': 300}]}]})\n"
        "with tempfile.TemporaryDirectory() as d:\n"
        "    c = run_campaign(spec, pathlib.Path(d))\n"
        "    print(len(c.harm.lanes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    start = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    peak = float(out[1])
    print(
        f"\nMemory: campaign of {int(out[0]):,} patient-days peaks at {peak:.0f} MB (limit 1,000: {'met' if peak < 1000 else 'NOT met'}), "
        f"{time.perf_counter() - start:.0f} s with start-up, measures, Parquet and intervals"
    )


def convergence():
    """Population metrics of the closed loop under other integrators and halved steps."""
    people = population()
    cases = [Scenario("none"), Scenario("attack", (Fault("cgm", "replace", 250.0, 480.0, 180.0),))]
    loop = Loop(controller=Oref0())

    def metrics(integrator, substeps):
        result = simulate(
            cases, people, days=3, seed=4, loop=replace(loop, integrator=integrator, substeps=substeps, tolerance=1e-9)
        )
        values = measure_lanes(result)
        names = (
            "mean",
            "sd",
            "below_70",
            "in_range",
            "above_180",
            "above_250",
            "lbgi",
            "hbgi",
            "insulin",
            "minimum",
            "maximum",
        )
        return {n: float(np.nanmean(values[n])) for n in names}

    reference = metrics("dopri5", 1)
    print(
        "\nConvergence, closed loop, 30 patients x 3 days x 2 scenarios: largest change of a metric against dopri5 at 1e-9"
    )
    for name, substeps in (
        ("cascade", 1),
        ("cascade", 2),
        ("gauss4", 1),
        ("gauss4", 2),
        ("rk4", 1),
        ("rk4", 2),
        ("rk4", 4),
    ):
        found = metrics(name, substeps)
        worst = max(found, key=lambda n: abs(found[n] - reference[n]) / max(abs(reference[n]), 1e-9))
        change = abs(found[worst] - reference[worst]) / max(abs(reference[worst]), 1e-9)
        print(
            f"  {name:8s} {substeps} step(s) per minute: {change:.3%} ({worst}){'' if change <= 0.005 else '   over 0.5 %'}"
        )


def elsewhere(cluster):
    """The same campaign in this process, on processes, and on a cluster engine: the same bytes."""
    import hashlib
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    spec = SimulationSpec.model_validate(
        {"patients": ["adult", "child"], "replicates": 60, "second_plant": "kanderian-2009"}
    )

    def digest(executor=None):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            found = run_campaign(spec, Path(folder), executor=executor)
            return hashlib.sha256(found.rows.read_bytes()).hexdigest()[:16], time.perf_counter() - start

    one, took = digest()
    print(f"\nThe same campaign elsewhere: this process {one} ({took:.1f} s)")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        two, took = digest(pool)
    print(f"  2 processes: {two} ({took:.1f} s): {'identical' if one == two else 'DIFFERENT'}")
    if not cluster:
        return
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as engine,
        Client(engine) as client,
    ):
        three, took = digest(client.get_executor())
    print(f"  dask.distributed, 2 workers: {three} ({took:.1f} s): {'identical' if one == three else 'DIFFERENT'}")


def main():
    """Everything asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="python of an environment with simglucose")
    parser.add_argument("--recorded", default=str(HERE.parent / "tests/patients/data/simglucose_3days.npz"))
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--only", choices=("equality", "speed", "memory", "convergence", "elsewhere"))
    args = parser.parse_args()
    wanted = [args.only] if args.only else ["equality", "speed", "memory", "convergence", "elsewhere"]
    if "equality" in wanted:
        equality(args.recorded)
    if "speed" in wanted:
        speed(args.peer)
    if "memory" in wanted:
        memory()
    if "convergence" in wanted:
        convergence()
    if "elsewhere" in wanted:
        elsewhere(args.cluster)
    print(f"\npeak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
