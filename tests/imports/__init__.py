"""Spreadsheets of fiches: hostile ones refused, sound ones made into drafts."""
