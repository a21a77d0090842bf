"""A worker process: is handed its connections, and writes down about each what has to be known if it is killed.

https://uvicorn.dev, https://docs.python.org/3/library/asyncio-protocol.html#buffered-protocols

uvicorn's own protocol speaks HTTP; here it reads into the page of its connection (`slots`), and what it writes of an
answer is sent at once as one piece, so that a short answer is given or is not, but never by half. Of uvicorn this uses
what it offers for protocols and servers of one's own to build on; nothing of it with an underscore.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from pathlib import Path
from typing import Any, Final

import uvicorn

from enrich.service.app import create_app
from enrich.service.desk import Desk
from enrich.service.protocol import Bounded
from enrich.service.running import Server, configured, heed_hangup, log
from enrich.service.slots import Flag, Page, pages
from enrich.settings import Settings

READY: Final = 0xFFFFFFFF  # what a worker says, beside the numbers of slots whose connection it has closed
LEAVING: Final = 0xFFFFFFFE
ALIVE: Final = 0xFFFFFFFD
PULSE: Final = 1.0  # seconds after which a worker says again that it is alive
NUMBER: Final = 4  # bytes of a number on the channel
_AT_ONCE: Final = 64
_INT: Final = struct.Struct("i")
_INTERIM: Final = b"HTTP/1.1 1"
_UPLOAD: Final = memoryview(
    bytearray(1 << 18)
)  # what has no room in a page; nothing is kept there between two events


class _Out:
    """The way out of a connection: sends an answer from its first byte on in pieces as large as can be."""

    def __init__(self, transport: asyncio.Transport, page: Page, protocol: Kept) -> None:
        self._transport = transport
        self._page = page
        self._protocol = protocol
        self._held: list[bytes] = []
        self._base = page.base
        self._given = 0  # bytes of the answer under way
        self._loop = asyncio.get_running_loop()
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        """Be the transport in everything else."""
        return getattr(self._transport, name)

    def write(self, data: Any) -> None:
        """Send, or, the beginning of an answer, keep until the turn of the loop ends or the answer does."""
        if self._given:
            self._given += len(data)
            self._transport.write(data)
        elif not self._held and data.startswith(_INTERIM):
            self._base += len(data)
            self._page.skip(self._base)
            self._transport.write(data)
        else:
            if not self._held:
                self._loop.call_soon(self.flush)
            self._held.append(data)

    def flush(self, *, is_whole: bool = False) -> None:
        """Send what is kept; `is_whole`: the answer ends with it."""
        piece = b"".join(self._held)
        self._held.clear()
        if is_whole:
            self._page.expect(self._given + len(piece))
        if piece and not self._transport.is_closing():
            self._given += len(piece)
            self._transport.write(piece)

    def settle(self, *, flags: int = 0) -> None:
        """Write down that the answer was given."""
        self._base += self._given
        self._given = 0
        self._page.settle(self._base, flags=flags)

    def close(self) -> None:
        """Send what is kept, and close."""
        self._page.flag(Flag.LAST)
        self.flush(is_whole=self._protocol.is_answered)
        self._transport.close()


class Kept(Bounded, asyncio.BufferedProtocol):
    """uvicorn's protocol on a connection that does not end with this process."""

    _out: _Out

    def __init__(self, server: Worker, number: int, page: Page) -> None:
        super().__init__(server.config, server.server_state, server.lifespan.state, asyncio.get_running_loop())
        self._server = server
        self._number = number
        self._page = page
        self._unanswered = 0
        self._is_amid = False  # a request has begun and not ended
        self._is_settled = True
        self._is_mixed = False
        self._is_parted = False

    @property
    def is_answered(self) -> bool:
        """Whether the answer to the last request was given whole."""
        return getattr(self.cycle, "response_complete", False)  # there is none before the first request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio names a base
        """Begin, with what another worker had read."""
        self._out = _Out(transport, self._page, self)
        super().connection_made(self._out)  # type: ignore[arg-type]  # it is one in all that is asked of it
        if asked := self._page.request():
            self.data_received(asked)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that the connection is closed."""
        super().connection_lost(exc)
        self._server.let_go(self._number)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- the page is as large as it is
        """Return where the bytes go that are about to be read: into the page while they fit."""
        if not self._is_settled:
            self._settle()
        room = self._page.room()
        self._is_parted = self._is_mixed or not room
        if self._is_parted and not self._is_mixed:
            self._page.flag(Flag.PARTED)
        return _UPLOAD if self._is_parted else room

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what was read."""
        self.data_received(bytes(_UPLOAD[:nbytes]) if self._is_parted else self._page.take(nbytes))

    def on_message_begin(self) -> None:
        """Count the requests."""
        self._unanswered += not self._is_amid  # one that offers another protocol begins twice
        self._is_amid = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Know where a request ends."""
        super().on_message_complete()
        self._is_amid = self._is_amid_head

    def on_response_complete(self) -> None:
        """Send what is left of an answer; the page is free for the next request once the kernel has all of it."""
        self._out.flush(is_whole=True)
        self._unanswered -= 1
        self._is_mixed = self._is_mixed or self._is_amid or self._unanswered > 0
        self._is_settled = self._out.is_closing()  # its page says so until the connection is closed
        if not self._is_settled and (self._is_mixed or not self._out.get_write_buffer_size()):
            self._settle()
        super().on_response_complete()

    def _settle(self) -> None:
        self._is_mixed = self._is_mixed or self._out.get_write_buffer_size() > 0
        self._is_settled = True
        self._out.settle(flags=Flag.MIXED if self._is_mixed else 0)


class Worker(Server):
    """A server that is handed its connections on a channel."""

    def __init__(self, settings: Settings, desk: Desk, config: uvicorn.Config, channel: socket.socket) -> None:
        super().__init__(settings, desk, config)
        self._channel = channel
        (number,), (memory,) = _numbers_and_descriptors(channel, 0)
        self._pages = pages(memory, number)
        self._closed: list[int] = []
        self._arriving: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Be ready for connections."""
        await super().startup(sockets or [])
        asyncio.get_running_loop().add_reader(self._channel, self._arrive)
        self._say(READY)
        self._beat()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections; those on their way stay with who sent them."""
        asyncio.get_running_loop().remove_reader(self._channel)
        self._say(LEAVING)
        await super().shutdown(sockets or [])
        self._tell()

    def _beat(self) -> None:
        self._say(ALIVE)
        asyncio.get_running_loop().call_later(PULSE, self._beat)

    def let_go(self, number: int) -> None:
        """Say, at the end of this turn of the loop, that a connection is closed here."""
        if not self._closed:
            asyncio.get_running_loop().call_soon(self._tell)
        self._closed.append(number)

    def _arrive(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_AT_ONCE):
            try:
                numbers, descriptors = _numbers_and_descriptors(self._channel, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if not numbers:  # nobody sends any more: the service has ended
                loop.remove_reader(self._channel)
                self.should_exit = True
                return
            for number, descriptor in zip(numbers, descriptors, strict=True):
                task = loop.create_task(self._connect(number, socket.socket(fileno=descriptor)))
                self._arriving.add(task)
                task.add_done_callback(self._arriving.discard)

    async def _connect(self, number: int, connection: socket.socket) -> None:
        kept = Kept(self, number, Page(self._pages[number]))
        await asyncio.get_running_loop().connect_accepted_socket(lambda: kept, connection)

    def _tell(self) -> None:
        numbers, self._closed = self._closed, []
        for at in range(0, len(numbers), _AT_ONCE):
            self._say(*numbers[at : at + _AT_ONCE])

    def _say(self, *numbers: int) -> None:
        try:
            self._channel.send(b"".join(number.to_bytes(NUMBER, "little") for number in numbers))
        except BrokenPipeError:
            self.should_exit = True


def _numbers_and_descriptors(channel: socket.socket, flags: int) -> tuple[list[int], list[int]]:
    # socket.recv_fds forgets the flags it is given (Python 3.11)
    data, sent, _, _ = channel.recvmsg(NUMBER, socket.CMSG_LEN(_INT.size), flags)
    return numbers_of(data), [_INT.unpack(each[: _INT.size])[0] for _, _, each in sent]


def numbers_of(data: bytes) -> list[int]:
    """Return the numbers of a message on the channel."""
    return [int.from_bytes(data[at : at + NUMBER], "little") for at in range(0, len(data), NUMBER)]


def work(settings: Settings, board: Path, channel: socket.socket) -> None:
    """Be a worker process, until told to stop or until whoever sends connections is gone."""
    log()
    heed_hangup()
    app = create_app(settings, board)
    with contextlib.suppress(KeyboardInterrupt):
        Worker(settings, app.state.desk, configured(settings, app), channel).run()
