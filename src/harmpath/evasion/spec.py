"""evasion.yaml: which model, traces, columns, goals and search; read from outside into checked values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from harmpath.device.values import Id, Strict, Text
from harmpath.device.yamltree import read
from harmpath.errors import InputError
from harmpath.evasion import goals as g
from harmpath.evasion.layout import Column, ColumnKind, Layout
from harmpath.evasion.zones import Grid

__all__ = ["ColumnSpec", "EvasionSpec", "GoalSpec", "ModelSpec", "ProfileSpec", "SearchSpec", "TracesSpec", "load_spec"]

FILE = "evasion.yaml"
_State = Literal["hypo", "normal", "hyper", "not-hyper", "not-hypo"]


class ModelSpec(Strict):
    """The model under attack."""

    file: Text | None = Field(None, description="ONNX file in the project; model_file of the engine when not given")
    output: Text = Field("", description="output to attack; the first when not given")
    url: Text | None = Field(None, description="prediction endpoint instead of a file; only this host is asked")
    timeout: float = Field(30.0, gt=0, le=3600, description="seconds for one answer of the endpoint")
    threads: int = Field(2, ge=1, le=64)


class TracesSpec(Strict):
    """The recorded or simulated signals."""

    file: Text
    step_minutes: float = Field(5.0, gt=0, le=1440)
    units: dict[Id, Literal["mmol/L"]] = Field(default_factory=dict, description="signals that the file has in mmol/L")


class EventSpec(Strict):
    """What marks a window as postprandial."""

    signal: Id
    minutes: float = Field(120.0, gt=0, le=1440)


class ColumnSpec(Strict):
    """One column of the model's window, in the model's order."""

    feature: Id
    signal: Id
    kind: ColumnKind = "value"
    steps: int = Field(1, ge=1, le=1000)
    category: float = 0.0
    fill: float = 0.0

    def column(self) -> Column:
        """As the kernel takes it."""
        return Column(self.feature, self.signal, self.kind, self.steps, self.category, self.fill)


class ThresholdsSpec(Strict):
    """Glucose states, in the unit of the target."""

    hypo: float = 70.0
    fasting: float = 125.0
    postprandial: float = 180.0


class ZoneSpec(Strict):
    """A zone of an error grid."""

    at_least: Literal["B", "C", "D", "E"]
    grid: Grid = "clarke"


class ErrorSpec(Strict):
    """An error above a bound."""

    above: float = Field(gt=0)
    against: Literal["truth", "benign"] = "truth"


class DoseSpec(Strict):
    """An error of the correction dose."""

    units: float = Field(gt=0)
    target: float = 120.0
    factor: float = Field(50.0, gt=0)
    direction: Literal["too-much", "too-little", "either"] = "too-much"


_CHOICES = (
    "all",
    "any",
    "shown",
    "truly",
    "error",
    "zone",
    "dose",
    "alarm_suppressed_below",
    "class_changes",
    "class_becomes",
)


_WAY: dict[str, Literal[-1, 0, 1]] = {"too-much": 1, "either": 0, "too-little": -1}


class GoalPart(Strict):
    """Exactly one of the kinds of goal; ``all`` and ``any`` combine several."""

    all: tuple[GoalPart, ...] | None = None
    any: tuple[GoalPart, ...] | None = None
    shown: _State | None = None
    truly: _State | None = None
    error: ErrorSpec | None = None
    zone: ZoneSpec | None = None
    dose: DoseSpec | None = None
    alarm_suppressed_below: float | None = None
    class_changes: Literal["true"] | None = None
    class_becomes: int | None = Field(None, ge=0)
    step: int = Field(-1, description="output looked at; -1 is the last")

    @model_validator(mode="after")
    def _one(self) -> GoalPart:
        given = [c for c in _CHOICES if getattr(self, c) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_CHOICES)} (given: {', '.join(given) or 'none'})")
        if self.all == () or self.any == ():
            raise ValueError("a list of goals needs at least one")
        return self

    def goal(self, thresholds: g.Thresholds) -> g.Goal:
        """The goal."""
        if self.all is not None:
            return g.All(tuple(p.goal(thresholds) for p in self.all))
        if self.any is not None:
            return g.AnyOf(tuple(p.goal(thresholds) for p in self.any))
        if self.shown is not None:
            return g.Shown(self.shown, self.step, thresholds)
        if self.truly is not None:
            return g.Truly(self.truly, self.step, thresholds)
        if self.error is not None:
            return g.ErrorAbove(self.error.above, self.error.against, self.step)
        if self.zone is not None:
            return g.ZoneAtLeast(self.zone.at_least, self.zone.grid, self.step)
        if self.dose is not None:
            return g.DoseError(
                self.dose.units, self.dose.target, self.dose.factor, _WAY[self.dose.direction], self.step
            )
        if self.alarm_suppressed_below is not None:
            return g.AlarmSuppressed(self.alarm_suppressed_below)
        return g.TargetClass(self.class_becomes) if self.class_becomes is not None else g.ClassChange()

    def last_step(self) -> int:
        """The largest output that the goal names, and -1 for the last."""
        return max([self.step, *(p.last_step() for p in (*(self.all or ()), *(self.any or ())))])


class GoalSpec(GoalPart):
    """A goal with an id and a name for people."""

    id: Id
    name: Text = ""


class SearchSpec(Strict):
    """How to look."""

    name: Literal["exhaustive", "random", "greedy", "beam", "annealing", "evolutionary", "coordinate"] = "beam"
    queries: int = Field(300, ge=1, le=1_000_000, description="largest number of questions per window")
    settings: dict[Id, int | float] = Field(default_factory=dict, description="of the search, e.g. width, depth")

    def build(self) -> Any:
        """The search; ValueError for a setting that it does not have."""
        from dataclasses import fields

        from harmpath.evasion.searches import SEARCHES

        kind: Any = SEARCHES[self.name]
        known = {f.name: f.type for f in fields(kind)}
        wrong = sorted(set(self.settings) - set(known))
        if wrong:
            raise ValueError(f"search '{self.name}' has no setting {', '.join(wrong)}; it has: {', '.join(known)}")
        whole = {k: int(v) if known[k] in ("int", int) else v for k, v in self.settings.items()}
        return kind(**whole)


class ProfileSpec(Strict):
    """Risk profiles and cohorts."""

    queries: int = Field(64, ge=1, le=100_000)
    cohorts: int = Field(2, ge=1, le=10)
    method: Literal["hierarchical", "k-means"] = "hierarchical"
    distance: Literal["features", "dtw"] = "features"
    resamples: int = Field(200, ge=0, le=10_000)


def _as_tuple(value: Any) -> Any:
    return value if value is not None else ()


class EvasionSpec(Strict):
    """Everything that an attack on the model needs; the content of evasion.yaml."""

    engine: Id
    model: ModelSpec = ModelSpec()
    traces: TracesSpec
    window: int = Field(ge=1, le=10_000, description="steps of a window")
    horizon: int = Field(1, ge=1, le=1000, description="steps of the target after the window")
    stride: int = Field(1, ge=1, description="steps from one window to the next")
    target: Id = Field(description="signal whose future is the truth")
    after_meal: EventSpec | None = None
    columns: tuple[ColumnSpec, ...] = Field(min_length=1)
    thresholds: ThresholdsSpec = ThresholdsSpec()
    goals: Annotated[tuple[GoalSpec, ...], BeforeValidator(_as_tuple)] = Field(min_length=1)
    search: SearchSpec = SearchSpec()
    max_edits: int = Field(ge=1, le=100_000, description="values changed in one window")
    max_lag: int = Field(12, ge=1, le=10_000, description="steps by which a value can be late or old")
    profile: ProfileSpec | None = ProfileSpec()
    seed: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> EvasionSpec:
        signals = {c.signal for c in self.columns}
        if self.target not in signals:
            raise ValueError(f"target '{self.target}' is not the signal of any column")
        if self.after_meal and self.after_meal.signal not in signals:
            raise ValueError(f"after_meal names '{self.after_meal.signal}', which is not the signal of any column")
        ids = [x.id for x in self.goals]
        if len(set(ids)) < len(ids):
            raise ValueError("two goals have the same id")
        self.search.build()
        return self

    def layout(self) -> Layout:
        """The columns as the kernel takes them."""
        return Layout.of([c.column() for c in self.columns])

    def limits(self) -> g.Thresholds:
        """The thresholds as goals take them."""
        return g.Thresholds(self.thresholds.hypo, self.thresholds.fasting, self.thresholds.postprandial)


def load_spec(path: Path, file: str | None = None) -> EvasionSpec:
    """Read evasion.yaml.

    Raises:
        InputError: with file, line, value and remedy of every problem.
    """
    tree = read(path, file)
    if not isinstance(tree.value, dict):
        raise InputError([tree.problem((), "not-a-mapping", "The file does not describe an attack on a model.")])
    try:
        return EvasionSpec.model_validate(tree.value)
    except ValidationError as error:
        kinds = {"missing": "missing-key", "extra_forbidden": "unknown-key"}
        problems = [
            tree.problem(
                tuple(item["loc"]), kinds.get(item["type"], "wrong-value"),
                f"{'.'.join(map(str, item['loc'])) or 'evasion'}: {item['msg'].removeprefix('Value error, ')}.",
                value=None if isinstance(item.get("input"), dict | list) else str(item.get("input"))[:80],
                remedy="See evasion.yaml of the example ('harmpath init FOLDER --like bgms') for the keys and units.",
            )
            for item in error.errors(include_url=False)[:50]
        ]  # fmt: skip
        raise InputError(sorted(problems, key=lambda p: (p.line or 0, p.column or 0))) from error
