"""Records to bytes.

A record that has not changed keeps its bytes. Between two that did not stand side by side before, as many line breaks are
put as it takes to tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from enrich.formats import encode
from enrich.formats.joining import LINE_ENDS, Piece, adapted, fresh_piece, seen_of, span_of
from enrich.formats.refer.render import fresh, line
from enrich.formats.refer.rewrite import rewritten
from enrich.formats.refer.split import LIMIT, blocks, first_tag
from enrich.model.record import Record, Source

_BLANKS: Final = (b" ", b"\t", b">", b" \x00", b"\t\x00", b">\x00")
_BLANK_LINE: Final = (b"\n\n", b"\n\r\n")
_TYPE: Final = b"%0 "
_ENDS_BLANK: Final = re.compile(rb"(?:\A|\n)[ \t]*\n[ \t]*\Z")


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one chunk for each record, then an empty one; see :class:`enrich.formats.base.Format`."""
    first: Piece | None = None
    last: Piece | None = None
    for record in records:
        piece = _piece(record, first)
        if first is None or last is None:
            first, chunk = piece, piece.raw
        elif _were_together(last, piece):
            chunk = piece.raw
        else:
            piece = adapted(piece, first)
            chunk = _separation(last, piece).encode(first.codec) + piece.raw
        last = piece
        yield chunk
    yield b""


def _piece(record: Record, first: Piece | None) -> Piece:
    source = record.source
    if source is None or source.format != "refer":
        codec, newline = (first.codec, first.newline) if first else ("utf-8", "\n")
        text = "".join(line(tag, value, newline) + newline for tag, value in fresh(record)) + newline
        return fresh_piece(text, codec, newline, first)
    if not record.readable or (record.doi_text == source.doi_text and _is_same(record, source)):
        span = span_of(source, record.origin.line, first_tag) if record.origin.line is not None else None
        return Piece(source.raw, source.encoding, record.origin.file, source.newline, span)
    raw = rewritten(record, source)
    line_end = source.newline.encode()
    is_flat = line_end[-1:] not in source.raw.strip() and source.raw.endswith(line_end)
    if is_flat and not raw.endswith((*_BLANK_LINE, line_end * 2)):
        # Other programs part records at blank lines only; a flattened one had none and is to have one now.
        raw += line_end if not encode.is_wide(source.encoding) else b""
    return Piece(raw, source.encoding, record.origin.file, source.newline, None)


def _is_same(record: Record, source: Source) -> bool:
    return record.work is source.work or record.work == source.work


def _separation(last: Piece, piece: Piece) -> str:
    """Return the line breaks to put between two records that did not stand side by side."""
    if (
        last.file == piece.file
        and last.raw.endswith(_BLANK_LINE)
        and last.raw.startswith(_TYPE)
        and piece.raw.startswith(_TYPE)
    ):
        return ""  # the usual case, and no reader errs in it
    before, after, newline = seen_of(last), seen_of(piece), piece.newline
    seen = b"\n" if newline == "\r" else newline.encode()
    least = 0 if before.endswith(b"\n") else 1
    if last.file != piece.file and not _ENDS_BLANK.search(before[-80:]):
        least += 1
    for count in range(least, least + 3):
        if _is_cut(before + seen * count, after):
            return newline * count
    return newline * (least + 2)


def _were_together(last: Piece, piece: Piece) -> bool:
    """Tell whether nothing stood between two unchanged records of one file."""
    if not (last.span and piece.span and last.file == piece.file and last.span[1] == piece.span[0]):
        return False
    if last.raw.endswith(LINE_ENDS):
        return True
    if 2 * len(last.raw) > LIMIT and len(seen_of(last)) > LIMIT - 4:  # a part of a record that is too long
        return _is_cut(seen_of(last), seen_of(piece))
    return last.raw.endswith(_BLANKS) and (last.file is not None or _is_cut(seen_of(last), seen_of(piece)))


def _is_cut(before: bytes, after: bytes) -> bool:
    """Tell whether a reader parts two views where one ends and the other begins."""
    at = 0
    for block in blocks([before + after]):
        at += len(block.data)
        if at >= len(before):
            return at == len(before)
    return False
