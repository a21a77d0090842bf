"""How many may be inside at once, and whose turn it is: a bounded queue with fair shares.

Whoever finds a place goes in at once. The others wait, and clients take turns, however much each of them asked for.
When the queue is full, the client with the most waiting loses its latest request, unless that is the one who asks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_AGAIN: Final = 2.0  # seconds after which to ask again, at least


class BusyError(Exception):
    """There is neither a place nor room to wait for one; ask again in `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("the queue is full")
        self.wait = wait


class Turnstile:
    """Admits `places` at once, lets `queue` wait."""

    def __init__(self, places: int, queue: int) -> None:
        self._places = places
        self._queue = queue
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}  # by client, in the order of their turns
        self.inside = 0
        self.waiting = 0
        self.turned_away = 0

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Be inside while the context lasts. Raises BusyError."""
        if self.inside < self._places and not self.waiting:
            self.inside += 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self.inside -= 1
            self._admit()

    async def _wait(self, client: str) -> None:
        if self.waiting >= self._queue:
            self._make_room(client)
        place = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(place)
        self.waiting += 1
        try:
            await place
        except asyncio.CancelledError:
            self._leave(client, place)
            if place.done() and not place.cancelled() and place.exception() is None:
                self.inside -= 1  # was let in at the moment it gave up
                self._admit()
            raise

    def _make_room(self, client: str) -> None:
        """Turn away the latest of whoever has most waiting. Raises BusyError where that is the client who asks."""
        mine = len(self._lines.get(client, ()))
        heaviest = max(self._lines, key=lambda name: len(self._lines[name]), default=client)
        self.turned_away += 1
        if heaviest == client or len(self._lines[heaviest]) <= mine + 1:
            raise BusyError(self._estimate)
        latest = self._lines[heaviest][-1]
        self._leave(heaviest, latest)
        latest.set_exception(BusyError(self._estimate))

    @property
    def _estimate(self) -> float:
        return _AGAIN * (1 + self.waiting / max(1, 10 * self._places))

    def _leave(self, client: str, place: asyncio.Future[None]) -> None:
        line = self._lines.get(client)
        if line is not None and place in line:
            line.remove(place)
            self.waiting -= 1
            if not line:
                del self._lines[client]

    def _admit(self) -> None:
        """Let in whose turn it is; a client that was served goes behind the others."""
        while self._lines and self.inside < self._places:
            client, line = next(iter(self._lines.items()))
            place = line.popleft()
            del self._lines[client]
            if line:
                self._lines[client] = line
            self.waiting -= 1
            if not place.done():
                self.inside += 1
                place.set_result(None)
