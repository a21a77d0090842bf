"""A local copy of the registries' answers."""
