"""Known vulnerabilities of a device's technologies: matched with the reason, scored, and what each gives an attacker."""

from harmpath.vulnerabilities.matching import match, match_product
from harmpath.vulnerabilities.values import CONFIDENCES, Confidence, Match, Matches, Product, Unmatched

__all__ = ["CONFIDENCES", "Confidence", "Match", "Matches", "Product", "Unmatched", "match", "match_product"]
