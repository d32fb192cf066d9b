"""Many documents signed by one key, each exactly once, whatever happens in between."""
