"""Requests and answers as values, and the generator between them.

An agency does no I/O: its look-up yields a :class:`Request` and is sent an :data:`Answer`, until it returns what it knows.
Whoever drives it (transport, a test, a snapshot) decides how requests become answers. Retrying, waiting and politeness are
the driver's: a flow sees a :class:`Failure` only when asking again is no use now.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar

from enrich.model.base import Value

Service = Literal["crossref", "datacite", "jalc", "medra", "doi"]
Kind = Literal["single", "list"]
Expect = Literal["json", "any"]


class Request(Value):
    """A GET. `service` is the base URL it goes to, `kind` the budget it is counted against.

    `path` begins with `/`; `path` and `query` are already percent-encoded and are sent byte for byte. With `expect` "json"
    a 2xx answer that is not JSON is the driver's to retry and then a Failure of reason "malformed". `follow` lets the driver
    follow redirects to public HTTPS addresses (content negotiation); without it a 3xx answer is returned as it is.
    """

    service: Service
    kind: Kind
    path: str
    query: str = ""
    accept: str = "application/json"
    expect: Expect = "json"
    follow: bool = False

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


class Response(Value):
    """A final answer: any status but those the driver retries (408, 429, 5xx). Header names are lower case.

    `seconds` passed between asking, for the last time, and the end of the answer.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}
    received_at: datetime
    seconds: float = 0.0


class Failure(Value):
    """No usable answer, after all retries: the reason in one word and in one sentence."""

    reason: Literal[
        "offline", "network", "timeout", "overloaded", "server", "malformed", "too-large", "blocked", "down"
    ]
    detail: str
    status: int | None = None


Answer: TypeAlias = Response | Failure
_T = TypeVar("_T")
Flow: TypeAlias = Generator[Request, Answer, _T]
