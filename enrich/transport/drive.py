"""Drives flows: the door to the network.

A flow yields requests and is sent answers; whatever waiting, repeating and refusing stands between the two is in here
and in the modules behind. A run that needs no answer from outside never loads the HTTP library, and offline no
request gets past this module.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from enrich.model.wire import Answer, Failure, Flow, Request
from enrich.settings import Settings

if TYPE_CHECKING:
    import httpx

    from enrich.transport.addresses import Resolve
    from enrich.transport.courier import Courier

_T = TypeVar("_T")


@dataclass(frozen=True)
class Stats:
    """What went over the wire so far: requests (and by service and kind), repetitions, bytes received, seconds waited."""

    requests: int = 0
    by_lane: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    received: int = 0
    waited: float = 0.0


class Transport:
    """Sends the requests of flows. An asynchronous context manager; safe to share between tasks of one event loop.

    `clock` (seconds since 1970), `sleep`, `transport` (an httpx transport) and `resolve` (a host's addresses) are
    replaced in tests. `warnings` holds sentences for the person who runs it, each once.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._transport = transport
        self._resolve = resolve
        self._courier: Courier | None = None
        self._last = Stats()
        self.warnings: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        courier, self._courier = self._courier, None
        if courier is not None:
            self._last = courier.stats
            await courier.close()

    @property
    def stats(self) -> Stats:
        """What went over the wire so far."""
        return self._courier.stats if self._courier is not None else self._last

    async def drive(self, flow: Flow[_T]) -> _T:
        """Return what the flow returns, after sending its requests and feeding it the answers."""
        try:
            request = next(flow)
            while True:
                request = flow.send(await self.send(request))
        except StopIteration as end:
            value: _T = end.value
            return value
        finally:
            flow.close()

    async def send(self, request: Request) -> Answer:
        """Return the answer to one request: a response, or a failure when asking again is no use now."""
        if self._settings.offline:
            return Failure(reason="offline", detail="the network is not asked: offline is set")
        if self._courier is None:
            self._courier = self._open()
        return await self._courier.send(request)

    def _open(self) -> Courier:
        from enrich.transport.courier import Courier  # noqa: PLC0415 -- loads httpx, which costs more than a cached run

        return Courier(
            self._settings,
            warn=self._warn,
            clock=self._clock,
            sleep=self._sleep,
            transport=self._transport,
            resolve=self._resolve,
        )

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)
