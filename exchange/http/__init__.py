"""The HTTP edge: routes, authentication, limits, problems."""
