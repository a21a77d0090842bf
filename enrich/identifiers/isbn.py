"""ISBN, ISO 2108, of books (https://www.isbn-international.org/content/what-isbn).

Ten characters until 2006 (the last may be X), thirteen digits since. Each is kept as it is: turning one into the other
would change what somebody wrote. Where the hyphens go depends on the ranges that agencies were given; python-stdnum knows.

>>> format(compact("http://id.crossref.org/isbn/9780471117094"))
'978-0-471-11709-4'
"""

from __future__ import annotations

import re
from typing import Final, NewType

from stdnum import isbn as _standard

from enrich.errors import IdentifierError

Isbn = NewType("Isbn", str)

_GAP: Final = r"[-\u2010-\u2015\u2212 ]?"
# Overlapping on purpose: in "ISBN 13 978-0-471-11709-4" the first attempt begins at the 13.
_CANDIDATE: Final = re.compile(
    rf"(?<![0-9A-Za-z])(?<![0-9][-\u2010-\u2015])"
    rf"(?:(?=(97[89](?:{_GAP}[0-9]){{10}})(?![-\u2010-\u2015]?[0-9A-Za-z]))"
    rf"|(?=([0-9](?:{_GAP}[0-9]){{8}}{_GAP}[0-9Xx])(?![-\u2010-\u2015]?[0-9A-Za-z])))"
)
_WRITTEN: Final = re.compile(r"[0-9](?:-?[0-9]){8,11}-?[0-9X]", re.ASCII)


def compact(text: str) -> Isbn:
    """Return the first ISBN in `text` in ten or thirteen characters; raises IdentifierError if none is right."""
    candidates = [_standard.compact(match[1] or match[2]) for match in _CANDIDATE.finditer(text)]
    for candidate in candidates:
        if _standard.is_valid(candidate):
            return Isbn(candidate)
    if candidates:
        raise IdentifierError(f"the check digit of the ISBN {candidates[0]} is wrong")
    raise IdentifierError(f"no ISBN, which has 10 or 13 digits like 978-0-471-11709-4: {text[:80]!r}")


def validate(text: str) -> Isbn:
    """Return `text`, an ISBN with or without hyphens and nothing else, in compact form; raises IdentifierError."""
    if not is_valid(text):
        raise IdentifierError(f"no ISBN, or its check digit is wrong: {text[:80]!r}")
    return Isbn(_standard.compact(text))


def is_valid(text: str) -> bool:
    """Tell whether `text` is an ISBN, with or without hyphens."""
    return _WRITTEN.fullmatch(text) is not None and bool(_standard.is_valid(text))


def format(isbn: str) -> str:  # noqa: A001 - one of the verbs every identifier module has, always called as isbn.format
    """Return the ISBN as it is printed, `978-0-471-11709-4`; without hyphens where its range was given to nobody."""
    return str(_standard.format(isbn))


def to_url(isbn: str) -> str:
    """Return the address of the book at Open Library."""
    return f"https://openlibrary.org/isbn/{_standard.compact(isbn)}"
