"""Crossref's own answers, as JSON Lines (see :mod:`enrich.formats.answers`).

https://www.crossref.org/documentation/retrieve-metadata/rest-api/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from enrich.formats import answers
from enrich.formats.answers import sniff, unencodable, unheld
from enrich.model.record import Record
from enrich.model.work import Work

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "crossref-json"
MEDIA_TYPES: Final = ()
EXTENSIONS: Final = ()


def read(_chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Raise FormatError: answers are written, never read."""
    answers.refuse(NAME, file)


def held(record: Record, /) -> Work:
    """Return the work where the answer is this agency's; the line of any other record is `null`."""
    return answers.held(record, NAME)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one line for each record: Crossref's answer, or `null`."""
    return answers.lines(records, NAME)
