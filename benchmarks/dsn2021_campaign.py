# ruff: noqa: ANN001, ANN201, ANN202, E501, PTH123
"""Repeat the fault-injection campaign of DSN 2021 (arXiv 2104.02545) and print its figures beside the published ones.

    python benchmarks/dsn2021_campaign.py [--json OUT]

882 injections per patient: 14 fault scenarios x 9 (three starts, three durations) x 7 initial glucose values (80 to 200
mg/dL), 150 steps of 5 minutes, 20 patients: 10 of the minimal model under the oref0-like controller (the paper: 10
patients of Glucosym under OpenAPS) and 10 adults of UVA/Padova under basal-bolus with hourly corrections (the paper:
UVA-Padova under basal-bolus). Monitors see the sensor, as in the paper. Learned thresholds and the machine-learned
monitors are cross-validated over 4 folds of the injections.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from harmpath.patients.controllers import BasalBolus, Oref0
from harmpath.patients.faults import Fault, Limits, Scenario
from harmpath.patients.kernels import layout as k
from harmpath.patients.loop import Loop, simulate
from harmpath.patients.meals import MealPlan, User
from harmpath.patients.monitors import Monitor
from harmpath.patients.outcome import wilson
from harmpath.patients.people import population
from harmpath.patients.sensors import Sensor
from harmpath.patients.stl import hazards, learn_thresholds, score_monitor, select_thresholds

STEPS = 150
FOLDS = 4
TOLERANCE = 36  # samples: 3 h, the published mean time to hazard
PUBLISHED = {
    "learned context-aware (CAWT)": (0.97, 0.98),
    "context-aware, defaults (CAWOT)": (0.84, 0.87),
    "guideline": (0.73, 0.41),
    "predictive (MPC)": (0.73, 0.96),
    "decision tree": (0.81, 0.62),
    "MLP": (0.86, 0.67),
}
# channel, operation, magnitude, early start; the scenarios S9 to S22 of the published fault library
KINDS = (
    ("insulin", "hold", None, True),
    ("insulin", "scale", 4.0, False),
    ("insulin", "scale", 0.25, False),
    ("insulin", "add", 1.0, False),
    ("insulin", "subtract", 1.0, True),
    ("cgm", "hold", None, True),
    ("cgm", "scale", 2.0, False),
    ("cgm", "scale", 0.5, False),
    ("cgm", "add", 64.0, False),
    ("cgm", "subtract", 64.0, True),
    ("insulin", "replace", 2.0, False),
    ("insulin", "truncate", None, True),
    ("cgm", "replace", 175.0, False),
    ("cgm", "replace", 80.0, False),
)


def scenarios(seed=1):
    """The 882 scenarios; starts and ends drawn once per seed from the published partitions of the first 120 steps."""
    rng = np.random.default_rng(seed)
    found = []
    for kind, (channel, operation, magnitude, early) in enumerate(KINDS):
        for low, high in ((6, 10), (11, 20), (21, 30)) if early else ((6, 30), (31, 75), (76, 110)):
            start = int(rng.integers(low, high + 1))
            third = (120 - start) / 3
            for part in range(3):
                end = int(rng.integers(int(start + part * third) + 1, int(start + (part + 1) * third) + 1))
                fault = Fault(
                    channel,
                    operation,
                    float("nan") if magnitude is None else magnitude,
                    start * 5.0,
                    (end - start) * 5.0,
                    limits=Limits(low=0.0),
                )
                for glucose in (80, 100, 120, 140, 160, 180, 200):
                    found.append(Scenario(f"{kind}-{low}-{part}-{glucose}", (fault,), True, float(glucose)))
    return found


def features(bg, iob, rate):
    """Per sample: BG, its change, IOB, its change, the command and its change."""
    columns = []
    for x in (np.nan_to_num(bg, nan=10.0), np.nan_to_num(iob), rate):
        columns += [x, np.diff(x, axis=1, prepend=x[:, :1])]
    return np.stack(columns, axis=2).astype(np.float32)


def learned_models(x, label, onset, fold):
    """Decision tree and MLP (256-128 as published), cross-validated; alarms lanes x steps. Trained on a tenth of samples."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed budget of epochs, to keep the campaign's time
    steps = np.arange(label.shape[1])[None, :]
    harmed = label > 0
    first = np.where(harmed.any(axis=1), harmed.argmax(axis=1), -1)[:, None]
    unsafe = ((steps >= onset[:, None]) & (steps <= first)) | harmed
    out = {"decision tree": np.zeros(label.shape, bool), "MLP": np.zeros(label.shape, bool)}
    for f in range(FOLDS):
        train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        pick = np.random.default_rng(f).permutation(len(train) * label.shape[1])[:20_000]
        xs, ys = x[train].reshape(-1, x.shape[2])[pick], unsafe[train].reshape(-1)[pick]
        scale = StandardScaler().fit(xs)
        for name, model in (
            ("decision tree", DecisionTreeClassifier(max_depth=10, random_state=f)),
            ("MLP", MLPClassifier((256, 128), max_iter=8, batch_size=512, random_state=f)),
        ):
            model.fit(scale.transform(xs), ys)
            out[name][test] = model.predict(scale.transform(x[test].reshape(-1, x.shape[2]))).reshape(len(test), -1)
    return out


def platform(plant, controller, cases):
    """All figures of one simulator and controller."""
    people = population("adult", plant=plant)
    quiet = {
        "user": User(rescue_grams=0.0),
        "meals": MealPlan(random=False),
        "sensor": Sensor("ideal", low=1.0, high=600.0),
    }
    loop = Loop(controller=controller, **quiet)
    width = len(people)
    onset = np.repeat([int(s.onset) // 5 for s in cases], width)

    def run(kind, thresholds=None, chosen=cases, mitigation="alarm"):
        monitor = Monitor(kind, mitigation, "sensor", thresholds=thresholds)
        return simulate(chosen, people, hours=STEPS / 12, seed=1, loop=loop, monitor=monitor)

    runs = {"context-aware, defaults (CAWOT)": run("context-stl")}
    base = runs["context-aware, defaults (CAWOT)"]
    bg, iob = base.trace("interstitial"), base.trace("iob")
    boluses = base.trace("net") * 12 + np.tile([p.basal for p in people.patients], len(cases))[:, None]
    command = np.nan_to_num(boluses).astype(np.float64)
    label = hazards(bg)
    alarms = {"context-aware, defaults (CAWOT)": base.verdicts > 0}
    for name, kind in (("guideline", "guideline"), ("predictive (MPC)", "predictive")):
        alarms[name] = run(kind).verdicts > 0
    fold = np.repeat(np.random.default_rng(5).permutation(len(cases)) % FOLDS, width)
    patient = np.tile(np.arange(width), len(cases))
    learned, selected = np.zeros(label.shape, bool), np.zeros(label.shape, bool)
    for f in range(FOLDS):
        published, table = {}, {}
        for i, name in enumerate(people.names):
            pick = (fold != f) & (patient == i)
            seen = (np.nan_to_num(bg[pick], nan=10.0), np.nan_to_num(iob[pick]), command[pick])
            published[name] = learn_thresholds(*seen, onset[pick], label[pick], loop.target)
            table[name] = select_thresholds(*seen, onset[pick], label[pick], loop.target)
        test = [s for i, s in enumerate(cases) if fold[i * width] == f]
        for alarm, thresholds in ((learned, published), (selected, table)):
            alarm[fold == f] = run("context-stl", thresholds, test).verdicts > 0
    alarms = {"learned context-aware (CAWT)": learned, "context-aware, learned with harmless runs": selected, **alarms}
    alarms |= learned_models(features(bg, iob, command), label, onset, fold)
    steps = np.arange(STEPS)[None, :]
    after = (label > 0) & (steps >= onset[:, None])
    hit = after.any(axis=1)
    per_patient = [float(hit[patient == i].mean()) for i in range(width)]
    delay = (after.argmax(axis=1) - onset)[hit] * 5.0 / 60.0
    prevented, added = {}, {}
    for name, thresholds in (("learned as published", published), ("learned with harmless runs", table)):
        mended = run("context-stl", thresholds, mitigation="mitigate")
        still = ((hazards(mended.trace("interstitial")) > 0) & (steps >= onset[:, None])).any(axis=1)
        prevented[name], added[name] = float((hit & ~still).sum() / max(hit.sum(), 1)), int((~hit & still).sum())
    plain = run("context-stl", table, [Scenario(f"none {g}", (), True, float(g)) for g in range(80, 201, 20)])
    return {
        "plant": plant,
        "controller": controller.name,
        "runs": len(label),
        "hazard_runs": int(hit.sum()),
        "hazard_coverage": float(hit.mean()),
        "hazard_coverage_interval": wilson(int(hit.sum()), len(hit)),
        "hazard_coverage_range": (min(per_patient), max(per_patient)),
        "h1_runs": int(((label == 1) & (steps >= onset[:, None])).any(axis=1).sum()),
        "h2_runs": int(((label == 2) & (steps >= onset[:, None])).any(axis=1).sum()),
        "time_to_hazard_h": float(delay.mean()),
        "time_to_hazard_sd_h": float(delay.std()),
        "recovery": prevented,
        "new_hazards": added,
        "attack_free_alarm_steps": float((plain.verdicts > 0).mean()),
        "left_validity": int(np.isfinite(base.left_validity).sum()),
        "monitors": {n: score_monitor(a, label, onset, TOLERANCE) for n, a in alarms.items()},
    }


def main():
    """Run both platforms and print the tables."""
    start = time.perf_counter()
    cases = scenarios()
    assert len(cases) == 882
    simulate(cases[:1], population("adult#001"), days=1)  # compile before the clock starts
    compiled = time.perf_counter() - start
    start, cpu = time.perf_counter(), time.process_time()
    results = [
        platform("kanderian-2009", Oref0(meal_bolus=False), cases),
        platform("uva-padova-2008", BasalBolus(meal_bolus=False, correct_every=60.0), cases),
    ]
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    for r in results:
        low, high = r["hazard_coverage_interval"]
        a, b = r["hazard_coverage_range"]
        print(
            f"\n{r['plant']} under {r['controller']}: {r['runs']} runs, hazard in {r['hazard_runs']} = "
            f"{r['hazard_coverage']:.1%} (95 % {low:.1%} to {high:.1%}; patients {a:.1%} to {b:.1%}); "
            f"H1 {r['h1_runs']}, H2 {r['h2_runs']}; time to hazard {r['time_to_hazard_h']:.1f} h "
            f"(sd {r['time_to_hazard_sd_h']:.1f}); {r['left_validity']} runs left 10-1000 mg/dL"
        )
        for name, share in r["recovery"].items():
            print(
                f"  mitigation by the monitor {name}: prevents {share:.0%} of hazardous runs, adds {r['new_hazards'][name]}"
            )
        print(f"  alarms without faults ({name}): in {r['attack_free_alarm_steps']:.2%} of steps")
        print(
            f"  {'monitor':42s} {'sample F1':>9s} {'P':>6s} {'R':>6s} {'run F1':>7s} {'P':>6s} {'R':>6s}  published F1"
        )
        which = results.index(r)
        for name, (sample, by_run) in r["monitors"].items():
            shown = f"{PUBLISHED[name][which]:.2f}" if name in PUBLISHED else "(ours)"
            print(
                f"  {name:42s} {sample.f1:9.2f} {sample.precision:6.2f} {sample.recall:6.2f} {by_run.f1:7.2f} "
                f"{by_run.precision:6.2f} {by_run.recall:6.2f}  {shown}"
            )
    print(
        "\npublished: hazard coverage 33.9 % (patients 6.7 to 92.4) and 39.3 %; time to hazard about 3 h; recovery 54 % (CAWT)"
    )
    print(
        f"whole campaign: {took:.1f} s for {sum(r['runs'] for r in results)} injections, {cpu:.1f} s of processor time (compiling or loading: {compiled:.1f} s); "
        f"budget 120 s: {'met' if took < 120 else 'NOT met'}"
    )
    print(
        "differs: Glucosym's code and its patients' own parameters are not used (minimal model with Kanderian's 10 adults, "
        "oref0-like controller); starts and ends redrawn (seed 1); tolerance window 3 h; LSTM monitor not repeated"
    )
    if "--json" in sys.argv:
        path = sys.argv[sys.argv.index("--json") + 1]
        with open(path, "w", encoding="utf-8") as out:
            json.dump(
                results, out, default=lambda s: {"tp": s.tp, "fp": s.fp, "fn": s.fn, "tn": s.tn, "f1": s.f1}, indent=1
            )
    assert k.STL_RULES == 12


if __name__ == "__main__":
    main()
