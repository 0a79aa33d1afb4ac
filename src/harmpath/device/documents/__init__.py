"""Technologies from a device's own documents: readers within bounds, and an extractor that quotes its evidence."""

from harmpath.device.documents.extract import extract
from harmpath.device.documents.model import (
    Document,
    Extraction,
    Mention,
    Page,
    ProposedChannel,
    ProposedComponent,
    Technology,
)
from harmpath.device.documents.readers import read_document

__all__ = [
    "Document",
    "Extraction",
    "Mention",
    "Page",
    "ProposedChannel",
    "ProposedComponent",
    "Technology",
    "extract",
    "read_document",
]
