"""The HTTP stack: politeness, retries, limits."""
