"""Numbers of serials and books that are plainly one of the registry's, written badly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from enrich.identifiers import isbn, issn
from enrich.merge.facts import Facts, Step
from enrich.merge.same import serials

_BARE: Final = re.compile(r"[0-9]{7}[0-9Xx]")
_VALID: Final[Mapping[str, Callable[[str], bool]]] = {"issn": issn.is_valid, "isbn": isbn.is_valid}


def add_issn(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Add the registry's other ISSN of the same serial."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or not serials(value) < serials(theirs):
        return None
    return Step((*value, *dict.fromkeys(each for each in theirs if not serials((each,)) <= serials(value))))


def repaired(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Give an ISSN its hyphen; let a number with a wrong check digit give way to the registry's it nearly is."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or value == theirs:
        return None
    found = tuple(dict.fromkeys(_registered(each, theirs, attribute) or each for each in value))
    return Step(found) if found != tuple(value) else None


def _registered(number: str, theirs: Sequence[str], attribute: str) -> str | None:
    if number in theirs:
        return None
    compact = _compact(number)
    if attribute == "issn" and _BARE.fullmatch(number):
        same = [other for other in theirs if _compact(other) == compact]
        if same:
            return same[0]
    if _VALID[attribute](compact):
        return None
    near = [other for other in theirs if _is_near(compact, _compact(other))]
    return near[0] if len(near) == 1 else None


def _compact(number: str) -> str:
    return number.replace("-", "").replace(" ", "").upper()


def _is_near(one: str, other: str) -> bool:
    """Tell whether one digit differs, or two neighbours changed places: what a check digit is there to find."""
    if len(one) != len(other):
        return False
    at = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(at) == 2 and at[1] == at[0] + 1:
        return one[at[0]] == other[at[1]] and one[at[1]] == other[at[0]]
    return len(at) == 1
