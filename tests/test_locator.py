"""The locator: every DOI comes out once, with the page it leads to, and nothing that is known is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from standin.timing import Clock
from test_cache import DAY, opened

from enrich import agencies
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.locator import AT_ONCE, Locator
from enrich.model import Answer, Failure, Found, Landing, NotFound, Place, Response, Unavailable
from enrich.model.wire import Flow

pytestmark = pytest.mark.anyio
DOIS = [Doi(f"10.1000/{number}") for number in range(12)]
DOWN = Failure(reason="server", detail="HTTP 503")


class Handles:
    """Drives flows in a world where every name leads to a page, but for those that are absent."""

    def __init__(self, *absent: str, down: bool = False) -> None:
        self.absent = absent
        self.down = down
        self.asked: list[str] = []
        self.under_way = self.most = 0

    def say(self, name: str) -> Answer:
        self.asked.append(name)
        if self.down:
            return DOWN
        values = [{"index": 1, "type": "URL", "data": {"value": f"https://example.org/{name}"}}]
        found = {"responseCode": 1, "handle": name, "values": values}
        body = {"responseCode": 100, "handle": name} if name in self.absent else found
        return Response(status=200, body=orjson.dumps(body), received_at=datetime.now(UTC))

    async def drive(self, flow: Flow[Any]) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        request = next(flow)
        while True:
            await asyncio.sleep(0)
            try:
                request = flow.send(self.say(request.path.removeprefix("/api/handles/")))
            except StopIteration as done:
                self.under_way -= 1
                return done.value


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[Cache]:
    """An empty cache."""
    kept = opened(tmp_path, clock)
    yield kept
    kept.close()


async def located(handles: Handles, cache: Cache, dois: list[Doi], *, offline: bool = False) -> dict[Doi, Place]:
    """Locate within the locator's context."""
    async with Locator(handles, cache, offline=offline) as locator:
        return await locator.locate(dois)


def page(doi: Doi) -> Landing:
    return Landing(doi=doi, url=f"https://example.org/{doi}")


async def test_each_comes_out_once_in_order_a_few_at_a_time(cache: Cache) -> None:
    """As many questions are under way as doi.org is asked at once; two callers share one."""
    handles = Handles("10.1000/3")
    async with Locator(handles, cache) as locator:
        first, second = await asyncio.gather(locator.locate([*DOIS, DOIS[0]]), locator.locate(DOIS[:4]))
    assert list(first) == DOIS
    assert first[DOIS[3]] == second[DOIS[3]] == NotFound(doi=DOIS[3], source="doi.org")
    assert [place for doi, place in first.items() if doi != DOIS[3]] == [page(d) for d in DOIS if d != DOIS[3]]
    assert sorted(handles.asked) == sorted(DOIS)
    assert handles.most == AT_ONCE


async def test_what_is_known_is_not_asked(cache: Cache, clock: Clock) -> None:
    """Addresses are fresh for thirty days, absences for one; a failure is not kept."""
    assert isinstance((await located(Handles(down=True), cache, DOIS[:1]))[DOIS[0]], Unavailable)
    await located(Handles("10.1000/3"), cache, DOIS)
    for days, asked in ((0.5, []), (2, ["10.1000/3"]), (31, [str(doi) for doi in DOIS])):
        clock.now = Clock().now + days * DAY
        handles = Handles("10.1000/3")
        again = await located(handles, cache, DOIS)
        assert isinstance(again[DOIS[3]], NotFound)
        assert again[DOIS[4]] == page(DOIS[4])
        assert sorted(handles.asked) == sorted(asked)


async def test_stored_metadata_serve_offline_and_in_an_outage(cache: Cache) -> None:
    """The registered address is the second best; what nobody stored is unavailable, never absent."""
    answer = {"DOI": DOIS[0], "title": ["A"], "resource": {"primary": {"URL": "https://registered.example/"}}}
    record = agencies.read(
        "crossref", orjson.dumps(answer), doi=DOIS[0], retrieved_at=datetime.fromtimestamp(Clock().now, UTC)
    )
    cache.store({DOIS[0]: Found(doi=DOIS[0], record=record)})
    for handles, offline in ((Handles(), True), (Handles(down=True), False)):
        places = await located(handles, cache, DOIS[:2], offline=offline)
        assert places[DOIS[0]] == Landing(doi=DOIS[0], url="https://registered.example/")
        assert isinstance(places[DOIS[1]], Unavailable)
        assert bool(handles.asked) is not offline


async def test_leaving_ends_what_is_under_way(cache: Cache) -> None:
    """No task is left behind."""

    class Silent(Handles):
        async def drive(self, flow: Flow[Any]) -> Any:
            next(flow)
            await asyncio.Event().wait()

    before = asyncio.all_tasks()
    async with Locator(Silent(), cache) as locator:
        caller = asyncio.create_task(locator.locate(DOIS))
        await asyncio.sleep(0.02)
        caller.cancel()
    await asyncio.wait([caller], timeout=5)
    assert asyncio.all_tasks() <= before
