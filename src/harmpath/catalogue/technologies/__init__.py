"""The gazetteer: technologies as device documents name them, with category, vendor and CPE."""

from harmpath.catalogue.technologies.loader import (
    CATEGORIES,
    Category,
    Entry,
    Gazetteer,
    Variant,
    load_gazetteer,
    plain_words,
)

__all__ = ["CATEGORIES", "Category", "Entry", "Gazetteer", "Variant", "load_gazetteer", "plain_words"]
