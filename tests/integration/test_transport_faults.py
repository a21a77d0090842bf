"""Every way a service has been seen to fail, through real sockets."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from standin import StandIn, Violation
from standin.fixtures import settings_for
from standin.timing import Clock, most_in_any_window

from enrich.model.wire import Failure, Request, Response
from enrich.transport import Transport

pytestmark = pytest.mark.anyio
DOI = "10.1000/182"
WORK = {"DOI": DOI, "title": ["The DOI Handbook"], "publisher": "International DOI Foundation", "type": "book"}


def works(*dois: str) -> Request:
    """Return a request for a list of works."""
    pairs = ",".join(f"doi:{quote(doi, safe='/')}" for doi in dois)
    return Request(service="crossref", kind="list", path="/works", query=f"filter={pairs}&rows={len(dois)}")


def work(doi: str = DOI) -> Request:
    """Return a request for one work."""
    return Request(service="crossref", kind="single", path=f"/works/{quote(doi, safe='')}")


async def asked(
    tmp_path: Path, request: Request, fault: dict[str, Any] | None = None, **settings: Any
) -> tuple[Response | Failure, StandIn]:
    """Send a request to a stand-in with a fault; time passes only as the transport waits."""
    clock = Clock()
    async with StandIn(clock=clock) as standin:
        standin.crossref[DOI] = WORK
        if fault:
            standin.fault(**fault)
        values = {"timeout": 0.4, "patience": 60.0} | settings
        async with Transport(
            settings_for(standin, tmp_path, **values), clock=clock, sleep=clock.sleep
        ) as transport:
            answer = await transport.send(request)
    assert not standin.violations
    return answer, standin


def says_found(answer: Response | Failure) -> bool:
    """Tell whether the answer describes the work."""
    return (
        isinstance(answer, Response)
        and answer.status == 200
        and orjson.loads(answer.body)["message"]["DOI"] == DOI
    )


PASSING: list[dict[str, Any]] = [
    {"kind": "reset"},
    {"kind": "close"},
    {"kind": "truncate"},
    {"kind": "truncate-unsaid"},
    {"kind": "garbage"},
    {"kind": "hang"},
    {"kind": "slow"},
    {"kind": "html200"},
    {"kind": "null"},
    {"kind": "empty"},
    {"kind": "broken-json"},
    {"kind": "no-gzip"},
    {"kind": "brotli"},
    *({"kind": "status", "status": status} for status in (408, 429, 500, 502, 503, 504, 524)),
    {"kind": "status", "status": 429, "body": b"", "headers": {"retry-after": "3"}},
    {"kind": "status", "status": 503, "headers": {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}},
    {"kind": "status", "status": 503, "headers": {"retry-after": "nonsense"}},
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}")
async def test_a_fault_that_passes_costs_no_answer(tmp_path: Path, fault: dict[str, Any]) -> None:
    """Twice broken and then well: the work is found, with more than one request and never two at once."""
    answer, standin = await asked(tmp_path, work(), {**fault, "times": 2})
    assert says_found(answer)
    assert len(standin.requests) == 3
    times = [request.at for request in standin.requests]
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(times))


LASTING: list[tuple[dict[str, Any], set[str]]] = [
    ({"kind": "reset"}, {"network", "down"}),
    ({"kind": "close"}, {"network", "down"}),
    ({"kind": "truncate"}, {"network", "down"}),
    ({"kind": "truncate-unsaid"}, {"network", "down"}),
    ({"kind": "garbage"}, {"network", "down"}),
    ({"kind": "hang"}, {"timeout", "down"}),
    ({"kind": "slow"}, {"timeout", "down"}),
    ({"kind": "html200"}, {"malformed"}),
    ({"kind": "null"}, {"malformed"}),
    ({"kind": "empty"}, {"malformed"}),
    ({"kind": "broken-json"}, {"malformed"}),
    ({"kind": "no-gzip"}, {"malformed"}),
    ({"kind": "bomb"}, {"too-large"}),
    ({"kind": "flood"}, {"too-large"}),
    ({"kind": "status", "status": 429}, {"overloaded", "down"}),
    ({"kind": "status", "status": 429, "headers": {"retry-after": "86400"}}, {"overloaded"}),
    ({"kind": "status", "status": 500}, {"server", "down"}),
    ({"kind": "status", "status": 503}, {"server", "down"}),
    ({"kind": "status", "status": 501}, {"server"}),
]


@pytest.mark.parametrize(("fault", "reasons"), LASTING, ids=lambda value: str(value)[:60])
async def test_a_fault_that_lasts_is_a_failure(tmp_path: Path, fault: dict[str, Any], reasons: set[str]) -> None:
    """Whatever lasts ends as a failure with its reason, never as an answer, after a bounded number of requests."""
    answer, standin = await asked(
        tmp_path, work(), fault, patience=2.0, timeout=0.2 if fault["kind"] in {"hang", "slow"} else 5.0
    )
    assert isinstance(answer, Failure)
    assert answer.reason in reasons
    assert 1 <= len(standin.requests) <= 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 414, 431])
async def test_an_answer_is_not_repeated(tmp_path: Path, status: int) -> None:
    """Refusals and absences are the flow's to read."""
    answer, standin = await asked(
        tmp_path, work(), {"kind": "status", "status": status, "body": b"Resource not found."}
    )
    assert isinstance(answer, Response)
    assert answer.status == status
    assert len(standin.requests) == 1


async def test_nobody_listens(tmp_path: Path) -> None:
    """A refused connection is a failure of the network."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        answer, _ = await asked(tmp_path, work(), crossref_url=f"http://127.0.0.1:{port}", patience=1.0)
    assert isinstance(answer, Failure)
    assert answer.reason in {"network", "down"}


async def test_the_certificate_is_verified(tmp_path: Path) -> None:
    """A server without TLS at an https address is a failure of the network."""
    clock = Clock()
    async with StandIn() as standin:
        settings = settings_for(standin, tmp_path, crossref_url=f"https://127.0.0.1:{standin.port}", patience=0.0)
        async with Transport(settings, clock=clock, sleep=clock.sleep) as transport:
            answer = await transport.send(work())
    assert isinstance(answer, Failure)
    assert answer.reason in {"network", "down"}
    assert not standin.requests


async def test_a_handshake_that_hangs(tmp_path: Path) -> None:
    """A server that accepts and then says nothing at all costs one timeout, and leaves no socket behind."""
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"https://127.0.0.1:{silent.getsockname()[1]}"
        async with StandIn() as standin:
            settings = settings_for(standin, tmp_path, crossref_url=base, patience=0.0, timeout=0.3)
            async with Transport(settings, clock=clock, sleep=clock.sleep) as transport:
                answer = await transport.send(work())
    assert isinstance(answer, Failure)
    assert answer.reason in {"timeout", "down"}


@pytest.mark.parametrize(
    "path",
    [
        "/works/10.1037%2F%2F0096-1523.16.2.248",
        "/works/10.1000//a/./b/../c",
        "/works/10.1000%2fa%252Fb%23%3F",
        "//x//",
        "/~a;b=(1)*'!:@$,",
    ],
)
async def test_the_request_line_is_sent_byte_for_byte(tmp_path: Path, path: str) -> None:
    """Double slashes, dot segments and escapes of either case arrive as the flow wrote them, behind the base path."""
    request = Request(service="crossref", kind="single", path=path, query="a=%2F//..&b=[]{}|+%20", expect="any")
    _, standin = await asked(tmp_path, request)
    assert [seen.target for seen in standin.requests] == [f"/crossref{request.target}"]


async def test_retry_after_is_not_undercut_by_anyone(tmp_path: Path) -> None:
    """All tasks wait for what one of them was told."""
    clock = Clock()
    async with StandIn(clock=clock) as standin:
        standin.crossref[DOI] = WORK
        standin.fault("status", status=429, headers={"retry-after": "20"}, times=1)
        settings = settings_for(standin, tmp_path, patience=60.0)
        async with Transport(settings, clock=clock, sleep=clock.sleep) as transport:
            first = await transport.send(work())
            rest = await asyncio.gather(*(transport.send(work()) for _ in range(5)))
    assert all(map(says_found, [first, *rest]))
    assert all(request.at >= standin.requests[0].at + 20 for request in standin.requests[1:])


@pytest.mark.parametrize(("polite", "mailto"), [(True, "me@example.org"), (False, None)])
async def test_the_published_limits_are_kept(tmp_path: Path, polite: bool, mailto: str | None) -> None:  # noqa: FBT001 -- a table
    """A stand-in that counts as strictly as anyone could has nothing to complain of."""
    clock = Clock()

    async def sleep(seconds: float) -> None:
        """Let no time go on while a request is on its way, however busy the machine."""
        while len(standin.requests) < transport.stats.requests:  # noqa: ASYNC110 -- a stand-in has no event for an arrival
            await asyncio.sleep(0.001)
        await clock.sleep(seconds)

    async with StandIn(clock=clock, latency=0.01) as standin:
        standin.crossref[DOI] = WORK
        async with Transport(
            settings_for(standin, tmp_path, mailto=mailto), clock=clock, sleep=sleep
        ) as transport:
            answers = await asyncio.gather(
                *(transport.send(work()) for _ in range(40)), *(transport.send(works(DOI)) for _ in range(12))
            )
        singles = [request.at for request in standin.requests if request.path.startswith("/crossref/works/")]
        lists = [request.at for request in standin.requests if request.path == "/crossref/works"]
    assert all(isinstance(answer, Response) and answer.status == 200 for answer in answers)
    assert not standin.violations
    assert most_in_any_window(singles, 1.0) <= (10 if polite else 5)
    assert most_in_any_window(lists, 1.0) <= (3 if polite else 1)


async def test_in_real_time_too(tmp_path: Path) -> None:
    """With nobody's clock bent, a public client keeps one list a second and one request under way."""
    async with StandIn() as standin, Transport(settings_for(standin, tmp_path, mailto=None)) as transport:
        await asyncio.gather(
            transport.send(works(DOI)), *(transport.send(work()) for _ in range(7)), transport.send(works(DOI))
        )
    assert not standin.violations
    assert len(standin.requests) == 9


async def test_two_processes_worth_of_transports_share_the_budget(tmp_path: Path) -> None:
    """Two transports with one cache directory are one client to the service."""
    clock = Clock()
    async with StandIn(clock=clock) as standin:
        standin.crossref[DOI] = WORK
        settings = settings_for(standin, tmp_path)
        async with (
            Transport(settings, clock=clock, sleep=clock.sleep) as one,
            Transport(settings, clock=clock, sleep=clock.sleep) as other,
        ):
            await asyncio.gather(*(sender.send(work()) for _ in range(20) for sender in (one, other)))
    assert not standin.violations
    assert len(standin.requests) == 40


FOLLOW = Request(
    service="doi", kind="single", path="/10.1000/182", accept="text/x-bibliography", expect="any", follow=True
)


async def test_a_redirect_into_the_loopback_is_blocked(tmp_path: Path) -> None:
    """A DOI that leads to a server of this machine is not followed there, unless the operator configured it."""
    async with StandIn() as inner:
        _, standin = await asked(tmp_path, FOLLOW)
        for location in (
            f"{inner.url}/doi/x",
            f"https://127.0.0.1:{inner.port}/",
            "https://localhost/",
            "https://[::1]/",
        ):
            fault = {"kind": "redirect", "status": 302, "location": location}
            answer, standin = await asked(tmp_path, FOLLOW, fault)
            assert isinstance(answer, Failure)
            assert answer.reason == "blocked"
            assert len(standin.requests) == 1
    assert not inner.requests


async def test_a_redirect_to_a_configured_service_is_followed(tmp_path: Path) -> None:
    """What the operator wrote into the settings may be plain HTTP on the loopback interface."""
    clock = Clock()
    async with StandIn(clock=clock) as standin:
        standin.crossref[DOI] = WORK
        standin.handles[DOI] = f"{standin.url}/crossref/works/{quote(DOI, safe='')}"
        async with Transport(settings_for(standin, tmp_path), clock=clock, sleep=clock.sleep) as transport:
            answer = await transport.send(FOLLOW)
    assert says_found(answer)
    assert [request.path for request in standin.requests] == ["/doi/10.1000/182", "/crossref/works/10.1000%2F182"]


@pytest.mark.parametrize("location", ["/doi/10.1000/182", "/doi/loop"])
async def test_circles_are_noticed(tmp_path: Path, location: str) -> None:
    """A redirect to itself, or to a page that redirects to itself, is blocked."""
    answer, standin = await asked(tmp_path, FOLLOW, {"kind": "redirect", "status": 302, "location": location})
    assert isinstance(answer, Failure)
    assert answer.reason == "blocked"
    assert len(standin.requests) <= 2


async def test_no_proxy_leads_to_the_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is for the world outside."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer, _ = await asked(tmp_path, work(), patience=0.0)
    assert says_found(answer)


async def test_offline_no_socket_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline means offline."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    answer, standin = await asked(tmp_path, work(), offline=True)
    assert isinstance(answer, Failure)
    assert answer.reason == "offline"
    assert not standin.requests


async def test_the_stand_in_enforces_the_limits() -> None:
    """The instrument itself: who asks faster than allowed gets a 429 and is written down."""
    async with StandIn() as standin:
        standin.crossref[DOI] = WORK
        statuses = []
        for _ in range(7):
            reader, writer = await asyncio.open_connection("127.0.0.1", standin.port)
            writer.write(b"GET /crossref/works/10.1000%2F182 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            statuses.append(int((await reader.read()).split()[1]))
            writer.close()
            await writer.wait_closed()
    assert statuses == [200] * 5 + [429] * 2
    assert [type(violation) for violation in standin.violations] == [Violation] * 2
