"""What comes before a request is one: bounded in bytes and seconds, and answered like any other trouble."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from service.conftest import DOIS, running, serving
from standin import StandIn
from standin.fixtures import settings_for

from enrich.service import create_app, protocol
from enrich.service.protocol import LARGEST_HEAD

GET = f"GET /works/{DOIS[0]} HTTP/1.1\r\nHost: localhost\r\n".encode()
POST = b"POST /resolve HTTP/1.1\r\nHost: localhost\r\n"
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
OFFERED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + OFFER + b"\r\n"


@pytest.fixture
def connection(registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A connection to a service that has little patience."""
    monkeypatch.setattr(protocol, "PATIENCE", 1.0)
    with serving(registries, tmp_path) as url:
        host, port = url.removeprefix("http://").split(":")
        with closing(socket.create_connection((host, int(port)), timeout=30)) as opened:
            yield opened


def told(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Return status and document of the answer with which a connection ends."""
    answer = b""
    while piece := connection.recv(1 << 16):
        answer += piece
    head, _, body = answer.rpartition(b"\r\n\r\n")
    last = head.rpartition(b"HTTP/1.1 ")[2]
    assert b"application/problem+json" in last
    assert b"content-security-policy" in last
    assert b"connection: close" in last
    return int(last[:3]), orjson.loads(body)


def is_cut_off(connection: socket.socket, piece: bytes, most: int) -> bool:
    """Send a piece again and again, and tell whether the service ends that before so many bytes."""
    sent = 0
    while sent < most:
        try:
            connection.sendall(piece)
        except ConnectionError:
            return True
        sent += len(piece)
    return False


@pytest.mark.parametrize("begins", [GET + b"X: ", GET, b"GET /"], ids=["a value", "names", "the target"])
def test_a_head_has_an_end(connection: socket.socket, begins: bytes) -> None:
    """However a head goes on and on, it is refused long before it fills the memory."""
    connection.sendall(begins)
    piece = b"X: y\r\n" * 1024 if begins == GET else b"a" * 6144
    assert is_cut_off(connection, piece, 100 * LARGEST_HEAD)


def test_a_long_head_is_told(connection: socket.socket) -> None:
    """Whoever sent a head that is a little too long hears it, and what a head may have."""
    connection.sendall(GET + b"X: " + b"a" * LARGEST_HEAD)
    status, document = told(connection)
    assert (status, document["code"]) == (431, "long-head")


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"], ids=["the first", "the second"])
def test_a_head_comes_in_time(connection: socket.socket, before: bytes) -> None:
    """A head that was begun and is not finished is told so, be it the first of a connection or not."""
    connection.sendall(before + b"GET /works/10")
    status, document = told(connection)
    assert (status, document["code"]) == (408, "too-slow")


@pytest.mark.parametrize("path", [b"/resolve", b"/review", b"/apply", b"/enrich"])
def test_a_body_goes_on(connection: socket.socket, path: bytes) -> None:
    """A body that comes no further is told so, whoever was to read it."""
    connection.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[" % path)
    status, document = told(connection)
    assert (status, document["code"]) == (408, "too-slow")


def test_the_rest_of_a_refused_body_is_not_waited_for(connection: socket.socket) -> None:
    """Where the answer was given before the body was whole, it stays the only one, and the connection ends."""
    connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
    begun = connection.recv(1 << 16)
    connection.sendall(b"[")
    answer = begun + b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.startswith(b"HTTP/1.1 404")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("last", [b"0\r\n", b"0\r\nX: ", b"1;"], ids=["trailers", "a trailer", "an extension"])
def test_what_stands_beside_a_body_has_an_end(connection: socket.socket, last: bytes) -> None:
    """However what is no body goes on behind one, it is refused long before it fills the memory."""
    connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n" + last)
    piece = b"X: y\r\n" * 1024 if last == b"0\r\n" else b"a" * 6144
    assert is_cut_off(connection, piece, 100 * LARGEST_HEAD)


def test_a_trailer_is_no_header(connection: socket.socket) -> None:
    """What is said behind a body changes nothing that its head said: not the host, not the token."""
    trailers = b"Host: elsewhere\r\nAuthorization: Bearer x\r\n"
    connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n" + trailers + b"\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "in two pieces"])
def test_a_protocol_that_is_offered_is_passed_over(connection: socket.socket, *, apart: bool) -> None:
    """A request that offers another protocol is read whole, and its body is never taken for the next request."""
    body = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = POST + OFFER + b"Content-Length: %d\r\n\r\n" % len(body)
    for piece in (head, body) if apart else (head + body,):
        connection.sendall(piece)
    connection.sendall(b"HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert [piece[:3] for piece in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404"]
    assert answer.count(b'"asked":') == 2  # a list of two lines, neither of them a DOI


def test_many_requests_at_once_are_no_long_head(connection: socket.socket) -> None:
    """What was sent of further requests before the first was answered does not count as the head of the last."""
    asked = OFFERED * (2 * LARGEST_HEAD // len(OFFERED))
    connection.sendall(asked + b"GET /health HTTP/1.1\r\n")
    connection.sendall(b"Host: localhost\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 1 + 2 * LARGEST_HEAD // len(OFFERED)


def test_an_answer_may_take_longer(connection: socket.socket, registries: StandIn) -> None:
    """There is little patience with what a client sends, and no end of it with how long an answer takes."""
    body = orjson.dumps([DOIS[30]])
    late = registries.fault("late", seconds=2.5)
    try:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        registries.faults.remove(late)


def test_a_body_waits_for_whoever_is_to_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the application takes its time, its client is not blamed for the silence."""
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    body = b"x" * (1 << 20)  # more than is taken in before anybody reads it

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await asyncio.sleep(1)
        held = 0
        while (message := await receive())["type"] == "http.request":
            held += len(message["body"])
            if not message["more_body"]:
                break
        text = str(held).encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]}
        )
        await send({"type": "http.response.body", "body": text})

    with running(app) as url:
        assert httpx.post(url, content=body, timeout=30).text == str(len(body))


def test_what_follows_a_last_request_is_passed_over(connection: socket.socket) -> None:
    """A client that said it would close the connection has its answer, and no other, whatever it goes on to send."""
    connection.sendall(GET + b"Connection: close\r\n\r\n" + b"\0nonsense")
    answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert (answer[:12], answer.count(b"HTTP/1.1 ")) == (b"HTTP/1.1 200", 1)


def test_nothing_is_answered_with_nothing(connection: socket.socket) -> None:
    """A connection on which nothing is ever asked is closed without a word."""
    assert connection.recv(100) == b""


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n\x16\x03\x01\x02",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
def test_nonsense_is_told(connection: socket.socket, nonsense: bytes) -> None:
    """What is no HTTP is told as every other problem."""
    connection.sendall(nonsense)
    status, document = told(connection)
    assert (status, document["code"]) == (400, "bad-request")


@pytest.mark.parametrize("path", ["/resolve", "/enrich"])
def test_whoever_goes_away_is_no_error(path: str, registries: StandIn, tmp_path: Path) -> None:
    """A client that ends amid its upload is nothing that the server would have to log."""
    app = create_app(settings_for(registries, tmp_path))
    begun = {"type": "http.request", "body": b"%0 Book\n%R 10.1", "more_body": True}
    said = iter([begun, *[{"type": "http.disconnect"}] * 9])

    async def receive() -> dict[str, object]:
        return next(said)

    async def send(_message: object) -> None:
        pass

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", b"99")], "client": ("127.0.0.1", 1),
    }  # fmt: skip

    async def scene() -> None:
        async with app.state.desk:
            await app(scope, receive, send)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "lines", [("text/html", "application/x-bibtex"), ("application/x-bibtex", "application/json;q=0.1")]
)
def test_two_lines_of_a_header_are_one(registries: StandIn, tmp_path: Path, lines: tuple[str, str]) -> None:
    """A client may say what it accepts in several lines; a work given before is no other way to answer."""
    accepted = [("Accept", line) for line in lines]
    with serving(registries, tmp_path) as url:
        for _ in range(2):
            answer = httpx.get(f"{url}/works/{DOIS[0]}", headers=accepted, timeout=30)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-bibtex")
