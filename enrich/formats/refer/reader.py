"""Bytes to records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeAlias

from enrich.errors import FormatError
from enrich.formats import decode
from enrich.formats.decode import HEAD, Encoding
from enrich.formats.refer import interpret, notes
from enrich.formats.refer.split import LIMIT, blocks, first_tag, is_tagged
from enrich.formats.refer.tags import TAGS, csl_type
from enrich.formats.refer.tokens import Oddities, Token, normalized, tokens
from enrich.formats.tagged import Block
from enrich.model.note import Note
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import Work

_NOTHING = Work()
Part: TypeAlias = "tuple[Block, Encoding, str | None, int]"
"""The bytes of a record in a view, or of a part of a long one, how they are written, the file and the line they begin on."""


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`."""
    return map(record, parts(chunks, file=file))


def parts(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Part]:
    """Yield what :func:`record` makes each record of, which is a tenth of the work of reading.

    Raises FormatError, before any record, where the input is empty, binary, or no line of it begins with a tag.
    """
    feed = iter(chunks)
    head = _gathered(feed, HEAD)
    encoding = decode.detect(head[:HEAD])
    if decode.is_binary(head[:HEAD]):
        raise FormatError("this is a binary file, no bibliography", file=file, line=1)
    view = _checked(decode.view(chain([head], feed), encoding), file)
    line = 1
    for block in blocks(view):
        yield block, encoding, file, line
        line += block.data.count(b"\n")


def _gathered(feed: Iterator[bytes], size: int) -> bytes:
    parts = []
    for chunk in feed:
        parts.append(chunk)
        size -= len(chunk)
        if size <= 0:
            break
    return b"".join(parts)


def _checked(view: Iterator[bytes], file: str | None) -> Iterator[bytes]:
    """Return the view, of which at least one line begins with a tag; raises FormatError."""
    whole = more = _gathered(view, HEAD)
    while more and not is_tagged(whole) and len(whole) <= LIMIT:
        more = _gathered(view, len(whole))
        whole += more
    if is_tagged(whole):
        return chain([whole], view)
    if not whole.removeprefix(decode.BOM).strip():
        raise FormatError("the input is empty: there is no record in it", file=file, line=1)
    excerpt = whole[:200].decode("utf-8", "replace").strip().partition("\n")[0][:60]
    raise FormatError(
        "this is no refer/EndNote file: no line begins with a tag such as '%T '. Name its format if it is another one",
        file=file,
        line=1,
        excerpt=excerpt,
    )


def record(part: Part, /) -> Record:
    """Return the record in a part of a view."""
    (viewed, is_whole), encoding, file, line = part
    raw = decode.raw(viewed, encoding)
    if not is_whole:
        note = Note(
            severity="error", code="too-long", text=f"longer than {LIMIT >> 20} MiB; kept as it is", line=line
        )
        return _unreadable(raw, encoding, Origin(file=file, line=line + _lines_before(viewed)), note)
    text = decode.text(viewed, encoding)
    odd = Oddities()
    found = tokens(normalized(text.text), odd)
    origin = Origin.trusted(file=file, line=line + _lines_before(viewed))
    if not any(value and tag in TAGS for tag, value, _ in found):
        note = Note(severity="error", code="unreadable", text="no tag with a value; kept as it is", line=line)
        return _unreadable(raw, encoding, origin, note)
    assignment = interpret.assign(found)
    members = interpret.build(found, assignment)
    # Every member was made by the reader in its type, so there is nothing to check; a test compares with checked ones.
    work, doi_text = Work.trusted(**members), assignment.doi.text
    return Record.trusted(
        work=work,
        origin=origin,
        source=Source.trusted(
            format="refer",
            raw=raw,
            work=work,
            doi_text=doi_text,
            encoding=text.codec,
            newline=_newline(text.text, encoding),
        ),
        doi_text=doi_text,
        extra=_extra(found, assignment),
        notes=notes.collect(found, assignment, members, odd, text, line),
    )


def _lines_before(viewed: bytes) -> int:
    return viewed.count(b"\n", 0, first_tag(viewed)) if viewed[:1] != b"%" else 0


def _unreadable(raw: bytes, encoding: Encoding, origin: Origin, note: Note) -> Record:
    source = Source(format="refer", raw=raw, work=_NOTHING, encoding=encoding.codec, newline=encoding.newline)
    return Record(work=_NOTHING, origin=origin, source=source, notes=(note,), readable=False)


def _newline(text: str, encoding: Encoding) -> str:
    """Return how the record's first line ends; one without a line end goes by its file."""
    feed = text.find("\n")
    if feed < 0 or encoding.newline == "\r":
        return encoding.newline
    ends = text[max(0, feed - 2) : feed]
    return "\r\r\n" if ends == "\r\r" else "\r\n" if ends[-1:] == "\r" else "\n"


def _extra(found: list[Token], assignment: interpret.Assignment) -> tuple[tuple[str, str], ...]:
    """Return the tags that CSL has no name for, a further %R, and a type that nobody knows."""
    if "" not in assignment.fields and assignment.fields.count("doi") < 2 and assignment.type is not None:
        return ()
    used = assignment.doi.at
    extra = [
        (tag, value)
        for index, ((tag, value, _), field) in enumerate(zip(found, assignment.fields, strict=True))
        if value and (not field or (field == "doi" and index != used))
    ]
    if assignment.stated is not None and csl_type(assignment.stated) is None:
        extra.append(("0", assignment.stated))
    return tuple(extra)
