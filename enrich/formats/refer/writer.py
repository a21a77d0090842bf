"""Records to bytes.

A record that has not changed keeps its bytes. Between two that did not stand side by side before, as many line breaks are
put as it takes to tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from enrich.formats import encode
from enrich.formats.decode import Encoding, encoded, lossless, view_of
from enrich.formats.refer.render import fresh, line
from enrich.formats.refer.rewrite import rewritten
from enrich.formats.refer.split import blocks, first_tag
from enrich.model.record import Record, Source

_LINE_ENDS: Final = (b"\n", b"\r", b"\n\x00", b"\r\x00")
_BLANKS: Final = (b" ", b"\t", b">", b" \x00", b"\t\x00", b">\x00")
_BLANK_LINE: Final = (b"\n\n", b"\n\r\n")
_TYPE: Final = b"%0 "
_ENDS_BLANK: Final = re.compile(rb"(?:\A|\n)[ \t]*\n[ \t]*\Z")


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
        elif _were_together(last, piece):
            chunk = piece.raw
        else:
            piece = _adapted(piece, first)
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
    raw = rewritten(record, source)
    line_end = source.newline.encode()
    is_flat = line_end[-1:] not in source.raw.strip() and source.raw.endswith(line_end)
    if is_flat and not raw.endswith((*_BLANK_LINE, line_end * 2)):
        # Other programs part records at blank lines only; a flattened one had none and is to have one now.
        raw += line_end if not encode.is_wide(source.encoding) else b""
    return _Piece(raw, source.encoding, record.origin.file, source.newline, None)


def _is_same(record: Record, source: Source) -> bool:
    return record.work is source.work or record.work == source.work


def _fresh(record: Record, codec: str, newline: str) -> bytes:
    text = "".join(line(tag, value, newline) + newline for tag, value in fresh(record)) + newline
    fitting = encode.encodable(text, codec)
    return encoded(text, "utf-8") if fitting is None else encoded(fitting, codec)


def _adapted(piece: _Piece, first: _Piece) -> _Piece:
    """Return a record without the mark that begins a file, and one of another file in the encoding of the first.

    What that encoding cannot hold stays in UTF-8, which the reader knows record by record.
    """
    text = lossless(piece.raw[: len(piece.raw) & ~1] if encode.is_wide(piece.codec) else piece.raw, piece.codec)
    codec = piece.codec
    if piece.file != first.file or encode.is_wide(codec) != encode.is_wide(first.codec):
        codec = first.codec
    elif not text.startswith("\ufeff"):
        return piece
    text = text.removeprefix("\ufeff")
    try:
        raw = encoded(text, codec)
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass" if encode.is_wide(piece.codec) else "surrogateescape")
    return piece._replace(raw=raw, codec=codec, span=None)


def _span(source: Source, line: int) -> tuple[int, int]:
    """Return the lines on which the bytes of an unchanged record begin and end, given that of its first tag."""
    seen = view_of(source.raw, Encoding(source.encoding, source.newline))
    begin = line - seen.count(b"\n", 0, first_tag(seen))
    return begin, begin + seen.count(b"\n")


def _separation(last: _Piece, piece: _Piece) -> str:
    """Return the line breaks to put between two records that did not stand side by side."""
    if (
        last.file == piece.file
        and last.raw.endswith(_BLANK_LINE)
        and last.raw.startswith(_TYPE)
        and piece.raw.startswith(_TYPE)
    ):
        return ""  # the usual case, and no reader errs in it
    before, after, newline = _seen(last), _seen(piece), piece.newline
    seen = b"\n" if newline == "\r" else newline.encode()
    least = 0 if before.endswith(b"\n") else 1
    if last.file != piece.file and not _ENDS_BLANK.search(before[-80:]):
        least += 1
    for count in range(least, least + 3):
        if _is_cut(before + seen * count, after):
            return newline * count
    return newline * (least + 2)


def _were_together(last: _Piece, piece: _Piece) -> bool:
    """Tell whether nothing stood between two unchanged records of one file."""
    if not (last.span and piece.span and last.file == piece.file and last.span[1] == piece.span[0]):
        return False
    if last.raw.endswith(_LINE_ENDS):
        return True
    return last.raw.endswith(_BLANKS) and (last.file is not None or _is_cut(_seen(last), _seen(piece)))


def _seen(piece: _Piece) -> bytes:
    return view_of(piece.raw, Encoding(piece.codec, piece.newline))


def _is_cut(before: bytes, after: bytes) -> bool:
    """Tell whether a reader parts two views where one ends and the other begins."""
    at = 0
    for block in blocks([before + after]):
        at += len(block)
        if at >= len(before):
            return at == len(before)
    return False
