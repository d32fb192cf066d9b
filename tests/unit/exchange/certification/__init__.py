"""The CA at work."""
