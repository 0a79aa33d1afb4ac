"""A run on a project: figures with evidence, nothing reachable, resuming, and what is wrong in the files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harmpath.attackpaths.analysis import analyse
from harmpath.attackpaths.reach import Reach
from harmpath.device.project import Project, open_project
from harmpath.errors import InputError
from harmpath.evasion import EvasionResult, FunctionVictim, load_spec, run
from harmpath.evasion.spec import EvasionSpec
from harmpath.evidence import MeasurementEvidence


@pytest.fixture(scope="session")
def bgms(examples: Path) -> Project:
    return open_project(examples / "bgms")


@pytest.fixture(scope="session")
def reach(bgms: Project) -> tuple[Reach, ...]:
    return analyse(bgms.device, ()).reach


@pytest.fixture(scope="session")
def quick(bgms: Project) -> EvasionSpec:
    spec = load_spec(bgms.folder / "evasion.yaml")
    chosen = tuple(g for g in spec.goals if g.id in ("low-shown-as-high", "warning-suppressed"))
    search = spec.search.model_copy(update={"queries": 40})
    profile = spec.profile.model_copy(update={"queries": 16, "resamples": 20}) if spec.profile else None
    return spec.model_copy(update={"stride": 12, "goals": chosen, "search": search, "profile": profile})


@pytest.fixture(scope="session")
def result(bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec) -> EvasionResult:
    return run(bgms.folder, bgms.device, reach, quick)


def test_the_example_is_attacked_within_its_reach(result: EvasionResult, reach: tuple[Reach, ...]) -> None:
    assert result.reachable
    assert set(result.signals) <= {s.signal for r in reach for s in r.per_signal}
    assert "forecaster.onnx (SHA-256 " in result.model
    assert result.accuracy is not None
    assert result.accuracy.rmse < result.accuracy.unchanged_rmse
    goal = result.goals[0]
    assert goal.share.n > 0
    assert goal.share.low <= goal.share.value <= goal.share.high
    assert sum(g.share.n for g in goal.by_patient) == goal.share.n
    assert sum(g.share.hits for g in goal.by_patient) == goal.share.hits
    assert [g.name for g in goal.by_signal] == list(result.signals)
    hits = [s.hits for _, s in goal.by_edits]
    assert hits == sorted(hits)
    assert hits[-1] == goal.share.hits
    assert [s.hits for _, s in goal.by_queries] == sorted(s.hits for _, s in goal.by_queries)


def test_every_path_that_reaches_a_signal_has_its_figure(result: EvasionResult, reach: tuple[Reach, ...]) -> None:
    paths = {p for r in reach for s in r.per_signal if s.signal in result.signals for p in s.paths}
    by_signal = {g.name: g for g in result.goals[0].by_signal}
    assert {g.name for g in result.goals[0].by_path} == paths
    for path in result.goals[0].by_path:
        falsifies = path.name.startswith("AP-falsify-signal.")
        assert falsifies or path.name.startswith("AP-withhold-signal.")
        if len(path.signals) == 1 and falsifies:
            assert path.share == by_signal[path.signals[0]].share
        elif len(path.signals) == 1:
            assert path.share.hits <= by_signal[path.signals[0]].share.hits
    withheld = [p for p in result.goals[0].by_path if p.signals == ("carbs",) and p.name.startswith("AP-withhold")]
    assert withheld
    assert all(p.share.hits < by_signal["carbs"].share.hits for p in withheld)


def test_findings_carry_measurements(result: EvasionResult) -> None:
    measured = [e for e in result.evidence if isinstance(e, MeasurementEvidence)]
    assert len(measured) == len(result.goals)
    for evidence, goal in zip(measured, result.goals, strict=True):
        assert evidence.n == goal.share.n
        assert evidence.low == goal.share.low
        assert evidence.seed == result.seed
    assert {n.subject for n in result.not_assessed} == {"f-settings", "therapy-settings"}


def test_example_shows_false_readings_and_what_they_do(result: EvasionResult) -> None:
    example = result.goals[0].example
    assert example is not None
    assert example.authentic != example.falsified
    assert example.misled[-1] > 125
    assert example.truth[-1] is not None
    assert example.truth[-1] < 70


def test_patients_are_grouped_by_mean_risk(result: EvasionResult) -> None:
    assert len(result.risk) == 6
    less = [r.mean for r in result.risk if r.cohort == "less vulnerable"]
    more = [r.mean for r in result.risk if r.cohort == "more vulnerable"]
    assert np.mean(less) < np.mean(more)
    assert all(r.stability is not None and 0 <= r.stability <= 1 for r in result.risk)


def test_same_seed_same_result(
    result: EvasionResult, bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec
) -> None:
    assert repr(run(bgms.folder, bgms.device, reach, quick)) == repr(result)


def test_nothing_reachable_is_a_good_result_and_says_so(
    bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec
) -> None:
    none = [replace(r, per_signal=(), signals=(), operations=(), reason="Encrypted end to end.") for r in reach]
    found = run(bgms.folder, bgms.device, none, quick)
    assert not found.reachable
    assert found.reason == "No attack path reaches this model's inputs. Encrypted end to end."
    assert found.goals == ()
    assert found.queries == 0
    assert found.evidence


def test_paths_that_miss_the_model_say_so(bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec) -> None:
    only = [r if r.feature == "f-settings" else replace(r, per_signal=(), reason="Closed.") for r in reach]
    found = run(bgms.folder, bgms.device, only, quick)
    assert not found.reachable
    assert "therapy-settings" in found.reason


def test_a_plausibility_check_makes_it_harder(bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec) -> None:
    few = quick.model_copy(update={"max_edits": 2, "goals": quick.goals[:1], "profile": None})
    limit = next(s.max_rate for s in bgms.device.signals if s.id == "glucose")
    only = [
        replace(r, per_signal=tuple(s for s in r.per_signal if s.signal == "glucose"))
        for r in reach
    ]  # fmt: skip
    slow = [replace(r, per_signal=tuple(replace(s, max_rate=limit) for s in r.per_signal)) for r in only]
    free, checked = (run(bgms.folder, bgms.device, r, few).goals[0] for r in (only, slow))
    assert checked.share.n == free.share.n
    assert checked.share.hits < free.share.hits


def test_an_interrupted_run_resumes_with_the_same_figures(
    bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec, result: EvasionResult, tmp_path: Path
) -> None:
    class Stop(Exception):
        pass

    seen: list[str] = []

    def stop(_done: int, _total: int, what: str) -> None:
        seen.append(what)
        if len(set(seen)) > 3:
            raise Stop

    with pytest.raises(Stop):
        run(bgms.folder, bgms.device, reach, quick, progress=stop, keep=tmp_path)
    kept = sorted(tmp_path.glob("*.npz"))
    assert len(kept) == 3
    kept[0].write_bytes(b"damaged")
    again: list[str] = []
    found = run(bgms.folder, bgms.device, reach, quick, progress=lambda *a: again.append(a[2]), keep=tmp_path)
    assert repr(found) == repr(result)
    assert len(set(seen) & set(again)) == 2  # the damaged one, and the one that was interrupted
    other: list[str] = []
    run(bgms.folder, bgms.device, reach, quick, seed=9, progress=lambda *a: other.append(a[2]), keep=tmp_path)
    assert set(seen) <= set(other)


def test_a_function_can_be_the_victim(bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec) -> None:
    last = FunctionVictim(lambda w: np.repeat(w[:, -1:, 0], 6, axis=1), "last value")
    found = run(bgms.folder, bgms.device, reach, quick, victim=last)
    assert found.model == "last value"
    by_signal = {g.name: g.share for g in found.goals[0].by_signal}
    assert by_signal["glucose"].value == 1.0
    assert by_signal["carbs"].hits == 0


def test_a_model_that_does_not_forecast_has_no_risk_profile_and_says_so(
    bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec
) -> None:
    one = FunctionVictim(lambda w: w[:, -1, 0], "last value")
    found = run(bgms.folder, bgms.device, reach, quick, victim=one)
    assert found.risk == ()
    assert found.accuracy is None
    assert "risk profiles" in {n.subject for n in found.not_assessed}


def test_wrong_specs_say_where(bgms: Project, tmp_path: Path) -> None:
    text = (bgms.folder / "evasion.yaml").read_text(encoding="utf-8")
    changes = {
        "window: 12": ("window: many", "window"),
        "{truly: hypo}": ("{truely: hypo}", "truely"),
        "alarm_suppressed_below: 70": ("alarm_suppressed_below: 70\n    shown: hypo", "exactly one"),
        "search: {name: beam,": ("search: {name: beam, settings: {size: 3},", "has no setting size"),
        "target: glucose": ("target: weight", "not the signal of any column"),
        "id: normal-shown-as-high": ("id: low-shown-as-high", "same id"),
    }
    for old, (new, said) in changes.items():
        assert old in text
        path = tmp_path / "evasion.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError) as error:
            load_spec(path, "evasion.yaml")
        assert said in str(error.value), old
        assert all(p.file == "evasion.yaml" and p.line for p in error.value.problems)


def test_files_outside_the_project_and_unknown_ids_are_refused(
    bgms: Project, reach: tuple[Reach, ...], quick: EvasionSpec, tmp_path: Path
) -> None:
    folder = tmp_path / "bgms"
    shutil.copytree(bgms.folder, folder)
    outside = quick.model_copy(update={"model": quick.model.model_copy(update={"file": "../other.onnx"})})
    with pytest.raises(InputError, match="leaves the project"):
        run(folder, bgms.device, reach, outside)
    with pytest.raises(InputError, match=r"no ML engine 'x'.*\n.*glucose-forecaster"):
        run(folder, bgms.device, reach, quick.model_copy(update={"engine": "x"}))
    wrong = quick.columns[0].model_copy(update={"signal": "sugar", "feature": "f-sugar"})
    with pytest.raises(InputError) as error:
        run(folder, bgms.device, reach, quick.model_copy(update={"columns": (*quick.columns, wrong)}))
    assert {p.value for p in error.value.problems} == {"sugar", "f-sugar"}
    with pytest.raises(InputError, match=r"expected one input \(n, 12, 6\)"):
        run(folder, bgms.device, reach, quick.model_copy(update={"columns": quick.columns[:-1]}))
