"""Whether two records describe the same work."""
