"""Run the benchmarks one after another and print what each prints.

    python benchmarks/run.py [NAME ...]

Without names: those that need nothing but ``../shared/data`` and the installed extras. The others say what they need:
a separate environment with the peer, or a trained model.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WITHOUT_PEERS = (
    "assess",
    "attack_paths",
    "check_watch",
    "cpe_matching",
    "stpa_scale",
    "technology_extraction",
    "vulnerability_import",
)


def main() -> int:
    """Run the named benchmarks; returns how many failed."""
    failed = []
    for name in sys.argv[1:] or WITHOUT_PEERS:
        script = FOLDER / f"{name}.py"
        if not script.exists():
            print(
                f"There is no benchmark '{name}'. There are: {', '.join(sorted(p.stem for p in FOLDER.glob('*.py')))}"
            )
            return 2
        print(f"== {name}", flush=True)
        started = time.perf_counter()
        if subprocess.run([sys.executable, str(script)], check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.perf_counter() - started:.0f} s\n", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(main())
