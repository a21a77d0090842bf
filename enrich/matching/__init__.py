"""Whether two records describe the same work, and which of several works a record describes."""

from enrich.matching.choice import Ranked, is_alike, is_certain, leaders, rank
from enrich.matching.verdict import verdict

__all__ = ["Ranked", "is_alike", "is_certain", "leaders", "rank", "verdict"]
