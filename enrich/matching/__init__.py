"""Whether two records describe the same work, and which of several works a record describes."""

from enrich.matching.choice import Ranked, certain, is_alike, leaders, rank
from enrich.matching.verdict import verdict

__all__ = ["Ranked", "certain", "is_alike", "leaders", "rank", "verdict"]
