"""Identifiers as bibliography files write them: what was meant to be a DOI, and the ISSNs and ISBNs in one value.

Exporters put several numbers into one field, with a word for the medium: `0926-9630 (Print); 1386-5056 (Linking)`.

>>> serials("0926-9630 (Print); 978-0-471-11709-4").isbn
('978-0-471-11709-4',)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from enrich.errors import IdentifierError
from enrich.identifiers import doi as dois
from enrich.identifiers import isbn, issn
from enrich.identifiers.doi import Doi

_ATTEMPT: Final = re.compile(r"\s*(?:10\.|doi\b)|doi\.org", re.IGNORECASE)
# One whose beginning is spoilt: "1O.1000/", "10,1000/", "0.1000/", "101000/", and "doi" with other letters.
_SPOILT: Final = re.compile(
    r"\s*(?:[1lI|!]{1,2}[0oO]\s?[.,:;]{1,2}\s?[0-9oOlI]{3,9}\W|[1lI]?[0oO]?\.[0-9]{4,5}/|1?10[0-9]{4,5}/\S"
    r"|[dD][0oO][il1I][:\s])"
)
_SERIAL: Final = re.compile(
    r"(?<![\w-])(?:97[89](?:[-‐‑– ]?[0-9]){10}|[0-9](?:[-‐‑– ]?[0-9]){8}[-‐‑– ]?[0-9Xx]"
    r"|[0-9]{4}[-‐‑–]?[0-9]{3}[0-9Xx])(?![\w-])"
)
_PLAIN: Final = str.maketrans("‐‑–x", "---X", " ")
_SHORT: Final = 100
_LONGEST: Final = 4000

LABELLED: Final = re.compile(r"\A\s*(?:doi\b|10\.\d{4,9}/|https?://(?:dx\.)?doi\.org/)", re.IGNORECASE)
"""A value that begins with a DOI or says that it is one."""
RESOLVER: Final = re.compile(r"doi[.-]org", re.IGNORECASE)
"""An address that names the resolver, perhaps through a library's proxy."""
Shapes: TypeAlias = "Mapping[str, tuple[int, re.Pattern[str] | None]]"
"""The tags in which a DOI may stand, how good each is (0 is best), and what their value must look like."""


class Reading(NamedTuple):
    """The DOI of a record, the text and the token it was read from.

    `own` are the tokens of the best tag that are DOIs or were meant to be; `other` is a second, different
    DOI, read from the token `other_at`.
    """

    doi: Doi | None = None
    text: str | None = None
    at: int | None = None
    own: tuple[int, ...] = ()
    other: Doi | None = None
    other_at: int = 0


class Serials(NamedTuple):
    """The numbers in one value as written: those that are right in their order, each kind by itself, and the wrong."""

    right: tuple[str, ...]
    issn: tuple[str, ...]
    isbn: tuple[str, ...]
    wrong: tuple[str, ...]


def read_doi(tokens: Sequence[tuple[str, str, int]], shapes: Shapes, no_doi: str | None = None) -> Reading:
    """Return the DOI of a record: from the best tag, else from the others in which exporters put it.

    The value `no_doi` is known to be something else.
    """
    found: list[tuple[int, int, Doi]] = []
    attempts: list[int] = []
    for index, (tag, value, _) in enumerate(tokens):
        if tag not in shapes or value == no_doi:
            continue
        rank, shape = shapes[tag]
        if (shape is None or shape.search(value[:_LONGEST])) and (doi := dois.find(value[:_LONGEST])):
            found.append((rank, index, doi))
        elif rank == 0 and is_attempt(value):
            attempts.append(index)
    own = (*(index for rank, index, _ in found if rank == 0), *attempts)
    if not found:
        first = attempts[0] if attempts else None
        return Reading(None, None if first is None else tokens[first][1], first, own)
    _, index, doi = found[0] if len(found) == 1 else min(found)
    for _, at, other in found:
        if other != doi:
            return Reading(doi, tokens[index][1], index, own, other, at)
    return Reading(doi, tokens[index][1], index, own)


def is_attempt(value: str) -> bool:
    """Tell whether somebody meant to write a DOI."""
    plain = unicodedata.normalize("NFKC", value[:_LONGEST])
    return _ATTEMPT.search(plain) is not None or _SPOILT.match(plain) is not None


def is_nothing_but_doi(value: str) -> bool:
    """Tell whether `value` holds a DOI, well spelt or not, and no other words that would be lost with it."""
    try:
        dois.compact(value)
    except IdentifierError:
        return dois.find(value[:_LONGEST]) is None
    return True


def serials(value: str) -> Serials:
    """Return the numbers in a value, without the word for their medium; each kind holds a number once."""
    return _read_serials(value) if len(value) <= _SHORT else _serials(value)


def _serials(value: str) -> Serials:
    found = [(_kind(match[0].translate(_PLAIN)), match[0]) for match in _SERIAL.finditer(value)]
    by_kind: dict[str, dict[str, None]] = {"issn": {}, "isbn": {}, "": {}}
    for kind, number in found:
        by_kind[kind][number] = None
    return Serials(tuple(number for kind, number in found if kind), *map(tuple, by_kind.values()))


_read_serials = lru_cache(maxsize=4096)(_serials)


def _kind(number: str) -> str:
    return "issn" if issn.is_valid(number) else "isbn" if isbn.is_valid(number) else ""
