"""Files of tagged lines to records: what RIS, MEDLINE and the exports of Web of Science have in common.

A line begins with a tag, a tag begins a record, and in most of these formats another ends it. Both are missing at times, so
the stream is cut wherever a record may begin and put together again where none does; joining the records gives the file
back, for any bytes and any chunks. A format brings its :class:`Syntax` and says what the text of one record means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final, NamedTuple, TypeAlias

from enrich.errors import FormatError
from enrich.formats import decode
from enrich.formats.decode import HEAD, Encoding, Text
from enrich.model.note import Note, Severity
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import Work

LIMIT: Final = 4 << 20
"""Bytes beyond which a record is not parsed, and junk at the beginning of a file is not searched."""

Token: TypeAlias = tuple[str, str, int]
"""Tag, value, and the line on which it stands, counted from 0 within the record's text."""

Finding: TypeAlias = tuple[Severity, str, str, int]
"""Severity, code, sentence and line (from 0 within the record) of a note."""

Part: TypeAlias = "tuple[Block, Encoding, str | None, int]"
"""A record before it is parsed: its bytes, how they are written, the file and the line."""

_LOOK_AHEAD: Final = 256
_MANY: Final = 64  # tags that are looked at to see whether a record is one
_NOTHING: Final = Work()
_LINE_END: Final = re.compile(r"\r\r\n|\r\n|\r")


class Syntax(NamedTuple):
    """How records lie in a file's view (see :mod:`enrich.formats.decode`); no match may be longer than 256 bytes.

    `begin`, `end` and `tag` match the line feed before a line that begins a record, ends one, or begins with any tag, which
    is their group 1 (`end` matches the whole line); `within` the group 1 that begins a record inside a line. What follows an
    end without one of the `core` tags is no record of its own.
    """

    name: str
    label: str
    begin: re.Pattern[bytes]
    tag: re.Pattern[bytes]
    end: re.Pattern[bytes] | None = None
    within: re.Pattern[bytes] | None = None
    core: frozenset[bytes] = frozenset()

    def tags(self, view: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the tags at the beginning of lines; their places are counted from a line feed before the view."""
        return self.tag.finditer(b"\n" + view)

    def first(self, view: bytes) -> int | None:
        """Return where in a view the first tag stands that begins a line."""
        match = self.tag.match(b"\n" + view[:_LOOK_AHEAD])
        if match is not None:
            return match.start(1) - 1
        match = self.tag.search(view)
        return match.start(1) if match else None


class Parsed(NamedTuple):
    """What the text of a record says: the members of its work, the DOI as written, tags without a field, findings."""

    members: dict[str, Any]
    doi_text: str | None
    extra: tuple[tuple[str, str], ...]
    findings: list[Finding]


def read(
    chunks: Iterable[bytes], syntax: Syntax, parse: Callable[[str], Parsed | None], file: str | None
) -> Iterator[Record]:
    """Yield the records of a file; `parse` returns None for a text in which no tag has a value."""
    return (record(part, syntax, parse) for part in parts(chunks, syntax, file))


def parts(chunks: Iterable[bytes], syntax: Syntax, file: str | None) -> Iterator[Part]:
    """Yield what :func:`record` makes each record of.

    Raises FormatError, before any record, where the input is empty, binary, or no line of it begins with a tag.
    """
    feed = iter(chunks)
    head = _gathered(feed, HEAD)
    encoding = decode.detect(head[:HEAD])
    if b"\x00" in head[:HEAD] and not encoding.is_wide:
        raise FormatError("this is a binary file, no bibliography", file=file, line=1)
    line = 1
    for block in blocks(_checked(decode.view(chain([head], feed), encoding), syntax, file), syntax):
        yield block, encoding, file, line
        line += block.data.count(b"\n")


def normalized(text: str) -> str:
    """Return `text` with LF at the end of lines."""
    return text if "\r" not in text else _LINE_END.sub("\n", text)


def tokens(text: str, tag: re.Pattern[str]) -> list[Token]:
    """Return the tags of a record whose lines go on over further ones; `tag` has the tag as group 1 and its value as 2."""
    found: list[tuple[str, list[str], int]] = []
    for at, line in enumerate(text.split("\n")):
        match = tag.match(line)
        if match is not None:
            found.append((match[1], [match[2].strip()], at))
        elif found:
            found[-1][1].append(line.strip())
    return [(name, " ".join(filter(None, parts)), at) for name, parts, at in found]


def _gathered(feed: Iterator[bytes], size: int) -> bytes:
    parts = []
    for chunk in feed:
        parts.append(chunk)
        size -= len(chunk)
        if size <= 0:
            break
    return b"".join(parts)


def _checked(view: Iterator[bytes], syntax: Syntax, file: str | None) -> Iterator[bytes]:
    whole = more = _gathered(view, HEAD)
    while more and syntax.first(whole) is None and len(whole) <= LIMIT:
        more = _gathered(view, len(whole))
        whole += more
    first = syntax.first(whole)
    if first is not None and first <= LIMIT:
        return chain([whole], view)
    if not whole.removeprefix(decode.BOM).strip():
        raise FormatError("the input is empty: there is no record in it", file=file, line=1)
    excerpt = whole[:200].decode("utf-8", "replace").strip().partition("\n")[0][:60]
    message = f"this is no {syntax.label} file: no line begins with a tag. Name its format if it is another one"
    raise FormatError(message, file=file, line=1, excerpt=excerpt)


def record(part: Part, syntax: Syntax, parse: Callable[[str], Parsed | None]) -> Record:
    """Return the record in a part of a file."""
    block, encoding, file, line = part
    viewed = block.data
    before = viewed.count(b"\n", 0, first) if (first := syntax.first(viewed)) else 0
    place = Origin.trusted(file=file, line=line + before)
    raw = decode.raw(viewed, encoding)
    if not block.is_whole:
        what = f"longer than {LIMIT >> 20} MiB; kept as it is"
        return _unreadable(raw, encoding, syntax, place, ("error", "too-long", what, 0))
    text = decode.text(viewed, encoding)
    parsed = parse(normalized(text.text))
    if parsed is None:
        return _unreadable(
            raw, encoding, syntax, place, ("error", "unreadable", "no tag with a value; kept as it is", 0)
        )
    work = Work.trusted(**parsed.members)
    return Record.trusted(
        work=work,
        origin=place,
        source=Source.trusted(
            format=syntax.name,
            raw=raw,
            work=work,
            doi_text=parsed.doi_text,
            encoding=text.codec,
            newline=_newline(text.text, encoding),
        ),
        doi_text=parsed.doi_text,
        extra=parsed.extra,
        notes=_notes(parsed.findings, text, line) if parsed.findings or text.is_odd else (),
    )


def _notes(findings: list[Finding], text: Text, line: int) -> tuple[Note, ...]:
    if text.is_odd:
        what = f"not all bytes are valid; read as {text.codec}, bytes kept"
        findings = [("warning", "invalid-encoding", what, 0), *findings]
    return tuple(
        Note(severity=severity, code=code, text=what, line=line + at) for severity, code, what, at in findings
    )


def _unreadable(raw: bytes, encoding: Encoding, syntax: Syntax, origin: Origin, finding: Finding) -> Record:
    severity, code, text, _ = finding
    note = Note(severity=severity, code=code, text=text, line=origin.line)
    source = Source(format=syntax.name, raw=raw, work=_NOTHING, encoding=encoding.codec, newline=encoding.newline)
    return Record(work=_NOTHING, origin=origin, source=source, notes=(note,), readable=False)


def _newline(text: str, encoding: Encoding) -> str:
    """Return how the record's first line ends; one without a line end goes by its file."""
    feed = text.find("\n")
    if feed < 0 or encoding.newline == "\r":
        return encoding.newline
    ends = text[max(0, feed - 2) : feed]
    return "\r\r\n" if ends == "\r\r" else "\r\n" if ends[-1:] == "\r" else "\n"


class _Open:
    """The record being put together; `is_whole` unless it is too long to be held."""

    def __init__(self, segment: bytes = b"", *, is_whole: bool = True) -> None:
        self.parts = [segment] if segment else []
        self.size = len(segment)
        self.is_whole = is_whole
        self.is_begun = not is_whole
        self.is_ended = False

    def add(self, segment: bytes) -> None:
        """Append a segment."""
        self.parts.append(segment)
        self.size += len(segment)

    def block(self, more: bytes = b"") -> Block:
        """Return what there is."""
        return Block(b"".join([*self.parts, more]), self.is_whole)


class Block(NamedTuple):
    """The bytes of a record in a view, or a part of one that is too long to be held."""

    data: bytes
    is_whole: bool


def blocks(view: Iterable[bytes], syntax: Syntax) -> Iterator[Block]:
    """Yield the bytes of each record of a view; joined, they are the view.

    What stands before the first tag of the file belongs to its first record, what stands between two records to the former.
    """
    current = _Open()
    for cut, segment in _segments(view, syntax):
        if cut in {"begin", "within"}:
            if cut == "within" or current.is_ended or (current.is_begun and _says_more(current, syntax)):
                yield current.block()
                current = _Open()
            current.is_begun = True
        elif cut == "more" and current.size + len(segment) > LIMIT:
            yield current.block()._replace(is_whole=False)
            current = _Open(is_whole=False)
        elif cut == "after" and (seam := _seam(segment, syntax)) is not None:
            yield current.block(segment[:seam])
            current = _Open(segment[seam:])
            continue
        current.add(segment)
        current.is_ended = current.is_ended or cut == "after"
    if current.size:
        yield current.block()


def _says_more(current: _Open, syntax: Syntax) -> bool:
    """Tell whether the record has another tag than the one it began with."""
    found = (match for part in current.parts for match in syntax.tags(part))
    return not current.is_whole or sum(1 for _ in islice(found, 2)) > 1


def _seam(segment: bytes, syntax: Syntax) -> int | None:
    """Return where in what follows the end of a record another begins, which lacks its first tag or has it later."""
    if not segment.strip():
        return None
    found = [(match[1], match.start(1) - 1) for match in islice(syntax.tags(segment), _MANY)]
    return None if syntax.core.isdisjoint(tag for tag, _ in found) else found[0][1]


def _segments(view: Iterable[bytes], syntax: Syntax) -> Iterator[tuple[str, bytes]]:
    """Cut a view before each tag that begins a record, after each line that ends one, and where neither comes for long."""
    feed, buffer, reason, scan, is_end = iter(view), b"", "more", 0, False
    while not is_end:
        buffer, is_end = decode.longer(buffer, feed)
        # Cuts are decided with the same bytes in sight however the stream is cut into chunks.
        limit = len(buffer) if is_end else max(scan, len(buffer) - _LOOK_AHEAD)
        start = 0
        for at, cut in [*_cuts(buffer, scan, limit, syntax), (limit, "")]:
            while at - start > LIMIT:
                end = decode.seam(buffer, start + LIMIT)
                yield reason, buffer[start:end]
                start, reason = end, "more"
            if cut:
                yield reason, buffer[start:at]
                start, reason = at, cut
        buffer, scan = buffer[start:], max(0, limit - start)
    yield reason, buffer


def _cuts(buffer: bytes, scan: int, limit: int, syntax: Syntax) -> list[tuple[int, str]]:
    """Return where to cut, and why, from the marks that begin between `scan` and `limit`."""
    cuts = []
    if scan == 0 and (match := syntax.begin.match(b"\n" + buffer[:_LOOK_AHEAD])) and match.start(1) <= limit:
        cuts.append((match.start(1) - 1, "begin"))
    for begin, cut in ((syntax.begin, "begin"), (syntax.within, "within")):
        if begin is not None:
            marks = begin.finditer(buffer, scan)
            cuts += [(match.start(1), cut) for match in marks if match.start() < limit]
    if syntax.end is not None:
        marks = syntax.end.finditer(buffer, scan)
        cuts += [(min(match.end() + 1, len(buffer)), "after") for match in marks if match.start() < limit]
    return sorted(cuts)
