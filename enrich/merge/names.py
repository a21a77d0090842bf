"""Given names in full, where two lists of people are plainly the same list."""

from __future__ import annotations

from typing import Any, Final

from enrich.merge.facts import Facts, Step
from enrich.merge.same import same_person
from enrich.model.name import Name
from enrich.text.fold import squeezed, words

_LONGEST_INITIALS: Final = 3


def expand(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Take given names from the registry where every name agrees with its counterpart.

    Without preference for the registry only missing given names are added; initials are a way of writing, not a defect.
    """
    theirs = facts.theirs(attribute)
    if not value or not theirs or len(value) != len(theirs) or not all(map(same_person, value, theirs)):
        return None
    expanded = tuple(
        _expanded(ours, other, initials=facts.preferred) for ours, other in zip(value, theirs, strict=True)
    )
    return Step(expanded) if expanded != tuple(value) else None


def _expanded(ours: Name, theirs: Name, *, initials: bool) -> Name:
    if not theirs.family or not theirs.given:
        return ours
    if ours.family and squeezed(ours.family) == squeezed(theirs.family):
        shorter = ours.given is None or (initials and _is_initials(ours.given) and not _is_initials(theirs.given))
        return ours.model_copy(update={"given": theirs.given}) if shorter else ours
    return ours


def _is_initials(given: str) -> bool:
    bare = squeezed(given)
    return all(len(word) == 1 for word in words(given)) or (given.isupper() and len(bare) <= _LONGEST_INITIALS)
