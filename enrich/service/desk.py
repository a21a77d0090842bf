"""What the requests of one worker process share: the pipeline, the turnstiles, the answers just given, the tallies.

Single works and short lists go before libraries: they have places of their own, their DOIs go to the front of the queue
at an agency, and a library is worked on in small portions with a turn of the event loop between them.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.requests import HTTPConnection

from enrich.enricher import Enricher
from enrich.identifiers.doi import Doi
from enrich.merge import BUILT_IN
from enrich.model.outcome import Outcome, Place, Unavailable
from enrich.service.printed import Printed
from enrich.service.problems import ProblemError, busy
from enrich.service.rendered import Rendered
from enrich.service.tallies import Tallies
from enrich.service.turnstile import BusyError, Turnstile
from enrich.settings import Settings

_LOG: Final = logging.getLogger("enrich.service")
_SINGLES: Final = 200  # look-ups that wait for their answer at once; they cost little more than memory
_PACE: Final = 1.0  # seconds in which bodies to be kept on disk come together
GLANCE: Final = 0.05  # seconds for which a version counts: looking takes a tenth of an answer
PORTION: Final = 20  # records worked on between two turns of the event loop
AGAIN: Final = 30.0  # seconds after which an agency that is down is worth asking again


class Desk:
    """Opened with the application, closed after its last request. An asynchronous context manager."""

    def __init__(self, settings: Settings, board: Path | None = None) -> None:
        self.settings = settings
        self.enricher = Enricher(settings)
        self.singles = Turnstile(_SINGLES, settings.serve_queue)
        self.libraries = Turnstile(settings.serve_libraries, settings.serve_queue)
        self.rendered = Rendered()
        self.printed = Printed(settings.cache_dir)
        self.tallies = Tallies(board)
        self.readers = ThreadPoolExecutor(settings.serve_libraries, "reader")
        self.held = 0  # bytes of long bodies in memory
        self.is_closing = False
        self._version: Hashable | None = None
        self._glanced = -math.inf
        self._warned: set[str] = set()
        self._is_impaired = self._has_recovered = False  # the cache
        self._limits: set[asyncio.Timeout] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.enricher)
        self._stack.callback(self.printed.close)
        self._stack.callback(asyncio.create_task(self._write_now_and_then()).cancel)
        self._stack.enter_context(self.tallies)
        self.tallies.watch(self._samples)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_closing = True
        self.readers.shutdown(wait=False, cancel_futures=True)
        await self._stack.aclose()

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_PACE)
            self.printed.write()
            self._warn()

    def _warn(self) -> None:
        """Say in the log, once, what somebody should know of agencies and cache, and when that is well again."""
        cache, was_impaired = self.enricher.cache, self._is_impaired
        self._is_impaired = cache.is_impaired
        if was_impaired and not self._is_impaired:
            self._has_recovered = True
            _LOG.warning("the cache can be used and written again")
        elif self._is_impaired and not was_impaired and self._has_recovered:
            self._warned.discard(cache.note or "")
        note = cache.note
        for said in (*self.enricher.transport.warnings, *([note] if note else ())):
            if said not in self._warned:
                self._warned.add(said)
                _LOG.warning("%s", said)

    def version(self) -> Hashable | None:
        """Return what stays equal while nothing in cache and snapshot changes, as of a moment ago; None: not known."""
        now = time.monotonic()
        if now - self._glanced >= GLANCE:
            self._version, self._glanced = self.enricher.resolver.version(), now
        return self._version

    def _samples(self) -> dict[str, float]:
        settled = {**self.enricher.resolver.answered_by, "memory": self.rendered.hits}
        found: dict[str, float] = {
            f'enrich_lookups_total{{source="{source}"}}': number for source, number in settled.items()
        }
        for name, turnstile in (("singles", self.singles), ("libraries", self.libraries)):
            found[f'enrich_inside{{queue="{name}"}}'] = turnstile.inside
            found[f'enrich_waiting{{queue="{name}"}}'] = turnstile.waiting
            found[f'enrich_turned_away_total{{queue="{name}"}}'] = turnstile.turned_away
        return found

    def pipeline(self, policy: str | None, *, keeps_format: bool) -> Enricher:
        """Return the pipeline under a policy named by a request: one of the built-in ones, never a file."""
        if policy is not None and policy not in BUILT_IN:
            names = ", ".join(BUILT_IN)
            raise ProblemError("bad-request", f"there is no policy of that name: there are {names}")
        chosen = BUILT_IN[policy] if policy else self.enricher.policy
        return self.enricher.variant(chosen, keeps_format=keeps_format, portion=PORTION)

    @asynccontextmanager
    async def limit(self, seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
        """Raise TimeoutError in the context after so many seconds, or when the service has to hand back what it does."""
        async with asyncio.timeout(0 if self.is_closing else seconds) as limit:
            self._limits.add(limit)
            try:
                yield limit
            finally:
                self._limits.discard(limit)

    def hand_back(self) -> None:
        """Let everything under way end at its next step, so that its client hears how far it came."""
        self.is_closing = True
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(0)

    async def outcomes(self, dois: Sequence[Doi], client: str) -> dict[Doi, Outcome]:
        """Return what is known of DOIs that somebody waits for; what takes too long is unavailable."""
        try:
            async with self.singles.turn(client), self.limit(self.settings.serve_wait):
                return await self.enricher.resolver.resolve(dois, ahead=True)
        except BusyError as error:
            raise busy(error.wait) from None
        except TimeoutError:
            return {doi: _late(doi) for doi in dois}

    async def place(self, doi: Doi, client: str) -> Place:
        """Return where a DOI leads."""
        try:
            async with self.singles.turn(client), self.limit(self.settings.serve_wait):
                return (await self.enricher.locator.locate([doi]))[doi]
        except BusyError as error:
            raise busy(error.wait) from None
        except TimeoutError:
            return _late(doi)


def _late(doi: Doi) -> Unavailable:
    return Unavailable(doi=doi, agency="doi.org", reason="no answer in the time a request may take; ask again")


def desk_of(connection: HTTPConnection) -> Desk:
    """Return the desk of the application that serves a request."""
    desk: Desk = connection.app.state.desk
    return desk


def client_of(connection: HTTPConnection) -> str:
    """Return who shares are counted for: the holder of a token, or else the address."""
    client: str = connection.scope["enrich.client"]
    return client
