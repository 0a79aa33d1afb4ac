"""Simulate: patients x scenarios x worlds through the closed loop."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harmpath.errors import HarmpathError, UsageError
from harmpath.patients.controllers import BasalBolus, Controller, NativeController, View
from harmpath.patients.faults import Scenario, check_scenarios, encode
from harmpath.patients.kernels import layout as k
from harmpath.patients.meals import MealPlan, User, realise_meals
from harmpath.patients.monitors import Monitor, Pump
from harmpath.patients.people import IsfRule, Population
from harmpath.patients.sensors import Meter, Sensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Integrator", "Loop", "Result", "iob_curve", "simulate"]

Integrator = Literal["cascade", "rk4", "dopri5", "gauss4"]
VALID_GLUCOSE = (10.0, 1000.0)
"""mg/dL; a patient who leaves this range has left what the model can speak about, and the run says so."""
MAX_LANE_DAYS = 200_000
_NEVER = -1.0
_LANES_WORTH_THREADS = 500


def iob_curve(taps: int, peak: float = 75.0) -> NDArray[np.float64]:
    """Share of a dose still on board after 2.5, 7.5, ... minutes, for ``taps`` steps of action.

    The exponential insulin model of LoopKit and oref0 (D. Maksimovic), rapid-acting insulin: peak at 75 min.
    """
    import numpy as np

    duration = taps * float(k.CONTROL_MINUTES)
    tau = peak * (1 - peak / duration) / (1 - 2 * peak / duration)
    a = 2 * tau / duration
    s = 1 / (1 - a + (1 + a) * np.exp(-duration / tau))
    t = np.arange(taps) * k.CONTROL_MINUTES + k.CONTROL_MINUTES / 2
    left = 1 - s * (1 - a) * ((t**2 / (tau * duration * (1 - a)) - t / tau - 1) * np.exp(-t / tau) + 1)
    result: NDArray[np.float64] = np.clip(left, 0.0, 1.0)
    return result


@dataclass(frozen=True, slots=True)
class Loop:
    """Everything around the patient that is the same in all scenarios."""

    controller: Controller = field(default_factory=BasalBolus)
    sensor: Sensor = field(default_factory=Sensor)
    meter: Meter = field(default_factory=Meter)
    pump: Pump = field(default_factory=Pump)
    monitor: Monitor = field(default_factory=Monitor)
    user: User = field(default_factory=User)
    meals: MealPlan = field(default_factory=MealPlan)
    isf_rule: IsfRule = "1700-rule"
    target: float = 120.0
    start_hour: float = 0.0
    insulin_action_hours: float = 5.0
    integrator: Integrator = "cascade"
    substeps: int = 1
    """Steps per minute (rk4, gauss4); for cascade, 2 halves its steps in the gut."""
    tolerance: float = 1e-8
    """Relative tolerance of dopri5."""
    controller_seconds: float = 5.0
    """Longest time an outside controller may take for one step of all lanes."""

    def settings(self, population: Population) -> NDArray[np.float64]:
        """The loop's numbers as the kernel reads them."""
        import numpy as np

        c = np.zeros(k.SETTINGS)
        native = self.controller if isinstance(self.controller, NativeController) else None
        c[k.C_CONTROLLER] = native.kind if native else k.EXTERNAL
        c[k.C_MONITOR] = ("none", "range-rate", "guideline", "context-stl", "predictive", "outside").index(
            self.monitor.kind
        )
        c[k.C_MITIGATION] = ("alarm", "suspend", "cap", "mitigate").index(self.monitor.mitigation)
        c[k.C_INTEGRATOR], c[k.C_SUBSTEPS] = k.INTEGRATORS.index(self.integrator), self.substeps
        c[k.C_PLANT], c[k.C_EAT_RATE], c[k.C_TOLERANCE] = population.plant_code, 5.0, self.tolerance
        c[k.C_SENSE_LOW], c[k.C_SENSE_HIGH] = self.sensor.low, self.sensor.high
        c[k.C_STALE_STEPS] = self.sensor.stale_minutes // k.CONTROL_MINUTES
        c[k.C_PUMP_MAX_RATE], c[k.C_PUMP_RATE_STEP] = self.pump.max_rate, self.pump.rate_step
        c[k.C_PUMP_MAX_BOLUS], c[k.C_PUMP_BOLUS_STEP] = self.pump.max_bolus, self.pump.bolus_step
        c[k.C_ALARM_LOW], c[k.C_RESCUE_GRAMS] = self.user.alarm_below, self.user.rescue_grams
        c[k.C_RESCUE_DELAY], c[k.C_WAKES] = self.user.rescue_delay, float(self.user.wakes)
        c[k.C_ASLEEP_A], c[k.C_ASLEEP_B] = self.user.asleep
        c[k.C_MONITOR_SEES] = float(self.monitor.sees == "controller")
        c[k.C_DOSE_FROM_METER] = float(native.dose_from_meter) if native else 0.0
        c[k.C_METER_EVERY], c[k.C_METER_SD], c[k.C_METER_CV] = self.meter.every, self.meter.sd, self.meter.cv
        c[k.C_CAP_FACTOR], c[k.C_MAX_RATE_MITIGATION] = 1.0, 2.0
        c[k.C_TAPS] = int(self.insulin_action_hours * 60) // k.CONTROL_MINUTES
        c[k.C_VALID_LOW], c[k.C_VALID_HIGH] = VALID_GLUCOSE
        c[k.C_START_HOUR] = self.start_hour
        return c


@dataclass(frozen=True, slots=True)
class Result:
    """What happened. Lanes are ordered by scenario, then patient, then replicate."""

    scenarios: tuple[Scenario, ...]
    population: Population
    replicates: int
    days: int
    seed: int
    loop: Loop
    traces: NDArray[np.float32]
    """lanes x ``layout.TRACES`` x steps (5 min)."""
    verdicts: NDArray[np.int8]
    """Monitor's verdict per step: lanes x steps."""
    left_validity: NDArray[np.float64]
    """Minute at which glucose left 10 to 1000 mg/dL, NaN when it never did: lanes."""
    tampered: NDArray[np.float64]
    """Values changed by faults: lanes."""
    alarms: NDArray[np.float64]
    """Steps in which the patient heard an alarm: lanes."""

    @property
    def steps(self) -> int:
        """Control steps per lane."""
        return int(self.traces.shape[2])

    def trace(self, name: str) -> NDArray[np.float32]:
        """One trace of all lanes, e.g. ``plasma``."""
        return self.traces[:, k.TRACES.index(name)]

    def lanes(self, scenario: str) -> slice:
        """The lanes of one scenario: patients x replicates of them."""
        index = [s.name for s in self.scenarios].index(scenario)
        width = len(self.population) * self.replicates
        return slice(index * width, (index + 1) * width)


def _generators(
    population: Population, replicates: int, first: int, seed: int, purpose: int
) -> list[np.random.Generator]:
    """One random stream per patient, replicate and purpose; independent of which others are simulated along."""
    import numpy as np

    return [
        np.random.Generator(np.random.PCG64([seed, purpose, zlib.crc32(name.encode()), first + r]))
        for name in population.names for r in range(replicates)
    ]  # fmt: skip


def simulate(
    scenarios: Sequence[Scenario],
    population: Population,
    controller: Controller | None = None,
    *,
    sensor: Sensor | None = None,
    pump: Pump | None = None,
    monitor: Monitor | None = None,
    days: int = 1,
    hours: float | None = None,
    seed: int = 0,
    replicates: int = 1,
    first_replicate: int = 0,
    loop: Loop | None = None,
) -> Result:
    """Run every scenario on every patient, ``replicates`` worlds each.

    A world is one realisation of meals, behaviour and sensor noise of one patient. Scenarios share worlds, so that
    their
    differences are the scenario's. ``hours`` ends the run earlier than ``days`` would. ``controller``, ``sensor``,
    ``pump`` and ``monitor`` replace those of ``loop``.

    Raises InputError for scenarios that cannot run, UsageError for sizes out of range, HarmpathError when an outside
    controller raises, is too slow or returns what is not a number.
    """
    import numpy as np

    from harmpath.patients.kernels.loop import advance

    given: Mapping[str, object] = {"controller": controller, "sensor": sensor, "pump": pump, "monitor": monitor}
    loop = _replaced(loop or Loop(), {name: value for name, value in given.items() if value is not None})
    if not (days >= 1 and replicates >= 1 and len(population) >= 1 and seed >= 0):
        raise UsageError("days, replicates and patients must be at least 1, the seed not negative")
    steps = days * k.DAY_STEPS if hours is None else min(max(int(hours * 12), 1), days * k.DAY_STEPS)
    check_scenarios(scenarios, steps * float(k.CONTROL_MINUTES))
    worlds = len(population) * replicates
    if worlds * len(scenarios) * days > MAX_LANE_DAYS:
        raise UsageError(
            f"more than {MAX_LANE_DAYS} patient-days in one call", remedy="split the run, as run_campaign does"
        )

    noise = loop.sensor.realise(_generators(population, replicates, first_replicate, seed, 1), steps)
    groups = [p.group for p in population.patients for _ in range(replicates)]
    eating = _generators(population, replicates, first_replicate, seed, 2)
    meals = realise_meals(loop.meals, loop.user, groups, eating, days, loop.start_hour)
    faults, spans = encode(scenarios)
    lanes = np.zeros((len(scenarios) * worlds, 4), dtype=np.int64)
    lanes[:, 0] = np.tile(np.repeat(np.arange(len(population)), replicates), len(scenarios))
    lanes[:, 1] = np.tile(np.arange(worlds), len(scenarios))
    lanes[:, 2:] = np.repeat(spans, worlds, axis=0)

    state = np.concatenate([population.initial_states(s.initial_glucose) for s in scenarios])
    state = np.repeat(state, replicates, axis=0)
    _reset(state, lanes, population)
    fault_state = np.full((len(lanes), k.MAX_FAULTS, k.FAULT_STATE), np.nan)
    fault_state[:, :, k.FS_BEGAN], fault_state[:, :, k.FS_TOUCHED] = _NEVER, 0.0
    traces = np.full((len(lanes), len(k.TRACES), steps), np.nan, dtype=np.float32)
    verdicts = np.zeros((len(lanes), steps), dtype=np.int8)
    profiles = population.profiles(loop.isf_rule, loop.target)
    c = loop.settings(population)
    curve = iob_curve(int(c[k.C_TAPS]))
    native = isinstance(loop.controller, NativeController)
    control = np.array(loop.controller.settings() if isinstance(loop.controller, NativeController) else _no_settings())
    outside = np.full((len(lanes), 3), np.nan)
    outside[:, 2] = 0.0

    parameters, volumes = population.parameters(), population.volumes()
    watching, thresholds = np.array(loop.monitor.fields()), loop.monitor.threshold_table(population.names)

    def run(phase: int, first: int, last: int) -> None:
        advance(
            phase, first, last, lanes, state, fault_state, traces, verdicts, parameters, volumes, profiles, noise,
            meals, faults, curve, control, watching, thresholds, c, outside,
        )  # fmt: skip

    if native and loop.monitor.kind != "outside":
        run(k.ALL, 0, steps)
    else:
        _stepwise(run, loop, steps, state, traces, profiles[lanes[:, 0]], outside)
    left = state[:, k.L_LEFT_VALIDITY]
    return Result(
        tuple(scenarios), population, replicates, days, seed, loop, traces, verdicts, np.where(left < 0, np.nan, left),
        fault_state[:, :, k.FS_TOUCHED].sum(axis=1), state[:, k.L_ALARMS].copy(),
    )  # fmt: skip


def _replaced(loop: Loop, changes: Mapping[str, object]) -> Loop:
    from dataclasses import replace

    return replace(loop, **changes) if changes else loop  # type: ignore[arg-type]


def _no_settings() -> list[float]:
    return NativeController().settings()


def _reset(state: NDArray[np.float64], lanes: NDArray[np.int64], population: Population) -> None:
    import numpy as np

    basal = np.array([p.basal for p in population.patients])[lanes[:, 0]]
    for column in (k.L_RESCUE_DUE, k.L_BOLUS_DUE, k.L_LEFT_VALIDITY):
        state[:, column] = _NEVER
    state[:, k.L_LAST_RESCUE] = state[:, k.L_LAST_MEAL] = -1e6
    state[:, k.L_PREV_COMMAND] = state[:, k.L_RATE] = basal
    state[:, k.L_LAST_SEEN] = state[:, k.L_METER] = np.nan
    state[:, k.EAT_QSTO] = state[:, 0] + state[:, 1]


def _stepwise(
    run: Callable[[int, int, int], None], loop: Loop, steps: int, state: NDArray[np.float64],
    traces: NDArray[np.float32], profiles: NDArray[np.float64], outside: NDArray[np.float64],
) -> None:  # fmt: skip
    """One step at a time, with Python in between."""
    import numba

    before = numba.get_num_threads()
    if len(state) < _LANES_WORTH_THREADS:
        # Waking threads twice per step costs more than they save; a thread's count is its own, nobody else is slowed.
        numba.set_num_threads(1)
    try:
        _steps(run, loop, steps, state, traces, profiles, outside)
    finally:
        numba.set_num_threads(before)


def _steps(
    run: Callable[[int, int, int], None], loop: Loop, steps: int, state: NDArray[np.float64],
    traces: NDArray[np.float32], profiles: NDArray[np.float64], outside: NDArray[np.float64],
) -> None:  # fmt: skip
    import numpy as np

    indices = [k.TRACES.index(n) for n in ("seen", "meter", "net", "iob")]
    said = np.zeros((len(state), steps), dtype=np.float32)
    for step in range(steps):
        run(k.SENSE, step, step + 1)
        said[:, step] = np.nan_to_num(state[:, k.L_SAID])
        seen, meter, net, iob = (traces[:, i] for i in indices)
        view = View(
            step, step * k.CONTROL_MINUTES, (loop.start_hour + step / 12) % 24, seen[:, : step + 1],
            meter[:, : step + 1], net[:, :step], iob[:, step].astype(np.float64),
            said[:, : step + 1], profiles,
        )  # fmt: skip
        alive = state[:, k.L_LEFT_VALIDITY] < 0
        if not isinstance(loop.controller, NativeController):
            outside[:, 0], outside[:, 1] = _decision(loop, view, alive)
        if loop.monitor.outside is not None:
            verdicts = np.asarray(loop.monitor.outside.verdicts(view, outside[:, 0].copy()))
            if verdicts.shape != alive.shape or not np.isin(verdicts, (0, 1, 2, 3)).all():
                raise HarmpathError(f"monitor {loop.monitor.outside.name!r} must give one verdict 0 to 3 per lane")
            outside[:, 2] = verdicts
        run(k.ACT, step, step + 1)


def _decision(loop: Loop, view: View, alive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    controller = loop.controller
    assert not isinstance(controller, NativeController)
    where = f"controller {controller.name!r} at minute {view.minute}"
    start = time.perf_counter()
    try:
        rates, boluses = controller.decide(view)
    except HarmpathError:
        raise
    except Exception as error:
        raise HarmpathError(f"{where} raised {type(error).__name__}: {error}", remedy="the run was stopped") from error
    took = time.perf_counter() - start
    if took > loop.controller_seconds:
        raise HarmpathError(
            f"{where} took {took:.1f} s for one step, longer than {loop.controller_seconds:g} s",
            remedy="raise controller_seconds, or make the controller work on all lanes at once",
        )
    rates, boluses = np.asarray(rates, dtype=np.float64), np.asarray(boluses, dtype=np.float64)
    if rates.shape != alive.shape or boluses.shape != alive.shape:
        raise HarmpathError(f"{where} returned {rates.shape} rates and {boluses.shape} boluses for {alive.shape} lanes")
    bad = alive & (~np.isfinite(rates) | np.isinf(boluses) | (rates < 0) | (boluses < 0))
    if bad.any():
        lane = int(np.flatnonzero(bad)[0])
        raise HarmpathError(
            f"{where} returned rate {rates[lane]} U/h, bolus {boluses[lane]} U for lane {lane}: not a dose"
        )
    return rates, boluses
