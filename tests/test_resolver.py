"""The resolver: every DOI comes out once, batched and coalesced, and nothing answered is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pytest

from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Failure, Found, NotFound, Outcome, Request, Response, Unavailable
from enrich.model.wire import Answer, Flow
from enrich.resolver import BATCH, LANES, Resolver
from enrich.snapshot import Snapshot

pytestmark = pytest.mark.anyio
NOW = datetime.now(UTC)


def answer(status: int, body: Any) -> Response:
    """A JSON answer."""
    return Response(
        status=status, body=orjson.dumps(body), headers={"content-type": "application/json"}, received_at=NOW
    )


def crossref(request: Request) -> Answer:
    """A registry that knows every DOI asked in a list, and each as its own title."""
    if request.service == "crossref" and request.kind == "list":
        names = [
            part.partition(":")[2] for part in unquote(request.query.split("filter=")[1].split("&")[0]).split(",")
        ]
        items = [{"DOI": name, "title": [f"Work {name}"], "type": "journal-article"} for name in names]
        return answer(200, {"status": "ok", "message-type": "work-list", "message": {"items": items}})
    if request.service == "crossref":
        name = unquote(request.path.removeprefix("/works/"))
        return answer(
            200, {"status": "ok", "message-type": "work", "message": {"DOI": name, "title": [f"Work {name}"]}}
        )
    raise AssertionError(f"nobody should be asked {request.target}")


class Replay:
    """Drives flows with a function from request to answer, and remembers what was asked."""

    def __init__(self, say: Callable[[Request], Answer]) -> None:
        self.say = say
        self.requests: list[Request] = []

    async def drive(self, flow: Flow[Any]) -> Any:
        request = next(flow)
        while True:
            self.requests.append(request)
            await asyncio.sleep(0)
            try:
                request = flow.send(self.say(request))
            except StopIteration as done:
                return done.value


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    """An empty cache of the test's own."""
    kept = Cache(
        tmp_path / "cache",
        ttl_found=timedelta(days=30),
        ttl_not_found=timedelta(days=1),
        ttl_stale=timedelta(days=365),
    )
    yield kept
    kept.close()


def dois(count: int, prefix: str = "10.1038") -> list[Doi]:
    """Distinct DOIs of a publisher that every directory knows to be Crossref's."""
    return [Doi(f"{prefix}/test.{number}") for number in range(count)]


async def resolve(resolver: Resolver, wanted: list[Doi]) -> dict[Doi, Outcome]:
    """Resolve within the resolver's context."""
    async with resolver:
        return await resolver.resolve(wanted)


async def test_every_doi_comes_out_once_in_order_with_its_own_answer(cache: Cache) -> None:
    """One in, one out, in the order asked; duplicates share an answer."""
    wanted = [*dois(120), *dois(30)]
    outcomes = await resolve(Resolver(Replay(crossref), cache), wanted)
    assert list(outcomes) == dois(120)
    for doi, outcome in outcomes.items():
        assert isinstance(outcome, Found)
        assert outcome.record.work.title == f"Work {doi}"


async def test_requests_leave_full(cache: Cache) -> None:
    """120 DOIs of one agency take three requests, however many callers ask for them."""
    replay = Replay(crossref)
    async with Resolver(replay, cache) as resolver:
        parts = await asyncio.gather(*(resolver.resolve(dois(120)[start::4]) for start in range(4)))
    assert sum(len(part) for part in parts) == 120
    assert len(replay.requests) == -(-120 // BATCH)


async def test_odd_portions_leave_full_too(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream brings portions that are no multiple of a batch; batches are formed as they leave, only the last is part."""
    monkeypatch.setattr("enrich.resolver.LINGER", 0.1)  # a busy machine must not decide
    replay = Replay(crossref)

    async def portion(resolver: Resolver, start: int) -> None:
        for _ in range(start // 70):
            await asyncio.sleep(0)
        await resolver.resolve(dois(700)[start : start + 70])

    async with Resolver(replay, cache) as resolver:
        await asyncio.gather(*(portion(resolver, start) for start in range(0, 700, 70)))
    assert len(replay.requests) == 700 // BATCH


async def test_a_lane_goes_on_while_a_story_is_told(cache: Cache) -> None:
    """What one batch lacks is asked at doi.org meanwhile; the next batches do not wait for that."""
    doi_org = asyncio.Event()
    lists = 0

    class Slow(Replay):
        async def drive(self, flow: Flow[Any]) -> Any:
            nonlocal lists
            request = next(flow)
            while True:
                if request.service == "doi":
                    await doi_org.wait()
                else:
                    lists += 1
                    if lists == 8:
                        doi_org.set()
                try:
                    request = flow.send(self.say(request))
                except StopIteration as done:
                    return done.value

    def say(request: Request) -> Answer:
        if request.service != "doi":
            return answer(200, {"status": "ok", "message-type": "work-list", "message": {"items": []}})
        names = unquote(request.path.removeprefix("/doiRA/")).split(",")
        return answer(200, [{"DOI": name, "status": "DOI does not exist"} for name in names])

    outcomes = await asyncio.wait_for(resolve(Resolver(Slow(say), cache), dois(8 * BATCH)), 10)
    assert {type(outcome) for outcome in outcomes.values()} == {NotFound}


async def test_single_questions_go_side_by_side(cache: Cache) -> None:
    """Where an agency is asked for one DOI at a time, as many requests are under way as there are lanes."""
    under_way = most = 0

    class Counting(Replay):
        async def drive(self, flow: Flow[Any]) -> Any:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            try:
                return await super().drive(flow)
            finally:
                under_way -= 1

    def say(request: Request) -> Answer:
        name = unquote(request.path[1:])
        return answer(200, {"DOI": name, "title": f"Work {name}", "type": "article-journal"})

    outcomes = await resolve(Resolver(Counting(say), cache), dois(12, "10.1430"))
    assert {type(outcome) for outcome in outcomes.values()} == {Found}
    assert most == LANES


async def test_leaving_ends_what_is_under_way(cache: Cache) -> None:
    """Whoever leaves the context waits for nobody: callers are cancelled, and no task is left behind."""

    class Silent(Replay):
        async def drive(self, flow: Flow[Any]) -> Any:
            next(flow)
            await asyncio.Event().wait()

    before = asyncio.all_tasks()
    async with Resolver(Silent(crossref), cache) as resolver:
        caller = asyncio.create_task(resolver.resolve(dois(500)))
        await asyncio.sleep(0.05)
    await asyncio.wait([caller], timeout=5)
    assert caller.done()
    assert asyncio.all_tasks() <= before


async def test_a_doi_under_way_is_not_asked_again(cache: Cache) -> None:
    """Single-flight: two callers, one request; and a cancelled caller does not take the answer from the other."""
    replay = Replay(crossref)
    async with Resolver(replay, cache) as resolver:
        first = asyncio.create_task(resolver.resolve(dois(1)))
        second = asyncio.create_task(resolver.resolve(dois(1)))
        await asyncio.sleep(0)
        first.cancel()
        assert isinstance((await second)[dois(1)[0]], Found)
    assert len(replay.requests) == 1


async def test_a_second_run_asks_nobody(cache: Cache) -> None:
    """What was answered is in the cache."""
    await resolve(Resolver(Replay(crossref), cache), dois(60))
    replay = Replay(crossref)
    outcomes = await resolve(Resolver(replay, cache), dois(60))
    assert replay.requests == []
    assert all(isinstance(outcome, Found) for outcome in outcomes.values())


async def test_an_outage_is_unavailable_and_never_cached(cache: Cache) -> None:
    """Failure is not absence: nothing is known, and the next run asks again."""
    down = Replay(lambda _: Failure(reason="server", detail="503 after 5 attempts", status=503))
    outcomes = await resolve(Resolver(down, cache), dois(3))
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes.values())
    assert all(isinstance(o, Found) for o in (await resolve(Resolver(Replay(crossref), cache), dois(3))).values())


async def test_offline_asks_nobody(cache: Cache) -> None:
    """Neither snapshot nor cache has it: unavailable, without a request."""
    replay = Replay(crossref)
    outcomes = await resolve(Resolver(replay, cache, offline=True), dois(3))
    assert replay.requests == []
    assert {type(outcome) for outcome in outcomes.values()} == {Unavailable}


async def test_an_unknown_prefix_is_sorted_by_the_directory_first(cache: Cache) -> None:
    """Whose a DOI is, doi.org tells; absence is its word, and what it tells of a prefix is remembered."""

    def say(request: Request) -> Answer:
        if request.service != "doi":
            return crossref(request)
        names = unquote(request.path.removeprefix("/doiRA/")).split(",")
        told = {"10.99991": {"RA": "Crossref"}, "10.99992": {"RA": "KISTI"}}
        return answer(
            200, [{"DOI": n, **told.get(n.split("/")[0], {"status": "DOI does not exist"})} for n in names]
        )

    wanted = [Doi("10.99991/a"), Doi("10.99992/b"), Doi("10.99993/c"), Doi("10.99991/d")]
    outcomes = await resolve(Resolver(Replay(say), cache), wanted)
    assert [type(outcome) for outcome in outcomes.values()] == [Found, Elsewhere, NotFound, Found]
    again = Replay(say)
    await resolve(Resolver(again, cache), [Doi("10.99991/e")])
    assert [request.service for request in again.requests] == ["crossref"]


async def test_an_answer_that_breaks_the_reader_costs_only_its_own_batch(cache: Cache) -> None:
    """Whatever goes wrong in one look-up, its callers get a value, and the others their answers."""

    def say(request: Request) -> Answer:
        if "test.7" in request.target:
            raise RuntimeError("a defect")
        return crossref(request)

    outcomes = await resolve(Resolver(Replay(say), cache), [Doi("10.1038/test.7")])
    (outcome,) = outcomes.values()
    assert isinstance(outcome, Unavailable)
    assert "a defect" in outcome.reason


def shared(directory: Path) -> Cache:
    """Another process's cache in the same directory."""
    spans = {"ttl_found": timedelta(days=30), "ttl_not_found": timedelta(days=1), "ttl_stale": timedelta(days=365)}
    return Cache(directory / "cache", **spans)


async def test_two_processes_ask_for_a_doi_once(cache: Cache, tmp_path: Path) -> None:
    """What another is asking is waited for; together they send what one would, and both have every answer."""
    one, two = Replay(crossref), Replay(crossref)
    first, second = Resolver(one, cache), Resolver(two, shared(tmp_path))
    async with first, second:
        parts = await asyncio.gather(first.resolve(dois(300)), second.resolve(list(reversed(dois(300)))))
    for part in parts:
        assert {type(outcome) for outcome in part.values()} == {Found}
        assert set(part) == set(dois(300))
    asked = [name for each in (*one.requests, *two.requests) for name in unquote(each.query).split(",")]
    assert len(asked) == len(set(asked)) == 300
    assert one.requests
    assert two.requests


async def test_what_another_went_without_is_asked_again(cache: Cache, tmp_path: Path) -> None:
    """The other process met an outage, or ended: whoever waits for it asks for himself."""
    hold = asyncio.Event()

    class Held(Replay):
        async def drive(self, flow: Flow[Any]) -> Any:
            await hold.wait()
            return await super().drive(flow)

    down = Held(lambda _: Failure(reason="server", detail="503 after 5 attempts", status=503))
    replay = Replay(crossref)
    first, second = Resolver(down, cache), Resolver(replay, shared(tmp_path))
    async with first, second:
        early = asyncio.create_task(first.resolve(dois(3)))
        await asyncio.sleep(0.05)
        late = asyncio.create_task(second.resolve(dois(3)))
        await asyncio.sleep(0.05)
        assert replay.requests == []
        hold.set()
        assert {type(outcome) for outcome in (await early).values()} == {Unavailable}
        assert {type(outcome) for outcome in (await late).values()} == {Found}
    gone = Resolver(Held(crossref), cache)
    async with gone:
        asyncio.create_task(gone.resolve(dois(4)[3:]))  # noqa: RUF006 -- it is cancelled by leaving
        hold.clear()
        await asyncio.sleep(0.05)
    outcomes = await asyncio.wait_for(resolve(Resolver(Replay(crossref), shared(tmp_path)), dois(4)[3:]), 5)
    assert {type(outcome) for outcome in outcomes.values()} == {Found}


@pytest.mark.parametrize(("seconds", "largest"), [(0.0, 50), (0.3, 100), (1.5, 50)])
async def test_requests_grow_while_answers_are_quick(cache: Cache, seconds: float, largest: int) -> None:
    """After quick answers 100 DOIs leave together; after slow ones, or where nobody took the time, 50."""

    def timed(request: Request) -> Answer:
        said = crossref(request)
        assert isinstance(said, Response)
        return said.model_copy(update={"seconds": seconds})

    replay = Replay(timed)
    await resolve(Resolver(replay, cache), dois(600))
    sizes = [len(unquote(request.query).split(",")) for request in replay.requests]
    assert sum(sizes) == 600
    assert sizes[:LANES] == [BATCH] * LANES
    assert max(sizes) == largest


async def test_a_prefix_of_two_agencies_is_not_believed(cache: Cache) -> None:
    """Where doi.org names two agencies for DOIs of one prefix, the next DOI of it is asked about again."""

    def say(request: Request) -> Answer:
        if request.service != "doi":
            return crossref(request)
        names = unquote(request.path.removeprefix("/doiRA/")).split(",")
        return answer(200, [{"DOI": name, "RA": "KISTI" if name.endswith("b") else "Crossref"} for name in names])

    outcomes = await resolve(Resolver(Replay(say), cache), [Doi("10.99991/a"), Doi("10.99991/b")])
    assert [type(outcome) for outcome in outcomes.values()] == [Found, Elsewhere]
    again = Replay(say)
    outcomes = await resolve(Resolver(again, cache), [Doi("10.99991/cb")])
    assert {request.service for request in again.requests} == {"doi"}
    assert [type(outcome) for outcome in outcomes.values()] == [Elsewhere]


def snapshot_of(folder: Path, *, indexed: str) -> Snapshot:
    """A snapshot with one work, as of a date."""
    work = {"DOI": "10.1155/kept", "title": ["Kept"], "indexed": {"date-time": indexed}}
    (folder / "works.jsonl").write_bytes(orjson.dumps(work))
    snapshot = Snapshot(folder / "snapshot")
    snapshot.build([folder / "works.jsonl"])
    return snapshot


@pytest.mark.parametrize(
    ("age", "is_down", "offline", "title", "by"),
    [
        (399, False, False, "Kept", "snapshot"),
        (401, False, False, "Work 10.1155/kept", "network"),
        (401, True, False, "Kept", "snapshot"),
        (401, False, True, "Kept", "snapshot"),
    ],
)
async def test_an_aged_snapshot_serves_where_nobody_answers(
    tmp_path: Path,
    cache: Cache,
    age: int,
    is_down: bool,  # noqa: FBT001 -- a column of the table
    offline: bool,  # noqa: FBT001 -- likewise
    title: str,
    by: str,
):
    """How old counts from the day to which the snapshot is complete; an old answer goes before none, and after a new one."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    down = Failure(reason="down", detail="it does not answer")
    replay = Replay(lambda request: down if is_down else crossref(request))
    resolver = Resolver(
        replay,
        cache,
        snapshot_of(tmp_path, indexed=day.isoformat()),
        offline=offline,
        ttl_snapshot=timedelta(days=400),
        clock=lambda: day + timedelta(days=age),
    )
    async with resolver:
        (outcome,) = (await resolver.resolve([Doi("10.1155/kept")])).values()
    assert isinstance(outcome, Found)
    assert outcome.record.work.title == title
    assert {name for name, count in resolver.answered_by.items() if count} == {by}
    assert bool(replay.requests) == (age > 400 and not offline)
