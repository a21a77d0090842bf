"""From DOIs to the pages they lead to: the cache first, then their handles at doi.org, one by one.

Registered metadata name the page too, but the handle is what a reader who follows the DOI meets, it knows short DOIs and
aliases, and it is kept up by publishers who never touch their metadata again. What is stored of the metadata serves
offline, and while doi.org is down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from enrich.agencies import handles
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found, Landing, Outcome, Place, Unavailable
from enrich.model.wire import Flow
from enrich.snapshot import Joined, Snapshot

_T = TypeVar("_T")
AT_ONCE: Final = 3  # questions to doi.org that wait for their answer
_OFFLINE: Final = "offline, and neither snapshot nor cache has it"


class Driver(Protocol):
    """Whatever can carry out a flow."""

    async def drive(self, flow: Flow[_T]) -> _T:
        """Return what the flow returns."""
        ...


class Locator:
    """Tells where DOIs lead; a DOI that is being asked is not asked again. Use as an asynchronous context manager."""

    def __init__(
        self, transport: Driver, cache: Cache, snapshot: Snapshot | Joined | None = None, *, offline: bool = False
    ) -> None:
        self._transport = transport
        self._cache = cache
        self._snapshot = snapshot
        self._offline = offline
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[Doi, asyncio.Task[Place]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = tuple(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def locate(self, dois: Iterable[Doi]) -> dict[Doi, Place]:
        """Return where every DOI leads, in the order asked."""
        wanted = list(dict.fromkeys(dois))
        known = self._cache.load_landings(wanted)
        missing = [doi for doi in wanted if doi not in known]
        if missing and self._offline:
            known |= {doi: Unavailable(doi=doi, agency=handles.SOURCE, reason=_OFFLINE) for doi in missing}
        elif missing:
            tasks = {doi: self._ask(doi) for doi in missing}
            await asyncio.wait(tasks.values())
            known |= {doi: task.result() for doi, task in tasks.items()}
        down = [doi for doi, place in known.items() if isinstance(place, Unavailable)]
        known |= self._registered(down) if down else {}
        return {doi: known[doi] for doi in wanted}

    def _ask(self, doi: Doi) -> asyncio.Task[Place]:
        task = self._asked.get(doi)
        if task is None:
            task = self._asked[doi] = asyncio.get_running_loop().create_task(self._read(doi))
            task.add_done_callback(lambda _: self._asked.pop(doi, None))
        return task

    async def _read(self, doi: Doi) -> Place:
        async with self._turns:
            place = await self._transport.drive(handles.landing(doi))
        self._cache.store_landings({doi: place})
        return place

    def _registered(self, dois: Sequence[Doi]) -> dict[Doi, Place]:
        """Return the addresses that stored metadata give."""
        stored: dict[Doi, Outcome] = self._cache.load_stale(dois)
        if self._snapshot is not None:
            stored = self._snapshot.load(dois) | stored
        found = (
            (doi, outcome.record.registration) for doi, outcome in stored.items() if isinstance(outcome, Found)
        )
        return {doi: Landing(doi=doi, url=given.resource) for doi, given in found if given and given.resource}
