"""Who wins, field by field, and an account of it."""

from enrich.merge.merge import Merged, merge
from enrich.merge.policies import BUILT_IN, load_policy, parse
from enrich.merge.policy import FieldPolicy, MergePolicy
from enrich.merge.rules import RULES

__all__ = ["BUILT_IN", "RULES", "FieldPolicy", "MergePolicy", "Merged", "load_policy", "merge", "parse"]
