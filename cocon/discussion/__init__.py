"""Comments in threads, tied to the version they address."""
