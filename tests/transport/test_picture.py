from __future__ import annotations

import sqlite3
from pathlib import Path

import httpx
import pytest
from standin.timing import Clock, now
from transport.conftest import ok, single

from enrich.errors import StoreError
from enrich.transport.ledger import Ledger, State
from enrich.transport.picture import Lane, Tally, drawn
from enrich.transport.throttle import Throttle

LIMIT = {"count": 1000, "window": 1.0, "in_flight": 1000, "lease": 30.0}


def asked(ledger: Ledger, lane: str, *told: str | None) -> None:
    """Let requests land."""
    for each in told:
        ledger.landed(ledger.take(lane, "s", **LIMIT).ticket, lane, each, State(3, 1.0, 3, 1.0, None))


def test_the_hour_and_the_day(tmp_path: Path) -> None:
    """The last hour is part of the last day, what is older is forgotten, and a request without an answer is not counted.

    Three requests of three in a window leave none, one leaves two; an older window counts no longer.
    """
    clock = Clock()
    ledger = Ledger(tmp_path / "ledger.sqlite", clock, pytest.fail)
    asked(ledger, "a", "answered", "failed", "limited", None)
    clock.now += 2 * 3600
    asked(ledger, "a", "answered", "answered", "limited")
    asked(ledger, "b", "failed")
    seen = drawn(tmp_path, clock())
    known = State(3, 1.0, 3, 1.0, None)
    assert seen == [
        Lane("a", Tally(3, 0, 1), Tally(6, 1, 2), known, 0, clock() - 2 * 3600),
        Lane("b", Tally(1, 1, 0), Tally(1, 1, 0), known, 2, clock()),
    ]
    clock.now += 23 * 3600
    asked(ledger, "a", "answered")
    assert [lane[1:3] for lane in drawn(tmp_path, clock())] == [
        (Tally(1, 0, 0), Tally(4, 0, 1)),
        (Tally(0, 0, 0), Tally(1, 1, 0)),
    ]
    ledger.close()
    spans = sqlite3.connect(tmp_path / "ledger.sqlite").execute("SELECT count(*) FROM tallies WHERE lane = 'a'")
    assert spans.fetchone() == (2,)


def test_an_outage_is_noted_while_it_lasts(tmp_path: Path) -> None:
    """Whoever looks hours later sees that a breaker is open still, and not only that it once was left so."""
    clock = Clock()
    ledger = Ledger(tmp_path / "ledger.sqlite", clock, pytest.fail)
    down = State(3, 1.0, 3, 1.0, clock())
    for _ in range(3):
        ledger.landed(ledger.take("a", "s", **LIMIT).ticket, "a", "failed", down)
        clock.now += 3600
    (seen,) = drawn(tmp_path, clock())
    assert (seen.state, seen.noted) == (down, clock() - 3600)
    ledger.close()


def test_without_a_ledger_there_is_no_picture(tmp_path: Path) -> None:
    """Looking makes no file; a file that is none is said to be so."""
    assert drawn(tmp_path, 0.0) == []
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "ledger.sqlite").write_text("no database" * 100)
    with pytest.raises(StoreError):
        drawn(tmp_path, 0.0)


@pytest.mark.anyio
async def test_a_run_is_seen(transport, tmp_path: Path) -> None:
    """Requests are counted by what came of them; the limit the answers stated and an open breaker are seen."""
    answers = iter(
        [
            httpx.Response(429),
            httpx.Response(200, json={}, headers={"x-rate-limit-limit": "7", "x-rate-limit-interval": "1s"}),
        ]
    )
    async with transport(lambda _: next(answers, httpx.Response(503)), patience=1.0) as sender:
        for _ in range(4):
            await sender.send(single())
        (lane,) = drawn(tmp_path / "cache", now())
    assert lane.name == "crossref api.crossref.org single"
    assert lane.hour == lane.day
    assert lane.day.asked == sender.stats.requests
    assert (lane.day.limited, lane.day.failed) == (1, sender.stats.requests - 2)
    assert lane.state is not None
    assert lane.state[:2] == (7, 1.0)
    assert lane.state.opened is not None


@pytest.mark.anyio
async def test_the_next_run_begins_as_slowly_as_the_last_one_learnt(transport, tmp_path: Path) -> None:
    """A service that states a slower limit than it published is believed for an hour; a faster one is learnt anew."""
    stated = {"x-rate-limit-limit": "2", "x-rate-limit-interval": "1s"}
    async with transport(lambda _: httpx.Response(200, json={}, headers=stated)) as sender:
        await sender.send(single())
    clock = Clock(now())
    ledger = Ledger(tmp_path / "cache" / "ledger.sqlite", clock, pytest.fail)

    def beginning() -> int:
        lane = Throttle(ledger, lambda _: pytest.fail("sleeps"), lease=1.0).lane(
            "crossref", "api.crossref.org", "single", identified=False
        )
        return lane.limit.count

    assert beginning() == 2
    clock.now += 3601
    assert beginning() == 5
    asked(ledger, "crossref api.crossref.org single", "answered")
    ledger.landed(0, "crossref api.crossref.org single", "answered", State(150, 1.0, 16, 1.0, None))
    assert beginning() == 5
    ledger.close()


@pytest.mark.anyio
async def test_a_request_that_nobody_awaits_any_more_is_not_counted(transport, tmp_path: Path) -> None:
    """Whoever cancels says nothing of the service."""
    import asyncio

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1e6)
        return ok()

    async with transport(never) as sender:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await sender.send(single())
    assert drawn(tmp_path / "cache", now()) == []
