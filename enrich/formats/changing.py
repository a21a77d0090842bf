"""What is to be written anew in a record that changed, and what can stay: for formats whose records are edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from enrich.model.work import Work

EMPTY: Final[dict[str, Any]] = {name: field.default for name, field in Work.model_fields.items()}
"""The fields of a work, and what each is where nothing is known."""


def target_of(work: Work, holdable: Work, before: Work) -> dict[str, Any]:
    """Return the fields that matter and what reading the result shall give: those that changed, or might by their side.

    A field that the format cannot hold for such a work (`holdable` is what it can) is left alone, changed or not.
    """
    target = {}
    for field, empty in EMPTY.items():
        value, now = getattr(holdable, field), getattr(before, field)
        if field == "doi":
            continue
        if getattr(work, field) == now:
            if value == now != empty:
                target[field] = now
        elif value != empty or getattr(work, field) == empty:
            target[field] = value
    return target


def common_ends(had: Sequence[object], wanted: Sequence[object]) -> tuple[set[int], int, int]:
    """Return which of the old values stay, and from where to where the wanted ones are put in between.

    >>> common_ends("abxd", "abcyd")
    ({0, 1, 3}, 2, 4)
    """
    shorter = min(len(had), len(wanted))
    first = 0
    while first < shorter and had[first] == wanted[first]:
        first += 1
    end = 0
    while end < shorter - first and had[-1 - end] == wanted[-1 - end]:
        end += 1
    return {*range(first), *range(len(had) - end, len(had))}, first, len(wanted) - end


def common_numbers(had: Sequence[Any], wanted: Sequence[Any]) -> tuple[set[int], int, int]:
    """Return the same for values of several numbers: all stay if together they are the first of the wanted, else none."""
    numbers = [number for part in had for number in part]
    if numbers == [number for part in wanted[: len(numbers)] for number in part]:
        return set(range(len(had))), len(numbers), len(wanted)
    return set(), 0, len(wanted)
