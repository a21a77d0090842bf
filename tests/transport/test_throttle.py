from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standin.timing import VirtualLoop, most_in_any_window, now

from enrich.transport.ledger import Ledger
from enrich.transport.throttle import Limit, PauseError, Throttle, published, read_limit

KNOWN = Limit(5, 1.0, 1)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, KNOWN),
        (
            {"x-rate-limit-limit": "10", "x-rate-limit-interval": "1s", "x-concurrency-limit": "3"},
            Limit(10, 1.0, 3),
        ),
        ({"x-rate-limit-limit": "50, 50", "x-rate-limit-interval": "1s, 1s"}, Limit(50, 1.0, 1)),
        ({"x-ratelimit-limit": "50", "x-ratelimit-interval": "1s"}, Limit(50, 1.0, 1)),
        ({"x-rate-limit-limit": "2", "x-rate-limit-interval": "500ms"}, Limit(2, 0.5, 1)),
        ({"x-rate-limit-limit": "1", "x-rate-limit-interval": "1m"}, Limit(1, 60.0, 1)),
        ({"x-rate-limit-limit": "2", "x-rate-limit-interval": "1h"}, Limit(2, 3600.0, 1)),
        ({"x-rate-limit-limit": "1000", "x-rate-limit-interval": "5m"}, Limit(10, 3.0, 1)),
        ({"x-rate-limit": "3"}, Limit(3, 1.0, 1)),
        ({"x-ratelimit-limit": "5000"}, KNOWN),
        ({"x-ratelimit-limit-hour": "100000"}, KNOWN),
        ({"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"}, KNOWN),
        ({"x-rate-limit-limit": "-3", "x-rate-limit-interval": "1s"}, KNOWN),
        ({"x-rate-limit-limit": "999999999", "x-rate-limit-interval": "1s"}, Limit(200, 1.0, 1)),
        ({"x-rate-limit-limit": "9" * 40, "x-rate-limit-interval": "1s"}, KNOWN),
        ({"x-rate-limit-limit": "10", "x-rate-limit-interval": "0s"}, KNOWN),
        ({"x-rate-limit-limit": "10", "x-rate-limit-interval": "soon"}, KNOWN),
        ({"x-rate-limit-limit": "ten", "x-concurrency-limit": "100"}, Limit(5, 1.0, 16)),
        ({"x-rate-limit-limit": "", "x-rate-limit-interval": ""}, KNOWN),
    ],
)
def test_what_headers_say(headers: dict[str, str], expected: Limit) -> None:
    """The first integer counts, an interval is needed to go faster, and nonsense changes nothing."""
    assert read_limit(headers, KNOWN) == expected


@given(
    st.dictionaries(
        st.sampled_from(["x-rate-limit-limit", "x-rate-limit-interval", "x-concurrency-limit"]), st.text()
    )
)
def test_any_headers_give_a_sane_limit(headers: dict[str, str]) -> None:
    """Whatever a service sends, the limit lies between one an hour and 200 a second, with 1 to 16 under way."""
    limit = read_limit(headers, KNOWN)
    assert 1 / 3600 <= limit.count / limit.seconds <= 200
    assert 1 <= limit.in_flight <= 16


def test_real_headers(real_data: Path) -> None:
    """Every header set that was ever observed gives a sane limit, and the one it states."""
    rows = [json.loads(line) for line in (real_data / "headers.jsonl").read_text().splitlines()]
    assert len(rows) > 300
    for row in rows:
        headers = {name.lower(): value for name, value in row["response_headers"].items()}
        limit = read_limit(headers, KNOWN)
        assert 1 <= limit.count <= 150, row["url"]
        assert limit.seconds == 1.0, row["url"]
        assert 1 <= limit.in_flight <= 3, row["url"]
        names = ("x-rate-limit-limit", "x-ratelimit-limit", "x-rate-limit")
        stated = next((int(headers[name]) for name in names if name in headers), KNOWN.count)
        assert limit.count == stated, row["url"]


@given(st.integers(1, 10**6), st.floats(0.001, 10**5), st.integers(-3, 100))
def test_a_published_limit_is_never_exceeded_by_its_kept_form(count: int, seconds: float, in_flight: int) -> None:
    """Cutting a long window into short ones keeps the promise of the long one, and bursts short."""
    kept = Limit.of(count, seconds, in_flight)
    bounded = min(seconds, 3600.0)
    assert kept.count * (bounded / kept.seconds) <= count * (1 + 1e-9) or kept.count == 1
    assert kept.count <= max(count, 1)


@pytest.mark.parametrize(
    ("service", "identified", "kind", "rate", "in_flight"),
    [
        ("crossref", False, "single", 5, 1),
        ("crossref", False, "list", 1, 1),
        ("crossref", True, "single", 10, 3),
        ("crossref", True, "list", 3, 3),
        ("datacite", False, "list", 500 / 300, 3),
        ("datacite", True, "single", 1000 / 300, 3),
        ("doi", True, "single", 5, 3),
        ("jalc", False, "single", 5, 3),
        (None, False, "single", 5, 3),
    ],
)
def test_the_figures_to_begin_with(service: str, identified: bool, kind: str, rate: float, in_flight: int) -> None:  # noqa: FBT001 -- a table
    """A run begins with the published figures."""
    limit = published(service, kind, identified=identified)
    assert limit.count / limit.seconds == pytest.approx(rate)
    assert limit.in_flight == in_flight


def virtually(coroutine):
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


@settings(max_examples=60)
@given(
    count=st.integers(1, 8),
    seconds=st.sampled_from([0.1, 1.0, 3.0]),
    in_flight=st.integers(1, 5),
    arrivals=st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 1), st.sampled_from([200, 200, 200, 429])), min_size=1, max_size=40
    ),
)
def test_no_window_holds_more_than_the_limit(count, seconds, in_flight, arrivals) -> None:
    """However requests arrive and last, no window of the interval has more than the limit, nor are more under way."""
    sent: list[float] = []
    under_way: list[int] = [0, 0]

    async def scenario() -> None:
        ledger = Ledger(None, now, pytest.fail)
        throttle = Throttle(ledger, asyncio.sleep, lease=60)
        lane = throttle.lane("crossref", "api.crossref.org", "list", identified=True)
        lane.limit = Limit(count, seconds, in_flight)

        async def one(begins: float, lasts: float, status: int) -> None:
            await asyncio.sleep(begins)
            grant = await throttle.acquire(lane, lambda: 100.0)
            sent.append(now())
            under_way[0] += 1
            under_way[1] = max(under_way)
            await asyncio.sleep(lasts)
            under_way[0] -= 1
            grant.release()
            throttle.observe(lane, status, {}, None)

        await asyncio.gather(*(one(*arrival) for arrival in arrivals))
        ledger.close()

    virtually(scenario())
    assert len(sent) == len(arrivals)
    assert most_in_any_window(sent, seconds) <= count
    assert under_way[1] <= in_flight


@pytest.mark.anyio
async def test_429_slows_down_and_success_recovers() -> None:
    """Every 429 halves the pace; other answers bring it back little by little, to the limit and not beyond."""
    ledger = Ledger(None, now, pytest.fail)
    throttle = Throttle(ledger, asyncio.sleep, lease=60)
    lane = throttle.lane("crossref", "h", "single", identified=True)
    throttle.observe(lane, 429, {}, None)
    throttle.observe(lane, 429, {}, None)
    assert lane.pace == 0.25
    paces = []
    for _ in range(20):
        throttle.observe(lane, 200, {}, None)
        paces.append(lane.pace)
    assert paces == sorted(paces)
    assert paces[0] < 0.5
    assert paces[-1] == 1.0
    ledger.close()


@pytest.mark.anyio
async def test_a_long_pause_is_not_waited_for() -> None:
    """A pause longer than anyone is willing to wait ends the request; a shorter one is waited for in full."""
    ledger = Ledger(None, now, pytest.fail)
    throttle = Throttle(ledger, asyncio.sleep, lease=60)
    lane = throttle.lane("crossref", "h", "single", identified=True)
    throttle.observe(lane, 429, {}, 50.0)
    with pytest.raises(PauseError, match="50 s"):
        await throttle.acquire(lane, lambda: 49.0)
    begun = now()
    (await throttle.acquire(lane, lambda: 51.0)).release()
    assert now() - begun >= 50.0
    ledger.close()
