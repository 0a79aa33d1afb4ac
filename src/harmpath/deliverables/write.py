"""Writing the results: all files or none, and nothing of anybody else's touched."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from harmpath.assessment.model import Assessment
from harmpath.deliverables.assessment_json import assessment_json, schema_json
from harmpath.deliverables.pictures.architecture import architecture_picture
from harmpath.deliverables.pictures.control_structure import control_structure_picture
from harmpath.deliverables.report_html import report_html
from harmpath.deliverables.run_json import RunInfo, run_json
from harmpath.deliverables.tables_csv import tables_csv
from harmpath.deliverables.view import View
from harmpath.errors import OutputError

__all__ = ["deliverables", "write_all", "write_files"]


def deliverables(assessment: Assessment, run: RunInfo) -> dict[str, bytes]:
    """Every file by its path inside the output folder; the report first."""
    view = View(assessment)
    files = {
        "report.html": report_html(assessment, run).encode("utf-8", "backslashreplace"),
        "assessment.json": assessment_json(assessment),
        "assessment.schema.json": schema_json(),
        "run.json": run_json(assessment, run),
    }
    pictures = {"architecture": architecture_picture, "control-structure": control_structure_picture}
    for name, draw in pictures.items():
        files[f"pictures/{name}.svg"] = draw(view, {}).standalone().encode("utf-8", "backslashreplace")
    files.update({f"tables/{name}": content for name, content in tables_csv(assessment).items()})
    return files


def write_all(assessment: Assessment, run: RunInfo, out_dir: Path) -> tuple[Path, ...]:
    """Write report.html, assessment.json and its schema, run.json, the pictures and a CSV of each table.

    Returns:
        The files written, the report first.

    Raises:
        OutputError: the folder cannot be written (read-only, disk full, something else in the way). The folder is as
            it was before, and files in it that are not harmpath's are never touched.
    """
    return write_files(deliverables(assessment, run), out_dir)


def write_files(files: Mapping[str, bytes], out_dir: Path) -> tuple[Path, ...]:
    """Write files below ``out_dir``: first all of them beside it, then each into its place.

    Raises:
        OutputError: see :func:`write_all`.
    """
    targets = {name: out_dir.joinpath(*PurePosixPath(name).parts) for name in files}
    _check(out_dir, targets)
    try:
        with _staging(out_dir) as staging:
            for name, content in files.items():
                staged = staging / "new" / name
                staged.parent.mkdir(parents=True, exist_ok=True)
                _write(staged, content)
            _move(staging, targets)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "Free some space, or give another folder with -o. What was there before is unchanged."
        raise OutputError(f"The results could not be written to {out_dir}: {reason}.", remedy=remedy) from error
    return tuple(targets.values())


def _check(out_dir: Path, targets: Mapping[str, Path]) -> None:
    """Refuse what would write through a link or over something that is not a file."""
    if (out_dir.exists() or out_dir.is_symlink()) and not out_dir.is_dir():
        raise OutputError(f"{out_dir} is not a folder.", remedy="Give another folder with -o.")
    for target in targets.values():
        folder = target.parent
        if folder != out_dir and (folder.is_symlink() or (folder.exists() and not folder.is_dir())):
            remedy = "Move it away, or give another folder with -o."
            raise OutputError(f"{folder} is in the way: a folder of results has to go there.", remedy=remedy)
        if target.is_dir() and not target.is_symlink():
            raise OutputError(f"{target} is a folder; a file of results has to go there.", remedy="Move it away.")
        if target.exists() and not target.is_file():
            raise OutputError(
                f"{target} is not a regular file and is left as it is.", remedy="Give another file with -o."
            )


@contextlib.contextmanager
def _staging(out_dir: Path) -> Iterator[Path]:
    """A temporary folder on the same file system as the output, removed in any case."""
    beside = out_dir if out_dir.is_dir() else out_dir.parent
    beside.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".harmpath-partial-", dir=beside))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _move(staging: Path, targets: Mapping[str, Path]) -> None:
    """Put every staged file into its place; when one cannot be, put back what was there."""
    done: list[tuple[Path, Path | None]] = []
    made: list[Path] = []
    try:
        for name, target in targets.items():
            for folder in reversed([target.parent, *target.parent.parents]):
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            kept: Path | None = None
            if target.exists() or target.is_symlink():
                kept = staging / "old" / name
                kept.parent.mkdir(parents=True, exist_ok=True)
                target.replace(kept)
            done.append((target, kept))
            (staging / "new" / name).replace(target)
    except OSError:
        _put_back(done, made)
        raise


def _put_back(done: list[tuple[Path, Path | None]], made: list[Path]) -> None:
    for target, kept in reversed(done):
        with contextlib.suppress(OSError):
            if kept is not None:
                kept.replace(target)
            else:
                target.unlink(missing_ok=True)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
