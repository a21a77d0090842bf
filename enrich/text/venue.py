"""Titles of journals and books, short and long: "J. Clin. Oncol." and "Journal of Clinical Oncology".

Abbreviations follow ISO 4 only loosely: words are cut anywhere ("Engl"), contracted ("Natl"), joined ("JAMA"), dropped
("of", "the") or left out at the end ("Proc Natl Acad Sci U S A").
https://www.issn.org/services/online-services/access-to-the-ltwa/

>>> agreement("Proc. Natl. Acad. Sci. U.S.A.", "Proceedings of the National Academy of Sciences")
0.9
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from enrich.text.fold import key

_STOP: Final = frozenset({
    "a", "an", "and", "at", "by", "de", "del", "della", "der", "des", "di", "die", "do", "dos", "du", "e",
    "el", "en", "et", "for", "fuer", "fur", "i", "in", "l", "la", "las", "le", "les", "los", "of", "on", "or", "part",
    "section", "ser", "series", "sect", "the", "to", "u", "und", "van", "von", "y", "zur",
})  # fmt: skip
_LONGEST: Final = 400  # a longer title is compared as far as that
_CLOSE: Final = 90.0


def agreement(one: str, other: str) -> float:
    """Return from 0.0 to 1.0 how well two titles name one venue; 0.9 and more is as good as equal."""
    if one == other:
        return 1.0
    first, second = _telling(one[:_LONGEST]), _telling(other[:_LONGEST])
    if not first or not second:
        return 0.0
    if first == second or "".join(first) == "".join(second):
        return 1.0
    if _abbreviates(first, second) or _abbreviates(second, first):
        return 0.95
    if _starts_alike(first, second):
        return 0.9
    ratio = fuzz.ratio(" ".join(first), " ".join(second))
    if ratio >= _CLOSE:
        return 0.9
    return _contained(set(first), set(second), ratio / 100)


def abbreviates(short: str, full: str) -> bool:
    """Tell whether `short` plainly is the abbreviation of `full`: word by word, one of them by three letters or more.

    "Physical Review" is no abbreviation of "Physical Reviews", nor of "Physical Review A"; "JAMA" is a name.
    """
    few, many = _telling(short[:_LONGEST]), _telling(full[:_LONGEST])
    if (
        len(few) != len(many)
        or len(many) < 2
        or not any(len(b) - len(a) > 2 for a, b in zip(few, many, strict=True))
    ):
        return False
    return all(map(_shortens, few, many))


@lru_cache(maxsize=2048)  # a library names the same few journals again and again: half the time of a comparison
def _telling(title: str) -> tuple[str, ...]:
    words = key(title).split()
    # A last single letter names a section of a journal: "Physical Review A".
    return (*(word for word in words[:-1] if word not in _STOP), *words[-1:])


def _abbreviates(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Tell whether `short` abbreviates `full` word by word, or as initials in one word."""
    if len(short) == 1 and len(full) > 2 and len(short[0]) > 2:
        initials = "".join(word[0] for word in full)
        return short[0] == initials or short[0] == full[0] == initials[1:]
    if len(short) == len(full) == 1 and len(full[0]) - len(short[0]) < 3:
        return False  # "Cell" and "Cells" are two journals
    return len(short) == len(full) and all(map(_shortens, short, full))


def _starts_alike(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Tell whether one goes on after the other ended: a section, a place, "U S A"."""
    if min(len(first), len(second)) < 2:
        return False
    return all(map(_shortens, first, second)) or all(map(_shortens, second, first))


def _shortens(short: str, full: str) -> bool:
    """Tell whether the letters of `short` stand in `full`, in order, beginning with the first."""
    if full.startswith(short):
        return True
    if short[0] != full[0] or len(short) > len(full):
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def _contained(first: set[str], second: set[str], ratio: float) -> float:
    """Weigh venues with words in common: "Proceedings of the 5th Conference on X" holds "Conference on X"."""
    shared = len(first & second)
    smaller = min(len(first), len(second))
    if shared == smaller and smaller >= 2:
        return 0.8
    return min(0.7, max(shared / max(len(first), len(second)), ratio - 0.35))
