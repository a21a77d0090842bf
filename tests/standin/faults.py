"""Every way a service has been seen to fail, by name; each writes something else to the connection than the answer."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from standin.http import Answer, Asked, head

Writer = asyncio.StreamWriter


@dataclass
class Fault:
    """A failure for the next `times` requests whose target contains `path` and begins with `under`, `after` the first.

    `change` makes of the value that would be answered, and the request, the value (or the bytes) that are answered.
    """

    kind: str
    path: str = ""
    under: str = ""
    times: int = 1_000_000
    after: int = 0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    location: str = ""
    seconds: float = 0.05
    change: Callable[[Any, Asked], Any] = lambda value, asked: value  # noqa: ARG005 -- the neutral change
    seen: int = 0

    def strikes(self, asked: Asked) -> bool:
        """Tell whether this request is one of those that fail, and count it."""
        if self.path not in asked.target or not asked.target.startswith(self.under):
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


async def _send(writer: Writer, asked: Asked, answer: Answer) -> bool:
    for part in answer.encoded(asked):
        writer.write(part)
    await writer.drain()
    return True


async def _reset(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- one signature for all
    writer.transport.abort()
    return False


async def _reset_after_headers(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    writer.write(answer.encoded(asked)[0])
    await writer.drain()
    writer.transport.abort()
    return False


async def _close(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    return False


async def _truncate(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    top, body = answer.encoded(asked)
    writer.write(top + body[: len(body) // 2])
    await writer.drain()
    return False


async def _truncate_unsaid(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    body = gzip.compress(answer.bytes)
    writer.write(
        head(200, {"content-type": "application/json", "content-encoding": "gzip"}) + body[: len(body) // 2]
    )
    await writer.drain()
    return False


async def _slow(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:
    top, body = answer.encoded(asked)
    writer.write(top)
    for place in range(len(body)):
        writer.write(body[place : place + 1])
        await writer.drain()
        await asyncio.sleep(fault.seconds)
    return True


async def _hang(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    while not asked.gone():  # noqa: ASYNC110 -- a stream has no event for the other side's leaving
        await asyncio.sleep(0.02)
    return False


async def _late(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:
    await asyncio.sleep(fault.seconds)
    return await _send(writer, asked, answer)


async def _garbage(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    writer.write(b"\x00\xff this is no HTTP\r\n\r\n")
    await writer.drain()
    return False


async def _bomb(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    return await _send(writer, asked, Answer(200, _inflating_to(100), {"content-encoding": "gzip"}))


@cache
def _inflating_to(mebibytes: int) -> bytes:
    squeezer = zlib.compressobj(9, wbits=31)
    blanks = b" " * (1 << 20)
    return b"".join(squeezer.compress(blanks) for _ in range(mebibytes)) + squeezer.flush()


async def _changed(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:
    value = fault.change(orjson.loads(answer.bytes) if answer.bytes[:1] in b"{[" else None, asked)
    return await _send(writer, asked, Answer(answer.status, value, answer.headers | fault.headers))


async def _flood(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:  # noqa: ARG001 -- likewise
    writer.write(head(200, {"content-type": "application/json", "connection": "close"}))
    for _ in range(100):
        writer.write(b" " * (1 << 20))
        await writer.drain()
    return False


def _instead(make: Callable[[Fault, Answer], Answer]) -> Callable[..., Awaitable[bool]]:
    async def write(fault: Fault, asked: Asked, answer: Answer, writer: Writer) -> bool:
        return await _send(writer, asked, make(fault, answer))

    return write


_HTML = {"content-type": "text/html"}
_PAGE = b"<!doctype html><title>Maintenance</title><p>We will be back.</p>"


def _status(fault: Fault, answer: Answer) -> Answer:  # noqa: ARG001 -- one signature
    body = _PAGE if fault.body is None else fault.body
    return Answer(fault.status, body, {**_HTML, **fault.headers})


KINDS: Mapping[str, Callable[..., Awaitable[bool]]] = {
    "reset": _reset,
    "reset-after-headers": _reset_after_headers,
    "close": _close,
    "truncate": _truncate,
    "truncate-unsaid": _truncate_unsaid,
    "slow": _slow,
    "late": _late,
    "hang": _hang,
    "garbage": _garbage,
    "bomb": _bomb,
    "flood": _flood,
    "changed": _changed,
    "status": _instead(_status),
    "html200": _instead(lambda _fault, _answer: Answer(200, _PAGE, dict(_HTML))),
    "null": _instead(lambda _fault, _answer: Answer(200, b"null")),
    "empty": _instead(lambda _fault, _answer: Answer(200, b"")),
    "broken-json": _instead(lambda _fault, answer: Answer(200, answer.bytes[:-7] + b"}}")),
    "no-gzip": _instead(lambda _fault, answer: Answer(200, answer.bytes, {"content-encoding": "gzip"})),
    "brotli": _instead(lambda _fault, answer: Answer(200, answer.bytes, {"content-encoding": "br"})),
    "body": _instead(lambda fault, _answer: Answer(200, fault.body, dict(fault.headers))),
    "redirect": _instead(lambda fault, _answer: Answer(fault.status, b"", {"location": fault.location})),
}
"""The name of every fault -> what it writes; False ends the connection."""
