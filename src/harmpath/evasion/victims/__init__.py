"""Victims: the models under attack, one file per kind, behind one protocol."""
