"""The certification authorities: what they are, issue, revoke and publish."""
