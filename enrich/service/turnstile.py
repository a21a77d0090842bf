"""How many may be inside at once, and whose turn it is: a bounded queue with fair shares.

Whoever finds a place goes in at once, but the last place is only for a client who has none: nobody fills all of them alone,
however long the work of one takes. The others wait, and clients take turns, however much each of them asked for.
When the queue is full, the client with the most waiting loses its latest request, unless that is the one who asks.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
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
        self._taken: Counter[str] = Counter()  # places by client
        self.inside = 0
        self.waiting = 0
        self.turned_away = 0

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Be inside while the context lasts. Raises BusyError."""
        if self._may_enter(client):  # then nobody waits who might as well
            self._enter(client)
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._go(client)

    def _may_enter(self, client: str) -> bool:
        return self._places - self.inside > (client in self._taken)

    def _enter(self, client: str) -> None:
        self.inside += 1
        self._taken[client] += 1

    def _go(self, client: str) -> None:
        self.inside -= 1
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
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
                self._go(client)  # was let in at the moment it gave up
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
        while (client := next(filter(self._may_enter, self._lines), None)) is not None:
            line = self._lines.pop(client)
            place = line.popleft()
            if line:
                self._lines[client] = line
            self.waiting -= 1
            if not place.done():
                self._enter(client)
                place.set_result(None)
