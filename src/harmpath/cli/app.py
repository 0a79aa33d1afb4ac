"""The root command, and the one place where an error becomes a message and an exit code.

Exit codes: 0 fine; 1 findings; 2 usage or input; 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harmpath import __version__
from harmpath.cli import (
    analysis,
    data,
    documents,
    evade,
    landscape,
    project,
    simulate,
    systems,
    vex,
    vulnerabilities,
    watch,
)
from harmpath.errors import HarmpathError

__all__ = ["app", "main"]

app = typer.Typer(
    name="harmpath",
    help="Find how false data could reach the model of an ML-enabled medical device, and who would be hurt.",
    epilog="Start with: harmpath init my-device --like bgms, then: harmpath assess my-device -o out/",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        print(f"harmpath {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Find how false data could reach the model of an ML-enabled medical device, and who would be hurt."""


project.add_to(app)
analysis.add_to(app)
systems.add_to(app)
vulnerabilities.add_to(app)
vex.add_to(app)
watch.add_to(app)
documents.add_to(app)
data.add_to(app)
evade.add_to(app)
simulate.add_to(app)
landscape.add_to(app)


def main() -> None:
    """Run the command line; never shows a traceback for an error that harmpath foresaw."""
    try:
        app()
    except HarmpathError as error:
        print(error.diagnostics(), file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; nothing was left half-written", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
