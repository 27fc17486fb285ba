"""Files attached to fiches: typed by their content, hashed, kept apart, scanned."""
