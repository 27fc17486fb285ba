"""Files attached to fiches."""
