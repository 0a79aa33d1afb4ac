"""The tables of the report and of the CSV files: what is in each, said once."""

from __future__ import annotations

from harmpath.deliverables.tables.all import all_tables
from harmpath.deliverables.tables.table import Column, Table

__all__ = ["Column", "Table", "all_tables"]
