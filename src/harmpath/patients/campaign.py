"""A campaign: every scenario on every patient and world, in pieces that can be interrupted, resumed and spread out.

The work is cut into chunks of patients and replicates, each with all scenarios. Random streams belong to patients and
replicates, so the cut, the number of processes and the machine change nothing in the numbers. Any
``concurrent.futures.Executor`` runs the chunks: processes here, or an existing cluster engine's executor
(``dask.distributed.Client.get_executor()``, ``ray.util``, ``mpi4py.futures``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmpath import __version__
from harmpath.errors import MissingExtraError, OutputError
from harmpath.patients.faults import Scenario
from harmpath.patients.kernels import FINGERPRINT
from harmpath.patients.outcome import Harm, measure_lanes, summarise
from harmpath.patients.search import Found, search_worst
from harmpath.patients.spec import SimulationSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Campaign", "run_campaign"]

CHUNK_PATIENT_DAYS = 1500
"""Patient-days per chunk: about a second of work and 20 MB."""
Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The outcome of a campaign and where it was written."""

    spec: SimulationSpec
    seed: int
    harm: Harm
    second: Harm | None
    """The same scenarios on the second plant."""
    agreement: Mapping[str, tuple[str | None, str | None]]
    """Per scenario, its severity on both plants; empty without a second plant."""
    found: tuple[Found, ...]
    """The worst attacks that were searched for; they are among the scenarios."""
    folder: Path
    rows: Path
    """Parquet: one row per run with scenario, seed, version and all measures."""
    glucose: NDArray[np.float32]
    """Plasma glucose, runs x steps, in the order of ``harm.lanes``; empty unless ``keep_glucose``."""
    chunks: int
    resumed: int
    """Chunks that were found finished from an interrupted run."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    index: int
    plant: str
    patients: tuple[str, ...]
    first_replicate: int
    replicates: int


def _chunks(spec: SimulationSpec, scenarios: int, plant: str) -> list[_Chunk]:
    names = spec.people(plant).names
    per_replicate = scenarios * spec.days
    replicates = max(1, min(spec.replicates, CHUNK_PATIENT_DAYS // per_replicate))
    patients = max(1, min(len(names), CHUNK_PATIENT_DAYS // (per_replicate * replicates)))
    cuts = [
        (names[i : i + patients], r, min(replicates, spec.replicates - r))
        for i in range(0, len(names), patients) for r in range(0, spec.replicates, replicates)
    ]  # fmt: skip
    return [_Chunk(n, plant, *cut) for n, cut in enumerate(cuts)]


def _run_chunk(
    spec: SimulationSpec, scenarios: tuple[Scenario, ...], chunk: _Chunk, seed: int, root: Path | None
) -> Any:
    """Simulate and measure one chunk; returns an Arrow table. Runs in any process."""
    import numpy as np
    import pyarrow as pa

    from harmpath.patients.loop import simulate

    people = spec.people(chunk.plant).select(chunk.patients)
    result = simulate(
        scenarios, people, days=spec.days, seed=seed, replicates=chunk.replicates,
        first_replicate=chunk.first_replicate,
        loop=spec.loop(root),
    )  # fmt: skip
    values = measure_lanes(result)
    worlds = len(people) * chunk.replicates
    columns: dict[str, Any] = {
        "plant": [chunk.plant] * (worlds * len(scenarios)),
        "scenario": np.repeat([s.name for s in scenarios], worlds),
        "path": np.repeat([s.path for s in scenarios], worlds),
        "patient": np.tile(np.repeat(people.names, chunk.replicates), len(scenarios)),
        "replicate": np.tile(chunk.first_replicate + np.arange(chunk.replicates), len(people) * len(scenarios)),
        **values,
    }
    if spec.keep_glucose:
        plasma = np.nan_to_num(np.rint(result.trace("plasma")), nan=-1.0).astype(np.int16)  # -1: outside validity
        columns["glucose"] = pa.FixedSizeListArray.from_arrays(pa.array(plasma.ravel()), plasma.shape[1])
    return pa.table(columns)


def _identity(spec: SimulationSpec, scenarios: tuple[Scenario, ...], seed: int) -> str:
    """A hash of everything that decides the numbers; a finished chunk is reused only under the same one."""
    content = [spec.model_dump(mode="json"), [asdict(s) for s in scenarios], seed, __version__, FINGERPRINT]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _write(table: Any, path: Path, metadata: Mapping[str, str]) -> None:
    import pyarrow.parquet as pq

    known = {k.encode(): v.encode() for k, v in metadata.items()}
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(known), temporary, compression="zstd")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path.name}: {error.strerror}", remedy="check the folder and free space"
        ) from error


def _finished(path: Path, identity: str) -> Any:
    """The table of a finished chunk, or None; a damaged or foreign file is not finished."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        table = pq.read_table(path, memory_map=False)
    except (pa.ArrowException, OSError):
        return None
    return table if (table.schema.metadata or {}).get(b"identity") == identity.encode() else None


def _tables(
    spec: SimulationSpec, scenarios: tuple[Scenario, ...], chunks: list[_Chunk], seed: int, root: Path | None,
    executor: Executor | None,
) -> Iterator[tuple[_Chunk, Any]]:  # fmt: skip
    if executor is None:
        for chunk in chunks:
            yield chunk, _run_chunk(spec, scenarios, chunk, seed, root)
        return
    futures = {executor.submit(_run_chunk, spec, scenarios, chunk, seed, root): chunk for chunk in chunks}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _plant_rows(
    spec: SimulationSpec, scenarios: tuple[Scenario, ...], plant: str, seed: int, parts: Path, root: Path | None,
    executor: Executor | None, progress: Progress | None,
) -> tuple[Any, int, int]:  # fmt: skip
    """All rows of one plant in their one order; (table, chunks, chunks found finished)."""
    import pyarrow as pa

    identity = _identity(spec, scenarios, seed)
    chunks = _chunks(spec, len(scenarios), plant)
    done: dict[int, Any] = {}
    for chunk in chunks:
        table = _finished(parts / f"{plant}-{chunk.index:05d}.parquet", identity)
        if table is not None:
            done[chunk.index] = table
    resumed = len(done)
    todo = [c for c in chunks if c.index not in done]
    for chunk, table in _tables(spec, scenarios, todo, seed, root, executor):
        _write(table, parts / f"{plant}-{chunk.index:05d}.parquet", {"identity": identity})
        done[chunk.index] = table
        if progress is not None:
            progress(len(done), len(chunks), f"patients of {plant}")
    whole = pa.concat_tables([done[c.index].replace_schema_metadata(None) for c in chunks])
    return whole.take(_order(whole, scenarios, spec.people(plant).names)), len(chunks), resumed


def _order(table: Any, scenarios: tuple[Scenario, ...], names: tuple[str, ...]) -> Any:
    import numpy as np

    rank = {s.name: i for i, s in enumerate(scenarios)}
    place = {n: i for i, n in enumerate(names)}
    keys = [
        table["replicate"].to_numpy(), np.array([place[n] for n in table["patient"].to_pylist()]),
        np.array([rank[s] for s in table["scenario"].to_pylist()]),
    ]  # fmt: skip
    return np.lexsort(keys)


def _harm(spec: SimulationSpec, scenarios: tuple[Scenario, ...], plant: str, seed: int, table: Any) -> Harm:
    names = [n for n in table.column_names if n not in ("plant", "scenario", "path", "patient", "replicate", "glucose")]
    values = {n: table[n].to_numpy() for n in names}
    return summarise(
        scenarios, spec.people(plant), spec.replicates, seed, values, within_hours=spec.within_hours,
        criteria=spec.severity, severity_share=spec.severity_share,
    )  # fmt: skip


def run_campaign(
    spec: SimulationSpec,
    out_dir: Path,
    seed: int | None = None,
    progress: Progress | None = None,
    *,
    executor: Executor | None = None,
    root: Path | None = None,
) -> Campaign:
    """Run the campaign of ``spec`` and write ``runs.parquet`` and ``harm.json`` to ``out_dir``.

    Args:
        spec: what to simulate (``load_spec`` reads it from simulation.yaml).
        out_dir: folder for the results; finished chunks in its ``parts`` are reused when nothing that decides the
            numbers has changed, so an interrupted campaign goes on where it stopped.
        seed: instead of the spec's.
        progress: called as chunks finish.
        executor: where chunks run; this process (all its cores, by threads) when None.
        root: the project folder, for a model in the loop.

    Raises:
        InputError, UsageError: the spec cannot run. OutputError: results cannot be written.
        MissingExtraError: the [sim] dependencies are not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtraError("simulated patients", "sim") from error
    import numpy as np

    seed = spec.seed if seed is None else seed
    spec.check()
    found = _searches(spec, seed, root, progress)
    scenarios = (*spec.all_scenarios(), *(f.scenario for f in found))
    parts = out_dir / "parts"
    table, chunks, resumed = _plant_rows(spec, scenarios, spec.plant, seed, parts, root, executor, progress)
    result = _harm(spec, scenarios, spec.plant, seed, table)
    second = None
    if spec.second_plant and spec.second_plant != spec.plant:
        more, n, again = _plant_rows(spec, scenarios, spec.second_plant, seed, parts, root, executor, progress)
        second = _harm(spec, scenarios, spec.second_plant, seed, more)
        table, chunks, resumed = pa.concat_tables([table, more]), chunks + n, resumed + again
    glucose = np.empty((0, 0), dtype=np.float32)
    if spec.keep_glucose:
        steps = spec.days * 288
        flat = table["glucose"].combine_chunks().flatten().to_numpy().reshape(-1, steps)[: len(result.lanes)]
        glucose = np.where(flat < 0, np.nan, flat).astype(np.float32)
    identity = _identity(spec, scenarios, seed)
    severities = [h.severity for half in (result, second) if half for h in half.lanes]
    table = table.append_column("severity", pa.array(severities))
    table = table.append_column("seed", pa.array([seed] * len(table), pa.int64()))
    table = table.append_column("harmpath_version", pa.array([__version__] * len(table)))
    metadata = {"identity": identity, "seed": str(seed), "harmpath": __version__}
    _write(
        table, out_dir / "runs.parquet", metadata | {"spec": json.dumps(spec.model_dump(mode="json"), sort_keys=True)}
    )
    agreement = {}
    if second is not None:
        agreement = {
            a.scenario.name: (a.severity, b.severity) for a, b in zip(result.scenarios, second.scenarios, strict=True)
        }
    campaign = Campaign(
        spec, seed, result, second, agreement, found, out_dir, out_dir / "runs.parquet", glucose, chunks, resumed
    )
    _write_json(campaign, identity)
    return campaign


def _searches(spec: SimulationSpec, seed: int, root: Path | None, progress: Progress | None) -> tuple[Found, ...]:
    found = []
    for index, wish in enumerate(spec.searches):
        if progress is not None:
            progress(index, len(spec.searches), f"searching the worst {wish.name}")
        found.append(
            search_worst(
                wish.space(), spec.people(), spec.loop(root), goal=wish.goal, days=spec.days, seed=seed,
                generations=wish.generations, size=wish.size,
            )
        )  # fmt: skip
    return tuple(found)


def _write_json(campaign: Campaign, identity: str) -> None:
    """The summary as JSON: per scenario its severity, severities and figures with intervals."""

    def half(harm: Harm | None) -> Any:
        if harm is None:
            return None
        return [
            {
                "scenario": s.scenario.name, "path": s.scenario.path, "severity": s.severity,
                "severities": dict(s.severities), "figures": [asdict(e) for e in s.evidence],
                "not_assessed": [asdict(n) for n in s.not_assessed],
            }
            for s in harm.scenarios
        ]  # fmt: skip

    content = {
        "harmpath": __version__, "identity": identity, "seed": campaign.seed, "plant": campaign.spec.plant,
        "scenarios": half(campaign.harm), "second_plant": campaign.spec.second_plant, "second": half(campaign.second),
        "agreement": {k: list(v) for k, v in campaign.agreement.items()},
        "searches": [
            {"scenario": f.scenario.name, "goal": f.goal, "score": f.score, "baseline": f.baseline,
             "evaluations": f.evaluations, "faults": [asdict(x) for x in f.scenario.faults]}
            for f in campaign.found
        ],
        "severity_criteria": [str(c) for c in campaign.spec.severity],
    }  # fmt: skip
    path = campaign.folder / "harm.json"
    temporary = path.with_name("harm.json.part")
    try:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write harm.json: {error.strerror}") from error
