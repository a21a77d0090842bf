"""HTTP on a connection: uvicorn's protocol, with a bound on what comes before anything can be answered.

https://uvicorn.dev, https://www.rfc-editor.org/rfc/rfc9112#section-3

The head of a request is kept whole until it ends, and uvicorn waits for that as long as its client likes. Here it ends
within some bytes and some seconds; what is no HTTP at all is told as any other problem is.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from enrich.service.guard import HEADERS
from enrich.service.problems import ProblemError

LARGEST_HEAD: Final = 1 << 16  # bytes
PATIENCE: Final = 60.0  # seconds until a head is whole, the first one from the beginning of the connection


def wire(problem: ProblemError) -> bytes:
    """Return the last answer on a connection as it goes over the wire."""
    answer = problem.response()
    pairs = [*answer.raw_headers, *HEADERS, (b"connection", b"close")]
    heads = b"".join(b"%s: %s\r\n" % pair for pair in pairs)
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (problem.status, problem.reason, heads, bytes(answer.body))


class Bounded(HttpToolsProtocol):
    """The protocol of every connection."""

    _is_amid_head = False
    _head = 0  # bytes of it so far, roughly
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio names a base
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._limit = self.loop.call_later(PATIENCE, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has become too long."""
        super().data_received(data)
        if self._is_amid_head and not self.transport.is_closing():
            self._head += len(data)
            if self._limit is None:
                self._limit = self.loop.call_later(PATIENCE, self._give_up)
            if self._head > LARGEST_HEAD:
                self._refuse(
                    ProblemError("long-head", f"the head of a request has {LARGEST_HEAD:,} bytes at most")
                )

    def on_message_begin(self) -> None:
        """Know where a head begins."""
        self._is_amid_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Know where it ends."""
        self._is_amid_head = False
        self._wait_no_more()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong."""
        self._refuse(ProblemError("bad-request", msg))

    def _wait_no_more(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        """End a connection on which nothing was asked, without a word where nothing was even begun."""
        self._limit = None
        if self._is_amid_head:
            self._refuse(ProblemError("too-slow", f"the head of a request comes within {PATIENCE:g} seconds"))
        else:
            self.transport.close()

    def _refuse(self, problem: ProblemError) -> None:
        under_way: RequestResponseCycle | None = self.cycle
        if under_way is None or under_way.response_complete or not under_way.response_started:
            self.transport.write(wire(problem))
        self.transport.close()
