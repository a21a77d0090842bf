"""Bytes to records and back, and whether a file is RIS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from enrich.formats import decode, joining, tagged
from enrich.formats.joining import Way
from enrich.formats.ris import interpret, notes
from enrich.formats.ris.render import fresh, line
from enrich.formats.ris.rewrite import rewritten
from enrich.formats.ris.split import SYNTAX
from enrich.formats.ris.tags import csl_type
from enrich.formats.ris.tokens import Oddities, Token, tokens
from enrich.formats.tagged import Parsed
from enrich.model.record import Record

_TYPE: Final = re.compile(
    rb"(?:\A|\n)[ \t]{0,8}TY[ \t]{0,4}(?:-|\xe2\x80[\x93\x94])[ \t]{0,4}([A-Za-z]{2,8})[ \t\r]{0,8}(?=\n|\Z|[A-Z][A-Z0-9] )"
)
_TAGS: Final = re.compile(rb"(?:\A|\n)(?:TI|T1|AU|A1|PY|Y1|JO|JF|T2|DO)  - ")
_PLENTY: Final = 3


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is RIS; see :class:`enrich.formats.base.Format`."""
    encoding = decode.detect(head)
    if b"\x00" in head and not encoding.is_wide:
        return 0.0
    view = decode.view_of(head, encoding).removeprefix(decode.BOM)
    found = _TYPE.search(view)
    if found is None:
        return 0.3 if len(_TAGS.findall(view)) >= _PLENTY and SYNTAX.end and SYNTAX.end.search(view) else 0.0
    if csl_type(found[1].decode()) is None:
        return 0.5
    return 1.0 if found.start() == 0 or SYNTAX.end is None or SYNTAX.end.search(view) else 0.8


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`."""
    return tagged.read(chunks, SYNTAX, _parsed, file)


def parts(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[tagged.Part]:
    """Yield what :func:`record` makes each record of."""
    return tagged.parts(chunks, SYNTAX, file)


def record(part: tagged.Part, /) -> Record:
    """Return the record in a part of a file."""
    return tagged.record(part, SYNTAX, _parsed)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one chunk for each record, then an empty one; see :class:`enrich.formats.base.Format`."""
    return joining.write(records, _WAY)


def _parsed(text: str) -> Parsed | None:
    odd = Oddities()
    found = tokens(text, odd)
    if not any(value and tag != "ER" for tag, value, _ in found):
        return None
    assignment = interpret.assign(found)
    members = interpret.build(found, assignment)
    extra = _extra(found, assignment)
    return Parsed(members, assignment.doi.text, extra, notes.collect(found, assignment, members, odd))


def _extra(found: list[Token], assignment: interpret.Assignment) -> tuple[tuple[str, str], ...]:
    """Return the tags that CSL has no name for, a further DO, and a type that nobody knows."""
    used = assignment.doi.at
    extra = [
        (tag, value)
        for index, ((tag, value, _), field) in enumerate(zip(found, assignment.fields, strict=True))
        if value and index != used and tag != "ER" and (not field or field == "doi")
    ]
    if assignment.stated is not None and assignment.type is None:
        extra.append(("TY", assignment.stated))
    return tuple(extra)


def _fresh(record: Record, newline: str) -> str:
    return "".join(line(tag, value, newline) + newline for tag, value in fresh(record)) + newline


_WAY: Final = Way(SYNTAX, _fresh, rewritten, ("", "\n", "\n\n", "ER  - \n", "\nER  - \n\n"))
