"""Bytes to records and back, and whether a file is EndNote XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from enrich.errors import FormatError
from enrich.formats import decode
from enrich.formats.decode import HEAD, Encoding
from enrich.formats.endnote_xml import interpret, notes, split
from enrich.formats.endnote_xml.render import fresh, rendered
from enrich.formats.endnote_xml.rewrite import Layout, layout, rewritten
from enrich.formats.endnote_xml.split import LIMIT, Block, Piece, cut
from enrich.model.note import Note
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import Work

NAME: Final = "endnote-xml"
_NOTHING: Final = Work()
_OPENING: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n<records>\n'
_PLAIN: Final = {"gb18030": "gbk"}  # four bytes for a letter are hard to tell from cp1252
_EMPTY: Final = _OPENING + b"</records>\n</xml>\n"
_LIBRARY: Final = re.compile(rb"<xml>\s*<records[\s/>]|<EndNote>\s*<Cite>")
_RECORD: Final = re.compile(rb"<records?>\s*<(?:record|database|source-app|rec-number|ref-type|contributors)[\s>]")
_DECLARED: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is EndNote XML; see :class:`enrich.formats.base.Format`."""
    encoding = decode.detect(head)
    if b"\x00" in head and not encoding.is_wide:
        return 0.0
    start = b"".join(decode.view([head], encoding)).removeprefix(decode.BOM).lstrip()
    if not start.startswith(b"<"):
        return 0.0
    return 1.0 if _LIBRARY.search(start) else 0.9 if _RECORD.search(start) else 0.0


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`.

    Raises FormatError, before any record, where there is none and no place for any, or where entities are declared.
    """
    feed = iter(chunks)
    head = bytearray()
    while len(head) < HEAD and (chunk := next(feed, None)) is not None:
        head += chunk
    encoding = decode.detect(bytes(head[:HEAD]))
    if b"\x00" in head[:HEAD] and not encoding.is_wide:
        raise FormatError("this is a binary file, no bibliography", file=file, line=1)
    line = 1
    for number, block in enumerate(split.blocks(decode.view(chain([bytes(head)], feed), encoding))):
        piece = cut(block.data)
        if number == 0 and _is_refused(piece, file):
            return
        line += piece.lead.count(b"\n")
        yield _record(block, piece, encoding, Origin.trusted(file=file, line=line))
        line += block.data.count(b"\n", len(piece.lead))


def _is_refused(first: Piece, file: str | None) -> bool:
    """Tell whether a file is an empty library; raises FormatError where it is none at all."""
    if declared := _DECLARED.search(first.lead):
        message = "it declares a document type, which is not read; take everything from <!DOCTYPE to its > out"
        line = first.lead.count(b"\n", 0, declared.start()) + 1
        raise FormatError(message, file=file, line=line, excerpt=_shown(first.lead[declared.start() :]))
    if first.core:
        return False
    if _LIBRARY.search(first.lead) or b"<records" in first.lead[:HEAD]:
        return True
    raise FormatError(
        "this is no EndNote XML: there is no <record> in it", file=file, line=1, excerpt=_shown(first.lead)
    )


def _shown(data: bytes) -> str:
    return data[:200].decode("utf-8", "replace").strip().partition("\n")[0][:60]


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one chunk for each record, then what closes the file; see :class:`enrich.formats.base.Format`."""
    open_names: list[bytes] | None = None
    encoding, end, tail = Encoding("utf-8", "\n"), b"", b""
    for record in records:
        piece, own = _piece(record)
        if open_names is None:
            encoding = own
            lead, open_names = _opening(piece)
        else:
            is_fit = not piece.core or _is_between(
                piece.lead, open_names
            )  # the rest of a record too long to be held
            lead = piece.lead if is_fit else b"\n"
        yield decode.raw(lead + piece.core, encoding)
        end, tail = (piece.tail if piece.core else piece.lead), piece.tail
    if open_names is None:
        yield _EMPTY
        return
    closing = b"".join(b"</%s>\n" % name for name in reversed(open_names))
    is_end = split.opened(end) == (open_names[::-1], [])
    yield decode.raw(tail if is_end else b"\n" + closing, encoding)


def _opening(first: Piece) -> tuple[bytes, list[bytes]]:
    """Return what opens a file whose first record this is, and the names of the elements it leaves open."""
    closed, names_ = split.opened(first.lead)
    if names_ and not closed:
        return first.lead, names_
    mark = decode.BOM if first.lead.startswith(decode.BOM) else b""
    lead = first.lead if _is_between(first.lead, [b"xml", b"records"]) else b""
    return mark + _OPENING + lead.removeprefix(mark).lstrip(b"\r\n"), [b"xml", b"records"]


def _is_between(lead: bytes, open_names: list[bytes]) -> bool:
    """Tell whether `lead` may stand between two records within these elements: what it closes, it opens again."""
    closed, names_ = split.opened(lead)
    return closed == names_[::-1] == open_names[::-1][: len(closed)] and not lead.startswith(decode.BOM)


def _piece(record: Record) -> tuple[Piece, Encoding]:
    """Return a record's bytes, as a view, with what stood around them in a file of this format."""
    source = record.source
    if source is None or source.format != NAME:
        text = rendered(fresh(record), "\n  ")
        return Piece(b"", f"<record>{text}\n</record>".encode()), Encoding("utf-8", "\n")
    encoding = Encoding(source.encoding, source.newline)
    piece = cut(decode.view_of(source.raw, encoding))
    if not record.readable or (record.doi_text == source.doi_text and record.work == source.work):
        return piece, encoding
    before = _as_utf8(piece.core, encoding)
    body = rewritten(record, source.work, source.doi_text, before)
    return piece._replace(core=_as_it_was(body, before, encoding)), encoding


def _as_utf8(core: bytes, encoding: Encoding) -> bytes:
    """Return the view of a record in UTF-8; bytes that are not valid stay as they are."""
    if encoding.codec == "utf-8" or encoding.is_wide:
        return core
    return decode.lossless(core, encoding.codec).encode("utf-8", "surrogateescape")


def _as_it_was(body: bytes, before: bytes, encoding: Encoding) -> bytes:
    """Return the reverse of :func:`_as_utf8`; a new character that the encoding does not have becomes a reference to it."""
    if encoding.codec == "utf-8" or encoding.is_wide:
        return body
    text = body.decode("utf-8", "surrogateescape")
    known = set(before.decode("utf-8", "surrogateescape"))
    codec = _PLAIN.get(encoding.codec, encoding.codec)
    return b"".join(
        decode.encoded(character, encoding.codec)
        if character in known
        else character.encode(codec, "xmlcharrefreplace")
        for character in text
    )


def _record(block: Block, piece: Piece, encoding: Encoding, origin: Origin) -> Record:
    raw = decode.raw(block.data, encoding)
    if not block.is_whole:
        return _unreadable(raw, encoding, origin, "too-long", f"longer than {LIMIT >> 20} MiB; kept as it is")
    text = decode.text(piece.core, encoding)
    own = Encoding(text.codec, encoding.newline)
    found = layout(_as_utf8(piece.core, own)) if piece.core else None
    if found is None:
        return _unreadable(raw, encoding, origin, "unreadable", "this is no sound <record>; kept as it is")
    content, is_sound = found
    doi = content.assignment.doi
    work = Work.trusted(**interpret.build(content.tokens, content.assignment))
    source = Source.trusted(
        format=NAME, raw=raw, work=work, doi_text=doi.text, encoding=text.codec, newline=encoding.newline
    )
    return Record.trusted(
        work=work,
        origin=origin,
        source=source,
        doi_text=doi.text,
        extra=_extra(content),
        notes=notes.collect(content, work, origin.line or 1, is_sound=is_sound and not text.is_odd),
    )


def _unreadable(raw: bytes, encoding: Encoding, origin: Origin, code: str, text: str) -> Record:
    note = Note(severity="error", code=code, text=text, line=origin.line)
    source = Source(format=NAME, raw=raw, work=_NOTHING, encoding=encoding.codec, newline=encoding.newline)
    return Record(work=_NOTHING, origin=origin, source=source, notes=(note,), readable=False)


def _extra(found: Layout) -> tuple[tuple[str, str], ...]:
    """Return the elements that CSL has no name for, a further DOI, and a type that nobody knows."""
    used = found.assignment.doi.at
    extra = [
        (path, text)
        for index, ((path, text, _), field) in enumerate(zip(found.tokens, found.assignment.fields, strict=True))
        if text and index != used and (not field or field == "doi")
    ]
    if found.assignment.stated is not None and found.assignment.type is None:
        extra.append(("ref-type", found.assignment.stated))
    return tuple(extra)
