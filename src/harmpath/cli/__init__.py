"""The command line: parse, call, show. Nothing is decided here."""

from harmpath.cli.app import main

__all__ = ["main"]
