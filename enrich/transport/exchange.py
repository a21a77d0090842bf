"""One request on the wire, one answer read whole, within bounds of time and size; the only module that speaks httpx.

https://www.python-httpx.org/. The choices: HTTP/1.1 (HTTP/2 gains nothing for a few requests a second), few
connections, no cookies, no redirects (see :mod:`courier`), certificates verified; proxies and `SSL_CERT_FILE` from
the environment, as httpx does, since institutions depend on them. Importing httpx takes longer than cleaning a small
library, so this module is loaded with the first request.

The request line is sent byte for byte: httpx normalises addresses (`//`, dot segments), and a DOI may contain both,
so the target goes to the wire through the `target` extension of httpcore. Bodies are decompressed here, bounded at
every step: httpx inflates a chunk whatever its size, and takes a truncated gzip stream for a whole one.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, cast

import httpx

from enrich.transport.addresses import Origin
from enrich.transport.retry import Trouble

_UNFIT: Final = re.compile(r"[^!-~]")
_STEP: Final = 1 << 20
_LOOPBACK: Final = ("all://127.0.0.1", "all://localhost", "all://[::1]")  # no proxy leads there
_CONNECTIONS: Final = 16
_GZIP: Final = frozenset({"gzip", "x-gzip"})


@dataclass(frozen=True)
class Reply:
    """Status, headers (lower-case names) and decoded body of one answer, and the seconds it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True)
class Errand:
    """A GET to a place; `address` is the IP address to connect to where the name was resolved beforehand."""

    origin: Origin
    target: str
    headers: Mapping[str, str]
    cap: int
    address: str | None = None


class Exchange:
    """Owns the client. `timeout` bounds one request with all its stages, `transport` replaces the network in tests."""

    def __init__(self, timeout: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._timeout = timeout
        # A stage that is cancelled from outside leaves its socket to the garbage collector, so connecting ends itself first.
        self._stages = httpx.Timeout(timeout, connect=timeout * 0.9)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=self._stages,
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS // 2),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            mounts=dict.fromkeys(_LOOPBACK),
        )
        self.received = 0

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def get(self, errand: Errand, on_send: Callable[[], None]) -> Reply:
        """Return the answer; `on_send` is called when the request leaves. Raises Trouble."""
        try:
            request = self._request(errand, on_send)
            async with asyncio.timeout(self._timeout):
                response = await self._client.send(request, stream=True)
                try:
                    headers = dict(response.headers)
                    body = await self._body(response, headers, errand.cap)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise Trouble("timeout", f"no whole answer within {self._timeout:g} s", healthy=False) from None
        except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, ValueError) as error:
            raise Trouble("malformed", f"this cannot be asked: {error}", again=False) from None
        except (httpx.TransportError, OSError, EOFError) as error:
            raise Trouble("network", f"{type(error).__name__}: {error}", healthy=False) from None
        return Reply(response.status_code, headers, body)

    def _request(self, errand: Errand, on_send: Callable[[], None]) -> httpx.Request:
        async def trace(event: str, _: Mapping[str, Any]) -> None:
            if event == "http11.send_request_headers.started":
                on_send()

        if _UNFIT.search(errand.target):
            raise ValueError("the target holds a character that no request line may carry")
        origin, headers = errand.origin, dict(errand.headers)
        extensions: dict[str, Any] = {"target": errand.target.encode("ascii"), "trace": trace}
        if errand.address is not None:
            # Certificate and Host are the name's, the connection the checked address's; it is not kept, for the next name
            # on the same address must present its own certificate.
            extensions["sni_hostname"] = origin.host
            headers |= {"host": origin.netloc, "connection": "close"}
            origin = Origin(origin.scheme, errand.address, origin.port)
        return self._client.build_request(
            "GET", f"{origin.url}{errand.target}", headers=headers, extensions=extensions
        )

    async def _body(self, response: httpx.Response, headers: Mapping[str, str], cap: int) -> bytes:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in _GZIP and coding not in {"", "identity"}:
            raise Trouble("malformed", "the body is encoded in a way that was not asked for")
        inflater = _Inflater() if coding in _GZIP else None
        parts: list[bytes] = []
        raw = decoded = 0
        async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as chunks:
            async for chunk in chunks:
                raw += len(chunk)
                for part in inflater.feed(chunk) if inflater else (chunk,):
                    decoded += len(part)
                    if max(raw, decoded) > cap:
                        raise Trouble("too-large", f"larger than {cap >> 20} MiB", healthy=True, again=False)
                    parts.append(part)
        self.received += raw
        if inflater and raw and not inflater.complete:
            raise Trouble("network", "the body ends too early", healthy=False)
        return b"".join(parts)


class _Inflater:
    """Decompresses gzip in steps of a MiB at most, so that a bomb is noticed while it is small."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def complete(self) -> bool:
        """Whether the last member has been read to its end."""
        return self._member.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what a piece of the stream decompresses to. Raises Trouble."""
        more = True
        while data or more:
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
            try:
                part = self._member.decompress(data, _STEP)
            except zlib.error:
                raise Trouble("malformed", "the body is no gzip stream") from None
            yield part
            data = self._member.unused_data or self._member.unconsumed_tail
            more = len(part) == _STEP and not self._member.eof  # a full step may leave output behind, inside
