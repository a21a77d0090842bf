"""Bytes to records and back, one module per format.

`FORMATS` is the one table; a module is imported when its format is first asked for. A file is known by its content, never by
its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple, cast

from enrich.errors import FormatError
from enrich.formats import mixed
from enrich.formats.base import Format, Parted
from enrich.formats.mixed import Segment, segments
from enrich.model.record import Record

__all__ = [
    "ANSWERS", "FORMATS", "READABLE", "WRITABLE", "Format", "parts", "read", "recognise", "record", "rewrite", "unencodable",
    "unheld", "write",
]  # fmt: skip

_HEAD: Final = 1 << 16


class _Row(NamedTuple):
    """The module a format is in, whether files of it can be read and written, and whether it is what an agency answered."""

    module: str
    reads: bool = True
    writes: bool = True
    answers: bool = False


_ROWS: Final[Mapping[str, _Row]] = {
    "refer": _Row("refer"),
    "ris": _Row("ris"),
    "nbib": _Row("nbib", writes=False),
    "isi": _Row("isi", writes=False),
    "csl-json": _Row("csl_json"),
    "bibtex": _Row("bibtex"),
    "biblatex": _Row("biblatex", reads=False),
    "endnote-xml": _Row("endnote_xml"),
    "mods": _Row("mods", reads=False),
    "jats": _Row("jats", reads=False),
    "csv": _Row("csv_table", reads=False),
    "crossref-json": _Row("crossref_json", reads=False, writes=False, answers=True),
    "datacite-json": _Row("datacite_json", reads=False, writes=False, answers=True),
}


@cache  # asked for twice a record, and importing costs a microsecond even the second time
def _module(name: str) -> Format:
    return cast("Format", import_module(f"{__name__}.{_ROWS[name].module}"))


class _Table(Mapping[str, Format]):
    """Names of formats, and the modules they are in."""

    def __getitem__(self, name: str) -> Format:
        return _module(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_ROWS)

    def __len__(self) -> int:
        return len(_ROWS)


FORMATS: Final[Mapping[str, Format]] = _Table()
"""Every format by its name; the first is that of an empty file."""
READABLE: Final = tuple(name for name, row in _ROWS.items() if row.reads)
"""The formats of which files can be read."""
WRITABLE: Final = tuple(name for name, row in _ROWS.items() if row.writes)
"""The formats in which a library can be written."""
ANSWERS: Final = tuple(name for name, row in _ROWS.items() if row.answers)
"""The formats that hold what an agency answered, which no record of a library brings along."""

_EMPTY: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*+|(?:\xff\xfe|\xfe\xff)[\s\x00]*+")
_LATER: Final = "which cannot be read yet; export it as EndNote (refer, .enw), RIS, BibTeX or CSL-JSON"
_ELSEWHERE: Final = "export its references as EndNote (refer, .enw), RIS, BibTeX or CSL-JSON"
# What a file is not of these formats, whatever else may be found in it ...
_MAGIC: Final = (
    (rb"\A%PDF-", f"a PDF, which is no bibliography; {_ELSEWHERE}"),
    (rb"\APK\x03\x04", f"a ZIP archive or an office document; {_ELSEWHERE}"),
    (rb"\A(?:\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)", "a compressed file; unpack it first"),
    (rb"\ASQLite format 3", f"an SQLite database; {_ELSEWHERE}"),
)
# ... and what it may be if no format knows it.
_FOREIGN: Final = (
    (rb"(?i)\A\s*+<(?:!doctype html|html|head|body)", f"a web page (HTML); {_ELSEWHERE}"),
    (rb"\A\s*+<[?!a-zA-Z]", f"XML, {_LATER}"),
    (rb'"message-(?:type|version)"', "an answer of Crossref's API; look its DOIs up with enrich resolve"),
    (rb'"type"\s*+:\s*+"dois"', "an answer of DataCite's API; look its DOIs up with enrich resolve"),
    (rb"\A\s*+[\[{]", "JSON, but not like CSL-JSON, whose items have members such as title, author and issued"),
    (
        rb"(?i)\A\s*+(?:doi:|https?://(?:dx\.)?doi\.org/)?\s?10\.[0-9]{4,9}/",
        "a list of DOIs; pass it to enrich resolve -",
    ),
    (rb"\0", f"a binary file; {_ELSEWHERE}"),
    (rb"", f"no bibliography that is known here; {', '.join(READABLE)} can be read"),
)


def recognise(head: bytes) -> str:
    """Return the name of the format of a file that begins with `head`; of an empty one the first, whose reader refuses it.

    Raises FormatError, saying what the file looks like instead and what to do about it.
    """
    head = head[:_HEAD]
    if _EMPTY.fullmatch(head):
        return next(iter(FORMATS))
    _refuse(head, _MAGIC)
    confidence, best = max(((FORMATS[name].sniff(head), name) for name in READABLE), key=itemgetter(0))
    if confidence <= 0.0:
        _refuse(head.removeprefix(b"\xef\xbb\xbf"), _FOREIGN)
    return best


def read(
    chunks: Iterable[bytes],
    file: str | None = None,
    format: str | None = None,  # noqa: A002 - the interface's word
) -> Iterator[Record]:
    """Yield the records of a file given as chunks of any size; the format is recognised by content unless it is named.

    In a file put together from several formats each record is read in its own; see :mod:`enrich.formats.mixed`.
    """
    for segment in _segments(chunks, file, format)[1]:
        yield from _read(segment, file)


def parts(
    chunks: Iterable[bytes],
    file: str | None = None,
    format: str | None = None,  # noqa: A002 - the interface's word
) -> tuple[str, Iterator[Any]]:
    """Return the format of a file, and what :func:`record` makes each of its records of, in this process or another.

    Where a format cannot tell records apart without reading them, its parts are the records; so are those of a file's later
    parts that are of another format.
    """
    name, found = _segments(chunks, file, format)
    return name, chain.from_iterable(_parts(segment, file, name) for segment in found)


def record(part: Any, format: str) -> Record:  # noqa: A002 - the interface's word
    """Return the record in a part of a file of a format."""
    if isinstance(part, Record):
        return part
    reader = getattr(
        FORMATS[format], "record", None
    )  # asking for the protocol costs more than the shortest record
    return part if reader is None else reader(part)  # type: ignore[no-any-return]  # either way a record


def _parts(segment: Segment, file: str | None, name: str) -> Iterator[Any]:
    found = FORMATS[segment.format]
    if segment.format == name and segment.lines == 0 and isinstance(found, Parted):
        return found.parts(segment.chunks, file=file)
    return _read(segment, file)


def _read(segment: Segment, file: str | None) -> Iterator[Record]:
    records = FORMATS[segment.format].read(segment.chunks, file=file)
    return records if segment.lines == 0 else (_moved(record, segment.lines) for record in records)


def _moved(record: Record, lines: int) -> Record:
    """Return a record that stands further down in its file."""
    notes = tuple(
        note.model_copy(update={"line": note.line + lines}) if note.line else note for note in record.notes
    )
    line = None if record.origin.line is None else record.origin.line + lines
    origin = record.origin.model_copy(update={"line": line})
    return record.model_copy(update={"origin": origin, "notes": notes})


def _segments(
    chunks: Iterable[bytes],
    file: str | None,
    format: str | None,  # noqa: A002 - likewise
) -> tuple[str, Iterator[Segment]]:
    """Return the format of a file and its parts, of which there is one where the format is named."""
    chunks, name = _recognised(chunks, file, format)
    return name, segments(chunks, name) if format is None else iter([Segment(name, 0, iter(chunks))])


def _recognised(chunks: Iterable[bytes], file: str | None, format: str | None) -> tuple[Iterable[bytes], str]:  # noqa: A002 - likewise
    """Return the chunks of a file, from its beginning, and the name of its format."""
    if format is not None:
        _named(format)
        return chunks, format
    remaining = iter(chunks)
    head = bytearray()
    while len(head) < _HEAD and (chunk := next(remaining, None)) is not None:
        head += chunk
    try:
        name = recognise(bytes(head))
    except FormatError as error:
        error.file = file
        raise
    return chain([bytes(head)], remaining), name


def write(records: Iterable[Record], format: str) -> Iterator[bytes]:  # noqa: A002 - the interface's word
    """Yield the records as bytes of a format: one chunk for each, in order, then one that closes the file."""
    return _named(format).write(records)


def rewrite(records: Iterable[Record]) -> Iterator[bytes]:
    """Yield the records as bytes of the format the first is of; those of its file stay in the format each was read from."""
    return mixed.write(records, write)


def unheld(record: Record, fields: Iterable[str]) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, for which the format the record came from has no place."""
    origin = _origin(record)
    return origin.unheld(record, fields) if origin else ()


def unencodable(record: Record, fields: Iterable[str]) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, whose value the encoding of the record's file cannot hold."""
    origin = _origin(record)
    return origin.unencodable(record, fields) if origin else ()


def _origin(record: Record) -> Format | None:
    """Return the format a record came from; None where it came from no file."""
    return FORMATS.get(record.source.format) if record.source is not None else None


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise FormatError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def _refuse(head: bytes, table: Iterable[tuple[bytes, str]]) -> None:
    for pattern, what in table:
        if re.search(pattern, head):
            raise FormatError(f"looks like {what}", excerpt=head[:60].decode("utf-8", "replace"))
