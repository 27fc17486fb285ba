"""Suggested changes: what others would write in a fiche, settled one by one by the organisation that owns it."""
