"""Signing in, sessions, invitations, passwords."""
