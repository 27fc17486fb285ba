"""Suggested changes: the acts, the pages, two people at once."""
