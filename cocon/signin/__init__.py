"""Accounts, sessions, invitations: free tables that the log does not watch (audit-log section 8)."""
