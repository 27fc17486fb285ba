"""The log: its bytes, its tree, its signatures, its replay, what leaves the house."""
