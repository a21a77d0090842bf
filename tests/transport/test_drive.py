from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest
from standin.timing import EPOCH, most_in_any_window, now
from transport.conftest import PUBLIC, ok, single

from enrich.model.wire import Failure, Flow, Response
from enrich.transport import Transport
from enrich.transport.courier import BLOCKED
from enrich.transport.picture import drawn

pytestmark = pytest.mark.anyio


def sequence(
    *answers: httpx.Response | Exception,
) -> tuple[Callable[[httpx.Request], httpx.Response], list[float]]:
    """Return a function that gives one answer after the other, the last one for ever, and the moments it was asked."""
    moments: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        given = answers[min(len(moments), len(answers) - 1)]
        moments.append(now())
        if isinstance(given, Exception):
            raise given
        return given

    return answer, moments


async def test_a_flow_is_fed_and_its_value_returned(transport) -> None:
    """Each request gets its answer, in order, and the flow's value comes back."""

    def flow() -> Flow[list[int]]:
        first = yield single("/works/0")
        second = yield single("/works/1")
        third = yield single("/works/2")
        return [answer.status for answer in (first, second, third) if isinstance(answer, Response)]

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200 if "1" not in request.url.path else 404, json={})

    async with transport(answer) as sender:
        assert await sender.drive(flow()) == [200, 404, 200]
    assert asked == ["/works/0", "/works/1", "/works/2"]


async def test_a_flow_that_asks_nothing_needs_no_network(transport) -> None:
    """A flow may return at once."""

    def flow() -> Flow[str]:
        return "known"
        yield single()

    async with transport(ok) as sender:
        assert await sender.drive(flow()) == "known"
        assert sender.stats.requests == 0


async def test_a_flow_is_closed_when_its_caller_gives_up(transport) -> None:
    """Cancelling ends the flow too, and its request gives back its place."""
    closed: list[bool] = []

    def flow() -> Flow[None]:
        try:
            yield single()
        finally:
            closed.append(True)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1e6)
        return ok()

    async with transport(never) as sender:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await sender.drive(flow())
        assert closed == [True]
        ledger = sender._courier._ledger
        assert ledger._connection.execute("SELECT count(*) FROM flights").fetchone() == (0,)


async def test_offline_nothing_is_sent(transport) -> None:
    """Offline is a failure of its own, and no library for the network is opened."""
    async with transport(lambda _: pytest.fail("asked"), offline=True) as sender:
        answer = await sender.send(single())
    assert isinstance(answer, Failure)
    assert answer.reason == "offline"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522])
async def test_a_passing_failure_is_ridden_out(transport, status: int) -> None:
    """Two failures and then an answer are an answer; never is a request repeated at once."""
    answer, moments = sequence(httpx.Response(status), httpx.Response(status), ok())
    async with transport(answer) as sender:
        response = await sender.send(single())
        assert isinstance(response, Response)
        assert response.received_at.timestamp() >= EPOCH
        assert sender.stats.retries == 2
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap >= 0.5 for gap in gaps)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (httpx.ConnectError("refused"), "network"),
        (httpx.ReadError("reset"), "network"),
        (httpx.RemoteProtocolError("cut"), "network"),
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.Response(500), "server"),
        (httpx.Response(429), "overloaded"),
        (httpx.Response(501), "server"),
        (httpx.Response(200, html="<p>"), "malformed"),
        (httpx.Response(200, content=b"null"), "malformed"),
        (httpx.Response(200, content=b'"text"'), "malformed"),
        (httpx.Response(200, content=b'{"status":"ok","mess'), "malformed"),
        (httpx.Response(200, content=b"{}", headers={"content-encoding": "br"}), "malformed"),
    ],
)
async def test_a_lasting_failure_is_a_failure_with_its_reason(transport, trouble, reason: str) -> None:
    """The number of attempts is bounded and nothing raises; in an outage, patience bounds them."""
    answer, moments = sequence(trouble)
    async with transport(answer, patience=0.0) as sender:
        failure = await sender.send(single())
    assert isinstance(failure, Failure)
    assert failure.reason == reason
    assert "api.crossref.org" in failure.detail
    assert 1 <= len(moments) <= 5


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 406, 410, 414, 422, 431])
async def test_an_answer_is_asked_for_once(transport, status: int) -> None:
    """A refusal or an absence is an answer, whatever its body, and is never asked again."""
    answer, moments = sequence(httpx.Response(status, html="Resource not found."))
    async with transport(answer) as sender:
        response = await sender.send(single())
    assert isinstance(response, Response)
    assert response.status == status
    assert len(moments) == 1


@pytest.mark.parametrize(("status", "seconds"), [(429, 1), (429, 60), (503, 7), (500, 30), (408, 20)])
async def test_retry_after_is_never_undercut(transport, status: int, seconds: int) -> None:
    """The repetition comes after what the service asked for, and so does every other request of the kind."""
    answer, moments = sequence(httpx.Response(status, headers={"retry-after": str(seconds)}), ok())
    async with transport(answer, mailto="me@example.org") as sender:
        first = asyncio.ensure_future(sender.send(single()))
        await asyncio.sleep(0.1)
        second = await sender.send(single("/works/2"))
        assert isinstance(await first, Response)
        assert isinstance(second, Response)
    assert all(moment >= moments[0] + seconds for moment in moments[1:])


async def test_a_service_that_wants_a_rest_gets_it_from_all_questions(transport) -> None:
    """A 503 with `Retry-After` for a list holds back single questions too: it speaks of the service, not of a budget."""
    asked: list[tuple[float, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((now(), request.url.path))
        return httpx.Response(503, headers={"retry-after": "40"}) if len(asked) == 1 else ok()

    async with transport(answer) as sender:
        lists = asyncio.create_task(sender.send(single("/works", kind="list")))
        await asyncio.sleep(5)
        await asyncio.gather(lists, *(sender.send(single(f"/works/{number}")) for number in range(3)))
    first, *rest = asked
    assert len(rest) == 4
    assert all(moment >= first[0] + 40 for moment, _ in rest)


async def test_a_request_that_a_service_stumbles_over_is_no_outage(transport) -> None:
    """One request is answered 500 for ever, all others well: it fails after a few attempts, and nobody waits for it."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if "bad" in request.url.path else ok()

    begun = now()
    async with transport(answer, patience=1000.0) as sender:
        failed = await sender.send(single("/works/bad"))
        assert isinstance(failed, Failure)
        assert failed.status == 500
        assert now() - begun < 30
        again = now()
        assert isinstance(await sender.send(single("/works/good")), Response)
        assert now() - again < 1


async def test_a_list_that_a_service_stumbles_over_is_soon_the_flows_to_halve(transport) -> None:
    """A 500 for a list is repeated once, for a single question four times: halves tell more than repetition."""
    for kind, attempts in (("list", 2), ("single", 5)):
        answer, moments = sequence(httpx.Response(500))
        async with transport(answer) as sender:
            await sender.send(single("/works", kind=kind))
        assert len(moments) == attempts


async def test_a_wish_beyond_patience_ends_the_request_at_once(transport) -> None:
    """Nobody waits an hour, and nobody asks before it has passed."""
    answer, moments = sequence(httpx.Response(429, headers={"retry-after": "3600"}))
    async with transport(answer) as sender:
        begun = now()
        answers = [await sender.send(single()), await sender.send(single())]
    assert all(isinstance(given, Failure) and given.reason == "overloaded" for given in answers)
    assert now() - begun < 5
    assert len(moments) == 1


async def test_an_outage_is_waited_out_within_patience(transport) -> None:
    """A service that is away for a minute costs a minute and no record, and is asked seldom meanwhile."""
    moments: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        moments.append(now())
        return httpx.Response(503) if now() < EPOCH + 60 else ok()

    async with transport(answer, mailto="me@example.org") as sender:
        answers = await asyncio.gather(*(sender.send(single(f"/works/{number}")) for number in range(20)))
    assert all(isinstance(given, Response) for given in answers)
    assert sum(moment < EPOCH + 60 for moment in moments) < 16
    assert now() < EPOCH + 60 + 45


async def test_who_waits_for_a_turn_notices_that_the_service_went_down(transport) -> None:
    """Requests that were let in while the service was up are not sent to it after it went down."""
    moments: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        moments.append(now())
        return ok() if len(moments) <= 3 else httpx.Response(503)

    async with transport(answer, mailto="me@example.org", patience=5.0) as sender:
        answers = await asyncio.gather(*(sender.send(single("/works", kind="list")) for _ in range(30)))
    assert sum(isinstance(given, Response) for given in answers) == 3
    assert len(moments) <= 3 + 5 + 5


async def test_a_service_that_stays_away_costs_patience_once(transport) -> None:
    """When patience is spent everything fails quickly, saying that the service is down, not that works do not exist."""
    answer, moments = sequence(httpx.Response(503))
    async with transport(answer, patience=20.0, mailto="me@example.org") as sender:
        first = await asyncio.gather(*(sender.send(single(f"/works/{number}")) for number in range(10)))
        took = now() - EPOCH
        before = len(moments)
        rest = [await sender.send(single(f"/works/{number}")) for number in range(100)]
    assert {given.reason for given in first if isinstance(given, Failure)} <= {"down", "server"}
    assert all(isinstance(given, Failure) for given in first)
    assert took < 40
    assert all(isinstance(given, Failure) and given.reason == "down" for given in rest[1:])
    assert len(moments) - before < 5
    assert now() - EPOCH - took < 5


async def test_one_service_down_does_not_hold_up_another(transport) -> None:
    """Breakers are per service."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if request.url.host == "api.crossref.org" else ok()

    async with transport(answer, patience=0.0) as sender:
        down = [await sender.send(single()) for _ in range(5)]
        up = await sender.send(single("/dois/1", service="datacite"))
    assert all(isinstance(given, Failure) for given in down)
    assert isinstance(up, Response)


async def test_five_refusals_stop_a_service_for_a_while(transport) -> None:
    """Who was blocked by hand stops asking, and asks once in ten minutes; the refusals themselves are answers.

    They say nothing about a work: to be left alone is an outage, and no word of where its metadata are.
    """
    refusing, moments = sequence(httpx.Response(403))
    async with transport(refusing) as sender:
        answers = [await sender.send(single()) for _ in range(7)]
        assert [type(given).__name__ for given in answers] == ["Response"] * 5 + ["Failure"] * 2
        assert answers[-1].reason == "down"
        assert len(moments) == 5
        for asked in (6, 7):
            await asyncio.sleep(BLOCKED)
            assert [type(await sender.send(single())).__name__ for _ in range(3)] == ["Response", *["Failure"] * 2]
            assert len(moments) == asked
            (lane,) = drawn(sender._settings.cache_dir, now())
            assert lane.state is not None
            assert lane.state.opened == pytest.approx(moments[-1], abs=1), "it is told as down"
        assert [said for said in sender.warnings if "refused 5 requests" in said] == sender.warnings


async def test_a_service_that_takes_us_again_is_asked_again(transport) -> None:
    """One answer that is no refusal ends it."""
    count = iter(range(100))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403) if next(count) < 5 else ok()

    async with transport(answer) as sender:
        for _ in range(7):
            await sender.send(single())
        await asyncio.sleep(BLOCKED)
        assert [(await sender.send(single())).status for _ in range(10)] == [200] * 10
        (lane,) = drawn(sender._settings.cache_dir, now())
        assert lane.state is not None
        assert lane.state.opened is None


async def test_a_refusal_now_and_then_stops_nothing(transport) -> None:
    """Only refusals in a row count."""
    count = iter(range(100))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403) if next(count) % 5 else ok()

    async with transport(answer) as sender:
        answers = [await sender.send(single()) for _ in range(20)]
    assert all(isinstance(given, Response) for given in answers)


async def test_no_more_under_way_and_no_faster_than_allowed(transport) -> None:
    """What the headers say rules, from the second answer on."""
    moments: list[float] = []
    under_way = [0, 0]

    async def answer(_: httpx.Request) -> httpx.Response:
        moments.append(now())
        under_way[0] += 1
        under_way[1] = max(under_way)
        await asyncio.sleep(0.4)
        under_way[0] -= 1
        headers = {"x-rate-limit-limit": "4", "x-rate-limit-interval": "1s", "x-concurrency-limit": "2"}
        return httpx.Response(200, json={}, headers=headers)

    async with transport(answer, mailto="me@example.org") as sender:
        await sender.send(single())
        under_way[1] = 0
        await asyncio.gather(*(sender.send(single(f"/works/{number}")) for number in range(30)))
        assert sender.stats.by_lane == {"crossref single": 31}
        assert sender.stats.waited > 0
    assert most_in_any_window(moments[1:], 1.0) <= 4
    assert under_way[1] == 2


async def test_slow_drip_is_cut_off(transport) -> None:
    """The timeout bounds all stages together, not each piece."""

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(1)
                yield b" "

    async with transport(lambda _: httpx.Response(200, stream=Drip()), patience=0.0, timeout=10.0) as sender:
        failure = await sender.send(single())
    assert isinstance(failure, Failure)
    assert failure.reason == "timeout"
    assert now() - EPOCH < 15


async def test_a_flood_is_cut_off_and_not_asked_again(transport) -> None:
    """More than a single work can be is not read to its end."""
    asked: list[int] = []

    class Flood(httpx.AsyncByteStream):
        async def __aiter__(self):
            asked.append(0)
            while True:
                asked[-1] += 1
                yield b" " * 65536

    async with transport(lambda _: httpx.Response(200, stream=Flood())) as sender:
        failure = await sender.send(single())
    assert isinstance(failure, Failure)
    assert failure.reason == "too-large"
    assert len(asked) == 1
    assert asked[0] * 65536 <= (16 << 20) + (2 * 65536)


async def test_redirects_are_not_followed_unless_asked(transport) -> None:
    """A flow that did not say so sees the redirect."""
    async with transport(lambda _: httpx.Response(302, headers={"location": "https://example.org/"})) as sender:
        response = await sender.send(single("/10.1000/1", service="doi"))
    assert isinstance(response, Response)
    assert response.status == 302
    assert response.headers["location"] == "https://example.org/"


FOLLOW = {"service": "doi", "follow": True, "expect": "any", "accept": "text/x-bibliography"}


async def test_a_redirect_is_followed_to_the_checked_address(transport) -> None:
    """The connection goes to the address that was checked, under the name's own certificate, without secrets."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "doi.org":
            return httpx.Response(302, headers={"location": "https://data.example.org//x/../y"})
        return httpx.Response(200, text="done")

    settings = {"mailto": "me@example.com", "crossref_token": "C", "datacite_token": "D"}
    async with transport(answer, **settings) as sender:
        response = await sender.send(single("/10.1000/1", **FOLLOW))
    assert isinstance(response, Response)
    assert response.body == b"done"
    hop = seen[1]
    assert hop.url.host == PUBLIC
    assert hop.headers["host"] == "data.example.org"
    assert hop.extensions["sni_hostname"] == "data.example.org"
    assert hop.extensions["target"] == b"//x/../y"
    assert hop.headers["accept"] == "text/x-bibliography"
    assert "example.com" not in str(hop.headers)
    assert "Bearer" not in str(hop.headers.raw)


async def test_a_redirect_to_a_service_counts_against_its_budget_and_carries_no_token(transport) -> None:
    """Content negotiation of a Crossref DOI ends at Crossref, and is counted there."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "doi.org":
            return httpx.Response(302, headers={"location": "https://api.crossref.org/v1/works/1/transform"})
        return httpx.Response(200, text="done")

    async with transport(answer, crossref_token="C", mailto="me@example.com") as sender:
        await sender.send(single("/10.1000/1", **FOLLOW))
        assert sender.stats.by_lane == {"doi single": 1, "crossref single": 1}
    assert seen[1].url.host == "api.crossref.org"
    assert "crossref-plus-api-token" not in seen[1].headers


@pytest.mark.parametrize(
    ("location", "hosts"),
    [
        ("http://example.org/", {}),
        ("https://example.org/", {"example.org": ["127.0.0.1"]}),
        ("https://example.org/", {"example.org": [PUBLIC, "169.254.169.254"]}),
        ("https://localhost/", {"localhost": ["::1"]}),
        ("https://10.0.0.1/", {"10.0.0.1": ["10.0.0.1"]}),
        ("https://user:word@example.org/", {}),
        ("gopher://example.org/", {}),
        ("https://doi.org/10.1000/1", {}),
        ("https://doi.org/10.1000/2", {}),
    ],
)
async def test_a_redirect_that_may_not_be_followed(transport, location: str, hosts) -> None:
    """Plain HTTP, addresses that are not public, user names, other schemes, circles: blocked, and not asked again."""
    asked: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        asked[str(request.url)] += 1
        other = "https://doi.org/10.1000/1" if request.url.path.endswith("2") else location
        return httpx.Response(302, headers={"location": other})

    async with transport(answer, hosts=hosts) as sender:
        failure = await sender.send(single("/10.1000/1", **FOLLOW))
    assert isinstance(failure, Failure)
    assert failure.reason == "blocked"
    assert all(count == 1 for count in asked.values())
    assert all(address.startswith("https://doi.org/") for address in asked)


async def test_a_chain_has_an_end(transport) -> None:
    """Five redirects are followed, a sixth is not."""
    count = iter(range(1, 100))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": f"https://doi.org/10.1000/{next(count)}"})

    async with transport(answer) as sender:
        failure = await sender.send(single("/10.1000/0", **FOLLOW))
        assert isinstance(failure, Failure)
        assert failure.reason == "blocked"
        assert sender.stats.requests == 6


async def test_a_stranger_that_is_down_does_not_count_against_the_service(transport) -> None:
    """A publisher's broken server says nothing about doi.org."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "doi.org" and request.url.path == "/10.1000/1":
            return httpx.Response(302, headers={"location": "https://broken.example.org/"})
        return httpx.Response(503) if request.url.host == PUBLIC else ok()

    async with transport(answer, patience=0.0) as sender:
        failures = [await sender.send(single("/10.1000/1", **FOLLOW)) for _ in range(3)]
        assert sender.stats.by_lane == {"doi single": 9, "other single": 9}
        assert isinstance(await sender.send(single("/10.1000/2", **FOLLOW)), Response)
    assert all(isinstance(given, Failure) and given.reason == "server" for given in failures)


async def test_a_stranger_may_not_make_a_run_wait(transport) -> None:
    """What a redirect leads to can ask for patience, but not for more than there is."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "doi.org":
            return httpx.Response(302, headers={"location": "https://slow.example.org/"})
        return httpx.Response(503, headers={"retry-after": "999999"})

    async with transport(answer) as sender:
        failure = await sender.send(single("/10.1000/1", **FOLLOW))
    assert isinstance(failure, Failure)
    assert now() - EPOCH < 5


async def test_cookies_are_not_kept(transport) -> None:
    """No service recognises a run by a cookie."""
    cookies: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        return httpx.Response(200, json={}, headers={"set-cookie": "a=b; Path=/"})

    async with transport(answer) as sender:
        for _ in range(3):
            await sender.send(single())
    assert cookies == [None, None, None]


@pytest.mark.parametrize("path", ["/works/a b", "/works/ä", "/works/\r\nX: y"])
async def test_what_cannot_be_asked_is_a_failure(transport, path: str) -> None:
    """A target that no request line can carry fails by itself, without raising and without another try."""
    async with transport(ok) as sender:
        failure = await sender.send(single(path))
        assert isinstance(failure, Failure)
        assert failure.reason == "malformed"
        assert sender.stats.retries == 0


async def test_no_secret_in_a_failure(transport) -> None:
    """Tokens and the contact do not appear in what a person or a log may see."""
    trouble = httpx.ConnectError("Illegal header value b'Bearer s3cret' for me@example.com")
    answer, _ = sequence(httpx.Response(200, json={}, headers={"x-api-pool": "public-single"}), trouble)
    async with transport(answer, crossref_token="s3cret", mailto="me@example.com", patience=0.0) as sender:
        await sender.send(single())
        failure = await sender.send(single())
        assert isinstance(failure, Failure)
        assert "s3cret" not in failure.detail
        assert "example.com" not in failure.detail
        assert len(sender.warnings) == 1
        assert "example.com" not in sender.warnings[0]


async def test_pool_says_public_so_the_contact_goes_into_the_query(transport) -> None:
    """From the answer on, and with one warning."""
    targets: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        targets.append(request.extensions["target"].decode())
        return httpx.Response(200, json={}, headers={"x-api-pool": "public-single"})

    async with transport(answer, mailto="me@example.com") as sender:
        for _ in range(3):
            await sender.send(single("/works/1"))
        assert len(sender.warnings) == 1
    assert targets == ["/works/1"] + 2 * ["/works/1?mailto=me%40example.com"]


def test_a_run_without_requests_loads_no_http_library() -> None:
    """Loading httpx takes longer than cleaning a small library from the cache."""
    script = (
        "import asyncio, sys; from enrich.settings import Settings; from enrich.transport import Transport\n"
        "async def main():\n"
        "    async with Transport(Settings(offline=True)) as transport: print(transport.stats.requests)\n"
        "asyncio.run(main()); sys.exit(bool({'httpx', 'tenacity', 'sqlite3'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


async def test_stats_begin_with_nothing(transport: Callable[..., Transport]) -> None:
    """A transport that sent nothing says so."""
    async with transport(ok) as sender:
        assert (sender.stats.requests, sender.stats.retries, sender.stats.received) == (0, 0, 0)
