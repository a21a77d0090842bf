"""`POST /enrich`: whole libraries through the service, as `enrich clean` would have it."""

from __future__ import annotations

import errno
import io
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from service.conftest import DOIS, WORKS, library, serving
from standin import StandIn
from standin.fixtures import settings_for

from enrich import formats, sync
from enrich.errors import FormatError
from enrich.service import intake, libraries, listening
from enrich.service.intake import Intake
from enrich.service.problems import ProblemError, problem_of

NDJSON = "application/x-ndjson"


def lines(answer: httpx.Response) -> tuple[list[dict], dict]:
    """Return the rows of a report and its last line."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    *rows, last = map(orjson.loads, answer.content.splitlines())
    return rows, last


def test_a_library_is_cleaned_as_by_the_command(
    service: httpx.Client, registries: StandIn, tmp_path: Path
) -> None:
    """The answer is what `clean` makes of the library, to the byte; and its type is the library's."""
    body = library(DOIS[:30])
    answer = service.post("/enrich", content=body)
    (path := tmp_path / "library.enw").write_bytes(body)
    settings = settings_for(registries, tmp_path)
    results = [result.record for result in sync.clean(path, settings=settings, keeps_format=True)]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-endnote-refer"
    assert answer.content == b"".join(formats.write(results, "refer"))
    assert answer.content != body


def test_the_report_is_complete_and_in_order(service: httpx.Client) -> None:
    """One line for each record, in order, then the summary; under `report` nothing changes."""
    rows, last = lines(service.post("/enrich", content=library(DOIS[:30]), headers={"Accept": NDJSON}))
    assert [row["index"] for row in rows] == list(range(30))
    assert {row["status"] for row in rows} == {"enriched"}
    assert last["summary"]["records"] == 30
    asked = service.post("/enrich?policy=report", content=library(DOIS[:3]), headers={"Accept": NDJSON})
    assert [row["changes"] for row in lines(asked)[0]] == [[], [], []]


@pytest.mark.parametrize("name", formats.WRITABLE)
def test_the_report_with_its_records(service: httpx.Client, name: str) -> None:
    """With `to` each line has its record in it; joined they are what the library would have been in that format."""
    body = library(DOIS[:25])
    whole = service.post(f"/enrich?to={name}", content=body)
    rows, last = lines(service.post(f"/enrich?to={name}", content=body, headers={"Accept": NDJSON}))
    assert whole.status_code == 200
    assert "".join(row["output"] for row in [*rows, last]) == whole.text


def test_accept_chooses_the_format(service: httpx.Client) -> None:
    """A type of a format is answered in that format; what cannot be given is said to be so."""
    answer = service.post("/enrich", content=library(DOIS[:2]), headers={"Accept": "application/x-bibtex"})
    assert answer.headers["content-type"] == "application/x-bibtex"
    assert answer.text.startswith("@article{")
    assert service.post("/enrich", content=b"", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("query", "body", "headers", "code"),
    [
        ("", b"hello world, this is no bibliography", {}, "unreadable"),
        ("", b"%PDF-1.7 ...", {}, "unreadable"),
        ("?policy=strict", library(DOIS[:1]), {}, "bad-request"),
        ("?policy=/etc/passwd", library(DOIS[:1]), {}, "bad-request"),
        ("?policy=mine.toml", library(DOIS[:1]), {}, "bad-request"),
        ("?to=docx", library(DOIS[:1]), {}, "bad-request"),
        ("?from=csv", b"a,b", {}, "bad-request"),
        ("?polciy=report", library(DOIS[:1]), {}, "bad-request"),
        ("?policy=report&policy=fill", library(DOIS[:1]), {}, "bad-request"),
        ("", b"--x", {"Content-Type": "multipart/form-data; boundary=x"}, "unknown-format"),
        ("", b"a,b", {"Content-Type": "text/csv"}, "unknown-format"),
        ("", b"\x1f\x8b", {"Content-Encoding": "gzip"}, "unknown-format"),
        ("", b"PMID- 1\nTI  - A title\n\n", {"Content-Type": "application/nbib"}, "bad-request"),
    ],
)
def test_what_cannot_be_taken(
    service: httpx.Client, query: str, body: bytes, headers: dict[str, str], code: str
) -> None:
    """What is wrong with a request is said before anything is answered, and no name in it is taken for a file's."""
    answer = service.post(f"/enrich{query}", content=body, headers=headers)
    assert answer.json()["code"] == code


def test_what_is_no_json_is_not_said_to_be(service: httpx.Client) -> None:
    """What cannot be read is kept as it came, so the answer is no sound JSON either, and does not say that it is."""
    body = b"[None, '', {}]"
    answer = service.post("/enrich?from=csl-json", content=body)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == "application/octet-stream"
    sound = service.post("/enrich?from=csl-json", content=b'[{"title": "A title"}]')
    assert sound.headers["content-type"] == "application/vnd.citationstyles.csl+json"


@given(st.binary(min_size=1, max_size=200))
@example(b"\x00\x01\xff\xfe\x07")
@example(b"\x1f\x8b\x08\x00\x1b[2J")
def test_what_is_no_text_is_not_repeated(body: bytes) -> None:
    """A problem shows how a body begins where that is text; of bytes that are none it shows nothing, escaped or not."""
    try:
        list(formats.read([body]))
    except FormatError as error:
        excerpt = error.excerpt or ""
        told = problem_of(error).detail
        assert told.isprintable()
        assert (repr(excerpt) in told) == (bool(excerpt) and excerpt.isprintable() and "\ufffd" not in excerpt)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[ ]\n", "application/vnd.citationstyles.csl+json"),
        (b"<xml><records></records></xml>", "application/x-endnote+xml"),
    ],
    ids=["CSL-JSON", "EndNote XML"],
)
def test_a_library_of_no_record_comes_back(service: httpx.Client, body: bytes, kind: str) -> None:
    """It is of its format, to the byte; in another it is what that writes of none, and its report is the summary."""
    same = service.post("/enrich", content=body)
    assert (same.status_code, same.headers["content-type"], same.content) == (200, kind, body)
    other = service.post("/enrich?to=jats", content=body)
    assert (other.status_code, other.content) == (200, b"".join(formats.write((), "jats")))
    rows, last = lines(service.post("/enrich", content=body, headers={"Accept": NDJSON}))
    assert (rows, last["summary"]["records"]) == ([], 0)


@pytest.mark.parametrize("query", ["", "?to=csl-json"])
@pytest.mark.parametrize("accept", ["*/*", NDJSON])
def test_an_empty_body_is_no_library(service: httpx.Client, query: str, accept: str) -> None:
    """Nothing is no bibliography, as for the command: that is said, and no empty library handed back."""
    answer = service.post(f"/enrich{query}", content=b"", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
    assert "empty" in answer.json()["detail"]


def test_limits(registries: StandIn, tmp_path: Path) -> None:
    """Too large is refused, whether its length was said or not; too long is broken off, and not taken for whole."""
    body = library(DOIS[:60])

    def unsaid() -> Iterator[bytes]:
        yield from (body[at : at + 1000] for at in range(0, len(body), 1000))

    with (
        serving(registries, tmp_path, serve_max_bytes=4000, serve_max_records=40) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        assert client.post("/enrich", content=body).status_code == 413
        answer = client.post("/enrich", content=unsaid(), headers={"Accept": NDJSON})
        assert (
            answer.status_code == 413 or orjson.loads(answer.content.splitlines()[-1])["problem"]["status"] == 413
        )
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/enrich", content=b"%0 Book\n%T A\n\n" * 41)
        short = client.post("/enrich", content=b"%0 Book\n%T A\n\n" * 41, headers={"Accept": NDJSON})
        assert orjson.loads(short.content.splitlines()[-1])["problem"]["code"] == "too-large"
        assert client.post("/enrich", content=b"%0 Book\n%T A\n\n" * 40).status_code == 200


def test_answers_begin_before_the_upload_ends(service: httpx.Client) -> None:
    """Records are answered while others are being sent; a client that reads nothing before all is sent is served."""
    host, _, port = str(service.base_url).removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = f"POST /enrich HTTP/1.1\r\nHost: {host}\r\nAccept: {NDJSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        chunk = library(DOIS) * 12  # more than what a format is told by
        connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        seen = b""
        while b'"index":0,' not in seen:
            seen += connection.recv(1 << 16)
        connection.sendall(b"0\r\n\r\n")
        while b'"summary"' not in seen:
            seen += connection.recv(1 << 16)
    body = library(DOIS) * 60
    rows, last = lines(service.post("/enrich", content=body, headers={"Accept": NDJSON}))
    assert last["summary"]["records"] == len(rows) == 3600


def test_a_client_that_goes_away_leaves_its_place(registries: StandIn, tmp_path: Path) -> None:
    """With one place for libraries, a client that breaks off in the middle does not keep it."""
    with serving(registries, tmp_path, serve_libraries=1) as url, httpx.Client(base_url=url, timeout=30) as client:
        host, _, port = url.removeprefix("http://").partition(":")
        for _ in range(3):
            with socket.create_connection((host, int(port)), timeout=30) as connection:
                connection.sendall(
                    f"POST /enrich HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999\r\n\r\n%0 Book".encode()
                )
        assert client.post("/enrich", content=library(DOIS[:2])).status_code == 200


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends such connections in time")
@pytest.mark.parametrize("path", ["/enrich?to=csl-json", "/resolve"])
def test_a_client_that_never_reads_leaves_its_place(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """With one place for libraries, a client that takes nothing of its answer is given up after a while."""
    monkeypatch.setattr(listening, "PATIENCE", 1.0)
    dois = DOIS * (
        300 if path.startswith("/enrich") else 600
    )  # more bytes than what the system holds for a connection
    body = library(dois) if path.startswith("/enrich") else "\n".join(dois).encode()
    with serving(registries, tmp_path, serve_libraries=1) as url, httpx.Client(base_url=url, timeout=30) as client:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect((host, int(port)))
            deaf.sendall(
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )
            assert deaf.recv(100).startswith(b"HTTP/1.1 200")
            assert client.post("/enrich", content=library(DOIS[:2])).status_code == 200


def test_an_upload_for_which_there_is_no_room_is_told(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk takes no more of an upload its client hears so at once, and what was begun is let go."""

    class Full(io.BytesIO):
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

        def write(self, _piece: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(intake, "SpooledTemporaryFile", Full)
    with serving(registries, tmp_path, serve_libraries=1) as url, httpx.Client(base_url=url, timeout=20) as client:
        for _ in range(2):
            answer = client.post("/enrich", content=library(DOIS[:2]))
            assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert 'enrich_inside{queue="libraries"} 0' in client.get("/metrics").text


def test_a_refusal_waits_for_the_upload_and_no_longer(
    service: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found out amid an upload is told as soon as all of it has come: nothing else is waited for."""
    monkeypatch.setattr(libraries, "_DRAIN", 3600.0)
    answer = service.post("/enrich", content=b"\0" * 3_000_000)
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")


def test_a_library_that_is_broken_off_is_no_error_of_the_service(
    registries: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A client whose library goes beyond a limit gets no whole answer; the log has a line about it, and no traceback."""
    with serving(registries, tmp_path, serve_max_records=40) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{url}/enrich", content=b"%0 Book\n%T A\n\n" * 41, timeout=30)
    assert "broken off: a library may have 40 records" in caplog.text
    assert "Traceback" not in caplog.text


def test_too_many_are_told_to_come_back(registries: StandIn, tmp_path: Path) -> None:
    """When nobody more may wait, the answer is 429 and says when to ask again; the others are served."""
    with (
        serving(registries, tmp_path, serve_libraries=1, serve_queue=1) as url,
        httpx.Client(base_url=url, timeout=30) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        body = library(list(WORKS)) * 5
        answers = list(pool.map(lambda _: client.post("/enrich", content=body), range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers if answer.status_code == 429)


@given(st.lists(st.binary(max_size=3000), max_size=30), st.integers(0, 3))
def test_the_intake_gives_what_it_was_given(pieces: list[bytes], readers: int) -> None:
    """However an upload is cut, and whether it is read while it comes or after, what is read is what was sent."""
    intake = Intake(1 << 20)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: b"".join(intake.pieces())) if readers else None
        for piece in pieces:
            intake.add(piece)
        intake.end()
        found = reading.result() if reading else b"".join(intake.pieces())
    intake.close()
    assert found == b"".join(pieces)


def test_the_intake_is_bounded() -> None:
    """One byte too many is refused, and an error reaches whoever reads."""
    intake = Intake(10)
    intake.add(b"0123456789")
    with pytest.raises(ProblemError):
        intake.add(b"x")
    intake.end(ProblemError("too-large", "too large"))
    with pytest.raises(ProblemError):
        list(intake.pieces())
    intake.close()
