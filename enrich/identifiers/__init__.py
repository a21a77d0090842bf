"""Identifiers, one module per standard, the same verbs everywhere."""
