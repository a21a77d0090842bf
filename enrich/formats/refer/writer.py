"""Records to bytes.

A record that has not changed keeps its bytes. Between two that did not stand side by side before, as many line breaks are
put as it takes to tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from enrich.formats.refer import encode
from enrich.formats.refer.decode import Encoding, encoded, lossless, view_of
from enrich.formats.refer.render import fresh, line
from enrich.formats.refer.rewrite import rewritten
from enrich.formats.refer.split import blocks, first_tag
from enrich.formats.refer.tokens import normalized
from enrich.model.record import Record, Source

_LINE_ENDS: Final = (b"\n", b"\r", b"\n\x00", b"\r\x00")
_ENDS_BLANK: Final = re.compile(r"(?:\A|\n)[ \t]*\n[ \t]*\Z")


class _Piece(NamedTuple):
    """One record as it is going to be written, and where its bytes stood before, if they are still the same."""

    raw: bytes
    codec: str
    file: str | None
    newline: str
    span: tuple[int, int] | None


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one chunk for each record, then an empty one; see :class:`enrich.formats.base.Format`."""
    first: _Piece | None = None
    last: _Piece | None = None
    for record in records:
        piece = _piece(record, first)
        if first is None or last is None:
            first, chunk = piece, piece.raw
        else:
            if piece.file != first.file or encode.is_wide(piece.codec) != encode.is_wide(first.codec):
                piece = _transcoded(piece, first.codec)
            chunk = _separation(last, piece).encode(first.codec) + piece.raw
        last = piece
        yield chunk
    yield b""


def _piece(record: Record, first: _Piece | None) -> _Piece:
    source = record.source
    if source is None or source.format != "refer":
        codec, newline = (first.codec, first.newline) if first else ("utf-8", "\n")
        return _Piece(_fresh(record, codec, newline), codec, first.file if first else None, newline, None)
    if not record.readable or (record.doi_text == source.doi_text and _is_same(record, source)):
        span = _span(source, record.origin.line) if record.origin.line is not None else None
        return _Piece(source.raw, source.encoding, record.origin.file, source.newline, span)
    return _Piece(rewritten(record, source), source.encoding, record.origin.file, source.newline, None)


def _is_same(record: Record, source: Source) -> bool:
    return record.work is source.work or record.work == source.work


def _fresh(record: Record, codec: str, newline: str) -> bytes:
    text = "".join(line(tag, value, newline) + newline for tag, value in fresh(record)) + newline
    fitting = encode.encodable(text, codec)
    return encoded(text, "utf-8") if fitting is None else encoded(fitting, codec)


def _transcoded(piece: _Piece, codec: str) -> _Piece:
    """Return a record of another file in the encoding of the first one, without the mark that begins a file.

    What that encoding cannot hold stays in UTF-8, which the reader knows record by record.
    """
    text = lossless(piece.raw[: len(piece.raw) & ~1] if encode.is_wide(piece.codec) else piece.raw, piece.codec)
    text = text.removeprefix("\ufeff")
    try:
        raw = encoded(text, codec)
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass") if encode.is_wide(piece.codec) else piece.raw
    return piece._replace(raw=raw, codec=codec, span=None)


def _span(source: Source, line: int) -> tuple[int, int]:
    """Return the lines on which the bytes of an unchanged record begin and end, given that of its first tag."""
    seen = view_of(source.raw, Encoding(source.encoding, source.newline))
    begin = line - seen.count(b"\n", 0, first_tag(seen))
    return begin, begin + seen.count(b"\n")


def _separation(last: _Piece, piece: _Piece) -> str:
    """Return the line breaks to put between two records."""
    if _were_together(last, piece):
        return ""
    before, after, newline = _text(last), _text(piece), piece.newline
    least = "" if before.endswith("\n") else newline
    if last.file != piece.file and not _ENDS_BLANK.search(before[-80:]):
        least += newline
    for more in range(3):
        breaks = least + newline * more
        if _is_cut(before + normalized(breaks), after):
            return breaks
    return least + newline * 2


def _were_together(last: _Piece, piece: _Piece) -> bool:
    """Tell whether nothing stood between two unchanged records of one file."""
    if not (last.span and piece.span and last.file == piece.file and last.span[1] == piece.span[0]):
        return False
    return last.file is not None or last.raw.endswith(_LINE_ENDS) or _is_cut(_text(last), _text(piece))


def _text(piece: _Piece) -> str:
    raw = piece.raw[: len(piece.raw) & ~1] if encode.is_wide(piece.codec) else piece.raw
    return normalized(lossless(raw, piece.codec))


def _is_cut(before: str, after: str) -> bool:
    """Tell whether a reader parts two texts where one ends and the other begins."""
    raw = before.encode("utf-8", "surrogatepass")
    at = 0
    for block in blocks([raw + after.encode("utf-8", "surrogatepass")]):
        at += len(block)
        if at >= len(raw):
            return at == len(raw)
    return False
