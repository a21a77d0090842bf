"""What a dead or malformed DOI may have been: candidates, likeliest first, never more than :data:`MOST`.

First comes the text as it stands, then what it shows to be wrong (a tail, a doubled mark, a lost slash) and two such errors
at once, then prefixes that differ by a digit from a known one, then guesses, at which every class has its turn. A candidate
is a well-formed name and nothing more: whoever asks for it must make sure that its work is the one that is meant.

>>> [candidate.doi for candidate in candidates("10.1038/nature14539[doi].pmid:26017442")][0]
'10.1038/nature14539'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Final, NamedTuple

from enrich.identifiers import doi as names
from enrich.identifiers.doi import Doi
from enrich.identifiers.doi_errors import ErrorClass, table

MOST: Final = 150  # candidates for one text: three full requests
_LONGEST: Final = 600  # characters of a text that are looked at; the longest name in wide use has 90
_SEEN: Final = 24  # readings that are themselves read again for a second error
_GUESSES: Final = 90
_EACH: Final = 12  # guesses of one class


class Candidate(NamedTuple):
    """A name and the classes of error that lead from it to what was written. `is_seen`: the text shows all of them."""

    doi: Doi
    errors: tuple[str, ...]
    is_seen: bool

    @property
    def explanation(self) -> str:
        """The errors in words: `a point stands twice; punctuation follows`."""
        return "; ".join(_SENTENCES.get(error) or table()[error].sentence for error in self.errors)


_SENTENCES: Final = {
    "reading": "it is meant exactly as it stands",
    "other-field": "it stands in another field of the record",
    "digit-of-prefix": "a digit of the prefix is lost, wrong or too many",
}


def candidates(
    text: str, *, is_known: Callable[[str], bool] = lambda _prefix: False, guesses: bool = True
) -> tuple[Candidate, ...]:
    """Return the names that `text`, which holds a DOI that does not exist, may mean; `guesses` false: only what it shows.

    `is_known` tells whether somebody registers names with a prefix such as `10.1000`. The name that is read from the text as
    it stands is none of them.
    """
    text = text[:_LONGEST].strip()
    found = _all(text, is_known) if guesses else _shown(text)
    first = names.find(text)
    if first is not None and names.is_short(first):
        return ()  # a number that somebody was given, in which nothing can be seen
    named: dict[Doi, Candidate] = {}
    for candidate in found:
        if candidate.doi != first and candidate.doi not in named:
            named[candidate.doi] = candidate
            if len(named) == MOST:
                break
    return tuple(named.values())


def _all(text: str, is_known: Callable[[str], bool]) -> Iterator[Candidate]:
    shown = list(_shown(text))
    yield from shown
    bases = list(dict.fromkeys(filter(None, (names.find(text), *(each.doi for each in shown[:1])))))
    prefix, _, suffix = bases[0].partition("/") if bases else ("", "", "")
    lost, others = list(_with_a_digit(prefix)), list(_with_another_digit(prefix))
    if len(prefix) >= len("10.1000"):
        lost, unlikely = [each for each in lost if is_known(each)], lost
    else:  # nobody has so short a prefix
        unlikely = []
    likely = (*lost, *filter(is_known, others))
    yield from _read([f"{each}/{suffix}" for each in likely], ("digit-of-prefix",), is_seen=False)
    yield from islice(_in_turn(map(_guessed, bases)), _GUESSES)
    yield from _read([f"{each}/{suffix}" for each in unlikely], ("digit-of-prefix",), is_seen=False)


def _shown(text: str) -> Iterator[Candidate]:
    """Yield the text as it stands, then what it shows to be wrong, then two errors at once."""
    if names.is_valid(exact := names.fold(text)):
        yield Candidate(Doi(exact), ("reading",), is_seen=True)
    spellings = list(dict.fromkeys(filter(None, (names.find(text), _unlabelled(text), _from_prefix(text)))))
    seen = [row for row in table().values() if row.is_seen]
    once = list(dict.fromkeys((way, (row.name,)) for row, way in _ways(seen, spellings)))
    for way, errors in once:
        yield from _read((way,), errors, is_seen=True)
    for way, errors in once[:_SEEN]:
        for row, again in _ways(seen, (way,)):
            yield from _read((again,), (*errors, row.name), is_seen=True)


def _ways(rows: Sequence[ErrorClass], spellings: Sequence[str]) -> Iterator[tuple[ErrorClass, str]]:
    for row in rows:
        for spelling in spellings:
            yield from ((row, way) for way in row.ways(spelling) if way != spelling)


def _guessed(name: str) -> Iterator[Candidate]:
    """Yield the guesses of all classes, each having its turn."""
    rows = [row for row in table().values() if not row.is_seen]
    yield from _in_turn(_read(islice(row.ways(name), _EACH), (row.name,), is_seen=False) for row in rows)


def _in_turn(many: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    """Yield the first of each, then the second of each, until all are at their end."""
    yield from (candidate for turn in zip_longest(*many) for candidate in turn if candidate is not None)


def _read(spellings: Iterable[str], errors: tuple[str, ...], *, is_seen: bool) -> Iterator[Candidate]:
    for spelling in spellings:
        if doi := names.find(spelling):
            yield Candidate(doi, errors, is_seen)


_LABEL: Final = re.compile(
    r"\W{0,5}(?:urn:|info:|https?[:/]{1,4})?(?:www\.|dx\.)?(?:d[o0][il1|!][.-][o0]rg/{1,3})?(?:d[o0][il1|!]\W{0,4})?",
    re.IGNORECASE,
)
_BEGIN: Final = re.compile(r"(?<![0-9])1[0oO][.,]\s?[0-9oOlI]{3,9}", re.ASCII)


def _unlabelled(text: str) -> str:
    """Return the text without the label or the resolver's address at its beginning, however damaged these are."""
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def _from_prefix(text: str) -> str:
    """Return the text from where something like a prefix begins."""
    found = _BEGIN.search(text)
    return text[found.start() :] if found else text


def _registrant(prefix: str) -> str:
    """Return the digits behind `10.`; nothing where there are other characters or too many."""
    registrant = prefix.removeprefix("10.")
    return registrant if registrant.isascii() and registrant.isdecimal() and len(registrant) < 7 else ""


def _with_a_digit(prefix: str) -> Iterator[str]:
    """Yield the prefixes that have a digit more."""
    if digits := _registrant(prefix):
        yield from (
            f"10.{digits[:at]}{digit}{digits[at:]}" for at in range(len(digits) + 1) for digit in "0123456789"
        )


def _with_another_digit(prefix: str) -> Iterator[str]:
    """Yield the prefixes that have a digit less, two neighbours exchanged, or another digit."""
    if digits := _registrant(prefix):
        places = range(len(digits))
        yield from (f"10.{digits[:at]}{digits[at + 1 :]}" for at in places)
        yield from (f"10.{digits[:at]}{digits[at + 1]}{digits[at]}{digits[at + 2 :]}" for at in places[:-1])
        yield from (f"10.{digits[:at]}{digit}{digits[at + 1 :]}" for at in places for digit in "0123456789")
