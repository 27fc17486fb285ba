"""Moving, merging, splitting, linking fiches."""
