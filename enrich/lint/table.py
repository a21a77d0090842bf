"""The table of rules, and which of them a choice means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from enrich.errors import SettingsError
from enrich.lint import asking, dois, fields, library, others, reading, standing, texts
from enrich.lint.rule import Rule
from enrich.model.note import Severity

RULES: Final[Mapping[str, Rule]] = {
    rule.code: rule
    for family in (dois, standing, texts, fields, reading, library, asking, others)
    for rule in family.RULES
}
"""Code -> rule, family by family."""
ALL: Final = "ALL"
DEFAULT: Final = "DEFAULT"


def chosen(
    select: Iterable[str], ignore: Iterable[str] = (), severity: Mapping[str, Severity] | None = None
) -> dict[str, Severity]:
    """Return the codes that are selected, each with its severity.

    A choice is a code, the beginning of codes, `ALL` or `DEFAULT`. Of a selection and an exception the longer one counts,
    between two of one length the exception; of severities the longest. Raises SettingsError for a choice that means nothing.
    """
    taken, left, weights = (_checked(each) for each in (select, ignore, severity or {}))
    levels = {choice.upper(): level for choice, level in (severity or {}).items()}
    found: dict[str, Severity] = {}
    for code, rule in RULES.items():
        if _longest(rule, taken) > _longest(rule, left):
            best = max((choice for choice in weights if _means(choice, rule)), key=_length, default=None)
            found[code] = rule.severity if best is None else levels[best]
    return found


def _checked(choices: Iterable[str]) -> tuple[str, ...]:
    known = tuple(choice.upper() for choice in choices)
    for choice in known:
        if not any(_means(choice, rule) for rule in RULES.values()):
            raise SettingsError(f"no rule is called {choice!r}; `enrich check --rules` lists them")
    return known


def _means(choice: str, rule: Rule) -> bool:
    if choice in {ALL, DEFAULT}:
        return choice == ALL or rule.is_default
    return bool(choice) and rule.code.startswith(choice)


def _length(choice: str) -> int:
    return 0 if choice in {ALL, DEFAULT} else len(choice)


def _longest(rule: Rule, choices: Iterable[str]) -> int:
    return max((_length(choice) for choice in choices if _means(choice, rule)), default=-1)
