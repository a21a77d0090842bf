"""The same verbs over HTTP: one file per group of endpoints."""
