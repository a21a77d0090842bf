"""A journal that is named by its abbreviation gets its full title, and the abbreviation a place of its own."""

from __future__ import annotations

from typing import Any

from enrich.merge.facts import Facts, Step
from enrich.text import venue


def in_full(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write the journal's title in full, where its abbreviation has a place to go to or stands there already."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or "container-title-short" in facts.kept or not venue.abbreviates(value, theirs):
        return None
    short = facts.local.work.container_title_short
    if short not in (None, value):
        return None
    return Step(theirs, also=None if short else ("container_title_short", value))
