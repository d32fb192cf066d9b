"""Small clients for agencies and officials."""
