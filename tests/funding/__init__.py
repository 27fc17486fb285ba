"""Money committed by the funder itself."""
