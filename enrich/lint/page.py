"""A rule as a page to read, in Markdown: `enrich check --explain CODE`, docs/rules, and the help in SARIF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from enrich.lint.rule import REGISTRY, Example, Rule
from enrich.lint.table import RULES

_LEVELS: Final = {"error": "error: fails the check", "warning": "warning", "info": "info"}
_OUTCOMES: Final = {
    "not-found": "no agency knows the DOI.",
    "refused": "the agency refuses to answer.",
    "unavailable": "no agency can be reached.",
    "elsewhere": "the DOI is registered with an agency that publishes no metadata.",
    "misspelt": "no agency knows the DOI; 10.1038/171737a0 is registered, one sign away, and is the work's.",
    "searched": "a search by title, people and year finds 10.1038/171737a0 alone.",
    "stale": "an old answer, since the agency is down.",
}


def page(rule: Rule) -> str:
    """Return the page of a rule."""
    return "".join(_parts(rule))


def _parts(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code} {rule.name}\n\n{rule.sentence}\n\n{rule.advice}\n\n"
    default = "" if rule.is_default else f" Not selected by default: `--select DEFAULT,{rule.code}`."
    yield f"Severity: {_LEVELS[rule.severity]}.{default}\n"
    found = [f"`{name}`" for name in (*rule.repairs, *rule.notes, *rule.statuses)]
    if found:
        yield f"In a report: {', '.join(dict.fromkeys(found))}.\n"
    if rule.example is not None:
        if rule.example.policy != "fill":
            yield f"The example counts under `--policy {rule.example.policy}`.\n"
        yield f"\n## Bad\n\n```\n{_shown(rule.example.bad)}```\n{_answer(rule.example)}"
        yield f"\n## Good\n\n```\n{_shown(rule.example.good)}```\n"


def _shown(text: str) -> str:
    r"""Return a file's text with stray bytes as `\xe4`."""
    return "".join(f"\\x{ord(sign) - 0xDC00:02x}" if "\udc80" <= sign <= "\udcff" else sign for sign in text)


def _answer(example: Example) -> str:
    if example.outcome in _OUTCOMES:
        return f"\nThe answer: {_OUTCOMES[example.outcome]}\n"
    said = [f"{update.type} ({update.date})" if update.date else update.type for update in example.updates]
    if said:
        return f"\nThe registry lists a notice: {', '.join(said)}.\n"
    fields = {
        name: value for name, value in ({**REGISTRY, **example.registry}).items() if name != "type" and value
    }
    if "10." not in example.bad:
        return ""
    return f"\nThe registry says:\n\n```json\n{json.dumps(fields, ensure_ascii=False, indent=2)}\n```\n"


def index() -> str:
    """Return the table of all rules, as it stands in docs/check.md."""
    rows = [
        f"| [{rule.code}](rules/{rule.code}.md) | {rule.name} | {rule.severity}{'' if rule.is_default else ', off'} "
        f"| {rule.sentence} |"
        for rule in RULES.values()
    ]
    return "\n".join(("| code | name | severity | |", "|---|---|---|---|", *rows)) + "\n"
