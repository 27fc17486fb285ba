"""The contract: its axes, objectives, figures, windows, and the partners' yearly envelopes."""
