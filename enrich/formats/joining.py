"""Records of tagged lines to one file.

A record that has not changed keeps its bytes. Between two that did not stand side by side before, as much is put as it
takes to tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from enrich.formats import encode
from enrich.formats.decode import Encoding, encoded, lossless, view_of
from enrich.formats.tagged import Syntax, blocks
from enrich.model.record import Record, Source

LINE_ENDS: Final = (b"\n", b"\r", b"\n\x00", b"\r\x00")


class Way(NamedTuple):
    """How a format writes: its syntax, a record afresh as text, a changed one as bytes, and what may part two records.

    `partings` stand from the least to the most, with LF for the end of a line.
    """

    syntax: Syntax
    fresh: Callable[[Record, str], str]
    rewritten: Callable[[Record, Source], bytes]
    partings: Sequence[str]


class Piece(NamedTuple):
    """One record as it is going to be written, and where its bytes stood before, if they are still the same."""

    raw: bytes
    codec: str
    file: str | None
    newline: str
    span: tuple[int, int] | None


def write(records: Iterable[Record], way: Way) -> Iterator[bytes]:
    """Yield one chunk for each record, then an empty one; see :class:`enrich.formats.base.Format`."""
    first: Piece | None = None
    last: Piece | None = None
    for record in records:
        piece = _piece(record, first, way)
        if first is None or last is None:
            first, chunk = piece, piece.raw
        elif _were_together(last, piece):
            chunk = piece.raw
        else:
            piece = adapted(piece, first)
            chunk = encoded(_parting(last, piece, way), first.codec) + piece.raw
        last = piece
        yield chunk
    yield b""


def _piece(record: Record, first: Piece | None, way: Way) -> Piece:
    source = record.source
    if source is None or source.format != way.syntax.name:
        codec, newline = (first.codec, first.newline) if first else ("utf-8", "\n")
        return fresh_piece(way.fresh(record, newline), codec, newline, first)
    file = record.origin.file
    if not record.readable or (record.doi_text == source.doi_text and record.work == source.work):
        span = span_of(source, record.origin.line, way.syntax.first) if record.origin.line is not None else None
        return Piece(source.raw, source.encoding, file, source.newline, span)
    return Piece(way.rewritten(record, source), source.encoding, file, source.newline, None)


def fresh_piece(text: str, codec: str, newline: str, first: Piece | None) -> Piece:
    """Return a record written afresh, in UTF-8 where the encoding of the file cannot hold it."""
    fitting = encode.encodable(text, codec)
    raw = encoded(text, "utf-8") if fitting is None else encoded(fitting, codec)
    return Piece(raw, codec, first.file if first else None, newline, None)


def adapted(piece: Piece, first: Piece) -> Piece:
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


def span_of(source: Source, line: int, first: Callable[[bytes], int | None]) -> tuple[int, int]:
    """Return the lines on which the bytes of an unchanged record begin and end, given that of its first tag."""
    seen = view_of(source.raw, Encoding(source.encoding, source.newline))
    begin = line - seen.count(b"\n", 0, first(seen) or 0)
    return begin, begin + seen.count(b"\n")


def _parting(last: Piece, piece: Piece, way: Way) -> str:
    """Return what to put between two records that did not stand side by side."""
    before, after = seen_of(last), seen_of(piece)
    for parting in way.partings:
        seen = parting.replace("\n", "\n" if piece.newline == "\r" else piece.newline)
        if _is_cut(before + seen.encode(), after, way):
            return parting.replace("\n", piece.newline)
    return way.partings[-1].replace("\n", piece.newline)


def _were_together(last: Piece, piece: Piece) -> bool:
    """Tell whether nothing stood between two unchanged records of one file."""
    is_next = last.span and piece.span and last.file == piece.file and last.span[1] == piece.span[0]
    return bool(is_next) and last.raw.endswith(LINE_ENDS)


def seen_of(piece: Piece) -> bytes:
    """Return the bytes of a record as readers look at them."""
    return view_of(piece.raw, Encoding(piece.codec, piece.newline))


def _is_cut(before: bytes, after: bytes, way: Way) -> bool:
    """Tell whether a reader parts two views where one ends and the other begins."""
    at = 0
    for block in blocks([before + after], way.syntax):
        at += len(block.data)
        if at >= len(before):
            return at == len(before)
    return False
