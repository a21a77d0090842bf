"""Bytes to records and back, one module per format."""
