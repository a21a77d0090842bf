"""Time that passes only when everyone waits: an event loop for tests of waiting, without waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

EPOCH = 1_800_000_000.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that, instead of waiting for a timer, moves its clock there. Not for sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0
        select = self._selector.select  # type: ignore[attr-defined]  # the loop has no public door to its clockwork

        def skip(timeout: float | None = None) -> Any:
            events = select(0)
            if not events and timeout is None:
                raise RuntimeError("everyone waits, and nothing will ever happen")
            self.ahead += timeout if timeout and not events else 0.0
            return events

        self._selector.select = skip  # type: ignore[attr-defined]  # likewise

    def time(self) -> float:
        """Return the virtual seconds."""
        return self.ahead


def now() -> float:
    """Return the virtual wall clock of the running loop."""
    return EPOCH + asyncio.get_running_loop().time()


class Clock:
    """A clock that a sleeper moves: for tests with real sockets and long waits."""

    def __init__(self, start: float = EPOCH) -> None:
        self.now = start

    def __call__(self) -> float:
        """Return the moment."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, and everyone else have a turn."""
        self.now += seconds
        await asyncio.sleep(0)


class FastClock:
    """A clock that runs `speed` times as fast for everyone: for tests with real sockets where many wait at once."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.offset = time.time() - time.monotonic() * speed

    def __call__(self) -> float:
        """Return the moment."""
        return self.offset + time.monotonic() * self.speed

    def jump(self, seconds: float) -> None:
        """Let somebody set the clock."""
        self.offset += seconds

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many of this clock's seconds."""
        await asyncio.sleep(seconds / self.speed)


def most_in_any_window(times: list[float], seconds: float) -> int:
    """Return the largest number of moments in a window of so many seconds."""
    ordered = sorted(times)
    return max(
        (
            sum(start <= moment < start + seconds for moment in ordered[place:])
            for place, start in enumerate(ordered)
        ),
        default=0,
    )


Factory = Callable[[], asyncio.AbstractEventLoop]
