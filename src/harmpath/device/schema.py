"""The JSON Schema of device.yaml, for completion and checks in an editor."""

from __future__ import annotations

from typing import Any

from harmpath.device.model import Device

__all__ = ["device_schema"]


def device_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a device file."""
    schema = Device.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "harmpath device, format 1"
    return schema
