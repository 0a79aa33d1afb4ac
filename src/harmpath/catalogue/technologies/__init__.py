"""The gazetteer: technologies as device documents name them, with category, vendor and CPE; data, one loader, one schema."""

from harmpath.catalogue.technologies.loader import (
    CATEGORIES,
    Category,
    Entry,
    Gazetteer,
    Variant,
    load_gazetteer,
)

__all__ = ["CATEGORIES", "Category", "Entry", "Gazetteer", "Variant", "load_gazetteer"]
