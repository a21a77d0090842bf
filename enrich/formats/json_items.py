r"""Cutting a stream of JSON into its items, and an item into its members, without touching a byte.

An array, the array under `items` of an object, JSON Lines, objects one after the other, or one object. Only one item is
held at a time, of `LARGEST` bytes at most, and nothing is decoded here: strings, escapes and brackets are all that is
looked at, so what is broken inside one item does not reach the next. What stands between two items belongs to the
piece of the second, what follows the last to its own: joining the pieces gives the bytes back.

https://www.rfc-editor.org/rfc/rfc8259, https://jsonlines.org

>>> [piece.core for piece in pieces([b'[{"a":', b' 1},\n {"b": "]"}]\n'])]
[b'{"a": 1}', b'{"b": "]"}']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from enrich.errors import FormatError

LARGEST: Final = 16 << 20
"""Bytes beyond which an item, or what stands beside one, is refused: it seldom ends, and cannot be held."""
BOM: Final = b"\xef\xbb\xbf"
# Files that were put together have a byte order mark in their midst, or at the end.
_BLANK: Final = re.compile(rb"(?:[\s,]|\xef\xbb\xbf)*+")
_START: Final = re.compile(rb"(?:\s|\xef\xbb\xbf)*+")
# As far as no bracket stands in the way, nor a string that is not finished; a lone value also ends at a comma. Of what is
# complete two levels are taken at once: names, dates and most of what items hold.
_RUN: Final = rb'[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"'
_FLAT: Final = re.compile(rb"(?:" + _RUN + rb")*+", re.DOTALL)
_DEEP: Final = re.compile(
    rb"(?:" + _RUN + rb"|[\[{](?:" + _RUN + rb"|[\[{](?:" + _RUN + rb")*+[\]}])*+[\]}])*+", re.DOTALL
)
_LONE: Final = re.compile(_FLAT.pattern.replace(b'[^"', b'[^",', 1), re.DOTALL)
_KEY: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"\s*+:\s*+', re.DOTALL)
_ITEMS: Final = re.compile(rb'"items"\s*+:\s*+\Z')
# The first line is an object, or the second line begins as one does in JSON Lines and never in printed JSON.
_LINES: Final = re.compile(rb"\s*+\{(?:[^\n]*\}[ \t\r]*+\n|[^\n]*\n\{)")
_HEAD: Final = 1 << 16
_OPENING: Final = b"[{"
_END_OF_ARRAY: Final = ord("]")


class Piece(NamedTuple):
    """One item: `lead` is what stands between it and the item before it, `tail` what follows the last item."""

    lead: bytes
    core: bytes
    tail: bytes = b""


class Member(NamedTuple):
    """Where a member of an object stands: its key (as written, quoted), and the spans of key and value."""

    key: bytes
    start: int
    value: int
    end: int


def pieces(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield the items of a file in order; raises FormatError where it begins like no JSON, or an item is too long."""
    splitter = _Splitter()
    waiting = bytearray()
    need = _HEAD
    for chunk in chunks:
        waiting += chunk
        # Looked at again only when it has doubled, so that the smallest chunks cost no more than the largest.
        if len(waiting) >= need:
            yield from splitter.feed(waiting)
            need = max(_HEAD, len(splitter.buffer))
            waiting.clear()
    yield from splitter.feed(waiting, final=True)


def cut(raw: bytes) -> Piece:
    """Return one joined piece in its three parts again."""
    splitter = _Splitter()
    if raw.removeprefix(BOM).lstrip()[:1] not in (
        b"[",
        b"{",
    ):  # not the first of its file, or a value that is no object
        splitter.place, splitter.kind = "between", "objects"
    first = next(splitter.feed(raw, final=True), Piece(raw, b""))
    return first._replace(tail=raw[len(first.lead) + len(first.core) :])


def members(core: bytes) -> list[Member]:
    """Return the members of an object that is known to be sound JSON."""
    found = []
    at = _end(_BLANK, core, 1)
    while key := _KEY.match(core, at):
        end, depth = _end(_LONE, core, key.end()), 0
        while depth or core[end : end + 1] not in b",}":
            depth += 1 if core[end] in _OPENING else -1
            end = _end(_DEEP if depth else _LONE, core, end + 1)
        end -= len(core[key.end() : end]) - len(core[key.end() : end].rstrip())
        found.append(Member(key[0].rstrip()[:-1].rstrip(), at, key.end(), end))
        at = _end(_BLANK, core, end)
    return found


class _Splitter:
    """The state of a reading: the bytes not yet given away, how far they were looked at, and where that is."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.at = 0
        self.depth = 0
        self.begin = 0
        self.place: Literal["start", "between", "inside", "after"] = "start"
        self.kind: Literal["array", "objects", "lines"] = "array"
        self.held: Piece | None = None

    def feed(self, more: bytes | bytearray, *, final: bool = False) -> Iterator[Piece]:
        self.buffer += more
        if self.place == "start":
            self._start()
        while self._advance(final=final):
            lead, core = bytes(self.buffer[: self.begin]), bytes(self.buffer[self.begin : self.at])
            _check(self.at)
            del self.buffer[: self.at]
            self.at = self.begin = 0
            if self.held is not None:
                yield self.held
            self.held = Piece(lead, core)
        _check(len(self.buffer))
        if final:
            yield from self._close()

    def _close(self) -> Iterator[Piece]:
        if self.place == "inside":  # an item that never ends
            if self.held is not None:
                yield self.held
            yield Piece(bytes(self.buffer[: self.begin]), bytes(self.buffer[self.begin :]))
        elif self.held is not None:
            yield self.held._replace(tail=bytes(self.buffer))
        elif self.place == "between":  # it breaks off before its first item
            yield Piece(b"", bytes(self.buffer))

    def _start(self) -> None:
        self.at = _end(_START, self.buffer, 0)
        if self.at == len(self.buffer):
            self.at = 0
            return
        if self.buffer[self.at] not in _OPENING:
            raise FormatError(
                "this is not JSON: it begins with neither [ nor {", line=1, excerpt=_shown(self.buffer)
            )
        self.place, self.begin = "between", self.at
        if self.buffer[self.at] == ord("["):
            self.at += 1
        else:
            first = self.buffer[self.at : self.at + _HEAD].partition(b"\n")[0]
            lines = _LINES.match(self.buffer[self.at : self.at + _HEAD]) and b'"items"' not in first
            self.kind = "lines" if lines else "objects"

    def _advance(self, *, final: bool) -> bool:
        """Go on to the end of an item; False when there is none in what has been read so far."""
        if self.place == "between":
            self.at = self.begin = _end(_BLANK, self.buffer, self.at)
            rest = len(self.buffer) - self.at
            if not rest or (not final and rest < len(BOM) and BOM.startswith(self.buffer[self.at :])):
                return False
            if self.kind == "array" and self.buffer[self.at] == _END_OF_ARRAY:
                self.place = "after"
            else:
                self.place = "inside"
        if self.place != "inside":
            return False
        ended = self._line(final=final) if self.kind == "lines" else self._inside(final=final)
        if ended:
            self.place = "between"
        return ended

    def _line(self, *, final: bool) -> bool:
        end = self.buffer.find(b"\n", self.at)
        if end < 0 and not final:
            self.at = len(self.buffer)
            return False
        line = bytes(self.buffer[self.begin : end if end >= 0 else None]).rstrip()
        while line.endswith(BOM):
            line = line[: -len(BOM)].rstrip()
        self.at = self.begin + len(line)
        return True

    def _inside(self, *, final: bool) -> bool:
        # An array of `items` is looked for in the first object only, one bracket at a time.
        within = _FLAT if self.kind == "objects" and self.held is None else _DEEP
        while True:
            self.at = _end(within if self.depth else _LONE, self.buffer, self.at)
            here = self.buffer[self.at : self.at + 1]
            if not here and final and not self.depth:
                return True
            if not here or here == b'"':  # more is to come, perhaps the end of a string
                return False
            if not self.depth and here in b",]}":
                return self._lone()
            self.at += 1
            self.depth += 1 if here in _OPENING else -1
            if not self.depth:
                return True
            if self.depth == 2 and here == b"[" and within is _FLAT and self._is_wrapper():
                self.depth, self.kind, self.place = 0, "array", "between"
                return self._advance(final=final)

    def _lone(self) -> bool:
        """End a value that is neither object nor array; a bracket that closes nothing is a value of its own."""
        if self.at == self.begin:
            self.at += 1
        else:
            self.at = self.begin + len(self.buffer[self.begin : self.at].rstrip())
        return True

    def _is_wrapper(self) -> bool:
        return _ITEMS.search(self.buffer[max(0, self.at - 64) : self.at - 1]) is not None


def _check(size: int) -> None:
    if size > LARGEST:
        raise FormatError(f"an item never ends, or not within {LARGEST >> 20} MiB; take it out of the file")


def _end(pattern: re.Pattern[bytes], buffer: bytes | bytearray, at: int) -> int:
    match = pattern.match(buffer, at)
    return at if match is None else match.end()


def _shown(buffer: bytes | bytearray) -> str:
    return bytes(buffer[:60]).decode("utf-8", "replace")
