"""The table of cases, and the page that shows it: `python tests/merge/rules_page.py > docs/rules.md`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from enrich.formats import dates
from enrich.merge import BUILT_IN, RULES
from enrich.model import FIELDS, Name

TABLE = Path(__file__).with_name("rules.tsv")
POLICIES = ("fill", "trust-agency")
_ROLES = ("author", "editor", "translator")
_LISTS = ("ISSN", "ISBN", "keyword")
HEAD = """# The rules

What may change a field, and what each rule does, by examples. Which rules a field has, and in which order, is data:
[`fill`](../enrich/merge/built_in/fill.toml), [`trust-agency`](../enrich/merge/built_in/trust-agency.toml),
[`report`](../enrich/merge/built_in/report.toml), or [a file of your own](../config/policies/example.toml).
Every change in a report names its rule. A rule that speaks of the registry acts only on an answer that is confirmed to
describe the same work.

Notes, keywords, call numbers, archive and date of access are yours: no policy can touch them, nor labels, attachments
and tags of your own. They have no rules.

This page is made from the rules and from the table that tests them.
"""


class Case(NamedTuple):
    """One row: what a rule makes of a field under `fill` and under `trust-agency`."""

    rule: str
    field: str
    local: str
    registry: str
    fill: str
    trust: str


def cases() -> list[Case]:
    """Return the table of cases."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [Case(*row[:5], row[5] or row[4]) for row in rows]


def value(field: str, text: str) -> Any:
    """Read a cell: people as `Roe, Jane; Doe, Max` (a name without comma is a body's), lists by semicolons, dates."""
    if field in _ROLES:
        return tuple(_name(part.strip()) for part in text.split("; ")) if text else ()
    if field in _LISTS:
        return tuple(part.strip() for part in text.split("; ")) if text else ()
    if field == "issued":
        return dates.read(text) if text else None
    return text or None


def _name(text: str) -> Name:
    family, comma, given = text.partition(",")
    return Name(family=family, given=given.strip() or None) if comma else Name(literal=text)


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, rule in RULES.items():
        parts.append(f"\n## `{name}`\n\n{rule.sentence}\n")
        fields = {policy: [f for f in FIELDS if name in _rules(policy, f)] for policy in POLICIES}
        if fields["fill"] or fields["trust-agency"]:
            parts.append(f"\n{_applies(fields)}\n")
        rows = [case for case in cases() if case.rule == name]
        if rows:
            parts.append("\n| field | yours | the registry's | becomes |\n|---|---|---|---|\n")
            parts += list(_rows(rows))
    return "".join(parts)


def _rules(policy: str, field: str) -> tuple[str, ...]:
    chosen = BUILT_IN[policy].rules_for(field)
    return chosen.rules if chosen else ()


def _applies(fields: dict[str, list[str]]) -> str:
    if fields["fill"] == fields["trust-agency"]:
        return f"Under `fill` and `trust-agency`: {_listed(fields['fill'])}."
    said = [f"under `{policy}`: {_listed(found)}" for policy, found in fields.items() if found]
    return f"{'; '.join(said)}.".replace("under", "Under", 1)


def _listed(fields: list[str]) -> str:
    return ", ".join(fields) if len(fields) < 12 else "every field"


def _rows(rows: list[Case]) -> Iterator[str]:
    for case in rows:
        result = case.trust if case.rule == "trust" else case.fill
        yield f"| {case.field} | {' | '.join(map(_cell, (case.local, case.registry, result)))} |\n"


def _cell(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{re.sub(r'([|])', r'&#124;', text)}{ticks}" if text else ""


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 -- the page is what the script is for
