"""How long after a save ``harmpath check --watch`` shows the new findings, on the example ``aid``.

    python benchmarks/check_watch.py [saves]

Each save puts another device.yaml into its place: a loss that no hazard leads to comes and goes, so that every save
changes the findings. Two figures: the check itself, in this process (wall and processor time); and the time from the
save to the line on the output of a real process, polling included.
"""

from __future__ import annotations

import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harmpath.cli.watching import Rechecker

EXAMPLE = Path(__file__).resolve().parents[1] / "src" / "harmpath" / "examples" / "aid"
CLAIM_MS = 200


def texts() -> tuple[str, str]:
    """device.yaml as it is, and with a loss that no hazard leads to."""
    text = (EXAMPLE / "device.yaml").read_text()
    unused = "losses:\n  - {id: L-nobody, name: Nothing leads here, kind: harm}\n"
    return text, text.replace("losses:\n", unused, 1)


def save(folder: Path, text: str) -> None:
    """As editors do: beside it, then into its place."""
    beside = folder / ".device.yaml.tmp"
    beside.write_text(text)
    beside.replace(folder / "device.yaml")


def in_process(folder: Path, saves: int) -> tuple[list[float], list[float]]:
    """Wall and processor milliseconds of each check after a save."""
    recheck = Rechecker(folder)
    before = recheck.problems()
    wall, processor = [], []
    for n in range(saves):
        save(folder, texts()[(n + 1) % 2])
        gc.collect()
        gc.disable()
        started, busy = time.perf_counter(), time.process_time()
        now = recheck.problems()
        wall.append(1000 * (time.perf_counter() - started))
        processor.append(1000 * (time.process_time() - busy))
        gc.enable()
        if now == before:
            raise AssertionError("a save changed no finding")
        before = now
    return wall, processor


def in_a_process(folder: Path, saves: int) -> list[float]:
    """Milliseconds from each save to the line that says what it changed."""
    call = [sys.executable, "-m", "harmpath", "check", "--watch", str(folder)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    took = []
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            while "warning" not in process.stderr.readline():  # the first round is the cold one
                pass
            for n in range(saves):
                time.sleep(0.3)
                started = time.perf_counter()
                save(folder, texts()[(n + 1) % 2])
                while "unreferenced-loss" not in process.stdout.readline():
                    pass
                took.append(1000 * (time.perf_counter() - started))
        finally:
            process.kill()
    return took


def line(name: str, figures: list[float]) -> str:
    """Median, 95th percentile, and how many were within the claim."""
    ordered = sorted(figures)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    within = sum(f < CLAIM_MS for f in figures)
    return (
        f"{name:<34} median {statistics.median(figures):6.0f} ms   95 % {high:6.0f} ms   "
        f"under {CLAIM_MS} ms: {within} of {len(figures)}"
    )


def main(saves: int) -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(EXAMPLE, Path(place) / "aid"))
        wall, processor = in_process(folder, saves)
        save(folder, texts()[0])
        print(line("check after a save, wall", wall))
        print(line("check after a save, processor", processor))
        print(line("save to line shown, real process", in_a_process(folder, saves)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
