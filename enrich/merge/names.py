"""Lists of people that are plainly the same list: what one of them lacks, and what is plainly wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from enrich.merge.facts import Facts, Step
from enrich.merge.same import is_ellipsis, same_person
from enrich.model.name import Name
from enrich.text import markup
from enrich.text.fold import squeezed, words
from enrich.text.spelling import unmisread

_LONGEST_INITIALS: Final = 3
_LISTED: Final = 3  # names that make a beginning of a list one that breaks off
_OTHERS: Final = re.compile(r"(.*?)[\s,;]+(?:et\.? al\b\.?|and others)\s*\Z", re.IGNORECASE | re.DOTALL)
_LONGEST: Final = 200
_PARTS: Final = ("family", "given", "literal")


def debris(_facts: Facts, _attribute: str, value: Any) -> Step | None:
    """Read tags and entities in names as what they mean."""
    return _rewritten(value, lambda text: markup.to_text(text) if markup.has_markup(text) else None)


def mojibake(_facts: Facts, _attribute: str, value: Any) -> Step | None:
    """Read names as they were meant whose UTF-8 was taken for Windows-1252."""
    return _rewritten(value, unmisread)


def _rewritten(value: Any, rewrite: Callable[[str], str | None]) -> Step | None:
    names = tuple(_with_parts(name, rewrite) for name in value)
    return (
        Step(names, registered=False)
        if any(new is not old for new, old in zip(names, value, strict=True))
        else None
    )


def _with_parts(name: Name, rewrite: Callable[[str], str | None]) -> Name:
    found = {
        part: new for part in _PARTS if (text := getattr(name, part)) and (new := rewrite(text)) and new != text
    }
    return name.model_copy(update=found) if found else name


def turned(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Let family and given names change places that stand in each other's.

    Registries swap them, too; so the list must show that it is wrong: an initial among family names, or both orders.
    """
    theirs = facts.theirs(attribute)
    if not theirs or len(value) != len(theirs):
        return None
    pairs = list(zip(value, theirs, strict=True))
    swapped = [_is_swapped(ours, other) for ours, other in pairs]
    if not any(swapped):
        return None
    proof = not all(swapped) or any(_has_initial(ours.family or "") for ours in value)
    if not proof or not all(swap or same_person(*pair) for swap, pair in zip(swapped, pairs, strict=True)):
        return None
    return Step(tuple(_turned(ours) if swap else ours for swap, ours in zip(swapped, value, strict=True)))


def _is_swapped(ours: Name, theirs: Name) -> bool:
    if not (ours.family and ours.given and theirs.family and theirs.given) or ours.family == theirs.family:
        return False
    if squeezed(ours.given) != squeezed(theirs.family) or squeezed(ours.family) == squeezed(theirs.family):
        return False
    return squeezed(ours.family) == squeezed(theirs.given) or _begins(ours.family, theirs.given)


def _turned(name: Name) -> Name:
    return name.model_copy(update={"family": name.given, "given": name.family})


def _has_initial(family: str) -> bool:
    return any(len(word) == 1 for word in words(family)) or _is_initials(family)


def lowered(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write names that are all capitals as the registry has them, which has the same letters and does not shout."""
    theirs = facts.theirs(attribute)
    if not theirs or not any(_shouts(name.family or name.literal) for name in value):
        return None
    if len(value) != len(theirs) or not all(map(same_person, value, theirs)):
        return None
    names = tuple(_lowered(ours, other) for ours, other in zip(value, theirs, strict=True))
    return Step(names) if names != tuple(value) else None


def _shouts(text: str | None) -> bool:
    return text is not None and len(text) > 1 and text.isupper()


def _lowered(ours: Name, theirs: Name) -> Name:
    found = {}
    for part in _PARTS:
        text, other = getattr(ours, part), getattr(theirs, part)
        if not _shouts(text) or not other or other.isupper() or squeezed(text) != squeezed(other):
            continue
        if part != "literal" or " " in text:
            found[part] = other
    return ours.model_copy(update=found) if found else ours


def completed(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Complete a list that ends in "et al." or breaks off after three names or more, where all it names agree."""
    theirs = facts.theirs(attribute)
    if not value or not theirs:
        return None
    listed, is_marked = _listed(value)
    if not listed or len(listed) >= len(theirs) or not (is_marked or len(listed) >= _LISTED):
        return None
    if not all(map(same_person, listed, theirs)):
        return None
    kept = value[: len(listed)]
    # Of "Roe J et al." in one name, the reader made a person called "al.".
    names = tuple(ours if name is ours else other for name, ours, other in zip(listed, kept, theirs, strict=False))
    return Step((*names, *theirs[len(listed) :]))


def _listed(value: Any) -> tuple[tuple[Name, ...], bool]:
    """Return the people of a list without what says that there are others, and whether something says so."""
    last = value[-1]
    if is_ellipsis(last):
        return tuple(value[:-1]), True
    match = _OTHERS.fullmatch(last.displayed()[:_LONGEST])
    if match is None:
        return tuple(value), False
    return (*value[:-1], Name(literal=match[1])) if match[1] else tuple(value[:-1]), True


def expand(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Take given names from the registry where every name agrees with its counterpart, and initials with the names."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or len(value) != len(theirs) or not any(map(_is_short, value)):
        return None
    if not all(map(same_person, value, theirs)):
        return None
    expanded = tuple(_expanded(ours, other) for ours, other in zip(value, theirs, strict=True))
    return Step(expanded) if expanded != tuple(value) else None


def _is_short(name: Name) -> bool:
    return name.family is not None and (name.given is None or _is_initials(name.given))


def _expanded(ours: Name, theirs: Name) -> Name:
    if not theirs.family or not theirs.given or not ours.family or not _is_short(ours):
        return ours
    if squeezed(ours.family) != squeezed(theirs.family) or "," in theirs.given:
        return (
            ours  # "Ali, A" is a given name and something else (10.2172/881440), and no file could part them again
        )
    if ours.given is None or (not _is_initials(theirs.given) and _begins(ours.given, theirs.given)):
        return ours.model_copy(update={"given": theirs.given})
    return ours


def _begins(initials: str, given: str) -> bool:
    """Tell whether initials are those `given` begins with: "Z" and "Z. I." of "Zahraa I.", not "I."."""
    return _is_initials(initials) and "".join(word[0] for word in words(given)).startswith(squeezed(initials))


def _is_initials(given: str) -> bool:
    if len(given) > 12:
        return False
    if given.isupper() and len(squeezed(given)) <= _LONGEST_INITIALS:
        return True
    return all(len(word) == 1 for word in words(given))
