"""A partner's own spreadsheet of fiches, read, checked, and made into drafts: all of them or none."""
