"""Where the records of a file begin and end, found without reading the XML around them.

A piece ends behind `</record>`, or before a `<record>` that comes while one is open. What stands between two records belongs
to the second, what follows the last to the last: joined, the pieces are the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from enrich.formats import decode

LIMIT: Final = 4 << 20
"""Bytes of a record that are held at most."""
_LONGEST_TAG: Final = 256
OPEN: Final = re.compile(rb"<record(?=[\s/>])")
_MARK: Final = re.compile(rb"<record(?:\s{0,80}(/)?>|(?=\s))|</record\s{0,80}(>)")
_END: Final = re.compile(rb"</record\s{0,80}>|<record\s{0,80}/>")
_TAG: Final = re.compile(rb"<(/?)([A-Za-z_][\w.:-]{0,100})(?=[\s/>])[^<>]*?(/?)>")


class Block(NamedTuple):
    """The bytes of a record with what stands before it, or a part of one that is too long to be held."""

    data: bytes
    is_whole: bool = True


class Piece(NamedTuple):
    """One record: `lead` is what stands before it, `tail` what follows the last."""

    lead: bytes
    core: bytes
    tail: bytes = b""


def blocks(view: Iterable[bytes]) -> Iterator[Block]:
    """Yield the pieces of a file; a file without any record is one piece."""
    parts: list[bytes] = []
    size, is_whole = 0, True
    for block in _blocks(view):
        if parts and not (is_whole and block.is_whole and size < LIMIT and OPEN.search(block.data) is None):
            yield Block(b"".join(parts), is_whole)
            parts, size, is_whole = [], 0, True
        if block.data:
            parts.append(block.data)
            size += len(block.data)
            is_whole = block.is_whole
    if parts:
        yield Block(b"".join(parts), is_whole)


def cut(data: bytes) -> Piece:
    """Return a piece in its three parts."""
    first = OPEN.search(data)
    if first is None:
        return Piece(data, b"")
    last = _END.search(data, first.start())
    end = last.end() if last is not None else len(data)
    return Piece(data[: first.start()], data[first.start() : end], data[end:])


def opened(lead: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the names of the elements that are closed and those that are opened, and not closed again, in `lead`."""
    closed: list[bytes] = []
    names: list[bytes] = []
    for slash, name, empty in _TAG.findall(lead):
        if slash:
            if names and names[-1] == name:
                names.pop()
            else:
                closed.append(name)
        elif not empty:
            names.append(name)
    return closed, names


def _blocks(view: Iterable[bytes]) -> Iterator[Block]:
    """Cut a view after each record, before one that comes too early, and where no end comes for long."""
    feed, buffer, scan, is_end = iter(view), b"", 0, False
    is_open, is_whole = False, True
    while not is_end:
        buffer, is_end = decode.longer(buffer, feed)
        # Cuts are decided with the same bytes in sight however the stream is cut into chunks.
        limit = len(buffer) if is_end else max(scan, len(buffer) - _LONGEST_TAG)
        start = 0
        for at, mark in [*_marks(buffer, scan, limit), (limit, "")]:
            while at - start > LIMIT:
                end = decode.seam(buffer, start + LIMIT)
                yield Block(buffer[start:end], is_whole=False)
                start, is_whole = end, False
            if mark == "end" or (mark and is_open):
                yield Block(buffer[start:at], is_whole)
                start, is_whole = at, True
            is_open = mark == "begin" or (not mark and is_open)
        buffer, scan = buffer[start:], limit - start
    yield Block(buffer, is_whole)


def _marks(buffer: bytes, scan: int, limit: int) -> Iterator[tuple[int, str]]:
    """Yield where records begin and end, of what begins between `scan` and `limit`."""
    for match in _MARK.finditer(buffer, scan):
        if match.start() >= limit:
            break
        if not match[2]:
            yield match.start(), "begin"
        if match[1] or match[2]:
            yield match.end(), "end"
