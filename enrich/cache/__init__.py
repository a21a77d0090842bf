"""Answers on disk: what agencies said, kept for the next run. The only package that imports diskcache."""

from enrich.cache.answers import Cache

__all__ = ["Cache"]
