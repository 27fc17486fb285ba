"""Deciding together on an exact version: consultation, positions, outcome written by a person."""
