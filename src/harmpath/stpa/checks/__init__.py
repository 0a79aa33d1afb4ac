"""Completeness checks of an STPA, its security and its learned parts: one class, one file each."""

from harmpath.stpa.checks.interface import Check, CheckFinding, Subject
from harmpath.stpa.checks.running import all_checks, run_checks

__all__ = ["Check", "CheckFinding", "Subject", "all_checks", "run_checks"]
