"""The small closed loop as fixtures."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harmpath.device.model import Device

from .loop_device import LOOP


@pytest.fixture
def loop() -> dict[str, Any]:
    """The device as it stands in a file, to be changed at will."""
    return copy.deepcopy(LOOP)


@pytest.fixture
def device(loop: dict[str, Any]) -> Device:
    return Device.model_validate(loop)
