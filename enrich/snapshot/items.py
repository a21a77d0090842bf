"""Reading the registries' public data files, item by item, in memory that does not grow with them.

Crossref: `.jsonl.gz`, one work a line (since 2025), or `.json.gz` of `{"items": [...]}` (before), and what its API answers,
with or without envelope (https://www.crossref.org/learning/public-data-file/). DataCite: `.jsonl.gz` of JSON:API
resources, alone or in a tar (https://support.datacite.org/docs/datacite-public-data-file).

Met in the world: files without their `.gz` unpacked by hand, manifests beside the data, files cut off in the middle, years
in which one file held an object and others an array. A line that cannot be used is reported with its place and passed over.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, TypeAlias

import orjson

from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.snapshot import inflate

_LONGEST: Final = 64 << 20  # bytes of one item, far above any work's
_CHUNK: Final = 1 << 17
_STEP: Final = 1 << 20
_GZIP: Final = b"\x1f"
_LINES: Final = frozenset({".jsonl", ".ndjson"})
LINES: Final = ".jsonl"
DOCUMENT: Final = ".json"
TAR: Final = ".tar"
_TAR: Final = frozenset({".tar", ".tgz"})


@dataclass(frozen=True, slots=True)
class Item:
    """One work as its registry describes it, the bare message or JSON:API resource, and when it did (Unix time).

    Of one read the quick way (:mod:`enrich.snapshot.slim`) `trimmed` is what is kept, and `data` only its aliases.
    """

    agency: str
    doi: Doi
    stamp: int
    data: dict[str, Any]
    trimmed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was passed over, and where it stands."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Quick: TypeAlias = Callable[[bytes, int], Item | None]
"""From a line, and when its file was modified, to its item; None for a line that is to be read the plain way."""


def read(
    stream: BinaryIO,
    name: str,
    modified: int,
    needles: Sequence[bytes] = (),
    *,
    first: int = 1,
    quick: Quick | None = None,
) -> Iterator[Item | Problem]:
    """Yield the items of an open data file that is no tar; damage is a Problem, what came before it counts.

    The name tells lines from documents; compression tells itself. A whole line without any of the `needles` is passed over
    unread. `first` is the number of the first line; `quick` makes items of lines, of those it knows how to read.
    """
    try:
        reader = (lambda line: quick(line, modified)) if quick else None
        found = _lines(stream, name, needles, first, reader) if kind_of(name) == LINES else _document(stream, name)
        for where, value in found:
            if isinstance(value, (Item, Problem)):
                yield value
            elif "_comment" not in value:
                yield recognised(value, modified) or Problem(
                    where, "neither a registry's work nor an answer of doi.org"
                )
    except inflate.DAMAGE as error:
        yield Problem(name, f"the file is damaged, the rest of it was not read ({error})")


def kind_of(name: str) -> str:
    """Return `.jsonl`, `.json` or `.tar` for a name, the empty string for what is no data file."""
    suffix = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if suffix in _LINES:
        return LINES
    if suffix in _TAR:
        return TAR
    return DOCUMENT if suffix == DOCUMENT else ""


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds, decompressed where it is gzip, at most a MiB at a time; raises DAMAGE."""
    head = stream.read(_CHUNK)
    if not head.startswith(_GZIP):  # its first byte alone begins no JSON, but a file cut off after it
        while head:
            yield head
            head = stream.read(_CHUNK)
        return
    member, data = inflate.decompressobj(wbits=31), head
    while True:
        part = member.decompress(data, _STEP)
        if part:
            yield part
        data = member.unused_data if member.eof else member.unconsumed_tail
        if data or (part and not member.eof):
            pass  # there is more where this came from
        elif not (data := stream.read(_CHUNK)):
            if not member.eof:
                raise EOFError("the compressed file ends too early")
            return
        if member.eof and data:
            if not data.strip(b"\0"):  # some fill the last block of a tape
                data = b""
                continue
            member = inflate.decompressobj(wbits=31)


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream; one that is longer than any work is cut."""
    rest = b""
    for chunk in chunks(stream):
        first, *others = chunk.split(b"\n")
        rest += first
        if others:
            yield rest
            *whole, rest = others
            yield from whole
        elif len(rest) > _LONGEST:
            yield rest
            rest = b""
    if rest:
        yield rest


def _lines(
    stream: BinaryIO, name: str, needles: Sequence[bytes], first: int, quick: Callable[[bytes], Item | None] | None
) -> Iterator[tuple[str, dict[str, Any] | Item | Problem]]:
    for number, line in enumerate(lines(stream), first):
        if not line or line.isspace() or (needles and _is_beside(line, needles)):
            continue
        if quick is not None and (item := quick(line)) is not None:
            yield "", item
            continue
        where = f"{name}:{number}"
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield where, Problem(where, f"no JSON ({error})")
            continue
        for work in _works(value):
            yield where, work if isinstance(work, dict) else Problem(where, "no JSON object")


def _is_beside(line: bytes, needles: Sequence[bytes]) -> bool:
    """Tell whether a line is a whole object without what is looked for; reading it would take ten times as long."""
    return line[:1] == b"{" and line.rstrip()[-1:] == b"}" and not any(needle in line for needle in needles)


def _works(value: Any) -> Iterator[Any]:
    """Yield what the envelopes of both registries hold."""
    if not isinstance(value, dict):
        yield value
    elif isinstance(value.get("message"), dict):
        yield from _works(value["message"])
    elif isinstance(value.get("items"), list):
        yield from value["items"]
    elif isinstance(value.get("data"), list):
        yield from value["data"]
    elif isinstance(value.get("data"), dict):
        yield value["data"]
    else:
        yield value


def _document(stream: BinaryIO, name: str) -> Iterator[tuple[str, dict[str, Any] | Problem]]:
    number = 0
    try:
        for value in _Document(_Chunks(stream)).values():
            for work in _works(value):
                number += 1
                where = f"{name}, item {number}"
                yield where, work if isinstance(work, dict) else Problem(where, "no JSON object")
    except (ValueError, RecursionError) as error:
        yield name, Problem(name, f"no JSON after item {number}, the rest was not read ({error})")


class _Chunks:
    """What a pull reader reads from: as much as there is, not as much as it asks for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._left = chunks(stream)

    def read(self, size: int) -> bytes:
        """Return at least `size` bytes; fewer at the end."""
        parts: list[bytes] = []
        while size > 0 and (part := next(self._left, b"")):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class _Document:
    """A pull reader of JSON documents: goes down into the list of works of an envelope and yields its items one by one."""

    def __init__(self, stream: _Chunks) -> None:
        self._stream = stream
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decode = json.JSONDecoder().raw_decode
        self._buffer = ""
        self._at = 0

    def values(self) -> Iterator[Any]:
        """Yield the values of the document or of several that follow each other."""
        while next_sign := self._peek():
            yield from self._opened(next_sign)

    def _opened(self, sign: str) -> Iterator[Any]:
        if sign == "[":
            yield from self._array()
        elif sign == "{":
            yield from self._object()
        else:
            yield self._value()

    def _array(self) -> Iterator[Any]:
        self._at += 1
        while (sign := self._peek()) != "]":
            if sign == ",":
                self._at += 1
            else:
                yield self._value()
        self._at += 1

    def _object(self) -> Iterator[Any]:
        """Yield the works in an envelope, or the object itself where it is none."""
        self._at += 1
        members: dict[str, Any] = {}
        envelope = False
        while (sign := self._peek()) != "}":
            if sign == ",":
                self._at += 1
                continue
            name = self._value()
            if self._peek() != ":" or not isinstance(name, str):
                raise ValueError("a member without a name or value")
            self._at += 1
            sign = self._peek()
            if (name in {"items", "data"} and sign == "[") or (name == "message" and sign == "{"):
                envelope = True
                yield from self._opened(sign)
            else:
                members[name] = self._value()
        self._at += 1
        if not envelope:
            yield members

    def _peek(self) -> str:
        """Return the next sign that is no blank, the empty string at the end."""
        while True:
            while self._at < len(self._buffer):
                sign = self._buffer[self._at]
                if sign not in " \t\r\n":
                    return sign
                self._at += 1
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read as much again as is in hand, so that a long value is not decoded from its beginning too often."""
        rest = self._buffer[self._at :]
        if len(rest) > _LONGEST:
            raise ValueError("one value is longer than any work")
        chunk = self._stream.read(max(_CHUNK, len(rest)))
        self._buffer, self._at = rest + self._text.decode(chunk, final=not chunk), 0
        return len(self._buffer) > len(rest) or bool(chunk)

    def _value(self) -> Any:
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end == len(self._buffer) and self._more():
                continue  # a number may go on
            self._at = end
            return value


def recognised(data: dict[str, Any], modified: int) -> Item | None:
    """Return the item an object is by its members, None where it is neither a registry's nor public.

    Two of doi.org's answers are items as well: which agency registered a DOI, and that there is no such handle.
    """
    if isinstance(data.get("RA"), str):
        return _item("doi.org", data.get("DOI"), None, data, modified)
    if data.get("responseCode") == 100:
        return _item("doi.org", data.get("handle"), None, data, modified)
    attributes = data.get("attributes")
    if isinstance(attributes, dict):
        name = attributes.get("doi") or data.get("id")
        public = attributes.get("state", "findable") == "findable"
        return _item("datacite", name if public else None, attributes.get("updated"), data, modified)
    if isinstance(data.get("title", []), list):  # CSL-JSON has a DOI too, but its title is one string
        indexed = data.get("indexed")
        moment = indexed.get("date-time") if isinstance(indexed, dict) else None
        return _item("crossref", data.get("DOI"), moment, data, modified)
    return None


def _item(agency: str, name: Any, moment: Any, data: dict[str, Any], modified: int) -> Item | None:
    doi = doi_names.fold(name) if isinstance(name, str) else ""
    if not doi_names.is_valid(doi):
        return None
    return Item(agency, Doi(doi), stamp_of(moment) or modified, data)


def stamp_of(moment: Any) -> int | None:
    """Return the Unix time of an ISO 8601 moment, None where it is none."""
    if not isinstance(moment, str):
        return None
    try:
        read = datetime.fromisoformat(moment)
        return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
