"""The server: a connection loop between the limits, the faults and the services."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from standin import services
from standin.faults import KINDS, Fault
from standin.http import Answer, Asked, head, read
from standin.limits import Gate, Violation

_PREFIXES = {f"/{name}": name for name in ("crossref", "datacite", "jalc", "medra", "doi")}
_TURNS = 10


class _Connection(asyncio.StreamReaderProtocol):
    """A connection that is known from its first moment to its last."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        known: set[asyncio.WriteTransport],
    ) -> None:
        super().__init__(reader, accept)
        self._known = known
        self._own: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._own = transport
        self._known.add(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._own is not None:
            self._known.discard(self._own)
        super().connection_lost(exc)


class StandIn:
    """The registries and doi.org on 127.0.0.1. `async with` in a test's own loop, `with` in a thread of its own.

    `latency` is added to every answer; `polite` True or False puts every request into that pool whoever asks; with `enforce`
    false the limits are watched but not answered with 429.
    """

    def __init__(
        self,
        *,
        latency: float = 0.0,
        polite: bool | None = None,
        enforce: bool = True,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.crossref: dict[str, Any] = {}
        self.datacite: dict[str, Any] = {}
        self.jalc: dict[str, Any] = {}
        self.medra: dict[str, bytes] = {}
        self.handles: dict[str, str] = {}
        self.agencies: dict[str, str] = {}
        self.documents: dict[tuple[str, str], Answer] = {}
        self.requests: list[Asked] = []
        self.faults: list[Fault] = []
        self.gate = Gate(polite=polite)
        self.latency = latency
        self.enforce = enforce
        self.clock = clock
        self.port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.WriteTransport] = set()
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        """The address without a prefix."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The base addresses, by the names of the settings."""
        return {
            "crossref_url": f"{self.url}/crossref",
            "datacite_url": f"{self.url}/datacite",
            "doi_url": f"{self.url}/doi",
            "jalc_url": f"{self.url}/jalc",
            "medra_url": f"{self.url}/medra",
        }

    @property
    def violations(self) -> list[Violation]:
        """Every request that was one too many."""
        return self.gate.violations

    def fault(self, kind: str, **how: Any) -> Fault:
        """Let requests fail; see :class:`Fault`. Several faults strike in the order they were set."""
        if kind not in KINDS:
            raise KeyError(kind)
        fault = Fault(kind, **how)
        self.faults.append(fault)
        return fault

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        # A connection that was let in a moment ago has no task yet; it gets one within a few turns of the loop.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            for task in tuple(self._tasks):
                task.cancel()
            for transport in tuple(self._open):  # a task that is cancelled before it begins closes nothing
                transport.abort()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def __enter__(self) -> Self:
        ready = threading.Event()

        async def serve() -> None:
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(ended.set)
            async with self:
                ready.set()
                await ended.wait()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="standin", daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the stand-in does not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        assert self._thread is not None
        self._thread.join(10)

    def _connection(self) -> asyncio.StreamReaderProtocol:
        return _Connection(asyncio.StreamReader(limit=1 << 18), self._accept, self._open)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := await read(reader, self.clock)) is not None:
            self.requests.append(asked)
            service, kind, inner = _route(asked)
            if service is None:
                writer.write(head(404, {"content-length": "0"}))
                await writer.drain()
                continue
            allowed = self.gate.arrive(service, kind, asked)
            try:
                if not await self._answer(asked, service, kind, inner, writer, allowed=allowed):
                    return
            finally:
                self.gate.leave(service)
            if asked.headers.get("connection", "").lower() == "close":
                return

    async def _answer(
        self, asked: Asked, service: str, kind: str, inner: Asked, writer: asyncio.StreamWriter, *, allowed: bool
    ) -> bool:
        if self.latency:
            await asyncio.sleep(self.latency)
        if not allowed and self.enforce:
            answer = Answer(429, b"<h1>429 Too Many Requests</h1>", {"content-type": "text/html"})
        else:
            answer = self._content(service, inner)
        answer = Answer(answer.status, answer.body, {**self.gate.headers(service, kind, asked), **answer.headers})
        answer.headers.setdefault("date", formatdate(time.time(), usegmt=True))
        fault = (
            next((fault for fault in self.faults if fault.strikes(asked)), None)
            if allowed or not self.enforce
            else None
        )
        if fault is not None:
            return await KINDS[fault.kind](fault, asked, answer, writer)
        for part in answer.encoded(asked):
            writer.write(part)
        await writer.drain()
        return True

    def _content(self, service: str, asked: Asked) -> Answer:
        if service == "crossref":
            return services.crossref(asked, self.crossref, self.agencies)
        if service == "datacite":
            return services.datacite(asked, self.datacite)
        if service == "jalc":
            return services.jalc(asked, self.jalc)
        if service == "medra":
            return services.medra(asked, self.medra)
        return services.doi(asked, self.handles, self.agencies, self.documents)


def _route(asked: Asked) -> tuple[str | None, str, Asked]:
    """Return service, kind and the request without the service's prefix."""
    for prefix, service in _PREFIXES.items():
        if asked.path == prefix or asked.path.startswith(f"{prefix}/"):
            path = asked.path[len(prefix) :] or "/"
            inner = Asked(asked.at, asked.method, path, asked.query, asked.headers, asked.line, asked.gone)
            return service, "list" if path in {"/works", "/dois"} and service != "doi" else "single", inner
    return None, "single", asked


def run(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(make())
