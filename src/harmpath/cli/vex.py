"""vex: statements about vulnerabilities in the forms that others read."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harmpath import __version__
from harmpath.cli.show import note
from harmpath.errors import UsageError

if TYPE_CHECKING:
    from harmpath.assessment.decisions import Decision
    from harmpath.deliverables.vex_statements import Document, Judgement
    from harmpath.evidence import Coverage
    from harmpath.vulnerabilities import Match

__all__ = ["add_to"]


class Format(StrEnum):
    """The forms."""

    csaf = "csaf"
    openvex = "openvex"
    cyclonedx = "cyclonedx"
    sarif = "sarif"


def vex(
    path: Annotated[Path, typer.Argument(help="Project folder, or an SBOM (CycloneDX, SPDX).", metavar="PROJECT|FILE")],
    form: Annotated[Format, typer.Option("--format", "-f", help="Form of the document.")] = Format.openvex,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output without it.")
    ] = None,
    author: Annotated[str, typer.Option(help="Who makes the statements; the manufacturer in device.yaml.")] = "",
    device: Annotated[str, typer.Option(help="Name of the device; the one in device.yaml.")] = "",
    device_version: Annotated[str, typer.Option(help="Version of the device.")] = "unspecified",
    namespace: Annotated[str, typer.Option(help="A URL under the author's control.")] = "https://example.invalid",
    document_id: Annotated[str, typer.Option("--id", help="Id of the document.")] = "VEX-1",
    timestamp: Annotated[
        str, typer.Option(help="When it is issued (RFC 3339); without it, the date of the newest record used.")
    ] = "",
    store: Annotated[
        Path | None, typer.Option("--store", help="Local store of public records (env: HARMPATH_STORE).")
    ] = None,
) -> None:
    """Write what is known and decided about each vulnerability as CSAF VEX, OpenVEX, CycloneDX VDR or SARIF.

    What decisions.yaml does not decide is under investigation.
    Example: harmpath vex my-device --format csaf --device-version 2.1 -o vex.json
    """
    from harmpath.assessment.lookup import matched, products_of
    from harmpath.deliverables.vex_statements import Document, statements_of

    products, facts = products_of(path)
    found, source = matched(products, facts, store)
    about, decided = _project(path)
    statements = statements_of(found, source, _judgements(found.matches, decided))
    if not statements and form in (Format.csaf, Format.openvex):
        remedy = f"{found.coverage.statement()} The forms cyclonedx and sarif can be empty."
        raise UsageError(f"No record matches, and a {form.value} document cannot be empty.", remedy=remedy)
    document = Document(
        id=document_id,
        timestamp=timestamp or f"{_newest(found.coverage)}T00:00:00Z",
        device=device or about.get("name", path.stem),
        device_version=device_version,
        author=author or about.get("manufacturer", "unspecified"),
        namespace=namespace,
        tool_version=__version__,
        file=path.name,
    )
    written = _write(form, statements, document)
    text = json.dumps(written, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        print(text, end="")
    else:
        from harmpath.deliverables.write import write_files

        write_files({out.name: text.encode("utf-8")}, out.parent)
        note(f"{len(statements)} statements in {out}.")
    note(found.coverage.statement())


def _write(form: Format, statements: Any, document: Document) -> dict[str, Any]:
    from harmpath.deliverables import vex_csaf, vex_cyclonedx, vex_openvex, vex_sarif

    writers = {
        Format.csaf: vex_csaf.csaf_vex,
        Format.openvex: vex_openvex.openvex,
        Format.cyclonedx: vex_cyclonedx.cyclonedx_vdr,
        Format.sarif: vex_sarif.sarif,
    }
    return writers[form](statements, document)


def _project(path: Path) -> tuple[dict[str, str], dict[str, Decision]]:
    """Name and maker of the device and the decisions, where the path is a project."""
    if not (path.is_dir() or path.name == "device.yaml"):
        return {}, {}
    from harmpath.assessment.decisions import read_decisions
    from harmpath.device.project import open_project

    project = open_project(path)
    about = project.device.about
    decisions = {d.finding: d for d in read_decisions(project.decisions_file)}
    return {"name": about.name, "manufacturer": about.manufacturer}, decisions


def _judgements(matches: tuple[Match, ...], decided: dict[str, Decision]) -> dict[tuple[str, str], Judgement]:
    from harmpath.assessment.knowledge import match_id

    found = {}
    for one in matches:
        decision = decided.get(match_id(one.product.ref, one.cve))
        if decision is not None:
            found[one.product.ref, one.cve] = _judgement(decision)
    return found


def _judgement(decision: Decision) -> Judgement:
    from harmpath.deliverables.vex_statements import Judgement

    if decision.verdict in ("not-affected", "not-applicable", "rejected"):
        return Judgement("not_affected", decision.justification or "", decision.reason)
    if decision.verdict in ("affected", "accepted"):
        return Judgement("affected", action=decision.reason)
    return Judgement("fixed" if decision.verdict == "fixed" else "under_investigation")


def _newest(coverage: Coverage) -> str:
    return max((s.as_of[:10] for s in coverage.sources if s.as_of), default="1970-01-01")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(vex)
