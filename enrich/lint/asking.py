"""ASK: whom the answer came from, or why there is none."""

from __future__ import annotations

from typing import Final

from enrich.lint.rule import Example, Rule, record

RULES: Final = (
    Rule(
        "ASK001",
        "unavailable",
        "warning",
        "Nobody could be asked about the DOI; nothing is known of it.",
        "Run the check again: answers received so far are kept. It ends with 3 as long as this is so, selected or not.",
        Example(record(), record(), outcome="unavailable"),
        statuses=("unavailable",),
        notes=("unavailable",),
    ),
    Rule(
        "ASK002",
        "refused",
        "error",
        "The agency refused to answer.",
        "A token is missing or wrong, or the agency takes the request for malformed.",
        Example(record(), record(), outcome="refused"),
        statuses=("refused",),
        notes=("refused",),
    ),
    Rule(
        "ASK003",
        "elsewhere",
        "info",
        "The DOI is registered with an agency that publishes no metadata.",
        "It exists; whether it is this work's cannot be told.",
        Example(record(), record(), outcome="elsewhere"),
        statuses=("elsewhere",),
        notes=("elsewhere",),
        is_default=False,
    ),
    Rule(
        "ASK004",
        "stale-answer",
        "info",
        "An old answer serves while the agency is down.",
        "What has changed since is not known; run the check again later.",
        Example(record(), record(), outcome="stale"),
        notes=("stale-answer",),
        is_default=False,
    ),
)
