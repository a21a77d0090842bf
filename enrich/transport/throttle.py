"""Whose turn it is: no more requests in any window of time, and under way at once, than a service allows.

It begins with the published figures and then follows what the answers say (`x-rate-limit-limit`,
`x-rate-limit-interval`, `x-concurrency-limit`). Crossref's limits since December 2025, by pool:
https://doi.org/10.64000/wadve-3tj60; DataCite counts per five minutes:
https://support.datacite.org/docs/is-there-a-rate-limit-for-making-requests-against-the-datacite-apis; doi.org
publishes none. Oddities: `50, 50` (2021, two headers merged by a proxy), `x-ratelimit-*` twins, a 429 without any
header (2026).

>>> read_limit({"x-rate-limit-limit": "50, 50", "x-rate-limit-interval": "1s"}, Limit(5, 1.0, 1))
Limit(count=50, seconds=1.0, in_flight=1)
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from enrich.model.wire import Kind, Service
from enrich.transport.ledger import Ledger, State, Told

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_INTERVAL: Final = re.compile(r"(\d{1,9})\s*(ms|s|m|h|)", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_BURST: Final = 10
_FASTEST: Final = 200  # requests a second, whatever a header says
_MOST_IN_FLIGHT: Final = 16  # httpx' pool scales badly beyond
_MARGIN: Final = 1.05  # the service's clock runs where the requests arrive
_SLOWEST: Final = 1 / 32
_RECOVERY: Final = 0.05
_BREATHER: Final = 2.0  # seconds of silence after a 429 that names no time, at most
_LESSON: Final = 3600.0  # seconds for which the next run believes that a service is slower than published


@dataclass(frozen=True)
class Limit:
    """At most `count` requests in any `seconds`, and `in_flight` under way at once."""

    count: int
    seconds: float
    in_flight: int

    @classmethod
    def of(cls, count: int, seconds: float, in_flight: int) -> Limit:
        """Return a published limit in the form that is kept: sane, and a long window cut so that no long burst leaves."""
        seconds = min(max(seconds, 0.001), 3600.0)
        count = min(max(count, 1), max(1, int(_FASTEST * seconds)))
        parts = max(1, min(count // _BURST, int(seconds)))
        pace = max(seconds / parts, 1 / _FASTEST)
        return cls(count // parts, pace, min(max(in_flight, 1), _MOST_IN_FLIGHT))


_FIGURES: Final[dict[tuple[Service, bool], dict[Kind, Limit]]] = {
    ("crossref", False): {"single": Limit.of(5, 1, 1), "list": Limit.of(1, 1, 1)},
    ("crossref", True): {"single": Limit.of(10, 1, 3), "list": Limit.of(3, 1, 3)},
    ("datacite", False): {"single": Limit.of(500, 300, 3), "list": Limit.of(500, 300, 3)},
    ("datacite", True): {"single": Limit.of(1000, 300, 3), "list": Limit.of(1000, 300, 3)},
}
_UNPUBLISHED: Final = Limit.of(
    5, 1, 3
)  # what a careful client of doi.org uses; for services that publish no limit


def published(service: Service | None, kind: Kind, *, identified: bool) -> Limit:
    """Return the limit to begin with."""
    return _FIGURES[service, identified][kind] if service in {"crossref", "datacite"} else _UNPUBLISHED


def _first_number(headers: Mapping[str, str], *names: str) -> int | None:
    """Return the first positive number of a comma list in the first of the headers that has one."""
    for name in names:
        match = _NUMBER.fullmatch(headers.get(name, "").split(",", 1)[0].strip())
        if match and int(match[0]) > 0:
            return int(match[0])
    return None


def _interval(headers: Mapping[str, str]) -> float | None:
    text = headers.get("x-rate-limit-interval") or headers.get("x-ratelimit-interval") or ""
    match = _INTERVAL.fullmatch(text.split(",", 1)[0].strip())
    return int(match[1]) * _UNITS[match[2]] or None if match else None


def read_limit(headers: Mapping[str, str], known: Limit) -> Limit:
    """Return the limit an answer states; what it does not state stays as known. Header names are lower case.

    A number without an interval may be one of an hour or of a second, so it is believed only where it slows down.
    """
    in_flight = _first_number(headers, "x-concurrency-limit") or known.in_flight
    count = _first_number(headers, "x-rate-limit-limit", "x-ratelimit-limit", "x-rate-limit")
    seconds = _interval(headers)
    if count is None or (seconds is None and count >= known.count / known.seconds):
        return replace(known, in_flight=min(in_flight, _MOST_IN_FLIGHT))
    return Limit.of(count, seconds or 1.0, in_flight)


class PauseError(Exception):
    """The service asked for a pause longer than anyone is willing to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the service asks to wait {seconds:.0f} s")


@dataclass
class Lane:
    """Requests of one kind to one service: its limit, and its pace from 1 (all of the limit) downwards."""

    name: str
    service: str
    limit: Limit
    pace: float = 1.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def window(self) -> float:
        """Seconds in which no more than `limit.count` requests go."""
        return self.limit.seconds * _MARGIN / self.pace


class Grant:
    """The permission to send one request now. `told` is what its answer says: none was awaited, or of what kind it was."""

    def __init__(self, ledger: Ledger, ticket: int, lane: Lane) -> None:
        self._ledger = ledger
        self._ticket = ticket
        self._lane = lane
        self.told: Told | None = None

    def sent(self) -> None:
        """Say that the request leaves at this moment."""
        self._ledger.sent(self._ticket)

    def release(self, opened: float | None = None) -> None:
        """Say that the request is no longer under way, and since when the breaker of its lane is open."""
        limit, pace = self._lane.limit, self._lane.pace
        state = State(limit.count, limit.seconds, limit.in_flight, pace, opened) if self.told else None
        self._ledger.landed(self._ticket, self._lane.name, self.told, state)


class Throttle:
    """The lanes of a run. `lease` is how long, in seconds, a request can be under way at most."""

    def __init__(self, ledger: Ledger, sleep: Callable[[float], Awaitable[None]], *, lease: float) -> None:
        self._ledger = ledger
        self._sleep = sleep
        self._lease = lease
        self._lanes: dict[str, Lane] = {}
        self.waited = 0.0

    def lane(self, service: Service | None, netloc: str, kind: Kind, *, identified: bool) -> Lane:
        """Return the lane for a kind of request to a host."""
        host = f"{service or 'other'} {netloc}"
        name = f"{host} {kind}"
        if name not in self._lanes:
            self._lanes[name] = Lane(
                name, host, self._beginning(name, published(service, kind, identified=identified))
            )
        return self._lanes[name]

    def _beginning(self, name: str, figures: Limit) -> Limit:
        """Return the published limit, or the slower one that a run learnt within the hour."""
        lesson = self._ledger.learnt(name, _LESSON)
        if lesson is None or lesson.most / lesson.seconds >= figures.count / figures.seconds:
            return figures
        return Limit(lesson.most, lesson.seconds, min(lesson.in_flight, figures.in_flight))

    async def acquire(self, lane: Lane, willing: Callable[[], float]) -> Grant:
        """Wait for a turn on a lane. Raises PauseError where the service wants a longer pause than `willing()` seconds."""
        async with lane.turn:
            while True:
                limit = lane.limit
                turn = self._ledger.take(
                    lane.name,
                    lane.service,
                    count=limit.count,
                    window=lane.window,
                    in_flight=limit.in_flight,
                    lease=self._lease,
                )
                if turn.ticket:
                    return Grant(self._ledger, turn.ticket, lane)
                if turn.paused and turn.wait > willing():
                    raise PauseError(turn.wait)
                self.waited += turn.wait
                await self._sleep(turn.wait)

    def observe(self, lane: Lane, status: int, headers: Mapping[str, str], retry_after: float | None) -> None:
        """Learn from an answer: its limits; slower after a 429, a little faster after every other answer."""
        lane.limit = read_limit(headers, lane.limit)
        if status == 429:
            lane.pace = max(lane.pace / 2, _SLOWEST)
            self._ledger.pause(lane.name, max(retry_after or 0.0, min(lane.limit.seconds, _BREATHER)))
        elif retry_after is not None and (status == 408 or status >= 500):
            self._ledger.pause(lane.service, retry_after)  # the service rests, not only this kind of question
        elif status < 500:
            lane.pace = min(1.0, lane.pace + _RECOVERY)
