"""biblatex (`.bib`), written: entries with the types and fields that biber knows. Read, it is BibTeX with more words.

https://ctan.org/pkg/biblatex (manual, chapter 2)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NoReturn

from enrich.errors import FormatError
from enrich.formats.bibtex import render, rewrite, writer
from enrich.formats.bibtex.rewrite import unencodable, unheld
from enrich.model.record import Record
from enrich.model.work import Work

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "biblatex"
MEDIA_TYPES: Final = ()
EXTENSIONS: Final = ()


def sniff(_head: bytes, /) -> float:
    """Return 0: what there is to recognise, :mod:`enrich.formats.bibtex` recognises."""
    return 0.0


def read(_chunks: Iterable[bytes], /, *, file: str | None = None) -> NoReturn:
    """Raise FormatError: the reader of BibTeX reads both."""
    raise FormatError(f"{NAME} is read as {rewrite.NAME}; name that format", file=file)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one chunk for each record; see :class:`enrich.formats.base.Format`. What came from a `.bib` file stays."""
    return writer.write(records, is_biblatex=True)


def held(record: Record, /) -> Work:
    """Return what a biblatex entry can hold of the record's work."""
    return render.held(record, is_biblatex=True)
