"""Tests of fiches."""
