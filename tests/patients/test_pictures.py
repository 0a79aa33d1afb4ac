"""Pictures are well-formed, say what they show, hold still, and escape what comes from outside."""

from __future__ import annotations

import subprocess
import sys

import defusedxml.ElementTree as ElementTree
import numpy as np
import pytest

import harmpath.patients
from harmpath.errors import UsageError
from harmpath.patients.campaign import run_campaign
from harmpath.patients.pictures import agp_day, draw_campaign, glucose_bands, time_to_harm, variability_grid
from harmpath.patients.spec import SimulationSpec

SVG = "{http://www.w3.org/2000/svg}"
SPEC = SimulationSpec.model_validate(
    {
        "patients": ["adult#001", "adult#002", "adult#003"],
        "scenarios": [
            {
                "name": "<b>overdose</b> & more",
                "faults": [{"channel": "bolus", "operation": "replace", "magnitude": 9, "start": 200, "duration": 5}],
            },
            {
                "name": "killed",
                "faults": [{"channel": "bolus", "operation": "replace", "magnitude": 25, "start": 200, "duration": 30}],
            },
        ],
    }
)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    return run_campaign(SPEC, tmp_path_factory.mktemp("campaign"))


def test_every_picture_is_well_formed_titled_and_escaped(campaign):
    written = draw_campaign(campaign)
    assert [p.name for p in written] == [
        "daily-profile.svg", "glucose-bands.svg", "harm-by-channel.svg", "time-to-54.svg", "variability-grid.svg",
    ]  # fmt: skip
    for path in written:
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.tag == SVG + "svg"
        assert root.find(SVG + "title").text
        assert root.find(SVG + "desc").text
        assert "<b>" not in text
        assert "nan" not in text.replace("nance", "")
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "&lt;b&gt;overdose" in (campaign.folder / "glucose-bands.svg").read_text()
    before = [p.read_bytes() for p in written]
    assert [p.read_bytes() for p in draw_campaign(campaign)] == before


def test_the_curves_stand_where_the_numbers_are(campaign):
    root = ElementTree.fromstring(time_to_harm(campaign.harm, ["no attack", "killed"]))
    lines = root.findall(SVG + "polyline")
    last = [line.get("points").split()[-1].split(",")[1] for line in lines]
    assert float(last[0]) == 332.0, "nobody without attack: on the axis"
    share = campaign.harm["killed"].figure("share below 54").value
    assert share == 1.0
    assert float(last[1]) == 44.0, "everybody: at the top"


def test_the_grid_runs_from_high_lows_on_the_left_to_low_lows_on_the_right(campaign):
    root = ElementTree.fromstring(variability_grid(campaign.harm, ["no attack", "killed"]))
    dots = {c.find(SVG + "title").text: float(c.get("cx")) for c in root.findall(SVG + "circle")}
    healthy = [x for t, x in dots.items() if t.startswith("no attack")]
    killed = [x for t, x in dots.items() if t.startswith("killed")]
    assert len(healthy) == len(killed) == 3
    assert max(healthy) < min(killed)
    assert max(killed) == 760 - 16


def test_bands_end_where_the_patients_left_validity(campaign):
    killed = campaign.glucose[6:9]
    assert np.isnan(killed).any()
    assert glucose_bands({"killed": killed}).count("polyline") >= 1
    with pytest.raises(UsageError):
        glucose_bands({})
    with pytest.raises(UsageError):
        agp_day(np.zeros((1, 10), dtype=np.float32))
    with pytest.raises(UsageError):
        time_to_harm(campaign.harm, ["killed"], measure="sd")


def test_the_public_face_is_whole_and_cheap_to_import():
    assert list(harmpath.patients.__all__) == sorted(
        harmpath.patients.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n)
    )
    for name in harmpath.patients.__all__:
        assert getattr(harmpath.patients, name) is not None
    with pytest.raises(AttributeError):
        harmpath.patients.nothing  # noqa: B018
    code = "import sys, harmpath.patients.spec; sys.exit('numpy' in sys.modules or 'numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
