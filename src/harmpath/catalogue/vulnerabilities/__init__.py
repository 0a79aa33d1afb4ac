"""Vendor and product names, protocols and weaknesses: what vulnerability matching and scoring know beyond the records."""
