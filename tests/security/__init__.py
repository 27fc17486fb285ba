"""Hostile requests, hostile texts, hostile statements."""
