"""Signatories, their names in time, mandates."""
