r"""Files put together from several formats: `cat pubmed.nbib library.enw old.ris`, a RIS record pasted into an `.enw`.

A file is what it begins with, until a record of another format of lines begins: its first line and, right below, a second
that only that format has. One such line alone may be a text's own, so it is left to the reader as before; a text that quotes
the beginning of a whole record, at the beginning of a line, is taken for one. Files in UTF-16 and of the old Macintosh are
of one format.

Written back, each record stays in the format it was read from, as long as it goes back into its own file. What is never
written (PubMed, Web of Science) is refused, as it is alone.

>>> [name for name, _, chunks in segments([b"%0 Book\n%T A\nTY  - BOOK\nTI  - B\nER  - \n"], "refer") if list(chunks)]
['refer', 'ris']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from enrich.model.record import Record

_END: Final = rb"[ \t]{0,8}\r?\n"
_EQUALS: Final = rb"[ \t]{0,8}=[ \t]{0,8}"
# The two lines that a record begins with, no longer than what is looked ahead.
_BEGINS: Final = {
    "refer": rb"%0 [ \t]{0,8}[A-Za-z][^%\r\n]{1,60}" + _END + rb"%[A-Z@0-9] ",
    "ris": rb"TY  - ?[A-Z]{2,8}" + _END + rb"[A-Z][A-Z0-9]  -",
    "nbib": rb"PMID- ?[0-9]{1,10}" + _END + rb"(?:OWN |STAT)- ",
    "isi": rb"(?:PT [BJPS]"
    + _END
    + rb"[A-Z][A-Z0-9] |FN (?:Clarivate|Thomson|ISI|Web of)[^\r\n]{0,80}"
    + _END
    + rb"VR )",
    "bibtex": rb"@[A-Za-z]{3,20}\{[^\s,{}]{1,80},"
    + _END
    + rb"[ \t]{0,16}[A-Za-z][\w-]{1,30}"
    + _EQUALS
    + rb"[{\"\w]",
}
# What tells that a file has begun in its format, where one of another follows: a heading above that one belongs to it.
_TAG: Final = {
    "refer": re.compile(rb"\n(?:\xef\xbb\xbf)?%[A-Z@0-9] "),
    "bibtex": re.compile(rb"\n(?:\xef\xbb\xbf)?[ \t]{0,8}@[A-Za-z]"),
    **dict.fromkeys(("ris", "nbib", "isi"), re.compile(rb"\n(?:\xef\xbb\xbf)?[A-Z][A-Z0-9]{1,3}[ \t]")),
}
# An entry of BibTeX may hold anything within its braces; outside of them another one has ended.
_CLOSED: Final = re.compile(rb"(?:\A|[})],?|\A[^@]*)\s*\Z")
_HEAD: Final = 1 << 16
_LOOK_AHEAD: Final = 256
_LOOK_BACK: Final = 64


def _but(own: str) -> re.Pattern[bytes]:
    """Return what finds the line feed before a record of another format."""
    lines = b"|".join(b"(?P<%s>%s)" % (name.encode(), lines) for name, lines in _BEGINS.items() if name != own)
    return re.compile(rb"\n(?=(?:\xef\xbb\xbf)?(?:" + lines + rb"))")


_MARKS: Final = {own: _but(own) for own in (*_BEGINS, "")}


class Segment(NamedTuple):
    """A part of a file that is of one format: its name, the lines before it, its bytes, to be read before the next part."""

    format: str
    lines: int
    chunks: Iterator[bytes]


def segments(chunks: Iterable[bytes], name: str) -> Iterator[Segment]:
    """Yield the parts of a file that begins in the format of this name; how it is cut into chunks never changes them."""
    if name not in _BEGINS:
        yield Segment(name, 0, iter(chunks))
        return
    events = _events(chunks, name)
    lines, is_empty = 0, True
    for format_, group in groupby(events, key=lambda event: event[0]):
        counted = _Counted(data for _, data in group)
        yield Segment(format_, lines, iter(counted))
        lines += counted.lines
        is_empty = False
    if is_empty:  # what an empty file is, its reader says
        yield Segment(name, 0, iter(()))


class _Counted:
    """Chunks, and how many lines have passed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.lines += chunk.count(b"\n")
            yield chunk


def _events(chunks: Iterable[bytes], name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a file, each piece with the format it is of."""
    own = name  # the beginnings of what the file is of are not searched for until it is found to be of something else, too
    feed = iter(chunks)
    # A line feed before the file: its first line is like all others.
    buffer, given, scan, is_begun, is_end = b"\n", 1, 1, False, False
    while not is_end:
        more = next(feed, None)
        is_end = more is None
        buffer += more or b""
        if not is_begun and not is_end and len(buffer) < _HEAD:
            continue  # what the file begins with is decided with its head in sight
        # Cuts are decided with the same bytes in sight however the file is cut into chunks.
        limit = len(buffer) if is_end else max(scan, len(buffer) - _LOOK_AHEAD)
        marks = _marks(buffer, scan, limit, own)
        while (mark := next(marks, None)) is not None:
            at, other = mark
            if other == name or (name == "bibtex" and not _CLOSED.search(buffer[max(0, at - _LOOK_BACK) : at])):
                continue
            if at > given and (is_begun or _TAG[name].search(buffer, 0, at)):
                yield name, buffer[given:at]
                given, is_begun = at, True
            name = other
            if own:
                own, marks = "", _marks(buffer, at + 1, limit, "")
        if limit > given:
            yield name, buffer[given:limit]
            is_begun = True
        given = scan = limit
        kept = max(0, given - _LOOK_BACK)
        buffer, given, scan = buffer[kept:], given - kept, scan - kept


def _marks(buffer: bytes, begin: int, end: int, own: str) -> Iterator[tuple[int, str]]:
    """Yield where records of other formats than `own` begin between two places, in order, and in which."""
    for match in _MARKS[own].finditer(buffer, begin - 1):
        if match.end() >= end:
            return
        yield match.end(), str(match.lastgroup)


def write(
    records: Iterable[Record], write_as: Callable[[Iterable[Record], str], Iterator[bytes]]
) -> Iterator[bytes]:
    """Yield the records as bytes: one chunk for each, then one that closes the file.

    Those of the first one's file stay each in its own format, the others are written in the first one's.
    """
    home: tuple[str | None, str] | None = None
    held, ends = b"", b"\n"

    def format_of(record: Record) -> str:
        nonlocal home
        own = record.source.format if record.source is not None else "refer"
        home = home or (record.origin.file, own)
        return own if home[0] == record.origin.file else home[1]

    for name, run in groupby(records, key=format_of):
        chunks = write_as(run, name)
        chunk = next(chunks)
        gap = b"" if ends.endswith((b"\n", b"\r")) or not chunk else b"\n"
        last = held + gap + chunk
        for chunk in chunks:
            yield last
            ends, last = last or ends, chunk
        held = last
    yield held
