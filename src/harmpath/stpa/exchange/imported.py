"""What an import yields: a device file, and what could not be carried over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from harmpath.device.model import Device
from harmpath.device.reading import device_from
from harmpath.device.yamltree import parse
from harmpath.evidence import NotAssessed

__all__ = ["Imported"]


@dataclass(frozen=True)
class Imported:
    """A device file made from another tool's file."""

    file: dict[str, Any]
    """As device.yaml would say it."""
    left_out: tuple[NotAssessed, ...]
    """What the other form says and this one cannot, or what had to be assumed."""

    def text(self) -> str:
        """The device file as YAML."""
        return yaml.safe_dump(self.file, sort_keys=False, allow_unicode=True, width=110)

    def device(self, name: str = "imported") -> Device:
        """The device that the file describes.

        Raises:
            InputError: what was imported is not a device; names line and value in :meth:`text`.
        """
        return device_from(parse(self.text(), name))
