"""From a work to the names it may have: the cache first, then the agencies' searches.

Which questions there are and what an answer means is the agencies' business (:mod:`enrich.agencies.search`); how a request
travels is transport's, which counts searches against the same budget as lists. An answer with names is fresh as long as that
for a DOI, one without as long as an absence.
"""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeVar

import orjson

from enrich.agencies import search as engines
from enrich.agencies.search import Hit, Sought, Unanswered
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.model.wire import Flow, Request
from enrich.model.work import Work

_T = TypeVar("_T")
OFFLINE: Final = "offline, so no search was made"


class Driver(Protocol):
    """Whatever can carry out a flow; transport in earnest, a table of answers in tests."""

    async def drive(self, flow: Flow[_T]) -> _T:
        """Return what the flow returns."""
        ...


class Searcher:
    """Searches the agencies for works."""

    def __init__(self, transport: Driver, cache: Cache, *, offline: bool = False) -> None:
        self._transport = transport
        self._cache = cache
        self._offline = offline

    async def search(self, agency: str, work: Work) -> Sought:
        """Return the names an agency finds for a work, likeliest first; none where the work says too little of itself."""
        question = engines.request(agency, work)
        if question is None:
            return ()
        key = f"{agency}{question.target}"
        kept = self._kept(key, stale=False)
        if kept is not None:
            return kept
        answer = await self._ask(agency, question)
        if isinstance(answer, Unanswered):
            kept = self._kept(key, stale=True)
            return answer if kept is None else kept
        self._cache.keep_search(key, orjson.dumps([list(hit) for hit in answer]), is_empty=not answer)
        return answer

    async def _ask(self, agency: str, question: Request) -> Sought:
        if self._offline:
            return Unanswered(agency, OFFLINE)
        return await self._transport.drive(engines.search(agency, question))

    def _kept(self, key: str, *, stale: bool) -> tuple[Hit, ...] | None:
        answer = self._cache.searched(key, stale=stale)
        try:
            rows: Any = None if answer is None else orjson.loads(answer)
            return None if rows is None else tuple(Hit(Doi(str(doi)), title) for doi, title in rows)
        except (TypeError, ValueError):  # whatever somebody wrote there is a miss
            return None
