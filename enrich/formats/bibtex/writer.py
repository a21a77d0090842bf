"""Records to bytes.

A record that has not changed keeps its bytes. Between two that did not stand side by side before, as many line ends are put
as it takes to tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from enrich.formats import decode
from enrich.formats.bibtex.keys import Keys
from enrich.formats.bibtex.render import Manner, fresh
from enrich.formats.bibtex.rewrite import LATEX, NAME, block_of, rewritten
from enrich.formats.decode import Encoding
from enrich.model.record import Record, Source

_BOM: Final = "\ufeff"


class _Piece(NamedTuple):
    """One record as it is going to be written, and from which file, if it is from one of this format."""

    raw: bytes
    codec: str
    newline: str
    file: str | None = None
    span: tuple[int, int] | None = None
    """The lines of the file on which the record's bytes began and ended; None for a new one."""


def write(records: Iterable[Record], /, *, is_biblatex: bool = False) -> Iterator[bytes]:
    """Yield one chunk for each record, then an empty one; see :class:`enrich.formats.base.Format`."""
    keys = Keys()
    first: _Piece | None = None
    last: _Piece | None = None
    for record in records:
        piece = _piece(record, first, keys, is_biblatex=is_biblatex)
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


def _piece(record: Record, first: _Piece | None, keys: Keys, *, is_biblatex: bool) -> _Piece:
    source = record.source
    if source is None or source.format != NAME:
        codec, newline = (first.codec, first.newline) if first else ("utf-8", "\n")
        return _Piece(_fresh(record, codec, newline, keys, is_biblatex=is_biblatex), codec, newline)
    for name, value in record.extra[:1]:
        if name == "citation-key":
            keys.take(value)
    codec = "utf-8" if source.encoding == LATEX else source.encoding
    raw = source.raw if _is_same(record, source) else rewritten(record, source)
    return _Piece(raw, codec, source.newline, record.origin.file, _span(source, record.origin.line))


def _span(source: Source, line: int | None) -> tuple[int, int] | None:
    if line is None:
        return None
    if source.raw.startswith(b"@") and source.newline != "\r" and not _is_wide(source.encoding):
        return line, line + source.raw.count(b"\n")
    block = block_of(source)
    begin = line - block.data.count(b"\n", 0, block.start)
    return begin, begin + block.data.count(b"\n")


def _is_same(record: Record, source: Source) -> bool:
    if not record.readable:
        return True
    return record.doi_text == source.doi_text and (record.work is source.work or record.work == source.work)


def _fresh(record: Record, codec: str, newline: str, keys: Keys, *, is_biblatex: bool) -> bytes:
    text = fresh(record, keys.new(record), Manner("other", is_biblatex, codec, newline)) + newline * 2
    return _encoded(text, codec)


def _encoded(text: str, codec: str) -> bytes:
    """Encode a text; what the codec of the first file cannot hold stays in UTF-8, which the reader knows entry by entry."""
    try:
        return decode.encoded(text, codec)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _adapted(piece: _Piece, first: _Piece) -> _Piece:
    """Return a record without the mark that begins a file, and one of another file in the encoding of the first."""
    is_foreign = piece.codec != first.codec and not (
        piece.raw.isascii() and not _is_wide(piece.codec, first.codec)
    )
    if not is_foreign and not piece.raw.startswith((decode.BOM, b"\xff\xfe", b"\xfe\xff")):
        return piece
    raw = piece.raw[: len(piece.raw) & ~1] if piece.codec.startswith("utf-16") else piece.raw
    text = decode.lossless(raw, piece.codec).removeprefix(_BOM)
    return piece._replace(raw=_encoded(text, first.codec), codec=first.codec)


def _is_wide(*codecs: str) -> bool:
    return any(codec.startswith("utf-16") for codec in codecs)


def _were_together(last: _Piece, piece: _Piece) -> bool:
    """Tell whether two records of a file stood side by side, perhaps on one line."""
    is_next = last.span and piece.span and last.span[1] == piece.span[0]
    return bool(is_next) and last.file == piece.file


def _separation(last: _Piece, piece: _Piece) -> str:
    """Return the line ends to put between two records."""
    seen = decode.view_of(last.raw[-200 & ~1 :], Encoding(last.codec, last.newline))
    blanks = seen[len(seen.rstrip()) :].count(b"\n")
    if last.file == piece.file and last.span and piece.span:
        return "" if blanks else piece.newline
    return piece.newline * max(0, 2 - blanks)
