"""Public vulnerability records: read as their sources write them, kept in one local store, looked up with coverage."""

from harmpath.records.combining import Combined
from harmpath.records.facts import FactsTable, extract_facts, load_facts, write_facts
from harmpath.records.importing import FileReport, ImportReport, Progress, import_folder
from harmpath.records.model import Vulnerability
from harmpath.records.schema import default_store_path
from harmpath.records.store import Store, VulnerabilitySource, open_store

__all__ = [
    "Combined",
    "FactsTable",
    "FileReport",
    "ImportReport",
    "Progress",
    "Store",
    "Vulnerability",
    "VulnerabilitySource",
    "default_store_path",
    "extract_facts",
    "import_folder",
    "load_facts",
    "open_store",
    "write_facts",
]
