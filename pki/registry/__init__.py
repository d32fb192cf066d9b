"""What one CA remembers: certificates and their states."""
