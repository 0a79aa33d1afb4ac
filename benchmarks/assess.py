"""How long the main job takes and how much memory it needs, for each shipped example, as a share of its budget.

    python benchmarks/assess.py [--store STORE] [--runs 3]

Each run is a fresh process, as a user starts it. Without ``--store`` the examples run on their own facts tables.
Budgets: assess 3 s and 500 MB without a store, 5 s with one; ``--help`` 0.3 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HARMPATH = Path(sys.executable).parent / "harmpath"
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def run(*command: str, store: str = "") -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one process."""
    environment = {**os.environ, "HARMPATH_STORE": store or "/nonexistent"}
    pid = os.fork()
    started = time.perf_counter()
    if pid == 0:
        with Path(os.devnull).open("wb") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        os.execve(HARMPATH, [str(HARMPATH), *command], environment)
    _, status, usage = os.wait4(pid, 0)
    if status:
        subprocess.run([HARMPATH, *command], check=True, env=environment)
    return time.perf_counter() - started, usage.ru_maxrss / (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Print one line for each job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    budget = 5.0 if options.store else 3.0
    jobs: list[tuple[str, tuple[str, ...], float]] = [("--help", ("--help",), 0.3)]
    with tempfile.TemporaryDirectory() as folder:
        for project in sorted(p for p in EXAMPLES.iterdir() if (p / "device.yaml").exists()):
            call = ("assess", str(project), "-o", str(Path(folder) / project.name))
            jobs.append((f"assess {project.name}", call, budget))
        print(f"{'job':24} {'median s':>9} {'of budget':>10} {'peak MB':>8} {'of 500 MB':>10}   ({options.runs} runs)")
        for name, call, seconds in jobs:
            run(*call, store=options.store)
            times, peaks = zip(*(run(*call, store=options.store) for _ in range(options.runs)), strict=True)
            median, peak = statistics.median(times), max(peaks)
            print(f"{name:24} {median:9.2f} {median / seconds:10.0%} {peak:8.0f} {peak / 500:10.0%}")


if __name__ == "__main__":
    main()
