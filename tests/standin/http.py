"""As much HTTP/1.1 as a client needs to be served from plain streams."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

LONGEST_LINE = 4096


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `path` and `query` undecoded, header names in lower case."""

    at: float
    method: str
    path: str
    query: str
    headers: dict[str, str]
    line: int
    gone: Callable[[], bool] = field(default=lambda: False, compare=False, repr=False)

    @property
    def target(self) -> str:
        """Path and query as they stood in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded first."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def under(self, prefix: str) -> str | None:
        """Return the decoded rest of the path behind a prefix."""
        return unquote(self.path[len(prefix) :]) if self.path.startswith(prefix) else None


@dataclass
class Answer:
    """What is sent back; `body` may be a value for JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)

    def encoded(self, asked: Asked) -> tuple[bytes, bytes]:
        """Return head and body, compressed where the client accepts it and it is worth it."""
        body, headers = self.bytes, {"content-type": "application/json", **self.headers}
        if (
            "gzip" in asked.headers.get("accept-encoding", "")
            and len(body) > 256
            and "content-encoding" not in headers
        ):
            body = gzip.compress(body, 1)
            headers["content-encoding"] = "gzip"
        headers.setdefault("content-length", str(len(body)))
        return head(self.status, headers), body


def head(status: int, headers: dict[str, str]) -> bytes:
    """Return status line and headers."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Whatever"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def read(reader: asyncio.StreamReader, clock: Any) -> Asked | None:
    """Return the next request of a connection, None at its end."""
    try:
        first = await reader.readexactly(1)
        if not first.isalpha():  # the greeting of TLS
            return None
        block = first + await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    line, *rest = block.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ", 2)
    path, _, query = target.partition("?")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in rest if row)
    }
    return Asked(clock(), method, path, query, headers, len(line), reader.at_eof)
