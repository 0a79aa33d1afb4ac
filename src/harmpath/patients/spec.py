"""simulation.yaml: which patients, which loop, which faults; read from outside into checked values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from harmpath.device.yamltree import read
from harmpath.errors import InputError, MissingExtraError, Problem
from harmpath.patients.controllers import BasalBolus, Controller, ForecastAdvice, Mpc, NativeController, Oref0, Pid
from harmpath.patients.faults import Fault, Limits, Scenario, Trigger, check_scenarios
from harmpath.patients.loop import Integrator, Loop
from harmpath.patients.meals import FixedMeal, MealPlan, User
from harmpath.patients.monitors import Monitor, Pump
from harmpath.patients.people import IsfRule, Population, population
from harmpath.patients.search import AttackSpace
from harmpath.patients.sensors import Meter, Sensor
from harmpath.patients.severity import DEFAULT_CRITERIA, Criterion

__all__ = ["SearchSpec", "SimulationSpec", "load_spec"]

_NATIVE: Mapping[str, type[NativeController]] = {"basal-bolus": BasalBolus, "pid": Pid, "oref0": Oref0, "mpc": Mpc}
# Values from outside carry no unknown keys: a misspelt setting must not be ignored.
for _class in (
    Fault,
    Limits,
    Trigger,
    Scenario,
    FixedMeal,
    MealPlan,
    User,
    Pump,
    Sensor,
    Meter,
    Criterion,
    *_NATIVE.values(),
):
    setattr(_class, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OnnxSpec(_Strict):
    """A forecast model of the project in the loop (see ``controllers.ForecastAdvice``)."""

    kind: Literal["onnx-forecast"]
    model: str
    """Path of the ONNX file inside the project folder."""
    window: int = Field(12, ge=1, le=288)
    features: tuple[
        Literal["glucose", "insulin", "bolus", "carbs", "time-sin", "time-cos", "finger", "missing"], ...
    ] = ("glucose",)
    high: float = 180.0
    low: float = 80.0
    every: float = 60.0
    input_scale: float = 1.0
    """Multiplies the window before the model sees it, e.g. 0.0555 for a model in mmol/L."""
    output_scale: float = 1.0


class MonitorSpec(_Strict):
    """A monitor of the loop."""

    kind: Literal["none", "range-rate", "guideline", "context-stl", "predictive"] = "none"
    mitigation: Literal["alarm", "suspend", "cap", "mitigate"] = "alarm"
    sees: Literal["sensor", "controller"] = "controller"
    settings: dict[str, float] = {}
    thresholds: dict[str, tuple[float, ...]] | None = None

    def build(self) -> Monitor:
        """The monitor."""
        return Monitor(self.kind, self.mitigation, self.sees, self.settings, self.thresholds)


class SearchSpec(_Strict):
    """One search for the worst feasible attack."""

    name: str
    channel: Literal["cgm", "meter", "meal", "insulin", "bolus", "alarm"]
    operations: tuple[
        Literal[
            "replace", "add", "subtract", "scale", "hold", "maximum", "minimum", "truncate", "delay", "replay", "drop",
            "drift",
        ],
        ...,
    ]  # fmt: skip
    limits: Limits = Limits()
    start: tuple[float, float] = (0.0, 720.0)
    duration: tuple[float, float] = (30.0, 360.0)
    trigger: Trigger = Trigger()
    goal: str = "lbgi"
    generations: int = Field(8, ge=1, le=50)
    size: int = Field(48, ge=8, le=500)
    path: str = ""

    def space(self) -> AttackSpace:
        """The space to search."""
        return AttackSpace(
            self.channel,
            self.operations,
            self.limits,
            self.start,
            self.duration,
            self.trigger,
            (),
            self.name,
            self.path,
        )


def _native_or_onnx(value: Any) -> Any:
    """``kind`` decides which controller's settings may stand beside it."""
    if isinstance(value, NativeController | OnnxSpec) or not isinstance(value, dict):
        return value
    settings = dict(value)
    kind = settings.get("kind", "basal-bolus")
    if kind == "onnx-forecast":
        return OnnxSpec.model_validate(settings)
    if kind not in _NATIVE:
        raise ValueError(f"no controller {kind!r}; one of: {', '.join(_NATIVE)}, onnx-forecast")
    settings.pop("kind", None)
    return TypeAdapter(_NATIVE[kind]).validate_python(settings)


class SimulationSpec(_Strict):
    """Everything that a campaign needs; the content of simulation.yaml."""

    plant: Literal["uva-padova-2008", "kanderian-2009"] = "uva-padova-2008"
    patients: tuple[str, ...] = ("adult",)
    """Names or groups: adult, adolescent, child, adult#001 ..."""
    second_plant: Literal["uva-padova-2008", "kanderian-2009"] | None = None
    """Repeat on this plant's adults, to show which conclusions hold in both models."""
    days: int = Field(1, ge=1, le=90)
    replicates: int = Field(1, ge=1, le=10_000)
    """Realisations of meals, behaviour and noise per patient."""
    seed: int = Field(1, ge=0)
    start_hour: float = Field(0.0, ge=0.0, lt=24.0)
    target: float = Field(120.0, ge=80.0, le=200.0)
    isf_rule: IsfRule = "1700-rule"
    integrator: Integrator = "cascade"
    controller: Annotated[NativeController | OnnxSpec, BeforeValidator(_native_or_onnx)] = Oref0()
    sensor: Sensor = Sensor()
    meter: Meter = Meter()
    pump: Pump = Pump()
    user: User = User()
    meals: MealPlan = Field(default_factory=MealPlan)
    monitor: MonitorSpec = MonitorSpec()
    scenarios: tuple[Scenario, ...] = ()
    searches: tuple[SearchSpec, ...] = ()
    within_hours: float = Field(4.0, gt=0.0, le=48.0)
    severity_share: float = Field(0.05, gt=0.0, le=1.0)
    severity: tuple[Criterion, ...] = DEFAULT_CRITERIA
    keep_glucose: bool = True
    """Write every run's glucose (1 mg/dL, 5 min) beside its measures."""

    def all_scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios, led by the run without faults that they are compared with."""
        named = any(not s.faults and s.initial_glucose is None for s in self.scenarios)
        return self.scenarios if named else (Scenario("no attack"), *self.scenarios)

    def people(self, plant: str | None = None) -> Population:
        """The patients; on another plant its adults."""
        if plant is None or plant == self.plant:
            return population(*self.patients, plant=self.plant)
        return population("adult", plant=plant)  # type: ignore[arg-type]

    def loop(self, root: Path | None = None) -> Loop:
        """The loop around them; ``root`` is the project folder that a model's path is relative to."""
        return Loop(
            controller=_controller(self.controller, root), sensor=self.sensor, meter=self.meter, pump=self.pump,
            monitor=self.monitor.build(), user=self.user, meals=self.meals, isf_rule=self.isf_rule, target=self.target,
            start_hour=self.start_hour, integrator=self.integrator,
        )  # fmt: skip

    def check(self) -> SimulationSpec:
        """Raise InputError when patients or scenarios do not fit the run; returns itself."""
        self.people()
        check_scenarios(self.all_scenarios(), self.days * 1440.0)
        return self


def _controller(controller: NativeController | OnnxSpec, root: Path | None) -> Controller:
    if isinstance(controller, NativeController):
        return controller
    return ForecastAdvice(
        _onnx_predict(controller, root or Path()), controller.window, controller.features, controller.high,
        controller.low, controller.every, f"onnx:{controller.model}",
    )  # fmt: skip


def _onnx_predict(spec: OnnxSpec, root: Path) -> Any:
    """The model as a function of windows; it must take batch x window x features (or them flattened)."""
    try:
        import numpy as np
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("an ONNX model in the loop", "ml") from error
    path = (root / spec.model).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise InputError([Problem("missing-model", "no such model inside the project folder", value=spec.model)])
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(
            [Problem("bad-model", f"not a model that ONNX Runtime can load: {error}", value=spec.model)]
        ) from error
    entry = session.get_inputs()[0]

    def predict(windows: Any) -> Any:
        batch = (windows * spec.input_scale).astype(np.float32)
        if len(entry.shape) == 2:
            batch = batch.reshape(len(batch), -1)
        return np.asarray(session.run(None, {entry.name: batch})[0]).reshape(len(batch), -1) * spec.output_scale

    return predict


_KEYS: Mapping[str, Any] = {
    "scenarios": Scenario, "faults": Fault, "limits": Limits, "trigger": Trigger, "sensor": Sensor, "meter": Meter,
    "pump": Pump, "user": User, "meals": MealPlan, "fixed": FixedMeal, "monitor": MonitorSpec, "searches": SearchSpec,
    "severity": Criterion, "controller": NativeController,
}  # fmt: skip


def _known(location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where an error was found."""
    owner: Any = next((_KEYS[str(p)] for p in reversed(location[:-1]) if p in _KEYS), SimulationSpec)
    keys = owner.model_fields if hasattr(owner, "model_fields") else owner.__dataclass_fields__
    extra = ["kind", "and the settings of that kind"] if owner is NativeController else []
    return [*extra[:1], *keys, *extra[1:]]


def load_spec(path: Path, file: str | None = None) -> SimulationSpec:
    """Read simulation.yaml (the document, or its ``simulation:`` part). InputError with file, line, value and
    remedy."""
    tree = read(path, file)
    value = tree.value if tree.value is not None else {}
    prefix: tuple[str, ...] = ()
    if isinstance(value, dict) and set(value) == {"simulation"}:
        value, prefix = value["simulation"] or {}, ("simulation",)
    try:
        return SimulationSpec.model_validate(value).check()
    except ValidationError as error:
        problems = [
            tree.problem(
                (*prefix, *(p for p in item["loc"] if p != "function-before")),
                {
                    "missing": "missing-key",
                    "extra_forbidden": "unknown-key",
                    "unexpected_keyword_argument": "unknown-key",
                }.get(item["type"], "wrong-value"),
                f"{'.'.join(map(str, item['loc'])) or 'simulation'}: {item['msg'].removeprefix('Value error, ')}.",
                value=str(item.get("input"))[:80],
                remedy=f"known here: {', '.join(_known(item['loc']))}",
            )
            for item in error.errors(include_url=False)[:20]
        ]
        raise InputError(problems) from error
    except InputError as error:
        shown = file or str(path)
        raise InputError(
            Problem(p.code, p.message, p.file or shown, p.line or tree.mark(prefix)[0], p.column, p.value, p.remedy)
            for p in error.problems
        ) from error
