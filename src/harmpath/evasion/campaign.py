"""One attack on a project's model, from evasion.yaml and the Reach to figures with evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harmpath.attackpaths.reach import Reach
from harmpath.device.elements import MLEngine
from harmpath.device.model import Device
from harmpath.errors import HarmpathError, InputError, MissingExtraError, Problem
from harmpath.evasion.accuracy import Accuracy, accuracy_of
from harmpath.evasion.attack import Attack, Attempts, run_search
from harmpath.evasion.cohorts import group_patients
from harmpath.evasion.goals import Goal
from harmpath.evasion.layout import Layout
from harmpath.evasion.limits import Limits, limits_of
from harmpath.evasion.outcome import GoalOutcome, Group, group, measure
from harmpath.evasion.profile import PatientRisk, RiskWeights, WorstRisk, risk_profiles
from harmpath.evasion.saved import Saved
from harmpath.evasion.spec import FILE, EvasionSpec, load_spec
from harmpath.evasion.traces import Trace, Windows, cut, read_traces
from harmpath.evasion.victims.opening import open_model
from harmpath.evasion.victims.victim import Cached, Counted, Victim
from harmpath.evidence import ElementEvidence, Evidence, NotAssessed

if TYPE_CHECKING:
    from harmpath.evasion.attack import Search

__all__ = ["EvasionResult", "Progress", "run"]

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


@dataclass(frozen=True, slots=True)
class EvasionResult:
    """What false data do to one model, as far as the attack paths reach."""

    engine: str
    model: str
    """The victim's name, and the SHA-256 of its file where it is one."""
    reachable: bool
    """False: no attack path reaches any input of the model; a good result."""
    reason: str
    """One sentence on what was attacked, or why nothing can be."""
    signals: tuple[str, ...]
    """Signals that were falsified."""
    windows: int
    patients: int
    seed: int
    accuracy: Accuracy | None
    """Of the model without any attack, on the same windows."""
    goals: tuple[GoalOutcome, ...]
    risk: tuple[PatientRisk, ...]
    queries: int
    evidence: tuple[Evidence, ...]
    not_assessed: tuple[NotAssessed, ...]


def run(
    project_folder: Path,
    device: Device,
    reach: Sequence[Reach],
    spec: EvasionSpec | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    *,
    victim: Victim | None = None,
    keep: Path | None = None,
) -> EvasionResult:
    """Attack the model of a project.

    Args:
        project_folder: the project; files are named relative to it.
        device: its model.
        reach: from the attack paths, one per input feature.
        spec: what to do; evasion.yaml of the project when None.
        seed: instead of the spec's.
        progress: called as windows are done.
        victim: the model, instead of that of the spec; a Python function goes into ``FunctionVictim``.
        keep: folder where finished attacks are kept, so that an interrupted run resumes.

    Raises:
        InputError: evasion.yaml, the model or the traces are wrong, with what was expected.
        MissingExtraError: the [ml] dependencies are not installed.
        HarmpathError: the model fails, or answers with what is not a number.
    """
    spec = spec or load_spec(project_folder / FILE, FILE)
    seed = spec.seed if seed is None else seed
    engine = _engine(device, spec)
    layout = spec.layout()
    _check_names(device, engine, layout)
    mine = [r for r in reach if r.engine == engine.id]
    missing = _not_inputs(engine, layout, mine)
    if not any(r.per_signal for r in mine):
        return _nothing(spec, engine, mine, seed, missing)
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("attacking a model", "ml") from error
    asked, model = _victim(project_folder, spec, engine, layout, victim)
    windows = _windows(project_folder, device, spec, layout)
    limits = limits_of(
        mine, device.signals, layout.signals, spec.traces.step_minutes * 60, spec.max_edits, spec.max_lag
    )
    if not limits.signals:
        return _nothing(spec, engine, mine, seed, missing)
    job = _Job(spec, layout, windows, asked, seed, progress, Saved(keep, _identity(spec, mine, windows, model, seed)))
    outcomes = tuple(_goal(job, limits, goal.id, goal.name, goal.goal(spec.limits())) for goal in spec.goals)
    forecasts = job.benign.shape[1] == spec.horizon
    risks = _risks(job, limits) if spec.profile and forecasts else ()
    if spec.profile and not forecasts:
        because = f"The model gives {job.benign.shape[1]} outputs, not one for each of the {spec.horizon} steps ahead."
        missing = (*missing, NotAssessed("risk profiles", because, "They need a forecast of the target."))
    names = tuple(s.signal for s in limits.signals)
    return EvasionResult(
        engine.id,
        model,
        True,
        f"False {', '.join(names)} can reach {engine.label}; {len(windows):,} windows of {len(windows.patients)} "
        f"patients were attacked within what the attack paths allow.",
        names,
        len(windows),
        len(windows.patients),
        seed,
        accuracy_of(windows, job.benign, layout.signals.index(spec.target), spec.traces.step_minutes),
        outcomes,
        risks,
        job.queries,
        (*(ElementEvidence(n, "falsified within its Reach") for n in names), *(o.evidence for o in outcomes)),
        missing,
    )


class _Job:
    """What all attacks of a run share."""

    def __init__(
        self,
        spec: EvasionSpec,
        layout: Layout,
        windows: Windows,
        victim: Counted,
        seed: int,
        progress: Progress | None,
        saved: Saved,
    ) -> None:
        self.spec, self.layout, self.windows, self.victim, self.seed = spec, layout, windows, victim, seed
        self.progress, self.saved, self.queries = progress, saved, 0
        self.benign = victim.predict(layout.compute(windows.raw))
        wanted = max(goal.last_step() for goal in spec.goals)
        if wanted >= self.benign.shape[1]:
            said = f"A goal looks at output {wanted}; the model answers with {self.benign.shape[1]}."
            raise InputError([Problem("model-output", said, FILE, remedy="Outputs are counted from 0.")])

    def attack(self, limits: Limits, goal: Goal, search: Search, queries: int, what: str) -> Attempts:
        """One attack, or what an interrupted run has kept of it."""
        found = self.saved.load(what) or self._run(limits, goal, search, queries, what)
        self.queries += int(found.queries.sum()) + found.planning
        return found

    def _run(self, limits: Limits, goal: Goal, search: Search, queries: int, what: str) -> Attempts:
        attack = Attack(
            self.windows,
            self.layout,
            limits,
            goal,
            self.victim,
            max_queries=queries,
            seed=self.seed,
            benign=self.benign,
        )
        report = (lambda done, total: self.progress(done, total, what)) if self.progress else None  # type: ignore[misc]
        found = run_search(attack, search, report)
        self.saved.store(what, found)
        return found


_WITHHOLDS = frozenset({"drop", "delay"})


def _goal(job: _Job, limits: Limits, goal_id: str, name: str, goal: Goal) -> GoalOutcome:
    """The goal with all signals, with each alone, and with what each path does to its signals."""
    search, queries = job.spec.search.build(), job.spec.search.queries
    every = tuple(s.signal for s in limits.signals)
    done: dict[tuple[tuple[str, ...], bool], Attempts] = {}

    def of(signals: tuple[str, ...], withhold: bool = False) -> Attempts:
        key = (signals, withhold)
        if key not in done:
            allowed = limits.only(signals, _WITHHOLDS if withhold else None)
            what = f"{goal_id}: {', '.join(signals)}{' withheld' if withhold else ''}"
            done[key] = job.attack(allowed, goal, search, queries, what)
        return done[key]

    alone = [group(s, (s,), of((s,))) for s in every]
    paths: list[Group] = []
    for path in sorted({p for s in limits.signals for p in s.paths}):
        signals = tuple(s.signal for s in limits.signals if path in s.paths)
        # A path to withholding a signal falsifies nothing; its id begins with the goal that it reaches.
        paths.append(group(path, signals, of(signals, path.startswith("AP-withhold-signal."))))
    step = job.spec.traces.step_minutes
    return measure(goal_id, name or goal_id, of(every), job.windows, every, step, limits.max_edits, alone, paths)


def _risks(job: _Job, limits: Limits) -> tuple[PatientRisk, ...]:
    from harmpath.evasion.searches import Coordinate

    profile, weights = job.spec.profile, RiskWeights(thresholds=job.spec.limits())
    assert profile is not None
    search = Coordinate(alone=max(8, profile.queries // 4), passes=4, shrink=False)
    found = job.attack(limits, WorstRisk(weights), search, profile.queries, "risk profile")
    risks, profiles = risk_profiles(job.windows, found, weights)
    if len(risks) < max(2, profile.cohorts):
        return risks
    return group_patients(
        risks,
        profiles,
        count=profile.cohorts,
        method=profile.method,
        distance=profile.distance,
        resamples=profile.resamples,
        seed=job.seed,
    )


def _engine(device: Device, spec: EvasionSpec) -> MLEngine:
    for engine in device.ml_engines:
        if engine.id == spec.engine:
            return engine
    known = ", ".join(e.id for e in device.ml_engines) or "none"
    said = f"device.yaml has no ML engine '{spec.engine}'."
    raise InputError([Problem("unknown-id", said, FILE, value=spec.engine, remedy=f"Engines: {known}.")])


def _check_names(device: Device, engine: MLEngine, layout: Layout) -> None:
    features, signals = {f.id for f in engine.inputs}, {s.id for s in device.signals}
    wrong = [("feature", c.feature, features) for c in layout.columns if c.feature not in features]
    wrong += [("signal", s, signals) for s in layout.signals if s not in signals]
    if wrong:
        raise InputError(
            Problem(
                "unknown-id",
                f"device.yaml has no {kind} '{name}'.",
                FILE,
                value=name,
                remedy=f"One of: {', '.join(sorted(known))}.",
            )
            for kind, name, known in wrong
        )


def _not_inputs(engine: MLEngine, layout: Layout, reach: Sequence[Reach]) -> tuple[NotAssessed, ...]:
    """Inputs and reachable signals that the columns of evasion.yaml leave out."""
    gone = [f for f in engine.inputs if f.id not in layout.features]
    found = [
        NotAssessed(
            f.id, "No column of evasion.yaml is this input of the model.", "Add it to 'columns' if the model uses it."
        )
        for f in gone
    ]
    reached = sorted({s.signal for r in reach for s in r.per_signal} - set(layout.signals))
    found += [
        NotAssessed(
            s,
            "An attack path reaches this signal, but no column of evasion.yaml is computed from it.",
            "Add the column, or leave it out where the model does not use it.",
        )
        for s in reached
    ]
    return tuple(found)


def _nothing(
    spec: EvasionSpec, engine: MLEngine, reach: Sequence[Reach], seed: int, missing: tuple[NotAssessed, ...]
) -> EvasionResult:
    left = sorted({s.signal for r in reach for s in r.per_signal})
    if left:
        reason = f"Attack paths reach {', '.join(left)}, but no input of the model file is computed from them."
    else:
        because = sorted({r.reason for r in reach if r.reason})
        reason = " ".join(["No attack path reaches this model's inputs.", *because])
    evidence = tuple(ElementEvidence(r.feature, r.reason) for r in reach) or (ElementEvidence(engine.id),)
    model = spec.model.file or engine.model_file or ""
    return EvasionResult(engine.id, model, False, reason, (), 0, 0, seed, None, (), (), 0, evidence, missing)


def _victim(
    folder: Path, spec: EvasionSpec, engine: MLEngine, layout: Layout, given: Victim | None
) -> tuple[Counted, str]:
    if given is not None:
        return Counted(given), given.name
    if spec.model.url:
        from harmpath.evasion.victims.endpoint import EndpointVictim

        remote = EndpointVictim(spec.model.url, spec.model.timeout)
        return Counted(Cached(remote)), remote.name
    file = spec.model.file or engine.model_file
    if not file:
        remedy = f"Set model_file of '{engine.id}' in device.yaml, or model.file in evasion.yaml."
        raise InputError([Problem("no-model", f"There is no model file for '{engine.id}'.", FILE, remedy=remedy)])
    path = _inside(folder, file)
    local = open_model(
        path, spec.window, layout.features, output=spec.model.output, threads=spec.model.threads, shown=file
    )
    return Counted(local), f"{file} (SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()})"


def _windows(folder: Path, device: Device, spec: EvasionSpec, layout: Layout) -> Windows:
    known = {s.id: s for s in device.signals}
    living = {n: (p.low, p.high) for n in layout.signals if (p := known[n].physiological) is not None}
    traces: tuple[Trace, ...] = read_traces(
        _inside(folder, spec.traces.file),
        layout.signals,
        spec.traces.step_minutes,
        physiological={n: living[n] for n in (spec.target,) if n in living},
        units=spec.traces.units,
        shown=spec.traces.file,
    )
    meal = spec.after_meal
    return cut(
        traces,
        layout.signals,
        steps=spec.window,
        horizon=spec.horizon,
        target=spec.target,
        stride=spec.stride,
        event=meal.signal if meal else "",
        event_steps=max(1, round(meal.minutes / spec.traces.step_minutes)) if meal else 1,
    )


def _inside(folder: Path, relative: str) -> Path:
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()):
        remedy = "Name files relative to the project folder, without '..'."
        raise InputError(
            [Problem("outside-project", "The path leaves the project.", FILE, value=relative, remedy=remedy)]
        )
    return path


def _identity(spec: EvasionSpec, reach: Sequence[Reach], windows: Windows, model: str, seed: int) -> str:
    """A hash of everything that decides the numbers; what was kept is used again only under the same one."""
    from harmpath import __version__

    if seed < 0:
        raise HarmpathError("the seed must not be negative")
    content = repr(
        (spec.model_dump(mode="json", exclude={"goals"}), [repr(r) for r in reach], model, seed, __version__)
    )
    digest = hashlib.sha256(content.encode())
    digest.update(repr(spec.goals).encode())
    for part in (windows.raw, windows.past, windows.truth, windows.recent, windows.patient):
        digest.update(part.tobytes())
    return digest.hexdigest()[:32]
