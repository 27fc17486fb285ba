"""Public pages: the contract at a glance, what French public sites owe, the health check."""
