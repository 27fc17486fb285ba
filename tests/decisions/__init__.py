"""Consultations, positions, outcomes."""
