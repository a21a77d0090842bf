"""Titles of one work, as different hands write them, and titles that only look alike.

Alike are titles whose letters are equal when case, diacritics, markup and blanks are taken away; whose subtitle is missing
on one side; or that differ by a few letters. Told apart, however alike: parts and volumes of a series, and what is
published *about* a work under its title (errata, replies, comments, reviews, data).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from enrich.matching.headings import Heading, heading, is_column, telling
from enrich.text import locator

__all__ = ["Apart", "Heading", "Likeness", "counts", "heading", "likeness"]

_UNIT: Final = (
    "(?:part|pt|volume|vol|number|no|book|band|bd|teil|tome|partie|parte|series|chapter|section|phase|study|case|"
    "stage)"
)
_EDITION: Final = "version|edition|release|auflage|v"
_COUNT: Final = r"(\d{1,4}|[ivxl]{1,7}|[a-h]|one|two|three|four|five|six)\b"
_COUNTED: Final = re.compile(rf"\b(?:{_UNIT}|{_EDITION}) {_COUNT}")
# The number of an abstract or a chapter before its title: "P2-114: ...", "Abstract 1201: ...", "3. ...".
_LEAD: Final = re.compile(r"(?:abstract |paper |poster )?((?:[a-z]{1,3} ?)?\d+(?: \d+)?) (?=[a-z])")
_ROMAN: Final = re.compile(r"[iv][ivx]{0,4}|x[ivx]{1,4}")
_PART_TAIL: Final = re.compile(rf"{_UNIT} {_COUNT}|(\d{{1,2}}|[ivx]{{1,5}})\Z|([ivx]{{2,5}})\b")
# How units begin that may stand in a volume's field.
_VOLUMES: Final = frozenset({"vo", "bd", "ba", "to", "te", "no", "nu"})
_WRITTEN: Final = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}

_SMALL: Final = frozenset({
    "a", "an", "and", "as", "at", "by", "de", "der", "die", "du", "el", "for", "from", "in", "la", "le", "of",
    "on", "or", "the", "to", "und", "vs", "versus", "via", "with",
})  # fmt: skip

# Words that make two titles of one, on one side or on both; and those of which each side has its own.
_TELLING: Final = frozenset({
    "again", "continued", "further", "more", "no", "non", "not", "reconsidered", "reexamined", "revised", "revisited",
    "supplement", "update", "updated", "without",
})  # fmt: skip
_RIVALS: Final = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "spring", "summer", "autumn", "fall", "winter", "north", "south", "east", "west", "northern", "southern",
    "eastern", "western", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "men", "women", "boys", "girls", "left",
    "right",
})  # fmt: skip
_PREFIXES: Final = (
    "a", "an", "anti", "bi", "de", "dis", "down", "endo", "exo", "extra", "fe", "fore", "hetero", "homo", "hyper", "hypo",
    "il", "im", "in", "inter", "intra", "ir", "macro", "mega", "micro", "mono", "multi", "non", "off", "on", "out", "over",
    "poly", "post", "pre", "re", "semi", "sub", "super", "supra", "tri", "ultra", "un", "under", "up", "wo",
)  # fmt: skip

_ALIKE: Final = 0.85
_WITHIN: Final = 0.8
_SAME_MARK: Final = 70.0
_SAME_WORD: Final = 79.0


class Apart(NamedTuple):
    """Why two works are different although their titles are alike; `certain` unless other fields may overrule it."""

    reason: str
    certain: bool


class Likeness(NamedTuple):
    """How alike two titles are, how much that tells, and what tells them apart, if anything does."""

    agreement: float
    telling: float
    apart: Apart | None = None


def likeness(
    one: Heading, other: Heading, volumes: tuple[str | None, str | None] = (None, None)
) -> Likeness | None:
    """Compare two titles; None where their scripts are different and nothing can be said.

    `volumes` are those of the two works: a title that ends in "Volume 12" is no other title when the other says so there.
    """
    if not one.letters or not other.letters or one.latin != other.latin:
        return None
    if one.kind != other.kind and _misspelt(one, other):
        one, other = _whole(one), _whole(other)
    agreement, apart = _agreement(one, other, volumes)
    if one.kind != other.kind and agreement >= 0.8:
        apart = Apart(f"By their titles one is {_spoken(one)}, the other {_spoken(other)}.", certain=True)
    if agreement < 0.5:  # that titles differ is plain to see, unless one is but the heading of a column
        return Likeness(agreement, 0.7 if is_column(one) or is_column(other) else 1.0, apart)
    return Likeness(agreement, min(telling(one), telling(other)), apart)


def _misspelt(one: Heading, other: Heading) -> bool:
    """Tell whether both begin with the same announcement, of which one is written so that it was not recognised."""
    marked, plain = (one, other) if one.mark else (other, one)
    return (
        bool(marked.mark)
        and not plain.mark
        and abs(len(marked.mark) + len(marked.letters) - len(plain.letters)) < 4
        and fuzz.ratio(marked.mark, plain.letters[: len(marked.mark)]) > _SAME_MARK
    )


def _whole(title: Heading) -> Heading:
    return title._replace(
        letters=title.mark + title.letters, words=f"{title.mark} {title.words}".strip(), kind=None
    )


def _spoken(title: Heading) -> str:
    return title.kind or "the work itself"


def _agreement(one: Heading, other: Heading, volumes: tuple[str | None, str | None]) -> tuple[float, Apart | None]:
    if one.letters == other.letters:
        return 1.0, None
    # The shorter one first; whose volume may explain a number that ends the longer one.
    if len(one.letters) <= len(other.letters):
        short, long, volume = one, other, volumes[0]
    else:
        short, long, volume = other, one, volumes[1]
    if long.letters.startswith(short.letters):
        return _with_tail(short, long, volume)
    ratio = fuzz.ratio(short.letters, long.letters) / 100
    apart = _other_count(short, long) if ratio > 0.5 else None
    if ratio >= _ALIKE:
        apart = apart or _other_word(short, long)
        return (0.3, apart) if apart else (ratio, None)
    agreement = _loosely(short, long, ratio)
    if agreement >= _WITHIN and not _TELLING.isdisjoint(_left_over(long.words, short.words)):
        return 0.5, Apart("Only one of the titles says that it goes further.", certain=False)
    return (min(agreement, 0.5), None) if apart else (agreement, None)


def _with_tail(short: Heading, long: Heading, volume: str | None) -> tuple[float, Apart | None]:
    """Judge a title that is the beginning of the other: cut off, without its subtitle, or without its number."""
    tail = _tail(short, long)
    if match := _PART_TAIL.match(tail):
        if volume is not None and match[0][:2] in _VOLUMES and locator.number_key(volume) == _number(match):
            return 0.95, None
        return 0.5, Apart(f"Only one of the titles goes on with {match[0]!r}.", certain=False)
    apart = _other_count(short, long)
    if apart and apart.certain:  # "Part I" is the beginning of "Part II", too
        return 0.3, apart
    if not _TELLING.isdisjoint(tail.split(maxsplit=3)[:3]):
        return 0.5, Apart(f"Only one of the titles goes on with {tail!r}.", certain=False)
    count = short.words.count(" ") + 1
    if count >= 3 or (not short.latin and len(short.letters) >= 6):
        return 0.95, None
    return (0.85 if count == 2 and len(short.letters) >= 10 else 0.6), None


def _tail(short: Heading, long: Heading) -> str:
    """Return the words of the longer title behind the letters of the shorter one, whose blanks may stand elsewhere."""
    if long.words.startswith(short.words + " "):
        return long.words[len(short.words) + 1 :]
    left = len(short.letters)
    for place, letter in enumerate(long.words):
        left -= letter != " "
        if left == 0:
            rest = long.words[place + 1 :]
            return rest[1:] if rest.startswith(" ") else ""
    return ""


def _number(match: re.Match[str]) -> str:
    found = match[match.lastindex or 0]
    return _WRITTEN.get(found) or locator.number_key(found)


def _other_count(short: Heading, long: Heading) -> Apart | None:
    """Tell apart titles that both count (parts, volumes, years) and count differently."""
    left, right = _units(short.words), _units(long.words)
    certain = bool(left and right) and left != right
    if not certain:
        # "Web 20" and "Web 2.0" count alike.
        is_alike = _digits(short.letters) == _digits(long.letters)
        for count, is_certain in _COUNTS:
            left, right = count(short.words), count(long.words)
            if left and right and left != right and not (is_alike and "".join([*left, *right]).isdecimal()):
                certain = is_certain
                break
        else:
            return None
    return Apart(f"The titles count differently: {' '.join(left)} and {' '.join(right)}.", certain=certain)


def counts(title: Heading) -> tuple[str, ...]:
    """Return what a title counts, wherever it does: "Part II", or a number at its end."""
    return (*_units(title.words), *_last_number(title.words))


def _units(words: str) -> list[str]:
    return [_number(match) for match in _COUNTED.finditer(words)]


def _last_number(words: str) -> list[str]:
    last = words.rsplit(" ", 1)[-1]
    if last.isdecimal() and len(last) < 3:
        return [locator.number_key(last)]
    return [f"no. {locator.number_key(last)}"] if locator.roman(last) is not None else []


def _lead(words: str) -> list[str]:
    match = _LEAD.match(words)
    return [match[1].replace(" ", "")] if match else []


def _decimals(words: str) -> list[str]:
    return [word for word in words.split() if word.isdecimal()]


def _romans(words: str) -> list[str]:
    return [word for word in words.split() if _ROMAN.fullmatch(word)]


_COUNTS: Final = ((_lead, True), (_last_number, True), (_decimals, False), (_romans, False))
"""Where a title may count, and whether another count makes it another title for certain."""


def _digits(letters: str) -> str:
    return "".join(char for char in letters if char.isdecimal())


def _other_word(short: Heading, long: Heading) -> Apart | None:
    """Tell apart titles that differ in a word for another: "in mice", "in rats". Errors of spelling are no other words."""
    ours = _left_over(short.words, long.words)
    theirs = _left_over(long.words, short.words)
    if _TELLING.isdisjoint(ours) and _TELLING.isdisjoint(theirs) and not _are_others(ours, theirs):
        return None
    return Apart(f"The titles differ in words: {' '.join(ours)!r} and {' '.join(theirs)!r}.", certain=False)


def _left_over(words: str, other: str) -> list[str]:
    """Return the words that the other title does not have, or not as often; small words do not count."""
    left = Counter(words.split())
    left.subtract(other.split())
    return [word for word, count in left.items() if count > 0 and word not in _SMALL]


def _are_others(ours: list[str], theirs: list[str]) -> bool:
    if not ours or not theirs:
        return False
    if not _RIVALS.isdisjoint(ours) and not _RIVALS.isdisjoint(theirs):
        return True
    if len(ours) == len(theirs) == 1 and _are_opposed(ours[0], theirs[0]):
        return True
    return fuzz.ratio("".join(ours), "".join(theirs)) < _SAME_WORD


def _are_opposed(one: str, other: str) -> bool:
    """Tell whether two words differ in how they begin alone: male, female; hyperthyroid, hypothyroid."""
    begun = [
        [(prefix, word[len(prefix) :]) for prefix in ("", *_PREFIXES) if word.startswith(prefix)]
        for word in (one, other)
    ]
    return any(
        mine == yours and len(mine) > 3 and prefix != another
        for prefix, mine in begun[0]
        for another, yours in begun[1]
    )


def _loosely(short: Heading, long: Heading, ratio: float) -> float:
    """Weigh titles that are not alike letter by letter: one within the other, or words in common in any order."""
    count = short.words.count(" ") + 1
    if count >= 4 and f" {short.words} " in f" {long.words} ":
        return _WITHIN
    left, right = (set(title.words.split()) - _SMALL for title in (short, long))
    shared = len(left & right)
    common = shared / min(len(left), len(right)) if shared >= 3 else 0.0
    return max(0.6 * common, (ratio - 0.55) * 1.5 if ratio > 0.55 else 0.0)
