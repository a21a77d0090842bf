"""What is written down of a connection is enough to tell, at any moment of an answer, what becomes of it."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.service.slots import PAGE, Fate, Flag, Page, sent

_REQUEST = b"GET /works/10.1000/182 HTTP/1.1\r\n\r\n"


def _asked(request: bytes = _REQUEST, base: int = 0) -> Page:
    page = Page(memoryview(bytearray(PAGE)))
    page.settle(base)
    page.room()[: len(request)] = request
    page.take(len(request))
    return page


@given(st.integers(0, 1 << 40), st.binary(min_size=1, max_size=500), st.booleans())
def test_a_request_without_an_answer_is_asked_once_more(base: int, tail: bytes, is_counted: bool) -> None:  # noqa: FBT001 -- drawn
    """While no byte was sent the request is kept, also what was read and not counted; a second death ends it with 503."""
    page = _asked(base=base)
    piece = tail + b"."  # that zeros at the end cannot be told from nothing is said where it is so
    page.room()[: len(piece)] = piece
    if is_counted:
        page.take(len(piece))
    assert page.fate(base) is Fate.AGAIN
    assert page.request() == _REQUEST + piece
    assert page.fate(base) is Fate.REGRET


@given(st.integers(0, 1 << 40), st.integers(1, 100_000), st.data())
def test_an_answer_is_given_whole_or_is_cut(base: int, length: int, data: st.DataObject) -> None:
    """Of an answer whose length is known, all bytes were given, or none, or it can only be broken off."""
    page = _asked(base=base)
    page.expect(length)
    given_bytes = data.draw(st.integers(0, length))
    expected = {0: Fate.AGAIN, length: Fate.IDLE}.get(given_bytes, Fate.CUT)
    assert page.fate(base + given_bytes) is expected
    if expected is Fate.IDLE:
        assert (page.request(), page.base) == (b"", base + length)


@pytest.mark.parametrize(
    ("flags", "end", "given_bytes", "fate"),
    [
        (Flag.PARTED, 0, 0, Fate.REGRET),
        (Flag.PARTED, 0, 1, Fate.CUT),
        (Flag.LAST, 10, 10, Fate.DONE),
        (Flag.LAST, 10, 9, Fate.CUT),
        (Flag.LAST, 10, 0, Fate.AGAIN),
        (Flag.MIXED, 0, 0, Fate.REGRET),
        (Flag.MIXED, 10, 10, Fate.REGRET),
        (Flag.MIXED, 10, 5, Fate.CUT),
    ],
)
def test_what_else_is_known_decides(flags: Flag, end: int, given_bytes: int, fate: Fate) -> None:
    """An upload is not asked again, a connection to be closed is closed, and what is not known is not guessed."""
    page = _asked()
    page.flag(flags)
    page.expect(end)
    assert page.fate(given_bytes) is fate


def test_the_kernel_counts_what_it_took() -> None:
    """Every byte of a connection is counted, whether its client has read it or not, and by every holder of it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as connection,
        connection.dup() as twin,
    ):
        assert sent(twin) == 0
        connection.sendall(b"x" * 1000)
        client.recv(10)
        assert sent(twin) == 1000
        connection.setblocking(False)  # noqa: FBT003 -- the standard library's signature
        taken = 1000
        while (piece := _taken(connection)) > 0:
            taken += piece
        assert sent(twin) == taken


def _taken(connection: socket.socket) -> int:
    try:
        return connection.send(bytes(100_000))
    except BlockingIOError:
        return 0
