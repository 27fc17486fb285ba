"""The demonstration: a fictional course of the real contract, played through the ordinary operations."""
