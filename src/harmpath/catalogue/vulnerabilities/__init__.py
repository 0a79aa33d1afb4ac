"""Vendor and product names, protocols and weaknesses: what matching and scoring know beyond the records."""
