"""The public record of what has gone wrong with medical devices: tables, classification, precedents."""

from harmpath.landscape.classify import Classified, classify_csv, classify_texts
from harmpath.landscape.precedents import DeviceQuery, Precedent, Precedents, precedents
from harmpath.landscape.report import Report, landscape_report
from harmpath.landscape.reproduce import Reproduction, reproduce, studies

__all__ = [
    "Classified",
    "DeviceQuery",
    "Precedent",
    "Precedents",
    "Report",
    "Reproduction",
    "classify_csv",
    "classify_texts",
    "landscape_report",
    "precedents",
    "reproduce",
    "studies",
]
