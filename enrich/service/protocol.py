"""HTTP on a connection: uvicorn's protocol, with a bound on what comes before anything can be answered.

https://uvicorn.dev, https://www.rfc-editor.org/rfc/rfc9112#section-3

The head of a request is kept whole until it ends, and uvicorn waits for that as long as its client likes. Here it ends
within some bytes and some seconds, and so does silence amid a body; what is no HTTP at all is told as any other problem is.
What comes behind a body (trailers) is nobody's head, and bounded like one. A client that offers another protocol
(`Upgrade: h2c`, as Java's own does at first) is answered in this one: its request is read as if it had not.
"""

from __future__ import annotations

import asyncio
from array import array
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from enrich.service.guard import HEADERS
from enrich.service.problems import ProblemError

LARGEST_HEAD: Final = 1 << 16  # bytes
PATIENCE: Final = 60.0  # seconds until a head is whole, the first since the connection was opened; or of silence


def wire(problem: ProblemError) -> bytes:
    """Return the last answer on a connection as it goes over the wire."""
    answer = problem.response()
    pairs = [*answer.raw_headers, *HEADERS, (b"connection", b"close")]
    heads = b"".join(b"%s: %s\r\n" % pair for pair in pairs)
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (problem.status, problem.reason, heads, bytes(answer.body))


class _Parser(httptools.HttpRequestParser):
    """httptools' parser, for requests that offer another protocol.

    It leaves off behind the head of one, and would take its body for the next request: here the head is read again
    without the offer, and then the body.
    """

    def __init__(self, protocol: Bounded) -> None:
        super().__init__(protocol)
        self._protocol = protocol
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def feed_data(self, data: bytes | bytearray | memoryview | array[int]) -> None:
        """Read on, whatever is offered."""
        while data:
            try:
                super().feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self.get_method() == b"CONNECT":  # what follows would be for somebody else
                    self._protocol.send_400_response("this is no proxy")
                    return
                super().feed_data(self._protocol.head())
                data = memoryview(data)[offer.args[0] :]
            else:
                return


class Bounded(HttpToolsProtocol):
    """The protocol of every connection."""

    _is_amid_head = False
    _is_amid_body = False
    _has_moved_on = False  # something of a body, or the end of a request, was in what came last
    _beside = 0  # bytes of a head, or since the last of a body, roughly
    _heard_at = 0.0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio names a base
        """Begin to wait for the first request."""
        self.parser = _Parser(self)
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has become too long, or what comes behind a body has."""
        self._has_moved_on = False
        self._heard_at = self.loop.time()
        super().data_received(data)
        if not (self._is_amid_head or self._is_amid_body) or self.transport.is_closing():
            return
        self._beside = 0 if self._has_moved_on else self._beside + len(data)
        if self._limit is None:
            self._wait()
        if self._beside > LARGEST_HEAD:
            self._refuse(
                ProblemError("long-head", f"head or trailers of a request have {LARGEST_HEAD:,} bytes at most")
            )

    def head(self) -> bytes:
        """Return the head that was read last, without the offer of another protocol."""
        first = self.parser.get_method(), self.url, self.parser.get_http_version().encode()
        lines = [b"%s: %s\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        return b"%s %s HTTP/%s\r\n%s\r\n" % (*first, b"".join(lines))

    def on_message_begin(self) -> None:
        """Know where a head begins."""
        self._is_amid_head, self._beside = True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of a head; one behind the body says nothing about the request (RFC 9110, 6.5.1)."""
        if self._is_amid_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Know where it ends."""
        if self.parser.should_upgrade():
            return  # it comes once more
        self._is_amid_head = False
        self._wait_no_more()
        super().on_headers_complete()
        self._is_amid_body = True

    def on_body(self, body: bytes) -> None:
        """Know that something came."""
        self._has_moved_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Know where a request ends."""
        if self._is_amid_head:
            return
        self._is_amid_body, self._has_moved_on = False, True
        self._wait_no_more()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong."""
        self._refuse(ProblemError("bad-request", msg))

    def _wait(self) -> None:
        self._limit = self.loop.call_later(PATIENCE, self._give_up)

    def _wait_no_more(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        """End a connection on which nothing was asked, without a word where nothing was even begun."""
        self._limit = None
        if self._is_amid_head:
            self._refuse(ProblemError("too-slow", f"the head of a request comes within {PATIENCE:g} seconds"))
        elif not self._is_amid_body:
            self.transport.close()
        elif self.flow.read_paused or self.loop.time() < self._heard_at + PATIENCE:
            self._wait()
        else:
            self._refuse(ProblemError("too-slow", f"nothing came for {PATIENCE:g} seconds; send it again"))

    def _refuse(self, problem: ProblemError) -> None:
        under_way: RequestResponseCycle | None = self.cycle
        is_answered = under_way is not None and under_way.response_complete
        if under_way is None or not under_way.response_started or (is_answered and not self._is_amid_body):
            self.transport.write(wire(problem))
        self.transport.close()
