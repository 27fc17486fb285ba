"""The conventions of the house."""
