"""What the device is made of: zones, technologies, components, channels, signals, and the ML engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harmpath.device.values import Element, Id, Ids, Interval, Rate, Strict, Text, Version
from harmpath.device.vocabulary import (
    ComponentKind,
    Direction,
    Level,
    Medium,
    Owner,
    PhysicalAccess,
    ZoneKind,
)

__all__ = [
    "Channel",
    "ChannelProtections",
    "Component",
    "ComponentProtections",
    "Feature",
    "Interface",
    "MLEngine",
    "ModelOutput",
    "Signal",
    "Technology",
    "Training",
    "Update",
    "Zone",
]


class Zone(Element):
    """A place with one level of trust: who is there decides which attacker positions reach what is in it."""

    kind: ZoneKind
    description: Text = ""


class Technology(Strict):
    """A product, library, protocol or standard that a component or channel uses; what vulnerabilities are known for."""

    name: Text
    version: Version | None = None
    vendor: Text | None = None
    cpe: Text | None = Field(None, description="CPE 2.3 name, e.g. cpe:2.3:o:google:android:9.0:*:*:*:*:*:*:*")
    purl: Text | None = Field(None, description="Package URL, e.g. pkg:pypi/pydicom@2.1.2")
    supported_until: Text | None = Field(None, description="ISO date of end of support, where known")
    note: Text = ""


class ComponentProtections(Strict):
    """How well a component protects itself; each word is a Level."""

    authentication: Level = Field("unknown", description="of people and programs that use it")
    authorization: Level = Field("unknown", description="least privilege between its users and programs")
    code_integrity: Level = Field("unknown", description="secure boot, signed code")
    data_integrity: Level = Field("unknown", description="stored data cannot be changed unnoticed")
    confidentiality: Level = Field("unknown", description="stored data cannot be read")
    input_validation: Level = Field("unknown", description="external data checked for range, rate and plausibility")
    physical: Level = Field("unknown", description="case, debug ports and service ports locked")
    monitoring: Level = Field("unknown", description="security events detected and logged")


class ChannelProtections(Strict):
    """How well a channel protects what it carries; each word is a Level."""

    authentication: Level = Field("unknown", description="each end knows who the other is")
    encryption: Level = Field("unknown", description="an outsider cannot read")
    integrity: Level = Field("unknown", description="a change is noticed; a CRC alone is 'none'")
    replay_protection: Level = Field("unknown", description="an old message is refused")


class Interface(Element):
    """A port or service of a component, used or not."""

    kind: Literal["usb", "serial", "jtag", "network-service", "removable-media", "radio", "user-interface", "other"]
    active: bool = True
    service_only: bool = False
    description: Text = ""


class Update(Strict):
    """How new software, models or settings reach a component."""

    via: Ids = Field((), description="channels, in order from the source to the component")
    source: Id | None = Field(None, description="component the update comes from")
    authenticity: Level = Field("unknown", description="signed, and the signature checked by the receiver")
    description: Text = ""


class Component(Element):
    """A part of the device or of the world it works in, people included."""

    kind: ComponentKind
    owner: Owner = "manufacturer"
    zone: Id | None = None
    host: Id | None = Field(None, description="the component it runs on or is built into")
    description: Text = ""
    technologies: tuple[Technology, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    physical_access: PhysicalAccess = "patient"
    protections: ComponentProtections = ComponentProtections()
    update: Update | None = None
    patients: Literal["one", "many"] = Field("one", description="patients that depend on one instance of it")


class Channel(Element):
    """A way for data to pass between two components, by machine or by a person."""

    source: Id = Field(alias="from")
    target: Id = Field(alias="to")
    direction: Direction = "one-way"
    medium: Medium
    protocol: Text = ""
    range_m: float | None = Field(None, gt=0, le=1e6, description="radio range in metres; default by medium")
    technologies: tuple[Technology, ...] = ()
    protections: ChannelProtections = ChannelProtections()
    rate: Rate | None = Field(None, description="messages per time, e.g. '1 / 5 min'")
    description: Text = ""


class Signal(Element):
    """A quantity that travels from where it is produced to where the model or a controller uses it."""

    unit: Text = ""
    source: Id | None = Field(None, description="component that produces it")
    via: Ids = Field((), description="channels it travels, in order from the source to its user")
    range: Interval | None = Field(None, description="values the receiver accepts")
    physiological: Interval | None = Field(None, description="values a living patient can have")
    max_rate: Rate | None = Field(None, description="fastest change that is plausible, e.g. '4 mg/dL / min'")
    resolution: float | None = Field(None, gt=0)
    feeds: Ids = Field((), description="features of ML engines computed from it")
    sensitive: bool = Field(True, description="its disclosure is a loss of privacy")
    simulated_as: Literal["cgm", "meter", "meal", "insulin", "bolus", "alarm"] | None = Field(
        None, description="channel of the simulated loop (simulation.yaml) that it stands for"
    )
    description: Text = ""


class Feature(Element):
    """One input of an ML engine."""

    unit: Text = ""
    description: Text = ""


class ModelOutput(Element):
    """One output of an ML engine."""

    unit: Text = ""
    description: Text = ""


class Training(Strict):
    """Where the data that the model was trained on comes from, and where training is done."""

    source: Text = Field("", description="the data set, in words")
    component: Id | None = Field(None, description="component where training is done")
    via: Ids = Field((), description="channels on which training data arrives")
    data_integrity: Level = Field("unknown", description="provenance and integrity of training data checked")


class MLEngine(Element):
    """A learned model inside a component of kind ``ml-engine`` (or the one named)."""

    component: Id
    task: Literal["forecasting", "regression", "classification", "detection", "segmentation", "ranking", "other"]
    technique: Text = ""
    model_file: Text | None = Field(None, description="path inside the project, e.g. model/forecaster.onnx")
    inputs: tuple[Feature, ...]
    outputs: tuple[ModelOutput, ...]
    training: Training = Training()
    update: Update | None = None
    monitoring: Level = Field("unknown", description="performance in use watched for drift and anomalies")
