"""Names of people as bibliographies vary them.

"KHAMIS, Z. I.", "Zahraa I. Khamis", "Khamis ZI" and family "Khamis", given "Zahraa I." are one person. Registries put the
whole name in one field (10.1177/10732748261453116/v3/response1), initials into the family name (10.32614/RJ-2022-020), lose
particles (10.1109/e-science.2006.261040) and swap the two fields (10.5524/100936).

>>> agreement(person(None, None, "Z.I. Khamis"), person("KHAMIS", "Zahraa I."))
1.0
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from enrich.text.fold import is_latin, key

_PARTICLES: Final = frozenset({
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le", "el",
    "al", "ter", "ten", "te", "zu", "zum", "zur", "af", "av", "bin", "ibn", "ben", "abu",
})  # fmt: skip
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
_BODY: Final = frozenset({
    "agency", "association", "authors", "board", "bureau", "center", "centre", "collaboration",
    "collaborators", "college", "collective", "commission", "committee", "community", "company", "consortium",
    "corporation", "council", "department", "foundation", "gmbh", "group", "inc", "institute", "institution",
    "investigators", "laboratory", "ltd", "ministry", "network", "office", "organisation", "organization",
    "panel", "party", "project", "service", "society", "study", "team", "university", "working",
})  # fmt: skip
_INITIALS: Final = re.compile(r"(?:[^\W\d_a-z]\.?-?){1,3}")
_AFTER_INITIAL: Final = ("", ".", " ")
_CLOSE: Final = 86.0
_SAME_GIVEN: Final = 50.0
_LONGEST: Final = 200  # letters of a name that are looked at


class Person(NamedTuple):
    """A name in folded words: `family` without particles, `given` with its `initials`, all `words` beyond one letter."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    initials: str
    words: frozenset[str]
    is_body: bool
    is_latin: bool


def person(family: str | None, given: str | None, literal: str | None = None) -> Person:
    """Fold a name; one that stands in a single field is parted as far as its shape tells."""
    whole = literal or (family if not given else None) or (given if not family else None)
    if whole is not None:
        family, given, is_body = _parted(whole[:_LONGEST])
    else:
        is_body = False
    family_words = [word for word in key((family or "")[:_LONGEST]).split() if word not in _SUFFIXES]
    given_words = tuple(key(_spaced((given or "")[:_LONGEST])).split())
    core = tuple(word for word in family_words if word not in _PARTICLES) or tuple(family_words)
    initials = "".join(word[0] for word in given_words)
    spelled = frozenset(word for word in (*core, *given_words) if len(word) > 1)
    return Person(core, given_words, initials, spelled, is_body, is_latin((family or "") + (given or "")))


def _spaced(given: str) -> str:
    """Part initials written together: "ZI" and "Z.I." become "Z I"."""
    bare = given.replace(".", "").replace("-", "").replace(" ", "")
    if len(bare) <= 3 and bare.isupper():
        return " ".join(bare)
    return given.replace(".", ". ")


def _parted(whole: str) -> tuple[str, str, bool]:
    """Return family and given part of a name in one field, and whether it is a body's."""
    if "," in whole:
        family, _, given = whole.partition(",")
        return family, given, False
    parts = whole.split()
    if len(parts) > 5 or not _BODY.isdisjoint(key(whole).split()):
        return whole, "", True
    if len(parts) < 2:
        return whole, "", False
    if not whole.isupper():
        if _INITIALS.fullmatch(parts[-1]):
            return " ".join(parts[:-1]), parts[-1], False
        if _INITIALS.fullmatch(parts[0]):
            split = next((n for n, part in enumerate(parts) if not _INITIALS.fullmatch(part)), 1)
            return " ".join(parts[split:]), " ".join(parts[:split]), False
    split = next((n for n, part in enumerate(parts) if n and part.casefold() in _PARTICLES), len(parts) - 1)
    return " ".join(parts[split:]), " ".join(parts[:split]), False


def plainly_same(family: str | None, ours: str | None, other: str | None, theirs: str | None) -> bool:
    """Tell whether two names (family, given; family, given) need no folding to fit: the same letters, or an initial."""
    if family is None or family != other:
        return False
    if ours == theirs or not ours or not theirs:
        return True
    return ours[0] == theirs[0] and (ours[1:2] in _AFTER_INITIAL or theirs[1:2] in _AFTER_INITIAL)


def agreement(one: Person, other: Person) -> float:
    """Return from 0.0 to 1.0 how well two names fit one person; 0.8 and more is as good as equal.

    Equal families with given names that contradict each other are worth 0.3.
    """
    if one.family == other.family and one.family:
        return 1.0 if _compatible(one, other) else 0.3
    if not one.words.isdisjoint(other.words):
        if _same_words(one, other):
            return 1.0
        return 0.9 if _is_part(one.family, other.family) and _compatible(one, other) else 0.0
    return _alike("".join(one.family), "".join(other.family), one, other)


def _alike(left: str, right: str, one: Person, other: Person) -> float:
    """Weigh names without a word in common: joined words, umlauts written out, other transliterations."""
    if left[:1] != right[:1]:
        joined = left + "".join(one.given), "".join(other.given) + right
        return 1.0 if joined[0] == joined[1] or "".join(one.given) + left == right + "".join(other.given) else 0.0
    if left + "".join(one.given) == right + "".join(other.given):
        return 1.0
    if not left or not _compatible(one, other):
        return 0.0
    if _umlauts(left) == _umlauts(right):
        return 0.9
    return 0.8 if min(len(left), len(right)) > 3 and fuzz.ratio(left, right) >= _CLOSE else 0.0


def _compatible(one: Person, other: Person) -> bool:
    """Tell whether the given names may be the same: none on a side, or an initial in common at the front of either."""
    a, b = one.initials, other.initials
    if not a or not b:
        return True
    return (a[0] in b or b[0] in a) and not _differ(one.given, other.given)


def _differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two given names written in full are two names: "John" and "James", not "Chris" and "Christopher"."""
    first, second = one[0], other[0]
    if min(len(first), len(second)) < 3 or first[0] != second[0] or not set(one).isdisjoint(other):
        return False
    return not (first.startswith(second) or second.startswith(first)) and fuzz.ratio(first, second) < _SAME_GIVEN


def _same_words(one: Person, other: Person) -> bool:
    """Tell whether both consist of the same words, whichever field they stand in; an initial stands for a word."""
    fewer, more = sorted(((*one.family, *one.given), (*other.family, *other.given)), key=len)
    left = list(more)
    written_out = 0
    for word in sorted(fewer, key=len, reverse=True):
        match = next((each for each in left if each == word), None) or next(
            (each for each in left if each[0] == word[0] and 1 in (len(each), len(word))), None
        )
        if match is None:
            return False
        written_out += len(word) > 1 and match == word
        left.remove(match)
    return written_out > 0 and len(fewer) > 1


def _umlauts(word: str) -> str:
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _is_part(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether one family name is the other's beginning or end: a second surname or a particle got lost."""
    short, long = sorted((one, other), key=len)
    return len("".join(short)) > 2 and (long[: len(short)] == short or long[-len(short) :] == short)
