"""OTH: what no other rule is about, so that nothing goes unsaid."""

from __future__ import annotations

from typing import Final

from enrich.lint.rule import Rule

REPAIR: Final = Rule(
    "OTH001",
    "other-repair",
    "info",
    "A rule of the merge policy that has no code of its own would change a field.",
    "The finding names the rule. docs/clean.md says what the rules do.",
    None,
)
WARNING: Final = Rule(
    "OTH002",
    "other-warning",
    "warning",
    "Something else about the record was noted as a warning.",
    "The finding says what.",
    None,
)
ERROR: Final = Rule(
    "OTH003",
    "other-error",
    "error",
    "Something else about the record was noted as an error.",
    "The finding says what.",
    None,
)
RULES: Final = (REPAIR, WARNING, ERROR)
