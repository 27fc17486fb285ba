"""What people do in a real browser, from signing in to verifying."""
