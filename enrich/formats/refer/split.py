"""A stream of bytes to the bytes of one record each.

Records are separated by a blank line, but not only: `%0` begins one, unless it stands late in its record (OJS, bepress); a
blank line may stand within one (AMS, and abstracts of several paragraphs); a flattened line holds several. So the stream is
first cut wherever a record *may* begin, then put together again where none does. Memory holds one record and one read; of
one that is longer than `LIMIT`, a part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final

from enrich.formats import decode
from enrich.formats.decode import BOM
from enrich.formats.refer.tags import csl_type
from enrich.formats.tagged import Block

LIMIT: Final = 4 << 20
"""Bytes beyond which a record is passed on in parts, unparsed, and junk at the beginning of a file is not searched."""

_LOOK_AHEAD: Final = 256
_SPACE: Final = b" \t\r\n"
# Two expressions that begin with one byte each are searched five times as fast as one that begins with either.
_TYPED: Final = re.compile(rb"%0(?=[ \t\r\n])")
_BLANK: Final = re.compile(rb"\n[ \t\r\n]*\n[ \t\r]*")
_TAG: Final = re.compile(rb"(?:^|\n)(?:\xef\xbb\xbf)?%([0-46-9A-Z@!#$&()*+?<>=^\[\]~])(?=[ \t\r\n]|\Z)")
_ANY_TAG: Final = re.compile(rb"%(?<![^ \t\n\xbf>]%)([0-46-9A-Z@!#$&()*+?<>=^\[\]~])(?=[ \t\r\n]|\Z)")
_FURTHER_TAG: Final = re.compile(rb"%(?<=[ \t\n>]%)[1-46-9A-Z@][ \t\r\n]")
_TYPE: Final = re.compile(
    rb"[ \t]+([^%\r\n]{1,60}?)[ \t]*(?:<br ?/?>[ \t]*)?(?:%([1-46-9A-Z@!#$&*+?<>=^\[~])[ \t\r\n]|[\r\n]|\Z)"
)
_ZERO, _TITLE, _LINE_FEED = b"0T\n"
_CORE: Final = frozenset(b"0TAE")
_REPEATABLE: Final = frozenset(b"AEKUR@?+~Z0")


class Cut(Enum):
    """Why a record may begin here."""

    LINE = auto()
    MIDLINE = auto()
    BLANK = auto()
    BLANKS = auto()
    LONG = auto()  # none does; but so much has come that it is passed on


class _Open:
    """The record being put together, and what is known of its tags."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.is_tagged = False
        self._is_whole = True
        self._tags: set[int] = set()
        self._searched = 0

    def add(self, segment: bytes) -> None:
        """Append a segment."""
        self.parts.append(segment)
        self.size += len(segment)
        self.is_tagged = self.is_tagged or segment.startswith(b"%0 ") or _TAG.search(segment) is not None

    def block(self) -> Block:
        """Return what there is."""
        return Block(b"".join(self.parts), self._is_whole)

    def part(self) -> Block:
        """Return what there is of a record that goes on, and let go of it; its tags are remembered."""
        self.tags()
        self._is_whole = False
        block = self.block()
        self.parts, self.size, self._searched = [], 0, 0
        return block

    def is_typed(self) -> bool:
        """Tell whether there is a %0 and another tag already."""
        if _typed(self.parts[0]) and _FURTHER_TAG.search(self.parts[0]):
            return True
        return _ZERO in self.tags() and len(self.tags()) > 1

    def tags(self) -> set[int]:
        """Return every tag so far; each segment is searched once, and only when somebody asks."""
        for part in self.parts[self._searched :]:
            self._tags.update(_tags(part))
        self._searched = len(self.parts)
        return self._tags


def is_tagged(view: bytes) -> bool:
    """Tell whether some line in the first `LIMIT` bytes of `view` begins with a tag; the first may be indented."""
    if _TAG.search(view, 0, LIMIT):
        return True
    start = view[: _LOOK_AHEAD * 2].lstrip(BOM + _SPACE)
    return _TYPED.match(start) is not None and _has_type(start[2:_LOOK_AHEAD])


def first_tag(view: bytes) -> int:
    """Return where the first line of `view` begins that begins with a tag; 0 if there is none."""
    if view.startswith(b"%"):
        return 0
    match = _TAG.search(view)
    return match.start(1) - 1 if match else 0


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Yield the bytes of each record of a view, of one that is too long in parts; joined, they are the view.

    What stands before the first tag of the file belongs to its first record, what stands between two records to the former.
    """
    current, is_first = _Open(), True
    for cut, segment in segments(chunks):
        if current.parts and _begins(cut, segment, current, is_first=is_first):
            yield current.block()
            current, is_first = _Open(), False
        elif (seam := _seam(cut, segment, current)) > 0:
            current.add(segment[:seam])
            yield current.block()
            current, is_first = _Open(), False
            current.add(segment[seam:])
            continue
        elif current.parts and current.size + len(segment) > LIMIT:
            yield current.part()
        current.add(segment)
    if current.parts:
        yield current.block()


def _begins(cut: Cut, segment: bytes, current: _Open, *, is_first: bool) -> bool:
    """Tell whether `segment` begins a record, or goes on with the current one."""
    if cut is Cut.LONG:
        return False
    if not current.is_tagged:
        # Junk at the beginning waits for the first tag; later junk stands alone only when it is huge.
        return not is_first
    if segment[:3] == b"%0 " and cut is Cut.BLANK:
        return True
    if _typed(segment):
        # `%0 Serial` and `%0 Audio` in a row are one record (Zotero's own test), and a late %0 is its record's.
        return cut in {Cut.BLANK, Cut.BLANKS} or current.is_typed()
    if not _TAG.search(segment):
        return current.size <= LIMIT < current.size + len(segment)
    if cut is Cut.BLANKS:
        return True
    if _TAG.match(segment):
        tags = _tags(segment)
        if tags <= current.tags() and not _TAG.sub(b"", segment).strip():
            return False  # tags that are there already, and say nothing, are no record
        return not _CORE.isdisjoint(tags) or not (tags & current.tags()) <= _REPEATABLE
    # A further paragraph of an abstract, and the tags after it, unless they begin all over again.
    return not {tag[0] for tag in _TAG.findall(segment)} & current.tags() <= _REPEATABLE


def _seam(cut: Cut, segment: bytes, current: _Open) -> int:
    """Return where in `segment`, which begins with the late %0 of the current record, the next record begins; else 0.

    Without blank lines, the head of the next record (`%A`, `%T` ... up to its own late %0) follows the tail of this one. It
    begins where the tag recurs with which this record began.
    """
    if cut is not Cut.LINE or not current.is_tagged or _ZERO in current.tags() or _TITLE not in current.tags():
        return 0
    first = _TAG.search(current.parts[0])
    if first is None:
        return 0
    head = b"\n%" + first[1]
    seam = min((at for end in b" \t" if (at := segment.find(head + bytes([end]))) > 0), default=-1) + 1
    return seam if seam and segment.find(b"\n%T", seam - 1) >= 0 else 0


def _typed(segment: bytes) -> bool:
    return _TYPED.match(segment.removeprefix(BOM)) is not None


def _tags(segment: bytes) -> set[int]:
    """Return the tags in a segment, those within its lines too; there a %0 counts only before the name of a type."""
    found = set()
    for match in _ANY_TAG.finditer(segment):
        start, end = match.span()
        is_text = match[1] == b"0" and start > 0 and segment[start - 1] in b" \t>"
        if not is_text or _has_type(segment[end : end + _LOOK_AHEAD - 2]):
            found.add(match[1][0])
    return found


def segments(chunks: Iterable[bytes]) -> Iterator[tuple[Cut, bytes]]:
    """Cut a view wherever a record may begin, and where none does for long; yields why, and the bytes up to the next cut."""
    feed, buffer, scan, is_end = iter(chunks), b"", 0, False
    reason = Cut.BLANK
    while not is_end:
        buffer, is_end = decode.longer(buffer, feed)
        cuts, scan = _cuts(buffer, scan, is_end=is_end)
        start = 0
        for position, cut in [*cuts, (scan - len(BOM), None)]:  # a mark before a %0 is cut before
            while position - start > LIMIT:
                end = decode.seam(buffer, start + LIMIT)
                yield reason, buffer[start:end]
                start, reason = end, Cut.LONG
            if cut is not None:
                yield reason, buffer[start:position]
                start, reason = position, cut
        buffer, scan = buffer[start:], scan - start
    while len(buffer) > LIMIT:
        end = decode.seam(buffer, LIMIT)
        yield reason, buffer[:end]
        buffer, reason = buffer[end:], Cut.LONG
    if buffer:
        yield reason, buffer


def _cuts(buffer: bytes, scan: int, *, is_end: bool) -> tuple[list[tuple[int, Cut]], int]:
    """Return the cuts from `scan` on, and where to go on searching when there is more."""
    cuts: list[tuple[int, Cut]] = []
    # Cuts are decided with the same bytes in sight however the stream is cut into chunks.
    limit = len(buffer) if is_end else len(buffer) - _LOOK_AHEAD
    marks = [match.span() for expression in (_TYPED, _BLANK) for match in expression.finditer(buffer, scan)]
    for start, end in sorted(marks):
        if start >= limit or end >= len(buffer):
            return cuts, start
        scan = end
        if buffer[start] == _LINE_FEED:
            breaks = buffer.count(b"\n", start, end)
            cuts.append((buffer.rindex(b"\n", start, end) + 1, Cut.BLANK if breaks == 2 else Cut.BLANKS))
            continue
        at = start - 3 if start >= 3 and buffer.startswith(BOM, start - 3) else start
        if at == 0 or (cuts and cuts[-1][0] == at):
            continue
        if buffer[at - 1] == _LINE_FEED:
            cuts.append((at, Cut.LINE))
        elif at == start and buffer[at - 1] in b" \t>" and _has_type(buffer[start + 2 : start + _LOOK_AHEAD]):
            cuts.append((at, Cut.MIDLINE))
    return cuts, max(scan, min(limit, len(buffer.rstrip(_SPACE))))


def _has_type(following: bytes) -> bool:
    """Tell whether what follows a %0 within a line is the name of a type and nothing else, up to the next tag."""
    match = _TYPE.match(following)
    if match is None:
        return False
    name = match[1].decode("utf-8", "replace")
    if csl_type(name) is not None:
        return True
    return match[2] in {b"T", b"A", b"D", b"J", b"@"} and len(name.split()) <= 4 and not name[0].islower()
