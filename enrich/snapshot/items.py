"""Reading the registries' public data files, item by item, in memory that does not grow with them.

Crossref: `.jsonl.gz`, one work a line (since 2025), or `.json.gz` of `{"items": [...]}` (before), and what its API answers,
with or without envelope (https://www.crossref.org/learning/public-data-file/). DataCite: `.jsonl.gz` of JSON:API
resources, alone or in a tar (https://support.datacite.org/docs/datacite-public-data-file).

Met in the world: files without their `.gz` unpacked by hand, manifests beside the data, files cut off in the middle, years
in which one file held an object and others an array. A line that cannot be used is reported with its place and passed over.
"""

from __future__ import annotations

import codecs
import gzip
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

import orjson

from enrich.errors import StoreError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi

_LONGEST: Final = 64 << 20  # bytes of one item, far above any work's
_CHUNK: Final = 1 << 17
_LINES: Final = frozenset({".jsonl", ".ndjson"})
_DOCUMENT: Final = ".json"
_TAR: Final = frozenset({".tar", ".tgz"})


@dataclass(frozen=True, slots=True)
class Item:
    """One work as its registry describes it, the bare message or JSON:API resource, and when it did (Unix time)."""

    agency: str
    doi: Doi
    stamp: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was passed over, and where it stands."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def data_files(path: Path) -> list[Path]:
    """Return the data files a path names: itself, or those below it, in order. Raises StoreError where there are none."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and _kind(file.name))
    else:
        found = [path] if path.is_file() and _kind(path.name) else []
    if not found:
        what = (
            "no data files are in it"
            if path.is_dir()
            else "no data file"
            if path.exists()
            else "there is no such file"
        )
        raise StoreError(f"{path}: {what}; a data file ends in .jsonl or .json, with or without .gz, or in .tar")
    return found


def _kind(name: str) -> str:
    """Return `.jsonl`, `.json` or `.tar` for a name, the empty string for what is no data file."""
    suffix = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if suffix in _LINES:
        return ".jsonl"
    if suffix in _TAR:
        return ".tar"
    return _DOCUMENT if suffix == _DOCUMENT else ""


def read(path: Path, seen: Callable[[int], None] = lambda _: None) -> Iterator[Item | Problem]:
    """Yield what a data file holds; `seen` is called with the number of its bytes read so far."""
    try:
        with path.open("rb") as stream:
            modified = int(path.stat().st_mtime)
            for item in _read(stream, str(path), modified):
                seen(stream.tell())
                yield item
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(stream: BinaryIO, name: str, modified: int) -> Iterator[Item | Problem]:
    """Yield the items of an open file; damage to the file is a Problem, what came before it counts."""
    kind = _kind(name)
    try:
        if kind == ".tar":
            yield from _members(stream, name)
            return
        plain = cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if name.lower().endswith(".gz") else stream
        for where, value in _lines(plain, name) if kind == ".jsonl" else _document(plain, name):
            if isinstance(value, Problem):
                yield value
            elif "_comment" not in value:
                yield recognised(value, modified) or Problem(
                    where, "neither a registry's work nor an answer of doi.org"
                )
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError) as error:
        yield Problem(name, f"the file is damaged, the rest of it was not read ({error})")


def _members(stream: BinaryIO, name: str) -> Iterator[Item | Problem]:
    with tarfile.open(fileobj=stream, mode="r|*") as archive:  # read as a stream; nothing is unpacked to the disk
        for member in archive:
            if member.isfile() and _kind(member.name) not in {"", ".tar"}:
                content = cast("BinaryIO | None", archive.extractfile(member))
                if content is not None:
                    yield from _read(content, f"{name}!{member.name}", int(member.mtime))


def _lines(stream: BinaryIO, name: str) -> Iterator[tuple[str, dict[str, Any] | Problem]]:
    number = 0
    while line := stream.readline(_LONGEST):
        number += 1
        if line.isspace():
            continue
        where = f"{name}:{number}"
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield where, Problem(where, f"no JSON ({error})")
            continue
        for work in _works(value):
            yield where, work if isinstance(work, dict) else Problem(where, "no JSON object")


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
        for value in _Document(stream).values():
            for work in _works(value):
                number += 1
                where = f"{name}, item {number}"
                yield where, work if isinstance(work, dict) else Problem(where, "no JSON object")
    except (ValueError, RecursionError) as error:
        yield name, Problem(name, f"no JSON after item {number}, the rest was not read ({error})")


class _Document:
    """A pull reader of JSON documents: goes down into the list of works of an envelope and yields its items one by one."""

    def __init__(self, stream: BinaryIO) -> None:
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
