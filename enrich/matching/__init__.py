"""Whether two records describe the same work."""

from enrich.matching.verdict import verdict

__all__ = ["verdict"]
