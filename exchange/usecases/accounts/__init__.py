"""People: accounts, signing in, sessions."""
