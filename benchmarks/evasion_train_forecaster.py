"""Train the small glucose forecaster of the ``bgms`` example on simulated patients, and say how good it is.

    python benchmarks/evasion_train_forecaster.py          # train, print accuracy
    python benchmarks/evasion_train_forecaster.py --write  # also write model/ of the example

Split: by patient. Numbers #001 to #006 of adults and adolescents train, #007 chooses when to stop, #008 to #010 are
never seen and are the ones whose traces ship. The model is a perceptron on the last hour; it is a victim for
measurements, not a state-of-the-art forecaster.
"""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmpath.evasion.layout import Column, Layout
from harmpath.evasion.traces import Trace, Windows, cut
from harmpath.patients import BasalBolus, Loop, MealPlan, Meter, Pump, Scenario, Sensor, User, population, simulate

SIGNALS = ("glucose", "finger-glucose", "insulin-dose", "carbs", "phone-time")
LAYOUT = Layout.of(
    (
        Column("f-glucose", "glucose"),
        Column("f-finger", "finger-glucose"),
        Column("f-dose", "insulin-dose"),
        Column("f-carbs", "carbs"),
        Column("f-time-sin", "phone-time", "day-sine"),
        Column("f-time-cos", "phone-time", "day-cosine"),
        Column("f-missing", "glucose", "missing"),
    )
)
LAYOUT = Layout(LAYOUT.columns, SIGNALS)
STEPS, HORIZON, SEED = 12, 6, 20260101
TRAIN, STOP, TEST = ("001", "002", "003", "004", "005", "006"), ("007",), ("008", "009", "010")
EXAMPLE = Path(__file__).resolve().parent.parent / "src" / "harmpath" / "examples" / "bgms"


def traces(numbers: tuple[str, ...], days: int, replicates: int, seed: int) -> list[Trace]:
    """Simulated days of people who inject: counted carbohydrate is off by 35 %, one bolus in ten is left
    out, basal insulin is 15 % above need; so that lows and highs occur."""
    people = population(*(f"{group}#{n}" for group in ("adult", "adolescent") for n in numbers))
    user = User(follows=0.9, delays=0.2, delay_minutes=20.0, counting_cv=0.35, alarm_below=60.0)
    loop = Loop(
        controller=BasalBolus(basal_factor=1.15),
        sensor=Sensor("vettoretti-2019"),
        meter=Meter(every=360.0),
        pump=Pump(bolus_step=0.5),
        user=user,
        meals=MealPlan(),
    )
    run = simulate((Scenario("no attack"),), people, days=days, seed=seed, replicates=replicates, loop=loop)
    found = []
    for lane in range(len(run.traces)):
        patient, replicate = divmod(lane, replicates)
        values = np.full((run.steps, len(SIGNALS)), np.nan)
        values[:, 0] = np.rint(run.trace("reading")[lane])
        values[:, 1] = np.rint(run.trace("meter")[lane])
        net = run.trace("net")[lane]
        values[:, 2] = np.where(net > 0.25, np.rint(net * 2) / 2, 0.0)
        values[:, 3] = np.rint(np.nan_to_num(run.trace("carbs")[lane]))
        values[:, 4] = np.round((np.arange(run.steps) / 12) % 24, 3)
        name = people.names[patient] + (f"-{replicate}" if replicates > 1 else "")
        found.append(Trace(name, values))
    return found


def windows(found: list[Trace], stride: int = 1) -> Windows:
    """Windows whose whole horizon is known."""
    w = cut(found, SIGNALS, steps=STEPS, horizon=HORIZON, target="glucose", stride=stride, event="carbs")
    return w.take(~np.isnan(w.truth).any(axis=1))


def report(name: str, w: Windows, forecast: np.ndarray) -> None:
    """RMSE and MAE at each horizon, beside the forecast that nothing changes, and hypoglycaemia found."""
    glucose = w.raw[:, :, 0]
    last = np.take_along_axis(glucose, STEPS - 1 - np.argmax(~np.isnan(glucose[:, ::-1]), axis=1)[:, None], axis=1)
    for step in (2, 5):
        error, flat = forecast[:, step] - w.truth[:, step], last[:, 0] - w.truth[:, step]
        print(
            f"{name:>12} {5 * (step + 1):2d} min: RMSE {np.sqrt((error**2).mean()):5.1f}, "
            f"MAE {np.abs(error).mean():5.1f}"
            f"   unchanged value: RMSE {np.sqrt((flat**2).mean()):5.1f}, MAE {np.abs(flat).mean():5.1f} mg/dL"
        )
    low, said = w.truth[:, -1] < 70, forecast[:, -1] < 70
    hit = int((low & said).sum())
    print(
        f"{name:>12} below 70 at 30 min: {low.sum()} of {len(low)} windows; recall {hit}/{low.sum()} = "
        f"{hit / max(low.sum(), 1):.3f}, precision {hit}/{said.sum()} = {hit / max(said.sum(), 1):.3f}"
    )


def as_csv(found: list[Trace]) -> str:
    """The traces as the CSV that evasion.yaml names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("patient", "minute", *SIGNALS))
    for trace in found:
        for step, row in enumerate(trace.values):
            cells = ["" if np.isnan(v) else f"{v:.10g}" for v in row]
            writer.writerow((trace.patient, step * 5, *cells))
    return out.getvalue()


def main() -> None:
    """Train and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write model/ of the bgms example")
    arguments = parser.parse_args()
    fit = windows(traces(TRAIN, days=7, replicates=2, seed=SEED), stride=2)
    stop = windows(traces(STOP, days=7, replicates=2, seed=SEED), stride=2)
    test = windows(traces(TEST, days=14, replicates=1, seed=SEED + 1))
    print(f"windows: {len(fit)} to train, {len(stop)} to stop, {len(test)} for the report")

    def flat(w: Windows) -> np.ndarray:
        return LAYOUT.compute(w.raw).reshape(len(w), -1)

    scaler, best, model = StandardScaler().fit(flat(fit)), np.inf, None
    net = MLPRegressor(
        hidden_layer_sizes=(48, 24), activation="relu", learning_rate_init=1e-3, batch_size=256, random_state=SEED
    )
    order, state, waited = np.arange(len(fit)), np.random.default_rng(SEED), 0
    middle, spread = fit.truth.mean(), fit.truth.std()
    x, y = scaler.transform(flat(fit)), (fit.truth - middle) / spread
    x_stop = scaler.transform(flat(stop))
    for _ in range(60):
        state.shuffle(order)
        net.partial_fit(x[order], y[order])
        loss = float(((net.predict(x_stop) - (stop.truth - middle) / spread) ** 2).mean())
        if loss < best:
            best, waited, model = loss, 0, ([c.copy() for c in net.coefs_], [b.copy() for b in net.intercepts_])
        else:
            waited += 1
        if waited > 6:
            break
    assert model is not None
    # The scale of the target goes into the last layer, so that the file answers in mg/dL.
    net.coefs_ = [*model[0][:-1], model[0][-1] * spread]
    net.intercepts_ = [*model[1][:-1], model[1][-1] * spread + middle]
    whole = make_pipeline(scaler, net)
    print(f"stopped after {net.t_ // len(fit)} epochs")
    report("training", fit, np.clip(whole.predict(flat(fit)), 40, 400))
    report("unseen", test, np.clip(whole.predict(flat(test)), 40, 400))
    if arguments.write:
        write(scaler, net, traces(TEST, days=2, replicates=1, seed=SEED + 2))


def write(scaler: StandardScaler, net: MLPRegressor, found: list[Trace]) -> None:
    """The model as ONNX (window: n x 12 x 7, in the units of the signals), and two days of the unseen patients."""
    folder = EXAMPLE / "model"
    folder.mkdir(exist_ok=True)
    (folder / "forecaster.onnx").write_bytes(as_onnx(scaler, net))
    (folder / "traces.csv").write_text(as_csv(found), encoding="utf-8")
    print({p.name: p.stat().st_size for p in sorted(folder.iterdir())})


def as_onnx(scaler: StandardScaler, net: MLPRegressor) -> bytes:
    """The perceptron with its scaling folded into the first layer."""
    from onnx import TensorProto, checker, helper, numpy_helper

    weights = [net.coefs_[0] / scaler.scale_[:, None], *net.coefs_[1:]]
    biases = [net.intercepts_[0] - (scaler.mean_ / scaler.scale_) @ net.coefs_[0], *net.intercepts_[1:]]
    columns = len(LAYOUT.columns)
    held = [numpy_helper.from_array(np.array([-1, STEPS * columns]), "flat_shape")]
    nodes, value = [helper.make_node("Reshape", ["window", "flat_shape"], ["flat"])], "flat"
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        for name, values in ((f"w{i}", w), (f"b{i}", b)):
            held.append(numpy_helper.from_array(values.astype(np.float32), name))
        last = i == len(weights) - 1
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"sum{i}"]))
        if not last:
            nodes.append(helper.make_node("Relu", [f"sum{i}"], [f"out{i}"]))
        value = f"out{i}"
    # The app shows 40 to 400 mg/dL, as the sensor does; no forecast leaves that range.
    held += [numpy_helper.from_array(np.array(v, np.float32), n) for n, v in (("lowest", 40.0), ("highest", 400.0))]
    nodes.append(helper.make_node("Clip", [f"sum{len(weights) - 1}", "lowest", "highest"], ["forecast"]))
    graph = helper.make_graph(
        nodes,
        "glucose-forecaster",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["n", STEPS, columns])],
        [helper.make_tensor_value_info("forecast", TensorProto.FLOAT, ["n", HORIZON])],
        held,
        doc_string="Perceptron trained on simulated patients only; see README.md beside this file.",
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    return bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
