"""STPA in other tools' forms: PASTA's text, Open Threat Model, tables."""

from harmpath.stpa.exchange.imported import Imported

__all__ = ["Imported"]
