"""Files of money and open data."""
