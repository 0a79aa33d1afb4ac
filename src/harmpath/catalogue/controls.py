"""Security controls in FDA's eight categories: what each requires, when it is accepted, which steps it removes."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harmpath.catalogue.loading import load_entries
from harmpath.catalogue.vocabulary import COMPONENT_KINDS, MEDIA, PROTECTIONS, FdaCategory

__all__ = ["Applicability", "ControlIds", "SecurityControl", "load_controls", "security_controls"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Applicability(_Strict):
    """On which elements a control can be placed."""

    components: tuple[str, ...] = ()
    """Component kinds."""
    channels: tuple[str, ...] = ()
    """Channel media."""
    engines: bool = False
    """True when it can be placed on an ML engine (its training or its model updates)."""

    @model_validator(mode="after")
    def _known(self) -> Applicability:
        wrong = [k for k in self.components if k not in COMPONENT_KINDS] + [m for m in self.channels if m not in MEDIA]
        if wrong:
            raise ValueError(f"'{wrong[0]}' is neither a component kind nor a medium")
        return self


class ControlIds(_Strict):
    """The control in public catalogues, where the correspondence is certain."""

    nist_800_53: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}-\d+(\(\d+\))?$")], ...] = Field((), alias="nist-800-53")
    iec_62443_4_2: tuple[Annotated[str, Field(pattern=r"^(CR|EDR|HDR|NDR|SAR) \d\.\d+$")], ...] = Field(
        (), alias="iec-62443-4-2"
    )
    emb3d: tuple[Annotated[str, Field(pattern=r"^MID-\d{3}$")], ...] = ()
    atlas: tuple[Annotated[str, Field(pattern=r"^AML\.M\d{4}$")], ...] = ()


class SecurityControl(_Strict):
    """One control that can be placed on an element."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9\-]*$")]
    title: str
    category: FdaCategory
    requires: str
    """What has to be built, as a requirement."""
    acceptance: str
    """When it is accepted, as something that a test can show."""
    applies_to: Applicability
    raises: tuple[str, ...] = ()
    """Protections that it makes strong on the element it is placed on."""
    removes: tuple[str, ...] = ()
    """Ids of attack rules whose steps it removes on the element it is placed on."""
    removes_vulnerabilities: bool = False
    """True when it removes the steps licensed by known vulnerabilities of the element."""
    system_wide: bool = False
    """True for a process of the manufacturer that is introduced once, for all elements, not element by element."""
    limits: Literal["", "values", "freshness"] = ""
    """``values``: false values stay plausible; ``freshness``: late and missing values are noticed."""
    cost: Literal[1, 2, 3, 4, 5]
    """Relative cost, ordinal: 1 configuration; 2 software change; 3 protocol or process change at several places;
    4 hardware or infrastructure change; 5 redesign."""
    ids: ControlIds = ControlIds()

    @model_validator(mode="before")
    @classmethod
    def _cost_is_a_number(cls, value: object) -> object:
        if isinstance(value, dict) and str(value.get("cost", "")).isdigit():
            return {**value, "cost": int(value["cost"])}
        return value

    @model_validator(mode="after")
    def _does_something(self) -> SecurityControl:
        wrong = [p for p in self.raises if p not in PROTECTIONS]
        if wrong:
            raise ValueError(f"'{wrong[0]}' is not a protection; known: {', '.join(PROTECTIONS)}")
        if not (self.raises or self.removes or self.removes_vulnerabilities or self.limits):
            raise ValueError("a control has to raise, remove or limit something")
        return self


def load_controls(folder: Traversable) -> tuple[SecurityControl, ...]:
    """The controls in a folder, sorted by id; InputError names every wrong one with file and line."""
    return load_entries(folder, SecurityControl)


@cache
def security_controls() -> tuple[SecurityControl, ...]:
    """The controls that harmpath ships."""
    return load_controls(resources.files("harmpath.catalogue") / "security_controls")
