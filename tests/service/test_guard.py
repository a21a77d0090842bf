"""Who may ask, whose turn it is, and where the service never goes."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from service.conftest import DOIS, library, serving
from standin import StandIn
from standin.fixtures import settings_for

from enrich import formats, sharing
from enrich.errors import SettingsError
from enrich.identifiers import doi as doi_names
from enrich.service import running, works
from enrich.service.desk import Desk
from enrich.service.guard import HEADERS, OPEN
from enrich.service.negotiation import chosen
from enrich.service.rendered import LIFE, Answer, Made, Rendered
from enrich.service.server import serve
from enrich.service.tallies import Tallies
from enrich.service.turnstile import BusyError, Turnstile
from enrich.service.works import TYPES
from enrich.settings import Settings

PATHS = (
    f"/works/{DOIS[0]}",
    "/enrich",
    "/resolve",
    "/resolve/10.1000/1",
    "/metrics",
    "/crossref/works",
    "/apply",
    "/x",
)


@pytest.mark.parametrize("path", [*OPEN, *PATHS])
def test_every_answer_carries_the_headers(service: httpx.Client, path: str) -> None:
    """Nothing is loaded from elsewhere, framed or guessed at, whatever was asked and however it went; no CORS."""
    answer = service.get(path, headers={"Origin": "https://example.org"}, follow_redirects=False)
    for name, _ in HEADERS:
        assert len(answer.headers.get_list(name.decode())) == 1, name
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_tokens(registries: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With tokens, one of them is needed everywhere but where nobody has one; none is ever logged or told."""
    caplog.set_level(logging.DEBUG)
    with (
        serving(
            registries, tmp_path, serve_tokens=("first-secret", "second-secret"), serve_access_log=True
        ) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        for path in PATHS:
            for given in ({}, {"Authorization": "Bearer third"}, {"Authorization": "Basic first-secret"}):
                answer = client.get(path, headers=given)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        for path in OPEN:
            assert client.get(path).status_code == 200
        for token in ("first-secret", "second-secret"):
            good = {"Authorization": f"bearer {token}"}
            for _ in range(2):  # from the router, and from memory
                answer = client.get(f"/works/{DOIS[0]}?token={token}", headers=good)
                assert answer.status_code == 200
                assert answer.headers["cache-control"].startswith("private")
                assert client.get(f"/works/{DOIS[0]}", headers=good).status_code == 200
        assert client.get(f"/works/{DOIS[0]}").status_code == 401
        assert "secret" not in client.get("/metrics", headers=good).text
    ours = [said for name, _, said in caplog.record_tuples if name.startswith(("enrich", "uvicorn"))]
    assert any("/works/" in said for said in ours)
    assert not any("secret" in said for said in ours)


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("ours.example", 200),
     ("evil.example", 421), ("evil.example:8000", 421), ("127.0.0.1.evil.example", 421), ("", 421)],
)  # fmt: skip
def test_another_sites_name_is_not_answered(registries: StandIn, tmp_path: Path, host: str, status: int) -> None:
    """Without tokens a name that was made to lead here (DNS rebinding) opens nothing."""
    with serving(registries, tmp_path, serve_hosts=("ours.example",)) as url:
        assert httpx.get(f"{url}/metrics", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("told", "logged"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"), ("192.0.2.7 GET '/x' 200 1 ms", "-"), ("a" * 5000, "-")],
)  # fmt: skip
def test_no_line_of_the_log_is_forged(
    registries: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture, told: str, logged: str
) -> None:
    """Who a request was passed on for stands in the log where that is an address, and nothing else a client may write."""
    caplog.set_level(logging.INFO)
    with serving(registries, tmp_path, serve_access_log=True) as url:
        httpx.get(f"{url}/health", headers={"X-Forwarded-For": told})
    said = [said for name, _, said in caplog.record_tuples if name == "enrich.service.access"]
    assert [line.partition(" GET '/health' 200 ")[0] for line in said] == [logged]


@pytest.mark.parametrize("name", ["Host", "Origin", "Authorization"])
@pytest.mark.parametrize("path", ["/health", f"/works/{DOIS[0]}", "/crossref/works"])
def test_what_is_decided_by_is_said_once(service: httpx.Client, name: str, path: str) -> None:
    """Of two hosts, origins or tokens none is chosen: somebody in front of the service may have chosen the other."""
    own = service.base_url.netloc.decode()
    with contextlib.closing(http.client.HTTPConnection(own)) as connection:
        connection.putrequest("GET", path)  # which says the host for the first time
        for _ in range(2):
            connection.putheader(name, own)
        connection.endheaders()
        answer = connection.getresponse()
        told = orjson.loads(answer.read())
    assert (answer.status, told["code"]) == (400, "bad-request")
    assert name.lower() in told["detail"]


def test_another_site_sends_nothing(service: httpx.Client) -> None:
    """A page of another site cannot make a browser send a library, or spend the budget."""
    own = str(service.base_url).rstrip("/")
    for origin, status in (("https://evil.example", 403), ("null", 403), (own, 200)):
        assert service.post("/resolve", content=b"[]", headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_strangers_need_a_word(registries: StandIn, tmp_path: Path, host: str) -> None:
    """An address beyond this machine is served with tokens or an explicit word only."""
    with pytest.raises(SettingsError, match="serve_tokens"):
        serve(settings_for(registries, tmp_path), host, 0)


def _forms(port: int) -> list[str]:
    """Return 200 ways to write an address of this machine or its surroundings."""
    hosts = [
        "127.0.0.1", "localhost", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "[::1]",
        "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "127.0.0.1.nip.io", "localhost.", "LOCALHOST",
        "①②⑦.⓪.⓪.①", "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1", "user@127.0.0.1",
        "example.org@127.0.0.1", "127.0.0.1#@example.org",
    ]  # fmt: skip
    schemes = ("http", "https", "ftp", "gopher", "file", "dict", "//", "HTTP")
    return [
        f"{scheme}:{'' if scheme == '//' else '//'}{host}:{port}/10.1000/1"
        for scheme, host in product(schemes, hosts)
    ]


@pytest.fixture
def trap() -> Iterator[tuple[int, list[object]]]:
    """A port on which whoever comes is noted."""
    seen: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                try:
                    connection, where = listener.accept()
                except TimeoutError:
                    continue
                seen.append(where)
                connection.close()

        thread = threading.Thread(target=watch)
        thread.start()
        yield listener.getsockname()[1], seen
        ended.set()
        thread.join()


def test_no_address_of_a_users_choice_is_asked(
    registries: StandIn, tmp_path: Path, trap: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 forms of addresses, wherever a request has room for one: nobody is asked but the registries."""
    port, reached = trap
    forms = _forms(port)
    assert len(forms) == 200
    looked_up: list[str] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: looked_up.append(str(host)) or real(host, *a, **k)
    )
    for number, form in enumerate(forms):
        registries.handles[f"10.5555/ssrf.{number}"] = form
    with (
        serving(registries, tmp_path, timeout=0.5, patience=0.0) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        looked_up.clear()
        client.post("/resolve", json=[*forms, *(f"10.5555/{form}" for form in forms[:25])])
        for form in forms:
            shown = quote(form, safe="")
            for path in (f"/works/{shown}", f"/resolve/{shown}", f"/crossref/works/{shown}"):
                assert client.get(path, follow_redirects=False).status_code < 600
            for name in ("policy", "to", "from"):
                assert client.post(f"/enrich?{name}={shown}", content=library(DOIS[:1])).status_code == 400
        for number in range(0, len(forms), 8):
            assert _location(url, f"/resolve/10.5555/ssrf.{number}").lower().startswith(("http://", "https://"))
        text = "".join(f"%0 Web Page\n%T A\n%U {form}\n%R {form}\n\n" for form in forms)
        assert client.post("/enrich", content=text.encode()).status_code == 200
    assert not reached
    assert set(looked_up) <= {"127.0.0.1"}, "the client's and the registries' own address"


def _location(url: str, path: str) -> str:
    """Return where an answer leads, unread: some addresses are too odd for a client."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("GET", path)
    location = connection.getresponse().headers["location"] or ""
    connection.close()
    return location


PAYLOADS = [
    f"{before}{core}{after}"
    for core in (
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)",
        "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\\input{/etc/passwd}", "\\write18{id}",
        "}\n@article{x, title={y}", "%R 10.1000/2", "\n%0 Book", "\x00", "\u202e", "]]>", "<!--", "{{7*7}}", "${7*7}",
        "&lt;script&gt;", "\"><a href='x'>", "`id`", "'; DROP TABLE Cache;--",
    )
    for before, after in product(("", "A ", '"', "'", "}"), ("", " B", '"', "<"))
]  # fmt: skip
FIELDS = (
    "title", "subtitle", "short-title", "original-title", "container-title", "short-container-title", "publisher",
    "publisher-location", "volume", "issue", "page", "article-number", "edition-number", "language", "abstract",
)  # fmt: skip


def test_hostile_texts_are_dead(registries: StandIn, tmp_path: Path) -> None:
    """500 hostile texts in every field an agency fills: no answer is a page, no BibTeX gains an entry, no cell a formula."""
    assert len(PAYLOADS) == 500
    dois = [f"10.5555/hostile.{number}" for number in range(len(PAYLOADS))]
    for doi, text in zip(dois, PAYLOADS, strict=True):
        listed = {name: [text] if name.endswith("title") else text for name in FIELDS}
        people = [{"family": text, "given": text}]
        registries.crossref[doi] = {
            "DOI": doi,
            "type": "journal-article",
            "author": people,
            "editor": people,
            "license": [{"URL": text}],
            **listed,
        }
    body = "".join(f"%0 Journal Article\n%R {doi}\n%T {doi}\n\n" for doi in dois).encode()
    with serving(registries, tmp_path, serve_wait=60) as url, httpx.Client(base_url=url, timeout=120) as client:
        client.post("/resolve", json=dois)
        for doi in dois:
            for kind in ("application/x-bibtex", "text/html,*/*;q=0.8"):
                answer = client.get(f"/works/{doi}", headers={"Accept": kind})
                assert answer.status_code == 200
                assert answer.headers["content-type"] in TYPES
                assert answer.headers["x-content-type-options"] == "nosniff"
                if kind == "application/x-bibtex":
                    entries = [each for each in formats.read([answer.content], format="bibtex") if each.readable]
                    assert [record.work.doi for record in entries] == [doi]
        whole = client.post("/enrich?to=bibtex", content=body).content
        entries = [record for record in formats.read([whole], format="bibtex") if record.readable]
        assert [record.work.doi for record in entries] == dois, "one after the other none takes its neighbour in"
        for doi in dois:
            registries.crossref.pop(doi)
        table = client.post("/enrich?to=csv", content=body).text
        assert table.count("10.5555/hostile.") >= len(dois)
        assert not [
            line for line in _cells(table) if line[:1] in {"=", "+", "@", "\t", "\r"} or line.startswith("-2")
        ]


def _cells(table: str) -> Iterator[str]:
    import csv
    import io

    for row in csv.reader(io.StringIO(table, newline="")):
        yield from row


def test_shares_are_fair() -> None:
    """Whoever asks for much does not keep out who asks for little; a full queue turns away the heaviest client's latest."""

    async def scene() -> list[str]:
        turnstile = Turnstile(1, 4)
        order: list[str] = []

        async def visit(client: str, name: str) -> None:
            try:
                async with turnstile.turn(client):
                    order.append(name)
                    await asyncio.sleep(0)
            except BusyError:
                order.append(f"not {name}")

        visits = [("a", f"a{n}") for n in range(5)] + [("b", "b0"), ("c", "c0")]
        await asyncio.gather(*(visit(*each) for each in visits))
        assert (turnstile.inside, turnstile.waiting, turnstile.turned_away) == (0, 0, 2)
        return order

    order = asyncio.run(scene())
    assert [name for name in order if not name.startswith("not")] == ["a0", "a1", "b0", "c0", "a2"]
    assert {name for name in order if name.startswith("not")} == {"not a3", "not a4"}


@given(st.integers(1, 4), st.lists(st.sampled_from("abcd"), max_size=30))
def test_nobody_takes_all_places(places: int, asking: list[str]) -> None:
    """However much clients ask for and keep, none has all the places of several, and the last goes to one who has none."""

    async def scene() -> None:
        turnstile = Turnstile(places, 100)
        inside: Counter[str] = Counter()

        async def stay(client: str) -> None:
            async with turnstile.turn(client):
                inside[client] += 1
                try:
                    await asyncio.Event().wait()
                finally:
                    inside[client] -= 1

        tasks = [asyncio.create_task(stay(client)) for client in asking]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert turnstile.inside == inside.total() <= places
        if places > 1:
            assert max(inside.values(), default=0) < places
        others = set(asking) - set(asking[: places - 1])
        assert inside.total() == min(len(asking), places if others else places - 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (turnstile.inside, turnstile.waiting) == (0, 0)

    asyncio.run(scene())


@pytest.mark.parametrize("end", range(5))
def test_who_gives_up_leaves_no_gap(end: int) -> None:
    """A request that is cancelled while it waits, or as it is let in, keeps no place."""

    async def scene() -> None:
        turnstile = Turnstile(1, 10)

        async def visit() -> None:
            async with turnstile.turn("a"):
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(visit()) for _ in range(6)]
        for _ in range(end):
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (turnstile.inside, turnstile.waiting) == (0, 0)

    asyncio.run(scene())


def test_memory_forgets() -> None:
    """An answer is given for as long as it holds, a minute at most; beyond its room the one unused for longest goes."""
    now = [0.0]
    memory = Rendered(lambda: now[0], room=5000)

    def keep(name: bytes, size: int, seconds: float, made: Made | None = None) -> None:
        memory.keep((name, b""), Answer([], b"x" * size, b'"1"', made), seconds)

    for name in (b"a", b"b", b"c"):
        keep(name, 500, 10_000)
    assert memory.find((b"a", b"")) is not None
    keep(b"d", 500, 5)
    assert [memory.find((name, b"")) is not None for name in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    keep(b"large", 6000, 5)
    assert memory.find((b"large", b"")) is None
    keep(b"long" * 900, 1, 5)
    assert len(memory) == 1, "what was asked takes room too, and clients choose how much"
    for name in (b"a", b"c"):
        keep(name, 500, 10_000)
    keep(b"d", 500, 5)
    now[0] = 6
    assert memory.find((b"d", b"")) is None
    now[0] = LIFE
    assert memory.find((b"a", b"")) is None
    assert len(memory) == 1
    made = Made(b"body", b'"1"', b"mark", 0.0, 1.0, "version")
    keep(b"e", 500, 5, made)
    now[0] += 6
    assert memory.find((b"e", b"")) is None
    assert memory.past((b"e", b"")) == made, "how it was made is remembered"
    assert memory.past((b"f", b"")) is None


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "a/x"), ("", "a/x"), ("*/*", "a/x"), ("a/y", "a/y"), ("A/Y", "a/y"), ("a/*;q=0.2, b/z", "b/z"),
        ("a/x;q=0, */*", "a/y"), ("a/x;q=0.5, a/y;q=0.50", "a/x"), ("a/x;q=2, a/y;q=0.1", "a/y"), ("c/d", None),
        ("a/x;q=0", None), (";;,,", None), ("a/y ; charset=utf-8 ; q=0.9 , a/x;q=0.8", "a/y"), ("," * 9999 + "a/x", None),
    ],
)  # fmt: skip
def test_negotiation(accept: str | None, kind: str | None) -> None:
    """RFC 9110: the most wanted of what is offered, a type before its family, nothing where nothing is wanted."""
    assert chosen(accept, ["a/x", "a/y", "b/z"]) == kind


def test_a_bug_on_the_quick_way_is_told(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What goes wrong before the router is logged, and the endpoint answers all the same, or says that it cannot."""

    def broken(*_: object) -> None:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(works, "at_hand", broken)
    with serving(registries, tmp_path) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert client.get(f"/works/{DOIS[0]}").json()["doi"] == DOIS[0]
        assert "nobody thought of this" in caplog.text
        monkeypatch.setattr(works, "rendered", broken)
        answer = client.get(f"/works/{DOIS[1]}")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_wrong_with_the_cache_is_in_the_log(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`/ready` says that the log says why: it does, once, and says when it is over; another time it is told again."""
    place = tmp_path / "file"
    settings = settings_for(registries, place)
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(sharing, "REST", 0.0)

    async def note() -> str | None:
        async with Desk(settings) as desk:
            for _ in range(2):
                place.write_text("")
                for _ in range(3):
                    desk.enricher.cache.load([doi_names.compact(DOIS[0])])
                    desk._warn()
                place.unlink()
                for _ in range(3):
                    desk.enricher.cache.load([doi_names.compact(DOIS[0])])
                    desk._warn()
                desk.enricher.cache.close()
                shutil.rmtree(place)
            return desk.enricher.cache.note

    told = asyncio.run(note())
    said = [said for _, _, said in caplog.record_tuples if "cache" in said and "rendered" not in said]
    assert said == [told, "the cache can be used and written again"] * 2


def test_what_agencies_are_asked_is_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which works somebody looks up stands in no log, unless the operator asks for one of requests."""
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    running.log()
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_wrong_with_the_settings_is_told_before_anybody_is_served(
    registries: StandIn, tmp_path: Path, workers: int
) -> None:
    """A policy that there is not ends it at once, instead of each worker that is begun, for ever."""
    settings, told = settings_for(registries, tmp_path, policy="nope"), list[str]()
    with pytest.raises(SettingsError, match="no policy"):
        serve(settings, "127.0.0.1", 0, workers=workers, announce=told.append)
    assert told == []


def test_a_grace_without_an_end_is_refused() -> None:
    """Uvicorn counts it in whole seconds."""
    with pytest.raises(ValueError, match="finite"):
        Settings(serve_grace=float("inf"))


def test_counts_that_were_told_never_go_down(tmp_path: Path) -> None:
    """Whichever process of a run is asked, and whichever has died without a word, as Prometheus expects of a counter."""
    first, second = Tallies(tmp_path), Tallies(tmp_path)
    told: Counter[str] = Counter()
    for asked in (first, second, first, second):
        for each in (first, second):
            each.count("/works/10.1000/x", 200, 0.1)
        now = asked.totals()
        assert all(now[name] >= number for name, number in told.items())
        told = now
    del first, second  # killed: nothing is laid any more
    assert Tallies(tmp_path).totals()['enrich_requests_total{group="works",status="200"}'] >= 7
