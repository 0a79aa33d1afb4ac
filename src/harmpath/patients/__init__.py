"""Patients in the loop."""
