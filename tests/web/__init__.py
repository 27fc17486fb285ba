"""What stands in front of every view: the guard, the keys, the headers, the error pages, the settings."""
