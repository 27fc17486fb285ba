"""Measures as ratios: each subject runs beside its floor, in the same run, on the same machine."""
