r"""A stream of bytes to the bytes of one entry each.

An entry ends where its braces close; BibTeX counts all of them, also those behind a backslash or within quotes. What stands
between entries (comments, `@string`, `@preamble`, stray text) belongs to the entry after it, at the end of the file to the
last. In an entry that does not close, the next line that begins like an entry begins one, so a lost brace spoils one entry.
Memory holds one entry and what stands before it.

Joining the blocks gives the file back, for any bytes, however they come in chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from enrich.formats import decode

LIMIT: Final = 4 << 20
"""Bytes beyond which an entry, or what stands between two, is kept but not parsed."""

_MARK: Final = 256  # bytes; no mark that begins an entry is longer
_TRAIL: Final = 4096  # blanks after an entry that are counted to it
_BEGIN: Final = re.compile(rb"(?<![\w.@\\])@[ \t]{0,8}([A-Za-z]{1,40})[ \t\r\n]{0,80}([{(])")
_AT_LINE: Final = re.compile(rb"\n([ \t]{0,40})@[ \t]{0,8}([A-Za-z]{1,40})[ \t\r\n]{0,80}[{(]")
_COMMENT_LINE: Final = re.compile(rb"\n[ \t]{0,40}@[ \t]{0,8}comment\b", re.IGNORECASE)
_BRACE: Final = re.compile(rb"\\[{}\\]|[{}]")
_DELIMITER: Final = re.compile(rb"""\\[\\{}"]|[{})"]""")
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_CURLY: Final = b"{"[0]
_OPEN: Final = "its braces do not close"
_TOO_LONG: Final = f"longer than {LIMIT >> 20} MiB"
_NO_ENTRY: Final = "there is no entry in it"
_APART: Final = frozenset({b"comment", b"string", b"preamble"})


class Block(NamedTuple):
    """An entry from `start` to `end` (0, 0 where there is none) with all that stands around it.

    `strings` are the places of the `@string` definitions before it. An entry that `fault` says something of cannot be read.
    With `escapes`, braces behind a backslash must not be counted, else it does not close.
    """

    data: bytes
    start: int = 0
    end: int = 0
    strings: tuple[tuple[int, int], ...] = ()
    escapes: bool = False
    fault: str = ""


class _Scan:
    """How far the search for the end of what was opened has come."""

    def __init__(self, opened: int, *, is_round: bool) -> None:
        self.at = opened + is_round
        self.escaped_end = 0
        """Where it ends if braces behind a backslash are not counted."""
        self._is_round = is_round
        self._depth = self._unescaped = 0
        self._is_quoted = False

    def end(self, data: bytes, limit: int) -> int:
        """Return where it closes before `limit`; 0 where it does not."""
        return self._round(data, limit) if self._is_round else self._curly(data, limit)

    def _curly(self, data: bytes, limit: int) -> int:
        depth, unescaped = self._depth, self._unescaped
        for match in _BRACE.finditer(data, self.at, limit):
            mark = match[0]
            if mark == b"\\\\":
                continue
            step = 1 if mark[-1] == _CURLY else -1
            depth += step
            if len(mark) == 1:
                unescaped += step
                if unescaped == 0 and not self.escaped_end:
                    self.escaped_end = match.end()
            if depth == 0:
                return match.end()
        self._depth, self._unescaped, self.at = depth, unescaped, limit
        return 0

    def _round(self, data: bytes, limit: int) -> int:
        for match in _DELIMITER.finditer(data, self.at, limit):
            mark = match[0]
            if mark == b'"' and self._depth == 0:
                self._is_quoted = not self._is_quoted
            elif mark == b")" and self._depth == 0 and not self._is_quoted:
                return match.end()
            elif mark in {b"{", b"\\{"}:
                self._depth += 1
            elif mark in {b"}", b"\\}"}:
                self._depth -= 1
        self.at = limit
        return 0


class _Element(NamedTuple):
    """Something that begins with an at sign: an entry, or what stands apart, or (kind "") text up to `end`."""

    kind: bytes
    start: int
    end: int
    after: int
    escapes: bool = False
    fault: str = ""


_END: Final = _Element(b"end", 0, 0, 0)


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Yield the blocks of a view of a file; where it holds no entry, one that says so."""
    feed, data, is_end = iter(chunks), b"", False
    base = at = 0
    strings: list[tuple[int, int]] = []
    waiting: Block | None = None
    rivals = _Rivals()
    while True:
        found = _next(data, at, rivals, is_end=is_end)
        if (found.start if found else len(data) - _MARK) - base > LIMIT:
            end = _limit(data, base)
            found = _Element(b"long", base, end, end, fault=_TOO_LONG)
        if found is None:
            data, is_end = decode.longer(data[base:], feed)
            strings = [(start - base, end - base) for start, end in strings]
            at, base = at - base, 0
            rivals = _Rivals()
        elif found is _END:
            break
        elif found.kind in _APART:
            at = found.end
            if found.kind == b"string":
                strings.append((found.start, found.end))
        else:
            if waiting:
                yield waiting
            places = tuple((start - base, end - base) for start, end in strings)
            raw = data[base : found.after]
            waiting = Block(raw, found.start - base, found.end - base, places, found.escapes, found.fault)
            base = at = found.after
            strings = []
    rest = data[base:]
    if waiting:
        yield waiting._replace(data=waiting.data + rest) if rest else waiting
    elif rest:
        yield Block(rest, fault=_NO_ENTRY)


class _Rivals:
    """The next line that begins like an entry; looked for once, however many entries stand before it."""

    def __init__(self) -> None:
        self._found: re.Match[bytes] | None = None
        self._at = -1

    def after(self, data: bytes, at: int) -> re.Match[bytes] | None:
        """Return the first such line after `at`."""
        if self._at < 0 or (self._found is not None and self._found.start() < at):
            self._found, self._at = _AT_LINE.search(data, at), at
        return self._found


def _next(data: bytes, at: int, rivals: _Rivals, *, is_end: bool) -> _Element | None:
    """Return what begins next; None where more of the file must be seen to tell."""
    begin = _BEGIN.search(data, at)
    if begin is None:
        return _END if is_end else None
    start = begin.start()
    line = max(data.rfind(b"\n", at, start) + 1, at)
    if data.find(b"%", line, start) >= 0:
        # Commented out; BibTeX would read it, biber and whoever wrote it do not.
        feed = data.find(b"\n", start)
        if feed < 0 and not is_end:
            return None
        return _Element(b"comment", start, feed if feed >= 0 else len(data), 0)
    kind = begin[1].lower()
    limit = _limit(data, start)
    scan = _Scan(begin.end() - 1, is_round=begin[2] == b"(")
    if kind == b"comment":
        other = _COMMENT_LINE.search(data, begin.end(), limit)
        end = scan.end(data, other.start() if other else limit)
        if not end and other is None and limit == len(data) and not is_end:
            return None
        rival = None if end else rivals.after(data, begin.end())
        return _Element(kind, start, end or min(limit, rival.start() if rival else limit), 0)
    indent = start - line if not data[line:start].strip() else 0
    end, cut = _closed(data, scan, rivals, indent, limit)
    if not end and cut == len(data) and not is_end and limit == len(data):
        return None
    if kind in _APART:
        return _Element(kind if end else b"comment", start, end or cut, 0)
    if end or scan.escaped_end:
        end, escapes = end or scan.escaped_end, not end
        match = _BLANKS.match(data, end, end + _TRAIL)
        after = match.end() if match else end
        if after == len(data) and after - end < _TRAIL and not is_end:
            return None
        return _Element(kind, start, end, after, escapes)
    return _Element(kind, start, cut, cut, fault=_TOO_LONG if cut - start > LIMIT - 4 else _OPEN)


def _limit(data: bytes, start: int) -> int:
    """Return where to cut what begins at `start` at the latest: between two characters, of up to four bytes."""
    return decode.seam(data, start + LIMIT) if len(data) > start + LIMIT else len(data)


def _closed(data: bytes, scan: _Scan, rivals: _Rivals, indent: int, limit: int) -> tuple[int, int]:
    """Return where an entry ends (0 where it does not close), and else where the next one cuts it off."""
    sought = scan.at
    while True:
        rival = rivals.after(data, sought)
        stop = min(limit, rival.start()) if rival else limit
        if end := scan.end(data, stop):
            return end, 0
        if rival is None or stop == limit:
            return 0, limit
        if len(rival[1]) <= indent:
            return 0, rival.start() + 1
        sought = rival.end()
