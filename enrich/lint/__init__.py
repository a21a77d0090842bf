"""What is wrong with a record, by rules with codes: each with a sentence, what to do about it, a bad and a good example.

docs/check.md, docs/decisions/0017-the-linter.md
"""

from enrich.lint.linter import Linter
from enrich.lint.rule import Finding, Rule
from enrich.lint.table import RULES, chosen

__all__ = ["RULES", "Finding", "Linter", "Rule", "chosen"]
