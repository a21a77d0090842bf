"""What is known of every connection when its worker dies: a page of shared memory for each, and the kernel's own count.

https://www.kernel.org/doc/html/latest/networking/index.html (`TCP_INFO`, tcp(7))

A worker reads from the connection straight into its page, so that no byte of a request is ever known to the worker
alone: there is no moment at which it was taken from the kernel and not yet written down. How much of the answer left is
not written down but asked of the kernel, which has counted every byte; the page says only at which count the answer
begins, and at which it ends once that is known. So what a `kill -9` leaves behind can always be read:

>>> page = Page(memoryview(bytearray(PAGE)))
>>> page.room()[:14] = b"GET / HTTP/1.1"
>>> page.take(14)
b'GET / HTTP/1.1'
>>> page.fate(0), page.fate(0), page.fate(100)  # asked again, but once; an answer that had begun cannot go on
(<Fate.AGAIN: 'again'>, <Fate.REGRET: 'regret'>, <Fate.CUT: 'cut'>)
"""

from __future__ import annotations

import enum
import fcntl
import mmap
import socket
import struct
import termios
from typing import Final

PAGE: Final = 4096
_HEAD: Final = struct.Struct(
    "<IBBxxQQ"
)  # bytes of the request, flags, tries, count at its start, length of its answer
_LENGTH: Final = struct.Struct("<I")
_END: Final = struct.Struct("<Q")
_END_AT: Final = 16
_BASE_AT: Final = 8
_BODY: Final = 32
_FLAGS_AT: Final = 4
_NOTHING: Final = bytes(PAGE)
_ACKED_AT: Final = 120  # tcpi_bytes_acked, since Linux 4.1
_TRIES: Final = 1  # a request that killed two workers will kill the third


class Flag(enum.IntFlag):
    """What else is to be known of a connection."""

    PARTED = 1
    """More was sent than its page holds: an upload."""
    MIXED = 2
    """Where one request ends and the next begins is not known: they were sent without waiting for answers."""
    LAST = 4
    """It is closed when this answer has been given."""


class Fate(enum.Enum):
    """What becomes of a connection whose worker died."""

    IDLE = "idle"
    """Nothing was asked: another worker has it."""
    AGAIN = "again"
    """Another worker is asked what this one was asked."""
    REGRET = "regret"
    """No byte of an answer was given: it is told so, with 503."""
    DONE = "done"
    """All was answered, and it was to be closed."""
    CUT = "cut"
    """The answer had begun: closing the connection says that it is not whole."""


class Page:
    """What is written down of one connection; a view of PAGE bytes that are zero at first."""

    __slots__ = ("_length", "_view")

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._length: int = _LENGTH.unpack_from(view)[0]

    def room(self) -> memoryview:
        """Return where the next bytes of the request go; empty when the page is full."""
        return self._view[_BODY + self._length :]

    def take(self, count: int) -> bytes:
        """Return the bytes that have come into the room there was, so many of them."""
        begin = _BODY + self._length
        self._length += count
        _LENGTH.pack_into(self._view, 0, self._length)
        return bytes(self._view[begin : begin + count])

    def flag(self, flag: Flag) -> None:
        """Write down that something holds until the answer is given."""
        self._view[_FLAGS_AT] |= flag

    def expect(self, end: int) -> None:
        """Write down that the answer is whole when it has so many bytes; before its last byte is sent."""
        _END.pack_into(self._view, _END_AT, end)

    def skip(self, base: int) -> None:
        """Write down that what is sent up to this count is no answer yet (100 Continue)."""
        _END.pack_into(self._view, _BASE_AT, base)

    @property
    def base(self) -> int:
        """The count of bytes at which the answer begins."""
        return int(_END.unpack_from(self._view, _BASE_AT)[0])

    def settle(self, base: int, *, flags: int = 0) -> None:
        """Write down that all was answered, at this count of bytes sent."""
        # While the bytes of the request go, the end of its answer still stands; and the head begins with their number.
        self._view[_BODY : _BODY + self._length] = _NOTHING[: self._length]
        self._length = 0
        _HEAD.pack_into(self._view, 0, 0, flags, 0, base, 0)

    def clear(self) -> None:
        """Make the page ready for another connection."""
        self._view[:] = _NOTHING
        self._length = 0

    def request(self) -> bytes:
        """Return what has come of a request.

        What came in the last moment may stand there without having been counted; were its last bytes zero, they are lost.
        """
        length: int = _LENGTH.unpack_from(self._view)[0]
        return bytes(self._view[_BODY : _BODY + length]) + bytes(self._view[_BODY + length :]).rstrip(b"\0")

    def fate(self, sent: int) -> Fate:
        """Return what becomes of the connection whose worker is dead, and prepare the page for it.

        `sent` is the number of bytes the kernel has ever taken for it.
        """
        _, flags, tries, base, end = _HEAD.unpack_from(self._view)
        asked = self.request()
        is_whole = bool(end) and sent == base + end
        if flags & Flag.MIXED:
            return Fate.REGRET if is_whole or sent == base else Fate.CUT
        if is_whole and flags & Flag.LAST:
            return Fate.DONE
        if is_whole or not asked:
            self.clear()
            self.settle(sent)
            return Fate.IDLE
        if sent > base:
            return Fate.CUT
        if flags & Flag.PARTED or tries >= _TRIES:
            return Fate.REGRET
        _HEAD.pack_into(self._view, 0, len(asked), 0, tries + 1, sent, 0)
        return Fate.AGAIN


def pages(descriptor: int, number: int) -> list[memoryview]:
    """Return the pages of a file in memory; each is a Page's."""
    whole = memoryview(mmap.mmap(descriptor, number * PAGE))
    return [whole[at : at + PAGE] for at in range(0, number * PAGE, PAGE)]


def sent(connection: socket.socket) -> int:
    """Return how many bytes the kernel has ever taken for a TCP connection; -1 where it is gone."""
    try:
        before = -1
        while True:  # a byte acknowledged between the two questions is counted by neither
            acknowledged = struct.unpack_from("<Q", _told(connection), _ACKED_AT)[0]
            if acknowledged == before:
                break
            before = acknowledged
            waiting = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]
        return int(acknowledged + waiting)
    except (OSError, struct.error):
        return -1


def _told(connection: socket.socket) -> bytes:
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
